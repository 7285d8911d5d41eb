#include "services/gateway/session_store.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/fake_clock.h"

namespace tms::gateway {
namespace {

Caller Of(std::string user) { return {.user = std::move(user), .roles = {Role::kViewer}}; }

class SessionStoreTest : public testing::Test {
 protected:
  FakeClock clock_;
  SessionStore store_{{.idle = absl::Minutes(15), .total = absl::Hours(1), .per_user = 2, .all = 3},
                      clock_};
};

TEST_F(SessionStoreTest, ASessionIsFoundByItsIdOnly) {
  const std::string id = store_.Begin(Of("ann"));
  const auto session = store_.Touch(id);
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->caller.user, "ann");
  EXPECT_FALSE(store_.Touch("").has_value());
  EXPECT_FALSE(store_.Touch(id + "x").has_value());
  EXPECT_FALSE(store_.Touch(std::string(10'000, 'x')).has_value());
}

TEST_F(SessionStoreTest, S20IdsAreLongAndNeverTheSameNorKept) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(store_.Begin(Of("ann")));
  EXPECT_EQ(ids.size(), 100u);
  for (const std::string& id : ids) EXPECT_EQ(id.size(), 43u);  // 256 bits
  // What is kept opens nothing.
  const std::string id = store_.Begin(Of("ann"));
  EXPECT_FALSE(store_.Touch(store_.Touch(id)->caller.session).has_value());
}

TEST_F(SessionStoreTest, ItEndsAfterIdleMinutesButNotWhileItIsUsed) {
  const std::string id = store_.Begin(Of("ann"));
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Minutes(14));
    EXPECT_TRUE(store_.Touch(id).has_value());
  }
  clock_.Advance(absl::Minutes(15));
  EXPECT_FALSE(store_.Touch(id).has_value());
  EXPECT_EQ(store_.size(), 0u);
}

TEST_F(SessionStoreTest, ItEndsForGoodHoweverMuchItIsUsed) {
  const std::string id = store_.Begin(Of("ann"));
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Minutes(11));
    EXPECT_TRUE(store_.Touch(id).has_value());
  }
  clock_.Advance(absl::Minutes(5));
  EXPECT_FALSE(store_.Touch(id).has_value());
}

TEST_F(SessionStoreTest, F14TheWallClockDoesNotMatter) {
  const std::string id = store_.Begin(Of("ann"));
  clock_.SetNow(clock_.Now() + absl::Hours(24 * 365));
  EXPECT_TRUE(store_.Touch(id).has_value());
  clock_.SetNow(clock_.Now() - absl::Hours(24 * 730));
  clock_.Advance(absl::Minutes(15));
  EXPECT_FALSE(store_.Touch(id).has_value());
}

TEST_F(SessionStoreTest, LookingIsNoActivity) {
  const std::string key = store_.Touch(store_.Begin(Of("ann")))->caller.session;
  clock_.Advance(absl::Minutes(14));
  EXPECT_TRUE(store_.Lives(key));
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(store_.Lives(key));
}

TEST_F(SessionStoreTest, S20AnEndedSessionStaysEnded) {
  const std::string id = store_.Begin(Of("ann"));
  store_.End(store_.Touch(id)->caller.session);
  EXPECT_FALSE(store_.Touch(id).has_value());
}

TEST_F(SessionStoreTest, S21SessionsOfOneAndOfAllAreBounded) {
  const std::string first = store_.Begin(Of("ann"));
  clock_.Advance(absl::Seconds(1));
  const std::string second = store_.Begin(Of("ann"));
  clock_.Advance(absl::Seconds(1));
  store_.Touch(first);
  clock_.Advance(absl::Seconds(1));
  store_.Begin(Of("ann"));
  EXPECT_TRUE(store_.Touch(first).has_value());
  EXPECT_FALSE(store_.Touch(second).has_value());
  for (int i = 0; i < 10; ++i) store_.Begin(Of("user" + std::to_string(i)));
  EXPECT_EQ(store_.size(), 3u);
}

}  // namespace
}  // namespace tms::gateway
