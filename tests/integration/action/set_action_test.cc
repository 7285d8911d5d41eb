// What SetAction and SubmitAction do while all is well, and with callers who go away or come twice.
#include "tests/integration/action/action_fixture.h"

namespace tms::action {
namespace {

using ledger::v1::Job;
using ledger::v1::RecordEventsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SetActionTest : public ActionFixture {};

// Memory for small requests only.
class LittleMemoryTest : public ActionFixture {
 protected:
  LittleMemoryTest() : ActionFixture(Patient(), SystemClock(), 32 << 10) {}
};

TEST_F(SetActionTest, CallsTheClusterOnlyOnceTheStartIsAcked) {
  std::promise<void> ack_now;
  ledger_.SetScript([&, wait = ack_now.get_future().share()](const auto& event, auto ack) {
    if (event.has_started()) {
      wait.wait();
      EXPECT_EQ(clusters_.call_count(), 0u);
    }
    return std::optional(ack);
  });
  Caller caller = Set(Request());
  ledger_.WaitForEvents(1);
  ack_now.set_value();
  clusters_.WaitForCalls(1);
  EXPECT_THAT(ledger_.events(), SizeIs(1));
  EXPECT_TRUE(caller.IsWaiting());
  clusters_.Finish(0, FakeClusterClient::Success());

  const Reply reply = caller.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::SUCCESS);
  EXPECT_EQ(reply.response.job().effect(), Job::APPLIED);
  EXPECT_EQ(reply.response.recorded_in(), v1::SetActionResponse::LEDGER);
  EXPECT_FALSE(reply.response.deduplicated());
  EXPECT_EQ(reply.response.response_body(), R"({"success":true})");

  const auto events = ledger_.events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].event_seq(), 1);
  EXPECT_EQ(events[1].event_seq(), 2);
  EXPECT_EQ(events[0].job_id(), reply.response.job().job_id());
  EXPECT_EQ(events[1].job_id(), reply.response.job().job_id());
  EXPECT_EQ(events[0].owner(), "owner-1");
  EXPECT_EQ(events[0].incarnation(), 7);
}

TEST_F(SetActionTest, TellsTheLedgerEverythingButTheToken) {
  clusters_.AnswerAtOnce(FakeClusterClient::Refused());
  v1::SetActionRequest request = Request("r1");
  request.add_cids(" 7654321 ");
  request.set_batch_id("b1");
  request.set_source_ip("192.0.2.1");
  request.set_rerun_of("j0");
  request.mutable_timeout()->set_seconds(3);
  const Reply reply = Set(request).Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().failure_reason(), Job::REJECTED);

  const auto started = ledger_.events().at(0).started();
  EXPECT_EQ(started.user_id(), "ada");
  EXPECT_EQ(started.batch_id(), "b1");
  EXPECT_EQ(started.action_code(), 3);
  EXPECT_EQ(started.action_name(), "T-Enable");
  EXPECT_EQ(started.cluster(), "wide");
  EXPECT_EQ(started.cluster_url(), "http://wide.example");
  EXPECT_THAT(started.cids(), ElementsAre("1234567", "7654321"));
  EXPECT_EQ(started.request_id(), "r1");
  EXPECT_EQ(started.fingerprint().size(), 32u);
  EXPECT_EQ(started.timeout().seconds(), 3);
  EXPECT_EQ(started.source_ip(), "192.0.2.1");
  EXPECT_EQ(started.rerun_of(), "j0");
  EXPECT_FALSE(started.spooled());
  EXPECT_THAT(clusters_.cids(0), ElementsAre("1234567", "7654321"));
  EXPECT_EQ(clusters_.token(0), "token-of-ada");
  for (const auto& event : ledger_.events()) {
    EXPECT_EQ(event.SerializeAsString().find("token-of-ada"), std::string::npos);
  }
}

TEST_F(SetActionTest, RefusesBadInputWithoutStoringOrCalling) {
  v1::SetActionRequest request = Request();
  request.clear_user_id();
  request.set_cids(0, "a\nb");
  const Reply reply = Set(request).Await();
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(reply.decided_by_us);
  EXPECT_THAT(GetViolations(reply.status), SizeIs(2));
  EXPECT_THAT(ledger_.events(), IsEmpty());
  EXPECT_EQ(clusters_.call_count(), 0u);
}

TEST_F(SetActionTest, SubmitAnswersOnceTheStartIsDurable) {
  const Reply reply = Submit(Request()).Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::IN_PROGRESS);
  EXPECT_EQ(reply.response.recorded_in(), v1::SetActionResponse::LEDGER);
  clusters_.WaitForCalls(1);
  clusters_.Finish(0, FakeClusterClient::Success());
  EXPECT_EQ(ledger_.WaitForEvents(2)[1].finished().status(), Job::SUCCESS);
}

