#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_P(JobStoreContract, FinishEndsTheJobWithAllThatWasTold) {
  const Job started = RecordExpecting(Verdict::kApplied, Started("a"));
  clock_.Advance(absl::Seconds(2));
  OwnerEvent event = Finished("a", Success());
  FinishOf(event).response_summary = "{\"success\":true}";
  FinishOf(event).response_summary_cut = true;
  clock_.Advance(absl::Seconds(1));
  const Job acked = RecordExpecting(Verdict::kApplied, event);
  const Job job = Get("a", /*full=*/true);
  Outcome told = Success();
  told.source = OutcomeSource::kTold;
  EXPECT_EQ(job.outcome, told);
  EXPECT_EQ(acked.outcome, told);
  EXPECT_EQ(job.finished_at, event.occurred_at);
  EXPECT_EQ(job.updated_at, clock_.Now());
  EXPECT_EQ(job.elapsed, absl::Milliseconds(280));
  EXPECT_EQ(job.response_summary, "{\"success\":true}");
  EXPECT_TRUE(job.response_summary_cut);
  EXPECT_EQ(job.version, started.version + 1);
  EXPECT_EQ(acked.version, job.version);
}

TEST_P(JobStoreContract, RepeatedFinishIsReplayed) {
  MakeJob(Started("a"), Success());
  RecordExpecting(Verdict::kReplayed, Finished("a", Success()));
  EXPECT_EQ(History("a").size(), 2u);
}

TEST_P(JobStoreContract, ToldOutcomeNeverChangesAndTheOtherTellingIsRecorded) {
  MakeJob(Started("a"), Success());
  const Outcome other = Failed(FailureReason::kTimeout, Effect::kUnknown);
  OwnerEvent later = Finished("a", other);
  later.event_seq = 3;
  RecordExpecting(Verdict::kRejected, later);
  RecordExpecting(Verdict::kRejected, Finished("a", other));
  EXPECT_EQ(Get("a").outcome.status, JobStatus::kSuccess);
  const auto history = History("a");
  ASSERT_EQ(history.size(), 4u);
  EXPECT_EQ(history[2].verdict, Verdict::kRejected);
  EXPECT_EQ(history[2].event_seq, 3);
  EXPECT_THAT(history[2].detail, HasSubstr("FAILED TIMEOUT effect UNKNOWN"));
  EXPECT_EQ(history[2].outcome.status, JobStatus::kSuccess) << "as it stood after the event";
}

TEST_P(JobStoreContract, FinishOfAnotherOwnerIsRejectedAndRecorded) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  OwnerEvent forged = Finished("a", Success());
  forged.owner = "owner-2";
  RecordExpecting(Verdict::kRejected, forged);
  EXPECT_EQ(Get("a").outcome.status, JobStatus::kInProgress);
  EXPECT_EQ(History("a").back().actor, "owner-2/1");
  // The number that the stranger used is still the owner's.
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
}

TEST_P(JobStoreContract, FinishOfALaterIncarnationIsTold) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  OwnerEvent event = Finished("a", Success());
  event.incarnation = 2;
  RecordExpecting(Verdict::kApplied, event);
}

TEST_P(JobStoreContract, FinishWithoutAJobIsUnknownUntilItsStartIsSent) {
  const auto result = Record(Finished("a", Success()));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->verdict, Verdict::kUnknownJob);
  EXPECT_FALSE(result->job.has_value());
  RecordExpecting(Verdict::kApplied, Started("a"));
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
}

TEST_P(JobStoreContract, PresumptionEndsAnOpenJobAsInterrupted) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  clock_.Advance(absl::Seconds(45));
  const auto job = Presume("a");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->outcome.status, JobStatus::kFailed);
  EXPECT_EQ(job->outcome.failure_reason, FailureReason::kInterrupted);
  EXPECT_EQ(job->outcome.effect, Effect::kUnknown);
  EXPECT_EQ(job->outcome.error_message, "no outcome was reported");
  EXPECT_EQ(job->outcome.source, OutcomeSource::kPresumed);
  EXPECT_EQ(job->finished_at, clock_.Now());
  const auto history = History("a");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].kind, HistoryKind::kPresumed);
  EXPECT_EQ(history[1].event_seq, 0);
  EXPECT_EQ(history[1].actor, "ledger");
}

TEST_P(JobStoreContract, PresumptionLeavesAnEndedJobAlone) {
  const Job ended = MakeJob(Started("a"), Success());
  const auto job = Presume("a");
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->version, ended.version);
  EXPECT_EQ(History("a").size(), 2u);
  EXPECT_EQ(Presume("b").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(JobStoreContract, LateTruthReplacesAPresumption) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_TRUE(Presume("a").ok());
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  const Job job = Get("a");
  EXPECT_EQ(job.outcome.status, JobStatus::kSuccess);
  EXPECT_EQ(job.outcome.failure_reason, FailureReason::kNone);
  EXPECT_FALSE(job.outcome.error_message.has_value());
  EXPECT_FALSE(job.outcome.conflict);
}

