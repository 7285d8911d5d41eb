// UpdateJob over real gRPC and a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::Contains;
using Ack = v1::RecordEventsResponse;

constexpr absl::Duration kOverdue = absl::Seconds(45);  // timeout and grace

class UpdateJobTest : public LedgerFixture {
 protected:
  // A request that settles the job as it is now with SUCCESS.
  v1::UpdateJobRequest Settle(const std::string& job_id) {
    v1::UpdateJobRequest request;
    request.mutable_job()->set_job_id(job_id);
    request.mutable_job()->set_status(v1::Job::SUCCESS);
    request.mutable_update_mask()->add_paths("status");
    request.set_reason("seen on the cluster");
    request.set_etag(GetJob(job_id)->etag());
    return request;
  }

  // As Settle, but of the effect alone.
  v1::UpdateJobRequest SettleEffect(const std::string& job_id, v1::Job::Effect effect) {
    v1::UpdateJobRequest request = Settle(job_id);
    request.mutable_update_mask()->set_paths(0, "effect");
    request.mutable_job()->set_effect(effect);
    return request;
  }

  // Has the ledger presume the end of a job.
  void Interrupt(const std::string& job_id) {
    Record(MakeStarted(job_id));
    clock_.Advance(kOverdue);
    WaitForJob(job_id, [](const v1::Job& job) { return job.status() == v1::Job::FAILED; });
  }
};

TEST_F(UpdateJobTest, SettlesAJobWhoseOutcomeWasOnlyPresumed) {
  Interrupt("job");
  const auto updated = UpdateJob(Settle("job"));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->status(), v1::Job::SUCCESS);
  EXPECT_EQ(updated->effect(), v1::Job::APPLIED);
  EXPECT_EQ(updated->failure_reason(), v1::Job::FAILURE_REASON_UNSPECIFIED);
  EXPECT_FALSE(updated->has_error_message());
  EXPECT_EQ(updated->outcome_source(), v1::Job::RESOLVED);
  EXPECT_EQ(GetJob("job")->status(), v1::Job::SUCCESS);
}

TEST_F(UpdateJobTest, WritesWhoAndWhyIntoTheHistory) {
  Interrupt("job");
  ASSERT_TRUE(UpdateJob(Settle("job"), "erna").ok());
  v1::ListJobEventsRequest request;
  request.set_job_id("job");
  const auto history = ListJobEvents(request);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->events_size(), 3);
  EXPECT_EQ(history->events(1).kind(), v1::HistoryEvent::PRESUMED);
  EXPECT_EQ(history->events(1).actor(), "ledger");
  const v1::HistoryEvent& resolved = history->events(2);
  EXPECT_EQ(resolved.kind(), v1::HistoryEvent::RESOLVED);
  EXPECT_EQ(resolved.actor(), "erna");
  EXPECT_EQ(resolved.detail(), "seen on the cluster");
  EXPECT_EQ(resolved.event_seq(), 0);
  EXPECT_EQ(resolved.status(), v1::Job::SUCCESS);
}

TEST_F(UpdateJobTest, RefusesAJobThatIsNotOverdue) {
  Record(MakeStarted("job"));
  EXPECT_EQ(UpdateJob(Settle("job")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetJob("job")->status(), v1::Job::IN_PROGRESS);
}

TEST_F(UpdateJobTest, RefusesWhatTheOwnerToldForSure) {
  Record(MakeStarted("job"));
  Record(MakeFinished("job"));
  EXPECT_EQ(UpdateJob(SettleEffect("job", v1::Job::NOT_APPLIED)).status().code(),
            absl::StatusCode::kInvalidArgument)
      << "no success is NOT_APPLIED";
  v1::UpdateJobRequest failed = Settle("job");
  failed.mutable_job()->set_status(v1::Job::FAILED);
  EXPECT_EQ(UpdateJob(failed).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetJob("job")->outcome_source(), v1::Job::TOLD);
}

TEST_F(UpdateJobTest, ChangesOnlyTheEffectOfAToldUnknown) {
  Record(MakeStarted("job"));
  Record(MakeTimedOut("job"));
  EXPECT_EQ(UpdateJob(Settle("job")).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto updated = UpdateJob(SettleEffect("job", v1::Job::APPLIED));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->status(), v1::Job::FAILED);
  EXPECT_EQ(updated->failure_reason(), v1::Job::TIMEOUT);
  EXPECT_EQ(updated->effect(), v1::Job::APPLIED);
  EXPECT_EQ(updated->error_message(), "Request timeout after 30s");
}

TEST_F(UpdateJobTest, LetsTheOwnersTruthWinAndShowsTheConflict) {
  Interrupt("job");
  ASSERT_TRUE(UpdateJob(SettleEffect("job", v1::Job::NOT_APPLIED)).ok());
  EXPECT_EQ(Record(MakeFinished("job")).verdict(), Ack::APPLIED);
  const auto job = GetJob("job");
  EXPECT_EQ(job->status(), v1::Job::SUCCESS);
  EXPECT_EQ(job->effect(), v1::Job::APPLIED);
  EXPECT_TRUE(job->conflict());
}

TEST_F(UpdateJobTest, RefusesAnEtagThatIsNotTheRows) {
  Interrupt("job");
  v1::UpdateJobRequest request = Settle("job");
  const std::string etag = request.etag();
  request.set_etag("not an etag");
  EXPECT_EQ(UpdateJob(request).status().code(), absl::StatusCode::kAborted);
  request.set_etag(etag);
  ASSERT_TRUE(UpdateJob(request).ok());
  EXPECT_EQ(UpdateJob(request).status().code(), absl::StatusCode::kAborted) << "used once";
}

TEST_F(UpdateJobTest, AnswersNotFoundForAJobThatIsNotThere) {
  v1::UpdateJobRequest request;
  request.mutable_job()->set_job_id("nobody");
  request.mutable_job()->set_status(v1::Job::SUCCESS);
  request.mutable_update_mask()->add_paths("status");
  request.set_reason("seen on the cluster");
  request.set_etag("1");
  EXPECT_EQ(UpdateJob(request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(UpdateJobTest, NamesWhatIsWrongWithTheRequest) {
  Interrupt("job");
  const v1::UpdateJobRequest valid = Settle("job");
  EXPECT_THAT(FieldsOf(UpdateJob(valid, "").status()), Contains("x-tms-user"));

  v1::UpdateJobRequest request = valid;
  request.mutable_update_mask()->add_paths("user_id");
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("update_mask"));
  request = valid;
  request.clear_update_mask();
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("update_mask"));
  request = valid;
  request.set_reason("no");
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("reason"));
  request = valid;
  request.clear_etag();
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("etag"));
  request = valid;
  request.mutable_job()->set_status(v1::Job::IN_PROGRESS);
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("job.status"));
  request.mutable_job()->set_status(static_cast<v1::Job::Status>(9));
  EXPECT_THAT(FieldsOf(UpdateJob(request).status()), Contains("job.status"));
  EXPECT_EQ(GetJob("job")->outcome_source(), v1::Job::PRESUMED) << "nothing was changed";
}

}  // namespace
}  // namespace tms::ledger
