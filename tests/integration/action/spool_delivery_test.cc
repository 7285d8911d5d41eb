// What the spool is for: actions while the ledger is away, and their way to it.
#include <atomic>
#include <fstream>
#include <sstream>

#include "tests/integration/action/action_fixture.h"

namespace tms::action {
namespace {

using ledger::v1::Job;
using ledger::v1::RecordEventsResponse;
using ::testing::SizeIs;

class SpoolDeliveryTest : public ActionFixture {
 protected:
  explicit SpoolDeliveryTest(int64_t spool_limit = 64 << 20)
      : ActionFixture({.ack_wait = absl::Milliseconds(150),
                       .decision_wait = absl::Milliseconds(150),
                       .spool_limit = spool_limit}) {}

  static v1::SetActionRequest AcceptingARepeat(const std::string& request_id) {
    v1::SetActionRequest request = Request(request_id);
    request.set_accept_possible_repeat(true);
    return request;
  }
  static void ExpectInSpool(const Reply& reply) {
    ASSERT_TRUE(reply.status.ok()) << reply.status;
    EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
    EXPECT_EQ(reply.response.job().effect(), Job::APPLIED);
    EXPECT_EQ(reply.response.recorded_in(), v1::SetActionResponse::SPOOL);
  }
  // All that the spool held came in its order: each job's start before its outcome.
  void ExpectDelivered(const std::vector<std::string>& jobs) {
    WaitUntilDelivered();
    std::map<std::string, std::vector<int64_t>> seqs;
    for (const auto& event : ledger_.events()) seqs[event.job_id()].push_back(event.event_seq());
    for (const std::string& job : jobs) {
      ASSERT_GE(seqs[job].size(), 2u) << job;
      EXPECT_EQ(seqs[job].front(), 1);
      EXPECT_EQ(seqs[job].back(), 2);
    }
    EXPECT_EQ(spool_->usage().dead_letters, 0);
    EXPECT_EQ(spool_->usage().bytes, 0);
  }
};

// Room for a few jobs.
class SmallSpoolTest : public SpoolDeliveryTest {
 protected:
  SmallSpoolTest() : SpoolDeliveryTest(2 * kOutcomeRoom) {}
};

TEST_F(SpoolDeliveryTest, ActionsGoOnWithoutTheLedgerAndAreDeliveredOnItsReturnF05) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  std::vector<Caller> callers;
  for (int i = 0; i < 20; ++i) callers.push_back(Set(Request()));
  std::vector<std::string> jobs;
  for (Caller& caller : callers) {
    const Reply reply = caller.Await();
    ExpectInSpool(reply);
    EXPECT_EQ(reply.response.job().customer_count(), 1);
    jobs.push_back(reply.response.job().job_id());
  }
  EXPECT_EQ(clusters_.call_count(), 20u);
  EXPECT_EQ(spool_->usage().events, 40);
  ledger_.Start();
  ExpectDelivered(jobs);
  for (const auto& event : ledger_.events()) {
    EXPECT_TRUE(event.has_finished() || event.started().spooled());
  }
  EXPECT_EQ(clusters_.call_count(), 20u);
}

TEST_F(SpoolDeliveryTest, TheSpoolIsDeliveredBeforeTheOwnerIsSettledF01) {
  ledger_.WaitForSettled(1);
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  const Reply reply = Set(Request()).Await();
  ExpectInSpool(reply);
  RestartHost();
  ledger_.Start();
  const auto settled = ledger_.WaitForSettled(2);
  EXPECT_EQ(settled[0].incarnation, 7);
  EXPECT_EQ(settled[1].incarnation, 8);
  EXPECT_EQ(settled[1].after_events, 2u);
  ExpectDelivered({reply.response.job().job_id()});
}

TEST_F(SpoolDeliveryTest, AStartWhoseAckIsLateGoesOnFromTheSpoolF25) {
  std::atomic<bool> silent = true;
  ledger_.SetScript(
      [&](const auto&, auto ack) { return silent ? std::nullopt : std::optional(ack); });
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  const Reply reply = Set(Request()).Await();
  ExpectInSpool(reply);
  const auto events = ledger_.WaitForEvents(3);
  EXPECT_FALSE(events[0].started().spooled());
  EXPECT_TRUE(events[1].started().spooled());
  EXPECT_EQ(events[1].job_id(), events[0].job_id());
  silent = false;
  ledger_.Stop();
  ledger_.Start();
  ExpectDelivered({reply.response.job().job_id()});
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(SpoolDeliveryTest, ARequestIdWaitsForTheLedgersWordUnlessARepeatIsAcceptedF24) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  const Reply refused = Set(Request("r1")).Await();
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(refused.status), "LEDGER_UNAVAILABLE");
  EXPECT_EQ(clusters_.call_count(), 0u);

  const Reply done = Set(AcceptingARepeat("r1")).Await();
  ExpectInSpool(done);
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(SpoolDeliveryTest, WhatTheSpoolHoldsIsKnownByItsRequestIdF24) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  v1::SetActionRequest request = AcceptingARepeat("r1");
  const Reply first = Set(request).Await();
  ExpectInSpool(first);
  RestartHost();
  for (const bool accept : {true, false}) {
    request.set_accept_possible_repeat(accept);
    const Reply again = Set(request).Await();
    ASSERT_TRUE(again.status.ok()) << again.status;
    EXPECT_TRUE(again.response.deduplicated());
    EXPECT_EQ(again.response.job().job_id(), first.response.job().job_id());
    EXPECT_EQ(again.response.job().status(), Job::SUCCESS);
  }
  request.add_cids("other");
  EXPECT_EQ(Reason(Set(request).Await().status), "REQUEST_ID_REUSED");
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(SmallSpoolTest, AFullSpoolRefusesBeforeTheCallF05) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  Reply reply = Set(Request()).Await();
  size_t taken = 0;
  for (; reply.status.ok(); reply = Set(Request()).Await()) ++taken;
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(reply.status), "SPOOL_FULL");
  EXPECT_TRUE(reply.decided_by_us);
  EXPECT_GT(taken, 3u);
  EXPECT_EQ(clusters_.call_count(), taken);
  EXPECT_LE(spool_->usage().bytes, courier_.spool_limit);
  ledger_.Start();
  WaitUntilDelivered();
  EXPECT_TRUE(Set(Request()).Await().status.ok());
}