TEST_P(JobStoreContract, ResolutionIsWrittenToTheHistoryWithWhoAndWhy) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_TRUE(Presume("a").ok());
  const auto job = Resolve("a", Success());
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->outcome.status, JobStatus::kSuccess);
  EXPECT_EQ(job->outcome.source, OutcomeSource::kResolved);
  EXPECT_EQ(Get("a").outcome, job->outcome);
  const HistoryEvent last = History("a").back();
  EXPECT_EQ(last.kind, HistoryKind::kResolved);
  EXPECT_EQ(last.actor, "admin");
  EXPECT_EQ(last.detail, "looked at the cluster");
  EXPECT_EQ(last.outcome, job->outcome);
}

TEST_P(JobStoreContract, TruthThatContradictsAResolutionWinsAndIsMarked) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_TRUE(Resolve("a", Success()).ok());
  const Outcome truth = Failed(FailureReason::kRejected, Effect::kNotApplied);
  const Job job = RecordExpecting(Verdict::kApplied, Finished("a", truth));
  EXPECT_EQ(job.outcome.status, JobStatus::kFailed);
  EXPECT_TRUE(job.outcome.conflict);
  EXPECT_TRUE(Get("a").outcome.conflict);
}

TEST_P(JobStoreContract, ResolutionOfAnOlderVersionIsAborted) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  const int64_t seen = Get("a").version;
  ASSERT_TRUE(Presume("a").ok());
  const auto job = Resolve({.job_id = "a",
                            .version = seen,
                            .claim = [](const Job&) { return Success(); },
                            .overdue = true,
                            .user_id = "admin",
                            .reason = "too late"});
  EXPECT_EQ(job.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Get("a").outcome.source, OutcomeSource::kPresumed);
}

TEST_P(JobStoreContract, ResolutionThatIsNotAllowedChangesNothing) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  const auto early = Resolve("a", Success(), /*overdue=*/false);
  EXPECT_EQ(early.status().code(), absl::StatusCode::kFailedPrecondition);
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  const auto late = Resolve("a", Failed(FailureReason::kInterrupted, Effect::kUnknown));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kFailedPrecondition);
  const auto refused = Resolve({.job_id = "a",
                                .version = Get("a").version,
                                .claim = [](const Job&) -> absl::StatusOr<Outcome> {
                                  return absl::InvalidArgumentError("no");
                                },
                                .overdue = true});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Resolve({.job_id = "b"}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(History("a").size(), 2u);
}

TEST_P(JobStoreContract, ToldEndKeepsItsTimeWhenAPersonSettlesTheEffect) {
  const Job told = MakeJob(Started("a"), Failed(FailureReason::kTimeout, Effect::kUnknown));
  clock_.Advance(absl::Hours(1));
  Outcome claim = told.outcome;
  claim.effect = Effect::kApplied;
  const auto job = Resolve("a", claim);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->outcome.effect, Effect::kApplied);
  EXPECT_EQ(job->finished_at, told.finished_at);
  EXPECT_EQ(job->updated_at, clock_.Now());
}

TEST_P(JobStoreContract, OpenJobsAreThoseWithoutAnOutcome) {
  MakeJob(Started("a"), Success());
  OwnerEvent event = Started("b");
  StartOf(event).timeout = absl::Milliseconds(1'500);
  RecordExpecting(Verdict::kApplied, event);
  const auto open = store().ListOpenJobs();
  ASSERT_TRUE(open.ok());
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ(open->front().job_id, "b");
  EXPECT_EQ(open->front().timeout, absl::Milliseconds(1'500));
  ASSERT_TRUE(Presume("b").ok());
  EXPECT_THAT(*store().ListOpenJobs(), IsEmpty());
}

TEST_P(JobStoreContract, HistoryComesOldestFirstByPages) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  RecordExpecting(Verdict::kApplied, Started("other"));
  ASSERT_TRUE(Presume("a").ok());
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  const auto first = store().ListEvents("a", std::nullopt, 2);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->events.size(), 2u);
  EXPECT_EQ(first->events[0].kind, HistoryKind::kStarted);
  EXPECT_EQ(first->events[0].actor, "owner-1/1");
  EXPECT_EQ(first->events[1].kind, HistoryKind::kPresumed);
  ASSERT_TRUE(first->next.has_value());
  const auto second = store().ListEvents("a", first->next, 2);
  ASSERT_TRUE(second.ok());
  ASSERT_EQ(second->events.size(), 1u);
  EXPECT_EQ(second->events[0].kind, HistoryKind::kFinished);
  EXPECT_FALSE(second->next.has_value());
  EXPECT_EQ(store().ListEvents("none", std::nullopt, 2).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tms::ledger
