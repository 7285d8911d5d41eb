// RecordEvents over real gRPC and a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "common/rpc/status.h"
#include "services/ledger/record_events_reactor.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::HasSubstr;
using Ack = v1::RecordEventsResponse;

class RecordEventsTest : public LedgerFixture {};

v1::JobEvent WithRequestId(const std::string& job_id, const std::string& request_id, char content) {
  v1::JobEvent event = MakeStarted(job_id);
  event.mutable_started()->set_request_id(request_id);
  event.mutable_started()->set_fingerprint(std::string(32, content));
  return event;
}

TEST_F(RecordEventsTest, AcksEachEventAppliedWithTheJobAsItIsThen) {
  EventStream stream(stub());
  const Ack started = stream.Ask(MakeStarted("job"));
  EXPECT_EQ(started.verdict(), Ack::APPLIED) << started.DebugString();
  EXPECT_EQ(started.job_id(), "job");
  EXPECT_EQ(started.event_seq(), 1);
  EXPECT_EQ(started.job().status(), v1::Job::IN_PROGRESS);
  EXPECT_EQ(started.job().customer_count(), 1);
  EXPECT_EQ(started.job().deadline_at().seconds(), started.job().created_at().seconds() + 30);

  const Ack finished = stream.Ask(MakeFinished("job"));
  EXPECT_EQ(finished.verdict(), Ack::APPLIED) << finished.DebugString();
  EXPECT_EQ(finished.event_seq(), 2);
  EXPECT_EQ(finished.job().status(), v1::Job::SUCCESS);
  EXPECT_EQ(finished.job().outcome_source(), v1::Job::TOLD);
  EXPECT_NE(finished.job().etag(), started.job().etag());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(RecordEventsTest, AnswersAnEventThatIsSentAgainReplayedAndChangesNothing) {
  Record(MakeStarted("job"));
  Record(MakeFinished("job"));
  const auto before = GetJob("job");
  EXPECT_EQ(Record(MakeStarted("job")).verdict(), Ack::REPLAYED);
  EXPECT_EQ(Record(MakeFinished("job")).verdict(), Ack::REPLAYED);
  EXPECT_EQ(GetJob("job")->SerializeAsString(), before->SerializeAsString());
}

TEST_F(RecordEventsTest, AnswersASecondStartOfTheSameRequestDuplicateOfTheFirst) {
  Record(WithRequestId("first", "request", 'a'));
  const Ack ack = Record(WithRequestId("second", "request", 'a'));
  EXPECT_EQ(ack.verdict(), Ack::DUPLICATE_OF);
  EXPECT_EQ(ack.job_id(), "second");
  EXPECT_EQ(ack.job().job_id(), "first");
  EXPECT_EQ(GetJob("second").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RecordEventsTest, AnswersARequestIdWithOtherContentConflict) {
  Record(WithRequestId("first", "request", 'a'));
  const Ack ack = Record(WithRequestId("second", "request", 'b'));
  EXPECT_EQ(ack.verdict(), Ack::CONFLICT);
  EXPECT_EQ(ack.job().job_id(), "first");
  EXPECT_EQ(GetJob("second").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RecordEventsTest, KeepsRequestIdsOfDifferentUsersApart) {
  Record(WithRequestId("first", "request", 'a'));
  v1::JobEvent other = WithRequestId("second", "request", 'b');
  other.mutable_started()->set_user_id("bert");
  EXPECT_EQ(Record(other).verdict(), Ack::APPLIED);
}

TEST_F(RecordEventsTest, RecordsButDoesNotApplyASecondTelling) {
  Record(MakeStarted("job"));
  Record(MakeFinished("job"));
  v1::JobEvent second = MakeTimedOut("job");
  second.set_event_seq(3);
  const Ack ack = Record(second);
  EXPECT_EQ(ack.verdict(), Ack::REJECTED);
  EXPECT_THAT(ack.detail(), HasSubstr("told before"));
  EXPECT_EQ(ack.job().status(), v1::Job::SUCCESS);

  v1::ListJobEventsRequest request;
  request.set_job_id("job");
  const auto history = ListJobEvents(request);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->events_size(), 3);
  EXPECT_EQ(history->events(2).verdict(), Ack::REJECTED);
}

TEST_F(RecordEventsTest, AnswersAnEndWithoutAStartUnknownJob) {
  EXPECT_EQ(Record(MakeFinished("job")).verdict(), Ack::UNKNOWN_JOB);
  EXPECT_EQ(Record(MakeStarted("job")).verdict(), Ack::APPLIED);
  EXPECT_EQ(Record(MakeFinished("job")).verdict(), Ack::APPLIED);
}

TEST_F(RecordEventsTest, AnswersAMalformedEventInvalidAndGoesOnWithTheStream) {
  EventStream stream(stub());
  v1::JobEvent bad_enum = MakeFinished("job");
  bad_enum.mutable_finished()->set_status(static_cast<v1::Job::Status>(77));
  v1::JobEvent no_time = MakeStarted("job");
  no_time.clear_occurred_at();
  v1::JobEvent no_fact = MakeStarted("job");
  no_fact.clear_event();
  v1::JobEvent no_cids = MakeStarted("job");
  no_cids.mutable_started()->clear_cids();
  v1::JobEvent bad_timeout = MakeStarted("job");
  bad_timeout.mutable_started()->mutable_timeout()->set_nanos(-5);

  const std::pair<v1::JobEvent, std::string> kCases[] = {{bad_enum, "finished.status:"},
                                                         {no_time, "occurred_at:"},
                                                         {no_fact, "event:"},
                                                         {no_cids, "started.cids:"},
                                                         {bad_timeout, "started.timeout:"},
                                                         {v1::JobEvent(), "event:"}};
  for (const auto& [event, field] : kCases) {
    const Ack ack = stream.Ask(event);
    EXPECT_EQ(ack.verdict(), Ack::INVALID);
    EXPECT_THAT(ack.detail(), HasSubstr(field));
    EXPECT_FALSE(ack.has_job());
  }
  EXPECT_EQ(stream.Ask(MakeStarted("job")).verdict(), Ack::APPLIED);
}

TEST_F(RecordEventsTest, AcksOnlyWhatTheStoreHasAnswered) {
  holding_store_->Hold();
  EventStream stream(stub());
  ASSERT_TRUE(stream.Send(MakeStarted("job")));
  ASSERT_TRUE(holding_store_->AwaitHeld(1));
  // An event that needs no store overtakes the one that waits for it.
  EXPECT_EQ(stream.Ask(v1::JobEvent()).verdict(), Ack::INVALID);
  holding_store_->Release();
  EXPECT_EQ(stream.NextAck().verdict(), Ack::APPLIED);
}

TEST_F(RecordEventsTest, ServesTwoStreamsAtOnceAndAcksEveryEventOnce) {
  constexpr int kJobs = 200;
  const auto run = [this](const std::string& prefix, std::set<std::string>& acked) {
    EventStream stream(stub());
    std::thread writer([&] {
      for (int i = 0; i < kJobs; ++i) {
        stream.Send(MakeStarted(prefix + std::to_string(i)));
        stream.Send(MakeFinished(prefix + std::to_string(i)));
      }
    });
    for (int i = 0; i < 2 * kJobs; ++i) {
      const Ack ack = stream.NextAck();
      EXPECT_EQ(ack.verdict(), Ack::APPLIED) << ack.DebugString();
      acked.insert(ack.job_id() + "/" + std::to_string(ack.event_seq()));
    }
    writer.join();
    EXPECT_TRUE(stream.Finish().ok());
  };
  std::set<std::string> first, second;
  std::thread other([&] { run("second-", second); });
  run("first-", first);
  other.join();
  EXPECT_EQ(first.size(), 2u * kJobs);
  EXPECT_EQ(second.size(), 2u * kJobs);
}

TEST_F(RecordEventsTest, ReadsAtMost1024EventsAheadOfTheirAcks) {
  constexpr size_t kEvents = 3 * kMaxUnackedEvents;
  holding_store_->Hold();
  EventStream stream(stub());
  std::thread writer([&] {
    for (size_t i = 0; i < kEvents; ++i) stream.Send(MakeStarted("job" + std::to_string(i)));
  });
  EXPECT_TRUE(holding_store_->AwaitHeld(kMaxUnackedEvents));
  holding_store_->Release();
  for (size_t i = 0; i < kEvents; ++i) EXPECT_EQ(stream.NextAck().verdict(), Ack::APPLIED);
  writer.join();
  EXPECT_EQ(holding_store_->most_unanswered(), kMaxUnackedEvents);
}

TEST_F(RecordEventsTest, EndsTheStreamUnavailableWhenTheStoreCannotStore) {
  EventStream stream(stub());
  ASSERT_EQ(stream.Ask(MakeStarted("job")).verdict(), Ack::APPLIED);
  holding_store_->FailRecords(
      MakeStatus(absl::StatusCode::kUnavailable, "STORE_FAILED", "the disk is full"));
  ASSERT_TRUE(stream.Send(MakeFinished("job")));
  EXPECT_EQ(stream.NextAck().verdict(), Ack::VERDICT_UNSPECIFIED) << "not acked";
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(rpc::HasOurDomain(status));
}

TEST_F(RecordEventsTest, LetsAcksThatAreDueOutBeforeAFailureEndsTheStream) {
  holding_store_->Hold();
  EventStream stream(stub());
  ASSERT_TRUE(stream.Send(MakeStarted("job")));
  ASSERT_TRUE(holding_store_->AwaitHeld(1));
  holding_store_->FailRecords(MakeStatus(absl::StatusCode::kUnavailable, "the disk is full"));
  ASSERT_TRUE(stream.Send(MakeFinished("job")));
  ASSERT_TRUE(holding_store_->AwaitHeld(2));
  holding_store_->Release();
  EXPECT_EQ(stream.NextAck().verdict(), Ack::APPLIED);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RecordEventsTest, SurvivesAClientThatGoesAwayWithEventsUnderWay) {
  holding_store_->Hold();
  {
    EventStream stream(stub());
    ASSERT_TRUE(stream.Send(MakeStarted("job")));
    ASSERT_TRUE(holding_store_->AwaitHeld(1));
    stream.Cancel();
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  holding_store_->Release();
  EXPECT_EQ(Record(MakeStarted("job")).verdict(), Ack::REPLAYED) << "stored all the same";
}

TEST_F(RecordEventsTest, LetsPendingAcksOutWhenItDrains) {
  holding_store_->Hold();
  EventStream stream(stub());
  ASSERT_TRUE(stream.Send(MakeStarted("job")));
  ASSERT_TRUE(holding_store_->AwaitHeld(1));
  std::thread drain([this] { EXPECT_TRUE(host_->Drain(absl::Seconds(30))); });
  // The stream takes no more events, yet the pending one is acked.
  holding_store_->Release();
  EXPECT_EQ(stream.NextAck().verdict(), Ack::APPLIED);
  EXPECT_EQ(stream.NextAck().verdict(), Ack::VERDICT_UNSPECIFIED);
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Reason(rpc::FromGrpc(status)), "DRAINING");
  drain.join();
}

TEST_F(RecordEventsTest, RefusesMoreStreamsThanItHasRoomForAndServesAgainAfterwards) {
  constexpr int kStreams = 64;
  std::vector<std::unique_ptr<EventStream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<EventStream>(stub()));
    ASSERT_EQ(streams.back()->Ask(v1::JobEvent()).verdict(), Ack::INVALID);
  }
  EXPECT_EQ(EventStream(stub()).Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(streams.front()->Finish().ok());
  streams.clear();
  while (Record(MakeStarted("job")).verdict() == Ack::VERDICT_UNSPECIFIED) {
    // The ledger has yet to hear that the others are gone.
  }
  EXPECT_TRUE(GetJob("job").ok());
}

TEST_F(RecordEventsTest, TakesAStartOf50000CustomersInOneMessage) {
  v1::JobEvent event = MakeStarted("job");
  event.mutable_started()->clear_cids();
  for (int i = 0; i < 50'000; ++i) {
    const std::string number = std::to_string(i);
    event.mutable_started()->add_cids(number + std::string(128 - number.size(), 'x'));
  }
  const Ack ack = Record(event);
  EXPECT_EQ(ack.verdict(), Ack::APPLIED) << ack.detail();
  EXPECT_EQ(ack.job().customer_count(), 50'000);
}

TEST_F(RecordEventsTest, HeavyStartsMakeOthersWaitAndNeverFail) {
  constexpr int kHeavy = 14;
  constexpr int kCids = 16'000;  // together more than the writer's queue takes
  constexpr int kLight = 50;
  EventStream heavy(stub());
  EventStream light(stub());
  for (int i = 0; i < kHeavy; ++i) {
    v1::JobEvent event = MakeStarted("heavy-" + std::to_string(i));
    event.mutable_started()->clear_cids();
    for (int cid = 0; cid < kCids; ++cid) event.mutable_started()->add_cids(std::to_string(cid));
    ASSERT_TRUE(heavy.Send(event));
  }
  for (int i = 0; i < kLight; ++i) {
    ASSERT_TRUE(light.Send(MakeStarted("light-" + std::to_string(i))));
  }
  for (int i = 0; i < kLight; ++i) EXPECT_EQ(light.NextAck().verdict(), Ack::APPLIED) << i;
  for (int i = 0; i < kHeavy; ++i) EXPECT_EQ(heavy.NextAck().verdict(), Ack::APPLIED) << i;
  EXPECT_TRUE(heavy.Finish().ok());
}

}  // namespace
}  // namespace tms::ledger
