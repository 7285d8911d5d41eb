#include "services/gateway/login_throttle.h"

#include <gtest/gtest.h>

#include "common/base/fake_clock.h"

namespace tms::gateway {
namespace {

class LoginThrottleTest : public testing::Test {
 protected:
  // How many of `tries` in a row were looked at.
  int Admitted(int tries, const std::string& user, const std::string& address) {
    int admitted = 0;
    for (int i = 0; i < tries; ++i) {
      if (throttle_.Begin(user, address) == absl::ZeroDuration()) ++admitted;
    }
    return admitted;
  }

  FakeClock clock_;
  LoginThrottle throttle_{{.max_counts = 100}, clock_};
};

TEST_F(LoginThrottleTest, S21GuessesAtOneAccountAreSlowedDownFromEveryAddress) {
  EXPECT_EQ(Admitted(10, "ann", "10.0.0.1"), 5);
  EXPECT_GT(throttle_.Begin("ann", "10.0.0.2"), absl::ZeroDuration());
  EXPECT_EQ(throttle_.Begin("bob", "10.0.0.2"), absl::ZeroDuration());
}

TEST_F(LoginThrottleTest, S21GuessesFromOneAddressAreSlowedDownForEveryAccount) {
  int admitted = 0;
  for (int i = 0; i < 50; ++i) admitted += Admitted(1, "user" + std::to_string(i), "10.0.0.1");
  EXPECT_EQ(admitted, 20);
  EXPECT_EQ(throttle_.Begin("ann", "10.0.0.2"), absl::ZeroDuration());
}

TEST_F(LoginThrottleTest, S21EachFurtherTryWaitsTwiceAsLongUpToAMinute) {
  Admitted(5, "ann", "10.0.0.1");
  absl::Duration before;
  for (int i = 0; i < 10; ++i) {
    const absl::Duration wait = throttle_.Begin("ann", "10.0.0.1");
    EXPECT_GE(wait, before);
    EXPECT_LE(wait, absl::Minutes(1));
    before = wait;
    clock_.Advance(wait);
    EXPECT_EQ(throttle_.Begin("ann", "10.0.0.1"), absl::ZeroDuration());
  }
  EXPECT_EQ(before, absl::Minutes(1));
}

TEST_F(LoginThrottleTest, SuccessForgivesTheAccountAndAnHourEverything) {
  Admitted(4, "ann", "10.0.0.1");
  throttle_.Succeeded("ann", "10.0.0.1");
  EXPECT_EQ(Admitted(10, "ann", "10.0.0.1"), 5);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Admitted(10, "ann", "10.0.0.1"), 5);
}

TEST_F(LoginThrottleTest, S21AnAccountOfOnesOwnDoesNotHelpToGuessAtOthers) {
  int admitted = 0;
  for (int i = 0; i < 50; ++i) {
    admitted += Admitted(1, "user" + std::to_string(i), "10.0.0.1");
    if (throttle_.Begin("mine", "10.0.0.1") == absl::ZeroDuration()) {
      throttle_.Succeeded("mine", "10.0.0.1");
    }
  }
  EXPECT_LE(admitted, 20);
}

TEST_F(LoginThrottleTest, S21WhatIsRememberedIsBounded) {
  for (int i = 0; i < 1000; ++i) Admitted(1, "user" + std::to_string(i), std::to_string(i));
  EXPECT_LE(throttle_.size(), 100u);
}

TEST(NetworkOf, OneIpv6NetworkCountsAsOne) {
  EXPECT_EQ(NetworkOf("2001:db8::1"), NetworkOf("2001:db8::ffff:1"));
  EXPECT_NE(NetworkOf("2001:db8::1"), NetworkOf("2001:db8:0:1::1"));
  EXPECT_NE(NetworkOf("10.0.0.1"), NetworkOf("10.0.0.2"));
}

}  // namespace
}  // namespace tms::gateway
