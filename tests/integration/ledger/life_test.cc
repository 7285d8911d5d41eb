// How the ledger lives: sweep, health, drain, restart, a second instance.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "common/rpc/channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using Ack = v1::RecordEventsResponse;

using Serving = grpc::health::v1::HealthCheckResponse;

class LifeTest : public LedgerFixture {
 protected:
  // Polls until the whole server says so; false after a minute.
  bool AwaitHealth(Serving::ServingStatus wanted) {
    const auto health = grpc::health::v1::Health::NewStub(rpc::MakeChannel(address()));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      grpc::ClientContext context;
      Serving response;
      if (health->Check(&context, {}, &response).ok() && response.status() == wanted) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

bool IsInterrupted(const v1::Job& job) { return job.failure_reason() == v1::Job::INTERRUPTED; }

TEST_F(LifeTest, EndsAJobWithoutOutcomeAsInterruptedWithAnUnknownEffect) {
  Record(MakeStarted("job"));
  clock_.Advance(absl::Seconds(45));
  const v1::Job job = WaitForJob("job", IsInterrupted);
  EXPECT_EQ(job.status(), v1::Job::FAILED);
  EXPECT_EQ(job.effect(), v1::Job::UNKNOWN);
  EXPECT_EQ(job.outcome_source(), v1::Job::PRESUMED);
  EXPECT_FALSE(job.has_http_status());
  EXPECT_EQ(job.error_message(),
            "no outcome was reported in time (timeout 30s, grace 15s): the outcome is unknown, "
            "check the cluster before repeating the action");
}

TEST_F(LifeTest, LetsALateTruthReplaceAPresumption) {
  Record(MakeStarted("job"));
  clock_.Advance(absl::Seconds(45));
  WaitForJob("job", IsInterrupted);
  EXPECT_EQ(Record(MakeFinished("job")).verdict(), Ack::APPLIED);
  const auto job = GetJob("job");
  EXPECT_EQ(job->status(), v1::Job::SUCCESS);
  EXPECT_EQ(job->effect(), v1::Job::APPLIED);
  EXPECT_FALSE(job->conflict());
}

TEST_F(LifeTest, KeepsEverythingOverARestartAndSweepsWhatWasLeftOpen) {
  Record(MakeStarted("done"));
  Record(MakeFinished("done"));
  Record(MakeStarted("open"));
  const auto before = GetJob("done");
  Stop();
  Start();
  EXPECT_EQ(GetJob("done")->SerializeAsString(), before->SerializeAsString());
  EXPECT_EQ(GetJob("open")->status(), v1::Job::IN_PROGRESS);
  EXPECT_EQ(Record(MakeFinished("done")).verdict(), Ack::REPLAYED);
  clock_.Advance(absl::Seconds(45));
  WaitForJob("open", IsInterrupted);
}

TEST_F(LifeTest, TakesPageTokensOfBeforeARestart) {
  for (int i = 0; i < 3; ++i) Record(MakeStarted("job" + std::to_string(i)));
  v1::ListJobsRequest request;
  request.set_page_size(2);
  const auto first = ListJobs(request);
  ASSERT_TRUE(first.ok());
  Stop();
  Start();
  request.set_page_token(first->next_page_token());
  const auto second = ListJobs(request);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->jobs_size(), 1);
  EXPECT_EQ(second->jobs(0).job_id(), "job0");
}

TEST_F(LifeTest, EndsIdleStreamsAtOnceWhenItDrains) {
  EventStream stream(stub());
  ASSERT_EQ(stream.Ask(MakeStarted("job")).verdict(), Ack::APPLIED);
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(host_->Drain(absl::Seconds(30)));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(LifeTest, IsServingUntilItDrains) {
  const auto health = grpc::health::v1::Health::NewStub(rpc::MakeChannel(address()));
  const auto check = [&health] {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(health->Check(&context, {}, &response).ok());
    return response.status();
  };
  EXPECT_EQ(check(), grpc::health::v1::HealthCheckResponse::SERVING);

  holding_store_->Hold();
  EventStream stream(stub());
  ASSERT_TRUE(stream.Send(MakeStarted("job")));
  ASSERT_TRUE(holding_store_->AwaitHeld(1));
  std::thread drain([this] { host_->Drain(absl::Seconds(30)); });
  // A stream that comes now is refused at once: by then the ledger drains.
  while (EventStream(stub()).Finish().ok()) {
  }
  EXPECT_EQ(check(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  holding_store_->Release();
  drain.join();
}

TEST_F(LifeTest, RefusesToServeAFileThatAnotherLedgerHas) {
  const auto second = SqliteJobStore::Open({.path = db_path()}, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LifeTest, RefusesToServeOnAPortThatAnotherLedgerHas) {
  const auto second = LedgerHost::Start({.server = {.listen = address()}}, *holding_store_, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(LifeTest, F12_IsNotServingOnceNothingCanBeWrittenAnyMore) {
  EXPECT_TRUE(AwaitHealth(Serving::SERVING));
  holding_store_->Break();
  EXPECT_TRUE(AwaitHealth(Serving::NOT_SERVING));
}

TEST_F(LifeTest, F11_IsNotServingWhileTheDiskIsFullAndServesAgainOnceThereIsRoom) {
  EXPECT_TRUE(AwaitHealth(Serving::SERVING));
  holding_store_->FillDisk();
  EXPECT_TRUE(AwaitHealth(Serving::NOT_SERVING));
  holding_store_->MakeRoom();
  EXPECT_TRUE(AwaitHealth(Serving::SERVING)) << "a probe finds out, without any traffic";
}

}  // namespace
}  // namespace tms::ledger