TEST_F(SetActionTest, ACallerThatGoesAwayDoesNotStopTheCall) {
  Caller caller = Set(Request());
  clusters_.WaitForCalls(1);
  caller.Cancel();
  EXPECT_EQ(caller.Await().status.code(), absl::StatusCode::kCancelled);
  clusters_.Finish(0, FakeClusterClient::Success());
  EXPECT_EQ(ledger_.WaitForEvents(2)[1].finished().status(), Job::SUCCESS);
}

TEST_F(SetActionTest, ACallerWhoseDeadlineComesGetsTheJobInProgress) {
  const Reply reply = Set(Request(), kImpatience).Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_EQ(reply.response.job().status(), Job::IN_PROGRESS);
  clusters_.Finish(0, FakeClusterClient::Success());
  EXPECT_EQ(ledger_.WaitForEvents(2)[1].finished().status(), Job::SUCCESS);
}

TEST_F(SetActionTest, TwinsJoinTheRunningAction) {
  Caller first = Set(Request("r1"));
  clusters_.WaitForCalls(1);
  const Reply submitted = Submit(Request("r1")).Await();
  ASSERT_TRUE(submitted.status.ok()) << submitted.status;
  EXPECT_TRUE(submitted.response.deduplicated());
  Caller second = Set(Request("r1"));
  const Reply late = Set(Request("r1"), kImpatience).Await();
  ASSERT_TRUE(late.status.ok()) << late.status;
  EXPECT_EQ(late.response.job().status(), Job::IN_PROGRESS);
  EXPECT_TRUE(second.IsWaiting());
  clusters_.Finish(0, FakeClusterClient::Success());

  const Reply one = first.Await(), two = second.Await();
  EXPECT_FALSE(one.response.deduplicated());
  EXPECT_TRUE(two.response.deduplicated());
  EXPECT_EQ(two.response.job().status(), Job::SUCCESS);
  EXPECT_EQ(two.response.response_body(), "");
  EXPECT_EQ(one.response.job().job_id(), two.response.job().job_id());
  EXPECT_EQ(clusters_.call_count(), 1u);
  EXPECT_THAT(ledger_.events(), SizeIs(2));
}

TEST_F(SetActionTest, OneRequestIdIsOneContentPerUserS05) {
  Caller first = Set(Request("r1"));
  clusters_.WaitForCalls(1);
  v1::SetActionRequest other = Request("r1");
  other.add_cids("2");
  const Reply refused = Set(other).Await();
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Reason(refused.status), "REQUEST_ID_REUSED");

  other.set_user_id("bob");
  Caller of_bob = Set(other);
  clusters_.WaitForCalls(2);
  clusters_.Finish(0, FakeClusterClient::Success());
  clusters_.Finish(1, FakeClusterClient::Success());
  EXPECT_TRUE(first.Await().status.ok());
  EXPECT_TRUE(of_bob.Await().status.ok());
}

TEST_F(SetActionTest, TheLedgersWordOnOtherContentIsFinal) {
  ledger_.SetScript([](const auto&, auto ack) {
    ack.set_verdict(RecordEventsResponse::CONFLICT);
    return std::optional(ack);
  });
  const Reply reply = Set(Request("r1")).Await();
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Reason(reply.status), "REQUEST_ID_REUSED");
  EXPECT_EQ(clusters_.call_count(), 0u);
}

TEST_F(SetActionTest, WaitsForTheJobThatSomebodyElseRuns) {
  Job earlier;
  earlier.set_job_id("earlier");
  earlier.set_status(Job::IN_PROGRESS);
  ledger_.SetJob(earlier);
  ledger_.SetScript([&](const auto&, auto ack) {
    ack.set_verdict(RecordEventsResponse::DUPLICATE_OF);
    *ack.mutable_job() = earlier;
    return std::optional(ack);
  });
  const Reply submitted = Submit(Request("r1")).Await();
  ASSERT_TRUE(submitted.status.ok()) << submitted.status;
  EXPECT_TRUE(submitted.response.deduplicated());
  EXPECT_EQ(submitted.response.job().job_id(), "earlier");

  const Reply impatient = Set(Request("r1"), kImpatience).Await();
  ASSERT_TRUE(impatient.status.ok()) << impatient.status;
  EXPECT_EQ(impatient.response.job().status(), Job::IN_PROGRESS);

  Caller patient = Set(Request("r1"));
  Job ended = earlier;
  ended.set_status(Job::FAILED);
  ledger_.SetJob(ended);
  const Reply reply = patient.Await();
  ASSERT_TRUE(reply.status.ok()) << reply.status;
  EXPECT_TRUE(reply.response.deduplicated());
  EXPECT_EQ(reply.response.job().status(), Job::FAILED);
  EXPECT_EQ(clusters_.call_count(), 0u);
}