TEST_F(SmallSpoolTest, RoomForOutcomesOfCallsInFlightIsNotGivenAwayF10) {
  Caller running = Set(Request());
  clusters_.WaitForCalls(1);
  EXPECT_EQ(Reason(Set(Request()).Await().status), "SPOOL_FULL");
  ledger_.Stop();
  clusters_.Finish(0, FakeClusterClient::Success());
  ExpectInSpool(running.Await());
}

TEST_F(SpoolDeliveryTest, WhatTheLedgerNeverTakesIsSetAsideAndBlocksNothing) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  const std::string bad = Set(Request()).Await().response.job().job_id();
  const std::string good = Set(Request()).Await().response.job().job_id();
  ledger_.SetScript([bad](const auto& event, auto ack) {
    if (event.job_id() == bad) ack.set_verdict(RecordEventsResponse::INVALID);
    return std::optional(ack);
  });
  ledger_.Start();
  WaitUntilDelivered();
  EXPECT_EQ(spool_->usage().dead_letters, 2);
  EXPECT_EQ(ledger_.events().back().job_id(), good);
}

TEST_F(SpoolDeliveryTest, ARestoredLedgerIsToldWhatItLostF26) {
  Caller caller = Set(Request());
  clusters_.WaitForCalls(1);
  ledger_.Stop();
  clusters_.Finish(0, FakeClusterClient::Success());
  const Reply reply = caller.Await();
  ExpectInSpool(reply);
  ledger_.ForgetJobs();
  RestartHost();
  ledger_.Start();
  ExpectDelivered({reply.response.job().job_id()});
}

TEST_F(SpoolDeliveryTest, ALedgerThatAnswersButTakesNothingIsAskedLessAndLessOftenF11) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  const Reply reply = Set(Request()).Await();
  ExpectInSpool(reply);
  ledger_.SetFull(true);
  ledger_.Start();
  ledger_.WaitForEvents(1);
  const absl::Time began = absl::Now();
  ledger_.WaitForEvents(7);
  // Twice as long each time, at least, but for once, when the other lane is known to be up.
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(25 + 50 + 100 + 200 + 400));
  ledger_.SetFull(false);
  ExpectDelivered({reply.response.job().job_id()});
}

TEST_F(SpoolDeliveryTest, ARequestThatCantBeLookedUpIsNotMadeF24) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  const v1::SetActionRequest request = AcceptingARepeat("r1");
  const Reply first = Set(request).Await();
  ExpectInSpool(first);
  faulty_spool_->failing_find_requests = 1;
  const Reply unknown = Set(request).Await();
  EXPECT_EQ(unknown.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(unknown.status), "SPOOL_UNAVAILABLE");
  const Reply again = Set(request).Await();
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.response.job().job_id(), first.response.job().job_id());
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(SpoolDeliveryTest, ALostJobIsToldAlsoWhereItsStartCantBeReadAtOnceF26) {
  Caller caller = Set(Request());
  clusters_.WaitForCalls(1);
  ledger_.Stop();
  clusters_.Finish(0, FakeClusterClient::Success());
  const Reply reply = caller.Await();
  ExpectInSpool(reply);
  const std::string job = reply.response.job().job_id();
  // As if it had lost the job between its start and its outcome.
  std::atomic<bool> lost = false;
  ledger_.SetScript([&](const auto& event, auto ack) {
    if (event.has_finished() && !lost.exchange(true)) {
      ack.set_verdict(RecordEventsResponse::UNKNOWN_JOB);
    }
    return std::optional(ack);
  });
  faulty_spool_->failing_find_starts = 1;
  ledger_.Start();
  ExpectDelivered({job});
  EXPECT_EQ(faulty_spool_->failing_find_starts, 0);
}

TEST_F(SpoolDeliveryTest, ALargeStartHoldsUpNoSmallOne) {
  std::promise<void> go_on;
  ledger_.SetScript([wait = go_on.get_future().share()](const auto& event, auto ack) {
    if (event.started().cids_size() > 1) wait.wait();
    return std::optional(ack);
  });
  v1::SetActionRequest large = Request();
  for (int i = 0; i < 10'000; ++i)
    large.add_cids("customer-" + std::string(60, 'x') + std::to_string(i));
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  Caller slow = Submit(large);
  ledger_.WaitForEvents(1);
  const Reply small = Set(Request()).Await();
  ASSERT_TRUE(small.status.ok()) << small.status;
  EXPECT_EQ(small.response.job().status(), Job::SUCCESS);
  go_on.set_value();
  EXPECT_TRUE(slow.Await().status.ok());
}

TEST_F(SpoolDeliveryTest, TheTokenIsNotInTheSpoolS13) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.Stop();
  ExpectInSpool(Set(Request()).Await());
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    std::ostringstream bytes;
    bytes << std::ifstream(file.path()).rdbuf();
    EXPECT_EQ(bytes.str().find("token-of-ada"), std::string::npos) << file.path();
  }
}

}  // namespace
}  // namespace tms::action
