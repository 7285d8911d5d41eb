// The two services as scripts: they keep what they are asked and answer what the test says.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/rpc/call_context.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "google/protobuf/message.h"
#include "tms/action/v1/action.grpc.pb.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::gateway {

// One call that a fake service got.
struct SeenCall {
  std::string method;
  std::string request;  // serialised
  rpc::CallContext context;

  template <typename Request>
  Request As() const {
    Request message;
    message.ParseFromString(request);
    return message;
  }
};

// As a service would see it that believes whoever calls.
inline rpc::CallContext ContextOf(const grpc::CallbackServerContext& context) {
  rpc::CallContext call = rpc::ReadCallContext(context);
  const auto& metadata = context.client_metadata();
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string()
                                   : std::string(found->second.data(), found->second.size());
  };
  call.user = text("x-tms-user");
  std::istringstream roles(text("x-tms-roles"));
  for (std::string role; std::getline(roles, role, ',');) call.roles.push_back(role);
  return call;
}

// Answers every method of a service. Thread-safe.
class Script {
 public:
  using Answer =
      std::function<grpc::Status(grpc::CallbackServerContext*, google::protobuf::Message*)>;

  // From now on; runs on gRPC's threads.
  void SetAnswer(Answer answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  void SetResponse(const google::protobuf::Message& response) {
    auto copy = std::shared_ptr<google::protobuf::Message>(response.New());
    copy->CopyFrom(response);
    SetAnswer([copy](auto*, auto* target) {
      target->CopyFrom(*copy);
      return grpc::Status::OK;
    });
  }
  void SetStatus(const grpc::Status& status) {
    SetAnswer([status](auto*, auto*) { return status; });
  }

  std::vector<SeenCall> seen() const {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }

  grpc::ServerUnaryReactor* Run(const char* method, grpc::CallbackServerContext* context,
                                const google::protobuf::Message* request,
                                google::protobuf::Message* response) {
    Answer answer;
    {
      absl::MutexLock lock(&mutex_);
      seen_.push_back({method, request->SerializeAsString(), ContextOf(*context)});
      answer = answer_;
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(answer ? answer(context, response) : grpc::Status::OK);
    return reactor;
  }

 private:
  mutable absl::Mutex mutex_;
  Answer answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<SeenCall> seen_ ABSL_GUARDED_BY(mutex_);
};

// NOLINTBEGIN(bugprone-macro-parentheses): Method is a name.
#define TMS_SCRIPTED(Method, Request, Response)                                                  \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Request* request, \
                                   Response* response) override {                                \
    return script.Run(#Method, context, request, response);                                      \
  }
// NOLINTEND(bugprone-macro-parentheses)

class FakeActionService final : public tms::action::v1::ActionService::CallbackService {
 public:
  Script script;

  TMS_SCRIPTED(SetAction, tms::action::v1::SetActionRequest, tms::action::v1::SetActionResponse)
  TMS_SCRIPTED(SubmitAction, tms::action::v1::SetActionRequest, tms::action::v1::SetActionResponse)
  TMS_SCRIPTED(ListClusters, tms::action::v1::ListClustersRequest,
               tms::action::v1::ListClustersResponse)
  TMS_SCRIPTED(ListActions, tms::action::v1::ListActionsRequest,
               tms::action::v1::ListActionsResponse)
};

class FakeLedgerService final : public tms::ledger::v1::JobLedgerService::CallbackService {
 public:
  Script script;

  TMS_SCRIPTED(GetJob, tms::ledger::v1::GetJobRequest, tms::ledger::v1::Job)
  TMS_SCRIPTED(ListJobs, tms::ledger::v1::ListJobsRequest, tms::ledger::v1::ListJobsResponse)
  TMS_SCRIPTED(UpdateJob, tms::ledger::v1::UpdateJobRequest, tms::ledger::v1::Job)
  TMS_SCRIPTED(ListJobEvents, tms::ledger::v1::ListJobEventsRequest,
               tms::ledger::v1::ListJobEventsResponse)
  TMS_SCRIPTED(ListJobCustomers, tms::ledger::v1::ListJobCustomersRequest,
               tms::ledger::v1::ListJobCustomersResponse)
  TMS_SCRIPTED(GetJobStats, tms::ledger::v1::GetJobStatsRequest,
               tms::ledger::v1::GetJobStatsResponse)
  TMS_SCRIPTED(RecordAudit, tms::ledger::v1::RecordAuditRequest,
               tms::ledger::v1::RecordAuditResponse)
  TMS_SCRIPTED(ListAudit, tms::ledger::v1::ListAuditRequest, tms::ledger::v1::ListAuditResponse)

  // What a watch is sent before it ends with this status; OK means that it stays open.
  void SetWatch(std::vector<tms::ledger::v1::WatchJobsResponse> responses,
                const grpc::Status& end = grpc::Status::OK) {
    absl::MutexLock lock(&mutex_);
    watch_ = std::move(responses);
    watch_end_ = end;
  }
  std::vector<tms::ledger::v1::WatchJobsRequest> watch_requests() const {
    absl::MutexLock lock(&mutex_);
    return watch_requests_;
  }
  int open_watches() const { return open_watches_; }

  grpc::ServerWriteReactor<tms::ledger::v1::WatchJobsResponse>* WatchJobs(
      grpc::CallbackServerContext*, const tms::ledger::v1::WatchJobsRequest* request) override {
    absl::MutexLock lock(&mutex_);
    watch_requests_.push_back(*request);
    return new Watch(watch_, watch_end_, open_watches_);
  }

 private:
  class Watch final : public grpc::ServerWriteReactor<tms::ledger::v1::WatchJobsResponse> {
   public:
    Watch(std::vector<tms::ledger::v1::WatchJobsResponse> responses, grpc::Status end,
          std::atomic<int>& open)
        : responses_(std::move(responses)), end_(std::move(end)), open_(open) {
      ++open_;
      Step();
    }
    void OnWriteDone(bool ok) override { ok ? Step() : End(grpc::Status::CANCELLED); }
    void OnCancel() override { End(grpc::Status::CANCELLED); }
    void OnDone() override {
      --open_;
      delete this;
    }

   private:
    void Step() {
      if (next_ < responses_.size()) return StartWrite(&responses_[next_++]);
      if (!end_.ok()) End(end_);
    }
    void End(const grpc::Status& status) {
      if (!ended_.exchange(true)) Finish(status);
    }

    const std::vector<tms::ledger::v1::WatchJobsResponse> responses_;
    const grpc::Status end_;
    std::atomic<int>& open_;
    size_t next_ = 0;
    std::atomic<bool> ended_ = false;
  };

  mutable absl::Mutex mutex_;
  std::vector<tms::ledger::v1::WatchJobsResponse> watch_ ABSL_GUARDED_BY(mutex_);
  grpc::Status watch_end_ ABSL_GUARDED_BY(mutex_);
  std::vector<tms::ledger::v1::WatchJobsRequest> watch_requests_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> open_watches_ = 0;
};

#undef TMS_SCRIPTED

}  // namespace tms::gateway
