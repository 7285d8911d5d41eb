#include "tests/integration/action/fake_ledger.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tms::action {

void FakeLedger::Start() {
  auto server = rpc::Server::Start({.listen = address()}, {this});
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  port_ = server_->port();
}

void FakeLedger::Stop() { server_.reset(); }

void FakeLedger::SetScript(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void FakeLedger::SetJob(const Job& job) {
  const std::lock_guard lock(mutex_);
  jobs_[job.job_id()] = job;
}

void FakeLedger::ForgetJobs() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
}

std::vector<FakeLedger::Event> FakeLedger::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<FakeLedger::Event> FakeLedger::WaitForEvents(size_t count) const {
  std::unique_lock lock(mutex_);
  const bool came =
      changed_.wait_for(lock, std::chrono::minutes(1), [&] { return events_.size() >= count; });
  EXPECT_TRUE(came) << "only " << events_.size() << " of " << count << " events came";
  return events_;
}

grpc::Status FakeLedger::RecordEvents(
    grpc::ServerContext*, grpc::ServerReaderWriter<Ack, ledger::v1::RecordEventsRequest>* stream) {
  stream->SendInitialMetadata();
  ledger::v1::RecordEventsRequest request;
  while (stream->Read(&request)) {
    std::optional<Ack> ack;
    Script script;
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(request.event());
      if (full_) {
        changed_.notify_all();
        return {grpc::StatusCode::UNAVAILABLE, "its disk is full"};
      }
      ack = Apply(request.event());
      script = script_;
    }
    changed_.notify_all();
    if (script) ack = script(request.event(), *ack);
    if (ack) stream->Write(*ack);
  }
  return grpc::Status::OK;
}

FakeLedger::Ack FakeLedger::Apply(const Event& event) {
  Ack ack;
  ack.set_job_id(event.job_id());
  ack.set_event_seq(event.event_seq());
  if (event.has_finished() && !jobs_.contains(event.job_id())) {
    ack.set_verdict(Ack::UNKNOWN_JOB);
    return ack;
  }
  Job& job = jobs_[event.job_id()];
  job.set_job_id(event.job_id());
  if (event.has_started()) {
    job.set_user_id(event.started().user_id());
    job.set_request_id(event.started().request_id());
    job.set_status(Job::IN_PROGRESS);
  } else {
    job.set_status(event.finished().status());
    job.set_effect(event.finished().effect());
    job.set_failure_reason(event.finished().failure_reason());
  }
  ack.set_verdict(Ack::APPLIED);
  *ack.mutable_job() = job;
  return ack;
}

grpc::Status FakeLedger::SettleOwner(grpc::ServerContext*,
                                     const ledger::v1::SettleOwnerRequest* request,
                                     ledger::v1::SettleOwnerResponse*) {
  const std::lock_guard lock(mutex_);
  settled_.push_back({.incarnation = request->incarnation(), .after_events = events_.size()});
  changed_.notify_all();
  return grpc::Status::OK;
}

std::vector<FakeLedger::Settled> FakeLedger::WaitForSettled(size_t count) const {
  std::unique_lock lock(mutex_);
  const bool came =
      changed_.wait_for(lock, std::chrono::minutes(1), [&] { return settled_.size() >= count; });
  EXPECT_TRUE(came) << "the owner was not settled " << count << " times";
  return settled_;
}

grpc::Status FakeLedger::GetJob(grpc::ServerContext*, const ledger::v1::GetJobRequest* request,
                                Job* response) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(request->job_id());
  if (found == jobs_.end()) return {grpc::StatusCode::NOT_FOUND, "no such job"};
  *response = found->second;
  return grpc::Status::OK;
}

}  // namespace tms::action