TEST_F(SetActionTest, ATwinThatWasNotCalledIsAskedForAgain) {
  Job earlier;
  earlier.set_job_id("earlier");
  earlier.set_status(Job::IN_PROGRESS);
  ledger_.SetScript([&](const auto&, auto ack) {
    ack.set_verdict(RecordEventsResponse::DUPLICATE_OF);
    *ack.mutable_job() = earlier;
    return std::optional(ack);
  });
  Job ended = earlier;
  ended.set_status(Job::FAILED);
  ended.set_failure_reason(Job::NOT_CALLED);
  ledger_.SetJob(ended);
  const Reply reply = Set(Request("r1")).Await();
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(reply.status), "EARLIER_NOT_CALLED");
  EXPECT_TRUE(reply.decided_by_us);
}

TEST_F(SetActionTest, AFullQueueRefusesWithoutAJob) {
  Caller running = Set(Request("", "narrow"));
  clusters_.WaitForCalls(1);
  Caller waiting = Queue();
  const Reply refused = Set(Request("", "narrow")).Await();
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(refused.status), "CLUSTER_BUSY");
  EXPECT_THAT(ledger_.events(), SizeIs(1));

  clusters_.Finish(0, FakeClusterClient::Success());
  clusters_.WaitForCalls(2);
  clusters_.Finish(1, FakeClusterClient::Success());
  EXPECT_TRUE(running.Await().status.ok());
  EXPECT_TRUE(waiting.Await().status.ok());
}

TEST_F(SetActionTest, ADeadlineInTheQueueLeavesNoJob) {
  Caller running = Set(Request("", "narrow"));
  clusters_.WaitForCalls(1);
  const Reply late = Set(Request("", "narrow"), kImpatience).Await();
  EXPECT_EQ(late.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(late.decided_by_us);
  clusters_.Finish(0, FakeClusterClient::Success());
  EXPECT_TRUE(running.Await().status.ok());
  EXPECT_EQ(clusters_.call_count(), 1u);
  EXPECT_THAT(ledger_.events(), SizeIs(2));
}

TEST_F(SetActionTest, WhoGoesAwayInTheQueueMakesRoomForAnother) {
  Caller running = Set(Request("", "narrow"));
  clusters_.WaitForCalls(1);
  Caller gone = Queue();
  gone.Cancel();
  EXPECT_EQ(gone.Await().status.code(), absl::StatusCode::kCancelled);
  // The server hears of it in its own time: until then the queue is full.
  std::optional<Caller> next;
  do {
    next.emplace(Set(Request("", "narrow"), absl::Milliseconds(300)));
  } while (next->Await().status.code() == absl::StatusCode::kResourceExhausted);
  clusters_.Finish(0, FakeClusterClient::Success());
  EXPECT_TRUE(running.Await().status.ok());
  EXPECT_EQ(clusters_.call_count(), 1u);
  EXPECT_THAT(ledger_.WaitForEvents(2), SizeIs(2));
}

TEST_F(LittleMemoryTest, RequestsBeyondTheMemoryAreRefusedAndHoldUpNoOthersS04) {
  clusters_.AnswerAtOnce(FakeClusterClient::Success());
  v1::SetActionRequest large = Request();
  for (int i = 0; i < 1'000; ++i) large.add_cids("customer-" + std::to_string(i));
  for (int i = 0; i < 3; ++i) {
    const Reply refused = Set(large).Await();
    EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Reason(refused.status), "OVERLOADED");
    EXPECT_TRUE(refused.decided_by_us);
  }
  // What a request took is given back when it has ended.
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Set(Request()).Await().status.ok());
  EXPECT_EQ(clusters_.call_count(), 50u);
}

TEST_F(SetActionTest, ListsWhatIsConfigured) {
  grpc::ClientContext clusters_context, actions_context;
  v1::ListClustersResponse clusters;
  ASSERT_TRUE(stub_->ListClusters(&clusters_context, {}, &clusters).ok());
  ASSERT_THAT(clusters.clusters(), SizeIs(2));
  EXPECT_EQ(clusters.clusters(0).name(), "narrow");
  EXPECT_EQ(clusters.clusters(1).name(), "wide");
  EXPECT_EQ(clusters.clusters(1).base_url(), "http://wide.example");
  EXPECT_EQ(clusters.clusters(1).default_timeout().seconds(), 10);
  EXPECT_EQ(clusters.clusters(1).max_timeout().seconds(), 120);

  v1::ListActionsResponse actions;
  ASSERT_TRUE(stub_->ListActions(&actions_context, {}, &actions).ok());
  ASSERT_THAT(actions.actions(), SizeIs(5));
  EXPECT_EQ(actions.actions(0).name(), "Tran-Begin");
  EXPECT_THAT(actions.actions(0).aliases(), ElementsAre("Trans-Begin"));
}

}  // namespace
}  // namespace tms::action
