#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_P(JobStoreContract, StartMakesOneJobWithAllThatIsKnown) {
  OwnerEvent event = StartedWithRequest("a", "request", "content");
  StartOf(event).batch_id = "batch";
  StartOf(event).source_ip = "10.1.2.3";
  StartOf(event).rerun_of = "earlier";
  clock_.Advance(absl::Seconds(1));
  const Job acked = RecordExpecting(Verdict::kApplied, event);
  const Job job = Get("a");
  EXPECT_EQ(acked.number, job.number);
  EXPECT_EQ(acked.version, job.version);
  EXPECT_EQ(job.user_id, "ann");
  EXPECT_EQ(job.batch_id, "batch");
  EXPECT_EQ(job.action_code, 3);
  EXPECT_EQ(job.action_name, "T-Enable");
  EXPECT_EQ(job.cluster, "east");
  EXPECT_EQ(job.cluster_url, "https://east.example");
  EXPECT_EQ(job.outcome, Outcome());
  EXPECT_EQ(job.created_at, event.occurred_at);
  EXPECT_EQ(job.updated_at, clock_.Now());
  EXPECT_FALSE(job.finished_at.has_value());
  EXPECT_EQ(job.timeout, absl::Seconds(30));
  EXPECT_FALSE(job.elapsed.has_value());
  EXPECT_EQ(job.customer_count, 2);
  EXPECT_EQ(job.request_id, "request");
  EXPECT_EQ(job.source_ip, "10.1.2.3");
  EXPECT_EQ(job.owner, "owner-1");
  EXPECT_EQ(job.incarnation, 1);
  EXPECT_EQ(job.rerun_of, "earlier");
  EXPECT_EQ(job.twin_of, "");
}

TEST_P(JobStoreContract, NumbersGrowInOrderOfArrival) {
  const Job first = RecordExpecting(Verdict::kApplied, Started("a"));
  const Job second = RecordExpecting(Verdict::kApplied, Started("b"));
  EXPECT_LT(first.number, second.number);
}

TEST_P(JobStoreContract, RepeatedStartIsReplayedAndMakesNoSecondJob) {
  const Job first = RecordExpecting(Verdict::kApplied, Started("a"));
  const Job again = RecordExpecting(Verdict::kReplayed, Started("a"));
  EXPECT_EQ(first.number, again.number);
  EXPECT_THAT(List({}), ElementsAre("a"));
  EXPECT_EQ(History("a").size(), 1u);
}

TEST_P(JobStoreContract, StartSentAgainByWayOfTheSpoolIsReplayed) {
  const OwnerEvent event = StartedWithRequest("a", "request", "content");
  RecordExpecting(Verdict::kApplied, event);
  OwnerEvent spooled = event;
  StartOf(spooled).spooled = true;
  EXPECT_EQ(RecordExpecting(Verdict::kReplayed, spooled).twin_of, "");
  EXPECT_THAT(List({}), ElementsAre("a"));
}

TEST_P(JobStoreContract, RepeatedStartWithOtherContentIsRejectedAndRecordedOnce) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  OwnerEvent other = Started("a");
  StartOf(other).action_name = "PE-Enable";
  RecordExpecting(Verdict::kRejected, other);
  RecordExpecting(Verdict::kRejected, other);
  EXPECT_EQ(Get("a").action_name, "T-Enable");
  const auto history = History("a");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].verdict, Verdict::kRejected);
  EXPECT_THAT(history[1].detail, HasSubstr("event_seq 1"));
}

TEST_P(JobStoreContract, StartOfAnotherOwnersJobIsRejected) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  OwnerEvent other = Started("a");
  other.owner = "owner-2";
  RecordExpecting(Verdict::kRejected, other);
  EXPECT_EQ(Get("a").owner, "owner-1");
}

