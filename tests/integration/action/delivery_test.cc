// What becomes of actions and their events while the ledger misbehaves, and at the end.
#include "common/base/fake_clock.h"
#include "tests/integration/action/action_fixture.h"

namespace tms::action {
namespace {

using ledger::v1::Job;
using ledger::v1::RecordEventsResponse;
using ::testing::SizeIs;

class DeliveryTest : public ActionFixture {};

// Time stands still unless the test moves it; waits take their real time all the same.
class SleptTest : public ActionFixture {
 protected:
  SleptTest() : ActionFixture(Patient(), clock_) {}

  static inline FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
};

// The ledger must answer fast; without its word nothing is called.
class ImpatientTest : public ActionFixture {
 protected:
  ImpatientTest()
      : ActionFixture({.ack_wait = absl::Milliseconds(150),
                       .decision_wait = absl::Milliseconds(150),
                       .ledger_down = LedgerDown::kReject}) {}
};

void ExpectLedgerUnavailable(const Reply& reply) {
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kUnavailable) << reply.status;
  EXPECT_EQ(Reason(reply.status), "LEDGER_UNAVAILABLE");
  EXPECT_TRUE(reply.decided_by_us);
}

TEST_F(ImpatientTest, WithoutLedgerNothingIsCalled) {
  ledger_.Stop();
  ExpectLedgerUnavailable(Set(Request()).Await());
  ExpectLedgerUnavailable(Submit(Request("r1")).Await());
  EXPECT_EQ(clusters_.call_count(), 0u);

  ledger_.Start();
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  // It comes back by itself, in its own time.
  while (!Set(Request()).Await().status.ok()) {
  }
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(ImpatientTest, AStartWhoseAckIsLateEndsNotCalledF25) {
  ledger_.SetScript([](const auto& event, auto ack) {
    return event.has_started() ? std::nullopt : std::optional(ack);
  });
  ExpectLedgerUnavailable(Set(Request("r1")).Await());
  // The start again, so that its first copy cannot come after the outcome.
  const auto events = ledger_.WaitForEvents(3);
  EXPECT_TRUE(events[1].has_started());
  EXPECT_FALSE(events[1].started().spooled());
  EXPECT_EQ(events[1].job_id(), events[0].job_id());
  EXPECT_EQ(events[2].job_id(), events[0].job_id());
  EXPECT_EQ(events[2].event_seq(), 2);
  EXPECT_EQ(events[2].owner(), "owner-1");
  EXPECT_EQ(events[2].finished().status(), Job::FAILED);
  EXPECT_EQ(events[2].finished().failure_reason(), Job::NOT_CALLED);
  EXPECT_EQ(events[2].finished().effect(), Job::NOT_APPLIED);
  WaitUntilDelivered();

  ledger_.SetScript(nullptr);
  courier_.decision_wait = absl::Seconds(10);
  RestartHost();
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  EXPECT_TRUE(Set(Request("r1")).Await().status.ok());
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(ImpatientTest, NotCalledIsToldUntilItIsAckedAlsoAfterARestartF25) {
  ledger_.SetScript([](const auto&, auto) { return std::nullopt; });
  ExpectLedgerUnavailable(Set(Request()).Await());
  ledger_.WaitForEvents(3);
  ledger_.Stop();
  RestartHost();
  ledger_.SetScript(nullptr);
  ledger_.Start();
  const auto events = ledger_.WaitForEvents(5);
  EXPECT_TRUE(events[3].has_started());
  EXPECT_EQ(events[4].finished().failure_reason(), Job::NOT_CALLED);
  EXPECT_EQ(host_->Drain(absl::Seconds(5)), 0u);
  EXPECT_EQ(spool_->usage().events, 0);
  EXPECT_EQ(spool_->usage().dead_letters, 0);
}

TEST_F(ImpatientTest, AStartThatWasGivenUpAndIsATwinLeavesNothingF25) {
  ledger_.SetScript([](const auto&, auto) { return std::nullopt; });
  ExpectLedgerUnavailable(Set(Request("r1")).Await());
  ledger_.WaitForEvents(3);
  ledger_.Stop();
  ledger_.SetScript([](const auto& event, auto ack) {
    ack.set_verdict(event.has_started() ? RecordEventsResponse::DUPLICATE_OF
                                        : RecordEventsResponse::UNKNOWN_JOB);
    return std::optional(ack);
  });
  ledger_.Start();
  ledger_.WaitForEvents(5);
  WaitUntilDelivered();
  EXPECT_EQ(spool_->usage().dead_letters, 0);
}

TEST_F(ImpatientTest, WhatGoesTogetherWithAnotherDoesNotHoldUpTheSettlingF01) {
  ledger_.WaitForSettled(1);
  ledger_.SetScript([](const auto&, auto) { return std::nullopt; });
  v1::SetActionRequest large = Request("r1");
  // More than is read of the spool at a time: the start alone, and then its outcome.
  for (int i = 0; i < 40'000; ++i) large.add_cids(std::string(120, 'x') + std::to_string(i));
  ExpectLedgerUnavailable(Set(large).Await());
  ledger_.Stop();
  RestartHost();
  ledger_.SetScript([](const auto& event, auto ack) {
    if (event.has_started()) ack.set_verdict(RecordEventsResponse::DUPLICATE_OF);
    return std::optional(ack);
  });
  ledger_.Start();
  WaitUntilDelivered();
  EXPECT_EQ(ledger_.WaitForSettled(2).back().incarnation, incarnation_);
}

TEST_F(ImpatientTest, OutcomesGoByTheSpoolAlsoWhereStartsMayNot) {
  courier_.decision_wait = absl::Seconds(10);  // the start itself is to be acked
  RestartHost();
  Caller caller = Set(Request());
  clusters_.WaitForCalls(1);
  ledger_.Stop();
  clusters_.Finish(0, FakeClusterClient::Success());
  const Reply reply = caller.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
  EXPECT_EQ(reply.response.job().effect(), Job::APPLIED);
  EXPECT_EQ(reply.response.recorded_in(), v1::SetActionResponse::SPOOL);
  ledger_.Start();
  WaitUntilDelivered();
  EXPECT_EQ(ledger_.events().back().finished().status(), Job::SUCCESS);
}

TEST_F(SleptTest, AProcessThatSleptPastTheDeadlineDoesNotCallF15) {
  ledger_.SetScript([](const auto& event, auto ack) {
    if (event.has_started()) clock_.Advance(absl::Seconds(12));
    return std::optional(ack);
  });
  const Reply reply = Set(Request()).Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().failure_reason(), Job::NOT_CALLED);
  EXPECT_EQ(reply.response.job().effect(), Job::NOT_APPLIED);
  EXPECT_EQ(clusters_.call_count(), 0u);
}

TEST_F(DeliveryTest, TheCallersDeadlineBoundsTheWaitForTheAck) {
  ledger_.SetScript([](const auto& event, auto ack) {
    return event.has_started() ? std::nullopt : std::optional(ack);
  });
  ExpectLedgerUnavailable(Set(Request(), kImpatience).Await());
  EXPECT_EQ(ledger_.WaitForEvents(3)[2].finished().failure_reason(), Job::NOT_CALLED);
}

TEST_F(DeliveryTest, AStartIsSentAgainOnTheNextStream) {
  std::atomic<int> starts = 0;
  ledger_.SetScript(
      [&](const auto&, auto ack) { return ++starts == 1 ? std::nullopt : std::optional(ack); });
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  Caller caller = Set(Request());
  ledger_.WaitForEvents(1);
  ledger_.Stop();
  ledger_.Start();
  EXPECT_TRUE(caller.Await().status.ok());
  const auto events = ledger_.events();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].job_id(), events[1].job_id());
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(DeliveryTest, AnOutcomeWhoseAckIsLostIsToldAgainF07) {
  std::atomic<bool> lose = true;
  ledger_.SetScript([&](const auto& event, auto ack) {
    if (event.has_finished() && lose.exchange(false)) return std::optional<FakeLedger::Ack>();
    if (event.has_finished()) ack.set_verdict(RecordEventsResponse::REPLAYED);
    return std::optional(ack);
  });
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  Caller caller = Set(Request());
  ledger_.WaitForEvents(2);
  ledger_.Stop();
  ledger_.Start();
  const Reply reply = caller.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
  EXPECT_THAT(ledger_.events(), SizeIs(3));
  EXPECT_EQ(clusters_.call_count(), 1u);
}

TEST_F(DeliveryTest, ARestoredLedgerIsToldTheStartAgainF26) {
  Caller caller = Set(Request("r1"));
  clusters_.WaitForCalls(1);
  ledger_.ForgetJobs();
  clusters_.Finish(0, FakeClusterClient::Success());
  const Reply reply = caller.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
  const auto events = ledger_.events();
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_TRUE(events[1].has_finished());
  EXPECT_TRUE(events[2].has_started());
  EXPECT_TRUE(events[2].started().spooled());
  EXPECT_EQ(events[2].started().cids_size(), 1);
  EXPECT_TRUE(events[3].has_finished());
}

TEST_F(DeliveryTest, AnOutcomeThatCanNeverBeTakenBlocksNobody) {
  ledger_.SetScript([](const auto& event, auto ack) {
    if (event.has_finished()) {
      ack.set_verdict(RecordEventsResponse::UNKNOWN_JOB);
      ack.clear_job();
    }
    return std::optional(ack);
  });
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  const Reply reply = Set(Request()).Await();
  // The ledger's last word on it.
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::IN_PROGRESS);
  EXPECT_EQ(spool_->usage().dead_letters, 1);
  EXPECT_EQ(host_->Drain(absl::Seconds(5)), 0u);
}

TEST_F(DeliveryTest, AnOutcomeThatCantBeSetAsideAtOnceIsKept) {
  ledger_.SetScript([](const auto& event, auto ack) {
    if (event.has_finished()) ack.set_verdict(RecordEventsResponse::INVALID);
    return std::optional(ack);
  });
  faulty_spool_->failing_buries = 1;
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ASSERT_TRUE(Set(Request()).Await().status.ok());
  EXPECT_EQ(faulty_spool_->failing_buries, 0);
  WaitUntilDelivered();
  EXPECT_EQ(spool_->usage().dead_letters, 1);
}

TEST_F(DeliveryTest, ADrainLetsCallsInFlightEndAndRefusesTheRest) {
  Caller running = Set(Request("", "narrow"));
  clusters_.WaitForCalls(1);
  Caller waiting = Queue();
  auto drained = std::async(std::launch::async, [&] { return host_->Drain(absl::Seconds(10)); });
  const Reply refused = waiting.Await();
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(refused.status), "DRAINING");
  EXPECT_EQ(Reason(Set(Request()).Await().status), "DRAINING");
  EXPECT_TRUE(running.IsWaiting());

