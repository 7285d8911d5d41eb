// What operators see of the spool, and do with what the ledger refused for good.
#include "tests/integration/action/action_fixture.h"

namespace tms::action {
namespace {

using ledger::v1::RecordEventsResponse;
using ::testing::SizeIs;
using Resolution = v1::ResolveDeadLetterRequest;

class DeadLettersTest : public ActionFixture {
 protected:
  DeadLettersTest()
      : ActionFixture({.ack_wait = absl::Milliseconds(150),
                       .decision_wait = absl::Milliseconds(150),
                       .spool_limit = 64 << 20}) {
    clusters_.AnswerAtOnce(FakeClusterClient::Success());
  }

  // One job, with start and outcome, that the ledger refuses; returns its id.
  std::string MakeDeadJob(const v1::SetActionRequest& request = Request()) {
    ledger_.Stop();
    const std::string job_id = Set(request).Await().response.job().job_id();
    ledger_.SetScript([](const auto&, auto ack) {
      ack.set_verdict(RecordEventsResponse::INVALID);
      ack.set_detail("cids[0]: refused");
      return std::optional(ack);
    });
    ledger_.Start();
    WaitUntilDelivered();
    ledger_.SetScript(nullptr);
    return job_id;
  }
  v1::ListDeadLettersResponse List(int page_size = 0, const std::string& token = "") {
    v1::ListDeadLettersRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    grpc::ClientContext context;
    v1::ListDeadLettersResponse list;
    EXPECT_TRUE(stub_->ListDeadLetters(&context, request, &list).ok());
    return list;
  }
  grpc::StatusCode Resolve(int64_t position, Resolution::Action action,
                           const std::string& reason = "the ledger was mended") {
    Resolution request;
    request.set_position(position);
    request.set_action(action);
    request.set_reason(reason);
    grpc::ClientContext context;
    v1::ResolveDeadLetterResponse response;
    return stub_->ResolveDeadLetter(&context, request, &response).error_code();
  }
};

TEST_F(DeadLettersTest, AreShownWithoutTheirCidsAndWithoutTheTokenS13) {
  const std::string job_id = MakeDeadJob();
  v1::SpoolState state;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->GetSpoolState(&context, {}, &state).ok());
  EXPECT_EQ(state.event_count(), 0);
  EXPECT_EQ(state.dead_letter_count(), 2);
  EXPECT_GT(state.bytes(), 0);
  EXPECT_EQ(state.limit_bytes(), courier_.spool_limit);
  EXPECT_TRUE(state.room_held());

  const auto list = List();
  ASSERT_THAT(list.dead_letters(), SizeIs(2));
  const v1::DeadLetter& start = list.dead_letters(0);
  EXPECT_EQ(start.job_id(), job_id);
  EXPECT_EQ(start.verdict(), "INVALID");
  EXPECT_EQ(start.detail(), "cids[0]: refused");
  EXPECT_EQ(start.customer_count(), 1);
  EXPECT_EQ(start.event().started().cids_size(), 0);
  EXPECT_EQ(list.SerializeAsString().find(Request().bearer_token()), std::string::npos);
}

TEST_F(DeadLettersTest, AreListedInPages) {
  MakeDeadJob();
  const auto first = List(1);
  ASSERT_THAT(first.dead_letters(), SizeIs(1));
  const auto second = List(1, first.next_page_token());
  ASSERT_THAT(second.dead_letters(), SizeIs(1));
  EXPECT_GT(second.dead_letters(0).position(), first.dead_letters(0).position());
  EXPECT_THAT(List(1, second.next_page_token()).dead_letters(), SizeIs(0));
}

TEST_F(DeadLettersTest, ARetryTellsTheWholeJobInItsOrderAndCallsNoCluster) {
  const std::string job_id = MakeDeadJob();
  const auto list = List();
  ASSERT_THAT(list.dead_letters(), SizeIs(2));
  const size_t calls = clusters_.call_count();
  // The outcome is what is asked for: its start goes before it.
  const int64_t outcome = list.dead_letters(1).position();
  EXPECT_EQ(Resolve(outcome, Resolution::RETRY), grpc::StatusCode::OK);
  EXPECT_EQ(Resolve(outcome, Resolution::RETRY), grpc::StatusCode::NOT_FOUND);
  WaitUntilDelivered();
  EXPECT_EQ(spool_->usage().dead_letters, 0);
  EXPECT_EQ(spool_->usage().bytes, 0);
  EXPECT_EQ(clusters_.call_count(), calls);
  const auto events = ledger_.events();
  ASSERT_GE(events.size(), 4u);
  const auto& last_but_one = events[events.size() - 2];
  EXPECT_TRUE(last_but_one.job_id() == job_id && last_but_one.has_started());
  EXPECT_TRUE(events.back().job_id() == job_id && events.back().has_finished());
}

TEST_F(DeadLettersTest, WhatWasCalledIsNotCalledAgainByItsRequestId) {
  v1::SetActionRequest request = Request();
  request.set_request_id("once");
  request.set_accept_possible_repeat(true);
  const std::string job_id = MakeDeadJob(request);
  const size_t calls = clusters_.call_count();
  // The ledger is back and would take it for new.
  const auto again = Set(request).Await();
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_TRUE(again.response.deduplicated());
  EXPECT_EQ(again.response.job().job_id(), job_id);
  EXPECT_EQ(again.response.job().status(), ledger::v1::Job::SUCCESS);
  EXPECT_EQ(clusters_.call_count(), calls);
}

TEST_F(DeadLettersTest, ADropForgetsThatOneOnly) {
  MakeDeadJob();
  const auto list = List();
  ASSERT_THAT(list.dead_letters(), SizeIs(2));
  const int64_t start = list.dead_letters(0).position();
  EXPECT_EQ(Resolve(start, Resolution::ACTION_UNSPECIFIED), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Resolve(start, Resolution::DROP, "  no "), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Resolve(start, Resolution::DROP, "two\nlines"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Resolve(start, Resolution::DROP), grpc::StatusCode::OK);
  EXPECT_EQ(Resolve(start, Resolution::DROP), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(List().dead_letters(), SizeIs(1));
}

}  // namespace
}  // namespace tms::action