TEST_P(JobStoreContract, SameRequestWithSameContentIsTheEarlierJob) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  const OwnerEvent repeat = StartedWithRequest("b", "request", "content");
  EXPECT_EQ(RecordExpecting(Verdict::kDuplicateOf, repeat).job_id, "a");
  EXPECT_THAT(List({}), ElementsAre("a"));
  EXPECT_EQ(store().GetJob("b", false).status().code(), absl::StatusCode::kNotFound);
  // The earlier job's history tells of it.
  const auto history = History("a");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].job_id, "b");
  EXPECT_EQ(history[1].verdict, Verdict::kDuplicateOf);
}

TEST_P(JobStoreContract, SameRequestOfAnEndedJobIsThatJobAsItIs) {
  MakeJob(StartedWithRequest("a", "request", "content"),
          Failed(FailureReason::kTimeout, Effect::kUnknown));
  const OwnerEvent repeat = StartedWithRequest("b", "request", "content");
  const Job earlier = RecordExpecting(Verdict::kDuplicateOf, repeat);
  EXPECT_EQ(earlier.outcome.status, JobStatus::kFailed);
}

TEST_P(JobStoreContract, SameRequestWithOtherContentIsAConflict) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  const OwnerEvent other = StartedWithRequest("b", "request", "other content");
  EXPECT_EQ(RecordExpecting(Verdict::kConflict, other).job_id, "a");
  EXPECT_THAT(List({}), ElementsAre("a"));
}

TEST_P(JobStoreContract, AnswerToARepeatedDuplicateStaysTheSame) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  const OwnerEvent repeat = StartedWithRequest("b", "request", "content");
  RecordExpecting(Verdict::kDuplicateOf, repeat);
  // Frees the request_id; the owner of "b" has had its answer and will not call.
  RecordExpecting(Verdict::kApplied,
                  Finished("a", Failed(FailureReason::kNotCalled, Effect::kNotApplied)));
  EXPECT_EQ(RecordExpecting(Verdict::kDuplicateOf, repeat).job_id, "a");
  EXPECT_EQ(History("a").size(), 3u);
}

TEST_P(JobStoreContract, RequestIdsOfDifferentUsersAreDifferent) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  OwnerEvent other = StartedWithRequest("b", "request", "content");
  StartOf(other).user_id = "bob";
  RecordExpecting(Verdict::kApplied, other);
}

TEST_P(JobStoreContract, JobThatWasNotCalledFreesItsRequestId) {
  MakeJob(StartedWithRequest("a", "request", "content"),
          Failed(FailureReason::kNotCalled, Effect::kNotApplied));
  RecordExpecting(Verdict::kApplied, StartedWithRequest("b", "request", "other content"));
  EXPECT_EQ(Get("a").request_id, "request");
  EXPECT_THAT(List({.request_id = "request"}), ElementsAre("b", "a"));
}

TEST_P(JobStoreContract, SpooledStartAlwaysMakesAJobAndNamesItsTwin) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  OwnerEvent spooled = StartedWithRequest("b", "request", "content");
  StartOf(spooled).spooled = true;
  EXPECT_EQ(RecordExpecting(Verdict::kApplied, spooled).twin_of, "a");
  OwnerEvent other = StartedWithRequest("c", "request", "other content");
  StartOf(other).spooled = true;
  EXPECT_EQ(RecordExpecting(Verdict::kApplied, other).twin_of, "a");
  EXPECT_EQ(
      RecordExpecting(Verdict::kDuplicateOf, StartedWithRequest("d", "request", "content")).job_id,
      "a");
}

TEST_P(JobStoreContract, RefusedStartThatWasCalledByWayOfTheSpoolGetsItsJob) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  OwnerEvent late = StartedWithRequest("b", "request", "content");
  RecordExpecting(Verdict::kDuplicateOf, late);  // this ack never arrives
  StartOf(late).spooled = true;
  EXPECT_EQ(RecordExpecting(Verdict::kApplied, late).twin_of, "a");
  RecordExpecting(Verdict::kReplayed, late);
  RecordExpecting(Verdict::kApplied, Finished("b", Success()));
}