  clusters_.Finish(0, FakeClusterClient::Success());
  const Reply reply = running.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
  EXPECT_EQ(drained.get(), 0u);
  EXPECT_EQ(clusters_.call_count(), 1u);
  EXPECT_THAT(ledger_.events(), SizeIs(2));
}

TEST_F(DeliveryTest, ADrainEndsWhatHasNotCalledYetAsNotCalledF25) {
  std::promise<void> ack_now;
  ledger_.SetScript([wait = ack_now.get_future().share()](const auto& event, auto ack) {
    if (event.has_started()) wait.wait();
    return std::optional(ack);
  });
  Caller caller = Set(Request("", "narrow"));
  ledger_.WaitForEvents(1);
  Caller waiting = Set(Request("", "narrow"));
  auto drained = std::async(std::launch::async, [&] { return host_->Drain(absl::Seconds(10)); });
  EXPECT_EQ(Reason(waiting.Await().status), "DRAINING");
  ack_now.set_value();
  const Reply reply = caller.Await();
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(reply.status), "DRAINING");
  EXPECT_EQ(drained.get(), 0u);
  EXPECT_EQ(clusters_.call_count(), 0u);
  EXPECT_EQ(ledger_.events()[1].finished().failure_reason(), Job::NOT_CALLED);
}

TEST_F(DeliveryTest, ADrainThatComesToItsLimitSaysWhatIsLeft) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  ledger_.SetScript([](const auto& event, auto ack) {
    return event.has_started() ? std::optional(ack) : std::nullopt;
  });
  Caller caller = Set(Request());
  ledger_.WaitForEvents(2);
  EXPECT_EQ(host_->Drain(absl::Milliseconds(100)), 2u);  // the action and its outcome
  const Reply reply = caller.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::IN_PROGRESS);

  ledger_.Stop();
  ledger_.SetScript(nullptr);
  ledger_.Start();
  EXPECT_EQ(host_->Drain(absl::Seconds(10)), 0u);
}

}  // namespace
}  // namespace tms::action
