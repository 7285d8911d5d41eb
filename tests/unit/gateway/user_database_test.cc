#include "services/gateway/user_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "absl/synchronization/notification.h"
#include "services/gateway/password.h"
#include "services/gateway/user_watcher.h"

namespace tms::gateway {
namespace {

using testing::ElementsAre;

class UserDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "users_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<UserDatabase> Open() { return *UserDatabase::Open(directory_, "root"); }

  std::string directory_;
};

TEST_F(UserDatabaseTest, AccountsAreKept) {
  ASSERT_TRUE(Open()->Add("ann", "h1", {Role::kOperator, Role::kAuditor}).ok());
  ASSERT_TRUE(Open()->SetPassword("ann", "h2").ok());
  ASSERT_TRUE(Open()->SetDisabled("ann", true).ok());
  const auto accounts = Open()->List();
  ASSERT_EQ(accounts->size(), 1u);
  EXPECT_EQ(accounts->front().user, "ann");
  EXPECT_EQ(accounts->front().password_hash, "h2");
  EXPECT_EQ(JoinRoles(accounts->front().roles), "auditor,operator");
  EXPECT_TRUE(accounts->front().disabled);
  EXPECT_EQ(accounts->front().version, 3);
}

TEST_F(UserDatabaseTest, WhatCanNotBeIsRefusedAndNotWrittenDown) {
  const auto database = Open();
  ASSERT_TRUE(database->Add("ann", "h", {Role::kViewer}).ok());
  EXPECT_EQ(database->Add("ann", "h", {Role::kViewer}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(database->SetPassword("bob", "h").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(database->SetRoles("bob", {Role::kAdmin}).code(), absl::StatusCode::kNotFound);
  for (const char* name : {"", "a b", "a\n", "<script>", "ä"}) {
    EXPECT_EQ(database->Add(name, "h", {Role::kViewer}).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(UserDatabaseTest, ARunningGatewayTakesChangesOverAndTellsEachOnce) {
  ASSERT_TRUE(Open()->Add("ann", "h", {Role::kViewer}).ok());
  UserDirectory users;
  std::vector<std::string> told;
  absl::Notification disabled;
  const auto on_change = [&](const UserChange& change) {
    told.push_back(change.actor + " " + change.action + " " + change.user + " " + change.detail);
    if (change.action == "USER_DISABLED") disabled.Notify();
  };
  {
    const auto watcher = UserWatcher::Start(directory_, users, on_change);
    ASSERT_TRUE(watcher.ok());
    EXPECT_TRUE(users.Find("ann").has_value());
    ASSERT_TRUE(Open()->SetRoles("ann", {Role::kAdmin}).ok());
    ASSERT_TRUE(Open()->SetDisabled("ann", true).ok());
    disabled.WaitForNotification();
    EXPECT_TRUE(users.Find("ann")->disabled);
  }
  {
    const auto again = UserWatcher::Start(directory_, users, on_change);
    ASSERT_TRUE(again.ok());
  }
  EXPECT_THAT(told, ElementsAre("root USER_ADDED ann viewer", "root USER_ROLES_CHANGED ann admin",
                                "root USER_DISABLED ann "));
}

TEST_F(UserDatabaseTest, S19AChangeIsToldWhenItIsInForce) {
  ASSERT_TRUE(Open()->Add("ann", "h", {Role::kViewer}).ok());
  UserDirectory users;
  absl::Notification disabled;
  bool in_force = false;
  const auto on_change = [&](const UserChange& change) {
    // Comes when the accounts of the first change have been read already.
    if (change.action == "USER_ADDED") {
      EXPECT_TRUE(Open()->SetDisabled("ann", true).ok());
    }
    if (change.action != "USER_DISABLED") return;
    in_force = users.Find("ann")->disabled;
    disabled.Notify();
  };
  const auto watcher = UserWatcher::Start(directory_, users, on_change);
  ASSERT_TRUE(watcher.ok());
  disabled.WaitForNotification();
  EXPECT_TRUE(in_force);
}

TEST(Password, S21OnlyTheRightOneFits) {
  const std::string hash = *HashPassword("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_NE(hash, *HashPassword("correct horse"));
}

}  // namespace
}  // namespace tms::gateway
