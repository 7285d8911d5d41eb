#include "services/ledger/sweeper.h"

#include <gtest/gtest.h>

#include "common/base/fake_clock.h"
#include "tests/unit/ledger/fake_job_store.h"

namespace tms::ledger {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr absl::Duration kGrace = absl::Seconds(15);

class SweeperTest : public testing::Test {
 protected:
  // A job's end as the store would answer it.
  static Job Ended(OutcomeSource source) {
    return {.job_id = "a", .outcome = {.status = JobStatus::kFailed, .source = source}};
  }
  void AnswerNext(absl::StatusOr<Job> answer) {
    ASSERT_FALSE(store_.presumptions.empty());
    auto presumption = std::move(store_.presumptions.front());
    store_.presumptions.pop_front();
    presumption.done(std::move(answer));
  }

  FakeClock clock_;
  FakeJobStore store_;
  Sweeper sweeper_{store_, clock_, kGrace};
};

TEST_F(SweeperTest, EndsAJobAtTimeoutPlusGraceAndNotBefore) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.Advance(kTimeout + kGrace - absl::Nanoseconds(1));
  EXPECT_FALSE(sweeper_.IsOverdue("a"));
  EXPECT_EQ(sweeper_.Sweep(), 0);

  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_TRUE(sweeper_.IsOverdue("a"));
  EXPECT_EQ(sweeper_.Sweep(), 1);
  ASSERT_EQ(store_.presumptions.size(), 1u);
  EXPECT_EQ(store_.presumptions[0].job_id, "a");
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, SaysThatTheOutcomeIsUnknownAndTheClusterShouldBeChecked) {
  sweeper_.Watch("a", absl::Seconds(1.5), clock_.SinceBoot());
  clock_.Advance(absl::Minutes(1));
  sweeper_.Sweep();
  EXPECT_EQ(store_.presumptions[0].message,
            "no outcome was reported in time (timeout 1.5s, grace 15s): the outcome is unknown, "
            "check the cluster before repeating the action");
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, SaysOfAMigratedJobThatTheReplacedSystemLeftItOpen) {
  store_.open_jobs = {{.job_id = "a", .timeout = kNoTimeout}};
  ASSERT_TRUE(sweeper_.LoadOpenJobs().ok());
  clock_.Advance(kGrace);
  sweeper_.Sweep();
  ASSERT_EQ(store_.presumptions.size(), 1u);
  EXPECT_EQ(store_.presumptions[0].message,
            "the replaced system left it IN_PROGRESS: the outcome is unknown, check the cluster "
            "before repeating the action");
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, CountsFromWhenTheStartWasReceivedNotFromWhenItWasStored) {
  const absl::Duration received_at = clock_.SinceBoot();
  clock_.Advance(absl::Seconds(40));
  sweeper_.Watch("a", kTimeout, received_at);
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(sweeper_.IsOverdue("a"));
}

TEST_F(SweeperTest, GivesTheJobsFoundAtStartTheirFullTimeAgain) {
  store_.open_jobs = {{.job_id = "a", .timeout = kTimeout}, {.job_id = "b", .timeout = kTimeout}};
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(sweeper_.LoadOpenJobs().ok());
  EXPECT_EQ(sweeper_.Sweep(), 0);
  clock_.Advance(kTimeout + kGrace);
  EXPECT_EQ(sweeper_.Sweep(), 2);
  AnswerNext(Ended(OutcomeSource::kPresumed));
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, IsUnmovedByAJumpOfTheWallClock) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.SetNow(clock_.Now() + absl::Hours(24 * 365));
  EXPECT_EQ(sweeper_.Sweep(), 0);
  clock_.SetNow(clock_.Now() - absl::Hours(2 * 24 * 365));
  clock_.Advance(kTimeout + kGrace);
  EXPECT_EQ(sweeper_.Sweep(), 1);
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, LeavesAJobAloneOnceItsOutcomeIsTold) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  sweeper_.Forget("a");
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(sweeper_.Sweep(), 0);
  EXPECT_FALSE(sweeper_.IsOverdue("a"));
}

TEST_F(SweeperTest, GivesAStartThatIsSentAgainNoMoreTime) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.Advance(absl::Seconds(40));
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(sweeper_.Sweep(), 1);
  AnswerNext(Ended(OutcomeSource::kPresumed));
}

TEST_F(SweeperTest, AsksOnlyOnceWhileTheStoreIsBusy) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(sweeper_.Sweep(), 1);
  EXPECT_EQ(sweeper_.Sweep(), 0);
  EXPECT_TRUE(sweeper_.IsOverdue("a")) << "a person may still settle it";
  AnswerNext(Ended(OutcomeSource::kPresumed));
  EXPECT_EQ(sweeper_.Sweep(), 0);
  EXPECT_FALSE(sweeper_.IsOverdue("a"));
}

TEST_F(SweeperTest, AsksAgainWhereTheStoreFailed) {
  sweeper_.Watch("a", kTimeout, clock_.SinceBoot());
  clock_.Advance(absl::Hours(1));
  sweeper_.Sweep();
  AnswerNext(MakeStatus(absl::StatusCode::kUnavailable, "disk full"));
  EXPECT_EQ(sweeper_.Sweep(), 1);
  AnswerNext(MakeStatus(absl::StatusCode::kNotFound, "no such job"));
  EXPECT_EQ(sweeper_.Sweep(), 0) << "a job that is not there is not asked for again";
}

TEST_F(SweeperTest, EndsManyJobsInBoundedPortionsTheOldestFirst) {
  for (int i = 0; i < kMaxJobsPerSweep + 1; ++i) {
    sweeper_.Watch("job" + std::to_string(i), kTimeout, clock_.SinceBoot());
    clock_.Advance(absl::Milliseconds(1));
  }
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(sweeper_.Sweep(), kMaxJobsPerSweep);
  EXPECT_EQ(store_.presumptions.front().job_id, "job0");
  EXPECT_EQ(sweeper_.Sweep(), 1);
  while (!store_.presumptions.empty()) AnswerNext(Ended(OutcomeSource::kTold));
}

}  // namespace
}  // namespace tms::ledger
