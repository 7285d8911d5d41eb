// Settling what an earlier start of an owner has left.
#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

OwnerEvent OfIncarnation(OwnerEvent event, int64_t incarnation) {
  event.incarnation = incarnation;
  return event;
}

TEST_P(JobStoreContract, SettlingEndsTheOpenJobsOfEarlierIncarnationsAsInterrupted) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  clock_.Advance(absl::Seconds(1));
  const auto settled = Settle("owner-1", 2);
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_THAT(settled->job_ids, ElementsAre("a"));
  EXPECT_FALSE(settled->more);
  const Job job = Get("a");
  EXPECT_EQ(job.outcome.status, JobStatus::kFailed);
  EXPECT_EQ(job.outcome.failure_reason, FailureReason::kInterrupted);
  EXPECT_EQ(job.outcome.effect, Effect::kUnknown);
  EXPECT_EQ(job.outcome.source, OutcomeSource::kPresumed);
  EXPECT_EQ(job.outcome.error_message, "the service restarted");
  EXPECT_EQ(job.finished_at, clock_.Now());
  EXPECT_EQ(History("a").back().kind, HistoryKind::kPresumed);
}

TEST_P(JobStoreContract, SettlingLeavesAloneWhatIsNotLeftOver) {
  MakeJob(Started("told"), Success());
  RecordExpecting(Verdict::kApplied, OfIncarnation(Started("present"), 2));
  RecordExpecting(Verdict::kApplied, OfIncarnation(Started("later"), 3));
  OwnerEvent other = Started("another owner's");
  other.owner = "owner-2";
  RecordExpecting(Verdict::kApplied, other);
  EXPECT_THAT(Settle("owner-1", 2)->job_ids, IsEmpty());
  EXPECT_EQ(Get("told").outcome.source, OutcomeSource::kTold);
  for (const char* id : {"present", "later", "another owner's"}) {
    EXPECT_EQ(Get(id).outcome.status, JobStatus::kInProgress) << id;
  }
}

TEST_P(JobStoreContract, S06_AnOwnerIsItsFirstIdentitysAndWhatOthersTellInItsNameIsRefused) {
  OwnerEvent start = Started("a");
  start.teller = "spiffe://one";
  RecordExpecting(Verdict::kApplied, start);
  OwnerEvent forged = Finished("a", Success());
  forged.teller = "spiffe://two";
  EXPECT_EQ(RecordExpecting(Verdict::kRejected, forged).outcome.status, JobStatus::kInProgress);
  const HistoryEvent recorded = History("a").back();
  EXPECT_EQ(recorded.verdict, Verdict::kRejected);
  EXPECT_EQ(recorded.actor, "spiffe://two/1");  // with the incarnation that it claimed
  EXPECT_THAT(recorded.detail, HasSubstr("owner-1 belongs to another identity"));
  // It says the same as the owner then does, and does not stand in its way.
  OwnerEvent told = forged;
  told.teller = "spiffe://one";
  Reopen();
  EXPECT_EQ(RecordExpecting(Verdict::kApplied, told).outcome.status, JobStatus::kSuccess);
}

TEST_P(JobStoreContract, S06_NorCanAnotherIdentityStartOrSettleInItsName) {
  OwnerEvent start = Started("a");
  start.teller = "spiffe://one";
  RecordExpecting(Verdict::kApplied, start);
  OwnerEvent forged = Started("b");
  forged.teller = "spiffe://two";
  EXPECT_EQ(Record(forged)->verdict, Verdict::kRejected);
  EXPECT_THAT(List({}), ElementsAre("a"));
  const auto settled = Settle("owner-1", 9, 100, "spiffe://two");
  EXPECT_EQ(settled.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Get("a").outcome.status, JobStatus::kInProgress);
}

TEST_P(JobStoreContract, SettlingAgainChangesNothing) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_EQ(Settle("owner-1", 2)->job_ids.size(), 1u);
  EXPECT_THAT(Settle("owner-1", 2)->job_ids, IsEmpty());
  EXPECT_THAT(Settle("owner-1", 3)->job_ids, IsEmpty());
  EXPECT_EQ(History("a").size(), 2u);
}

TEST_P(JobStoreContract, SettlingIsCutAtItsLimitOldestFirst) {
  for (const char* id : {"a", "b", "c"}) {
    RecordExpecting(Verdict::kApplied, Started(id));
    clock_.Advance(absl::Seconds(1));
  }
  const auto first = Settle("owner-1", 2, /*limit=*/2);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(first->job_ids, ElementsAre("a", "b"));
  EXPECT_TRUE(first->more);
  EXPECT_EQ(Get("c").outcome.status, JobStatus::kInProgress);
  const auto second = Settle("owner-1", 2, /*limit=*/2);
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(second->job_ids, ElementsAre("c"));
  EXPECT_FALSE(second->more);
}

TEST_P(JobStoreContract, WhatAnEarlierIncarnationTellsReplacesWhatWasSettled) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  const Job job = RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  EXPECT_EQ(job.outcome.status, JobStatus::kSuccess);
  EXPECT_EQ(job.outcome.source, OutcomeSource::kTold);
  EXPECT_FALSE(job.outcome.conflict) << "nobody had settled it but the ledger";
}

TEST_P(JobStoreContract, FencedIncarnationStartsNothingMoreAndThatIsRecorded) {
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  const auto result = Record(Started("late"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->verdict, Verdict::kRejected);
  EXPECT_THAT(result->detail, HasSubstr("incarnation 2"));
  EXPECT_FALSE(result->job.has_value());
  EXPECT_EQ(store().GetJob("late", false).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Record(Finished("late", Success()))->verdict, Verdict::kUnknownJob);
  RecordExpecting(Verdict::kApplied, OfIncarnation(Started("present"), 2));
}

TEST_P(JobStoreContract, FencedIncarnationCantBeginAJobByAskingAgain) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  const Job job = RecordExpecting(Verdict::kRejected, Started("a"));
  EXPECT_EQ(job.outcome.failure_reason, FailureReason::kInterrupted);
}

TEST_P(JobStoreContract, SpooledStartOfAFencedIncarnationStillMakesItsRow) {
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  OwnerEvent event = Started("a");
  RecordExpecting(Verdict::kRejected, event);
  StartOf(event).spooled = true;
  RecordExpecting(Verdict::kApplied, event);
  RecordExpecting(Verdict::kReplayed, event);
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
}

TEST_P(JobStoreContract, FenceSurvivesARestartAndNeverGoesDown) {
  ASSERT_TRUE(Settle("owner-1", 3).ok());
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  Reopen();
  EXPECT_EQ(Record(OfIncarnation(Started("a"), 2))->verdict, Verdict::kRejected);
  RecordExpecting(Verdict::kApplied, OfIncarnation(Started("b"), 3));
}

}  // namespace
}  // namespace tms::ledger
