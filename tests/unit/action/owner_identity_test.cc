#include "services/action/owner_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tms::action {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class OwnerIdentityTest : public ::testing::Test {
 protected:
  OwnerIdentityTest() {
    std::string pattern = ::testing::TempDir() + "owner.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~OwnerIdentityTest() override { std::filesystem::remove_all(folder_); }

  std::string Spool() const { return (folder_ / "spool.db").string(); }
  void WriteOwnerFile(const std::string& text) const { std::ofstream(Spool() + ".owner") << text; }

  std::filesystem::path folder_;
};

TEST_F(OwnerIdentityTest, StaysTheSameAndCountsItsStarts) {
  std::string id;
  {
    const auto first = OwnerIdentity::Claim(Spool(), kNow);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(first->id().size(), 36u);
    EXPECT_EQ(first->incarnation(), 1);
    EXPECT_FALSE(first->has_started_before());
    EXPECT_EQ(first->spool_start(), 0);
    ASSERT_TRUE(first->CountStart(1).ok());
    id = first->id();
  }
  const auto second = OwnerIdentity::Claim(Spool(), kNow);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->id(), id);
  EXPECT_EQ(second->incarnation(), 2);
  EXPECT_TRUE(second->has_started_before());
  EXPECT_EQ(second->spool_start(), 1);
  EXPECT_FALSE(std::filesystem::exists(Spool() + ".owner.new"));
}

TEST_F(OwnerIdentityTest, AFileOfAnEarlierVersionIsTaken) {
  WriteOwnerFile("owner 01980000-0000-7000-8000-000000000000\nincarnation 3\n");
  const auto identity = OwnerIdentity::Claim(Spool(), kNow);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->incarnation(), 4);
  EXPECT_EQ(identity->spool_start(), 0);
}

TEST_F(OwnerIdentityTest, AStartThatCameToNothingIsNotCounted) {
  ASSERT_TRUE(OwnerIdentity::Claim(Spool(), kNow).ok());
  const auto again = OwnerIdentity::Claim(Spool(), kNow);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->incarnation(), 1);
  EXPECT_FALSE(again->has_started_before());
}

TEST_F(OwnerIdentityTest, AnotherSpoolIsAnotherOwner) {
  const auto one = OwnerIdentity::Claim(Spool(), kNow);
  const auto other = OwnerIdentity::Claim(Spool() + "2", kNow);
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->id(), other->id());
}

TEST_F(OwnerIdentityTest, SecondInstanceIsRefusedF17) {
  const auto first = OwnerIdentity::Claim(Spool(), kNow);
  ASSERT_TRUE(first.ok());
  const auto second = OwnerIdentity::Claim(Spool(), kNow);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
}

TEST_F(OwnerIdentityTest, ForeignContentIsRefusedAndKept) {
  for (const char* text : {"", "owner\n", "owner 0198\nincarnation 3\n",
                           "owner 01980000-0000-7000-8000-000000000000\nincarnation 0\n",
                           "owner 01980000-0000-7000-8000-000000000000\nincarnation 3\nmore\n"}) {
    WriteOwnerFile(text);
    const auto identity = OwnerIdentity::Claim(Spool(), kNow);
    EXPECT_EQ(identity.status().code(), absl::StatusCode::kDataLoss) << text;
    std::ifstream file(Spool() + ".owner");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  }
}

TEST_F(OwnerIdentityTest, SaysWhereItCannotWrite) {
  const auto identity = OwnerIdentity::Claim((folder_ / "missing" / "spool.db").string(), kNow);
  EXPECT_EQ(identity.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(identity.status().message()), ::testing::HasSubstr("missing/spool.db"));
}

}  // namespace
}  // namespace tms::action