TEST_P(JobStoreContract, TwinThatWasCalledInheritsTheRequestId) {
  RecordExpecting(Verdict::kApplied, StartedWithRequest("a", "request", "content"));
  OwnerEvent spooled = StartedWithRequest("b", "request", "content");
  StartOf(spooled).spooled = true;
  RecordExpecting(Verdict::kApplied, spooled);
  RecordExpecting(Verdict::kApplied,
                  Finished("a", Failed(FailureReason::kNotCalled, Effect::kNotApplied)));
  EXPECT_EQ(
      RecordExpecting(Verdict::kDuplicateOf, StartedWithRequest("c", "request", "content")).job_id,
      "b");
}

TEST_P(JobStoreContract, CustomersComeBackInTheirOrderByPages) {
  OwnerEvent event = Started("a");
  std::vector<std::string>& cids = StartOf(event).cids;
  cids.clear();
  for (int i = 0; i < 27'682; ++i) cids.push_back("cid-" + std::to_string(i * 7'919 % 27'682));
  RecordExpecting(Verdict::kApplied, event);
  std::vector<std::string> read;
  std::optional<int64_t> after;
  do {
    const auto page = store().ListCustomers("a", after, 500);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size, 27'682);
    EXPECT_LE(page->cids.size(), 500u);
    read.insert(read.end(), page->cids.begin(), page->cids.end());
    after = page->next;
  } while (after.has_value());
  EXPECT_EQ(read, cids);
}

TEST_P(JobStoreContract, PayloadIsTheBodyThatWasSent) {
  OwnerEvent event = Started("a");
  StartOf(event).action_name = "T-\"En\\able";
  StartOf(event).cids = {"züri", "tab\there"};
  RecordExpecting(Verdict::kApplied, event);
  const Job job = Get("a", /*full=*/true);
  EXPECT_EQ(job.request_payload,
            R"({"action": "T-\"En\\able", "cids": ["züri", "tab\u0009here"]})");
  EXPECT_FALSE(job.request_payload_cut);
  EXPECT_EQ(Get("a").request_payload, "");
}

TEST_P(JobStoreContract, PayloadOfALargeJobIsCutAndSaysSo) {
  OwnerEvent event = Started("a");
  StartOf(event).cids.assign(1'000, "c");
  RecordExpecting(Verdict::kApplied, event);
  EXPECT_FALSE(Get("a", true).request_payload_cut);
  event = Started("b");
  StartOf(event).cids.assign(1'001, "c");
  RecordExpecting(Verdict::kApplied, event);
  EXPECT_TRUE(Get("b", true).request_payload_cut);
  EXPECT_EQ(Get("b", true).request_payload, Get("a", true).request_payload);
}

TEST_P(JobStoreContract, RerunsAreListedInTheFullView) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  for (const char* id : {"b", "c"}) {
    OwnerEvent rerun = Started(id);
    StartOf(rerun).rerun_of = "a";
    RecordExpecting(Verdict::kApplied, rerun);
  }
  EXPECT_THAT(Get("a", true).reruns, ElementsAre("b", "c"));
  EXPECT_THAT(Get("a").reruns, IsEmpty());
}

TEST_P(JobStoreContract, WhatWasAckedIsThereAfterReopening) {
  const Job before = MakeJob(StartedWithRequest("a", "request", "content"), Success());
  RecordExpecting(Verdict::kApplied, Started("b"));
  const std::string key = store().PageTokenKey();
  Reopen();
  EXPECT_EQ(Get("a").outcome, before.outcome);
  EXPECT_EQ(Get("a").version, before.version);
  EXPECT_THAT(List({}), ElementsAre("b", "a"));
  EXPECT_EQ(History("a").size(), 2u);
  EXPECT_EQ(store().PageTokenKey(), key);
  EXPECT_EQ(key.size(), 32u);
  RecordExpecting(Verdict::kReplayed, Finished("a", Success()));
  RecordExpecting(Verdict::kDuplicateOf, StartedWithRequest("c", "request", "content"));
  EXPECT_GT(RecordExpecting(Verdict::kApplied, Started("d")).number, Get("b").number);
}

}  // namespace
}  // namespace tms::ledger
