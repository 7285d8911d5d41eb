#include "services/action/action_service.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "common/base/status.h"
#include "services/action/access.h"
#include "services/action/request_validation.h"

namespace tms::action {

namespace asio = boost::asio;

namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  const timespec parts = absl::ToTimespec(duration);
  google::protobuf::Duration proto;
  proto.set_seconds(parts.tv_sec);
  proto.set_nanos(static_cast<int32_t>(parts.tv_nsec));
  return proto;
}

// What a request takes while it lives, by its own size: itself, its cids in the call, in the event
// and in the body that is sent.
constexpr size_t kMemoryFactor = 4;

absl::Status Overloaded() {
  return MakeStatus(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                    "too many requests are in memory (--request-memory); the cluster was not "
                    "called");
}

absl::Status Translate(absl::StatusOr<ActionAnswer> answer, v1::SetActionResponse& response) {
  if (!answer.ok()) return answer.status();
  *response.mutable_job() = std::move(answer->job);
  response.set_deduplicated(answer->deduplicated);
  response.set_recorded_in(answer->recorded_in);
  response.set_response_body(std::move(answer->response_body));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* ActionService::SetAction(grpc::CallbackServerContext* context,
                                                   const v1::SetActionRequest* request,
                                                   v1::SetActionResponse* response) {
  return Execute(context, "SetAction", request, response, Executor::Until::kFinished);
}

grpc::ServerUnaryReactor* ActionService::SubmitAction(grpc::CallbackServerContext* context,
                                                      const v1::SetActionRequest* request,
                                                      v1::SetActionResponse* response) {
  return Execute(context, "SubmitAction", request, response, Executor::Until::kStarted);
}

grpc::ServerUnaryReactor* ActionService::Execute(grpc::CallbackServerContext* context,
                                                 const char* method,
                                                 const v1::SetActionRequest* request,
                                                 v1::SetActionResponse* response,
                                                 Executor::Until until) {
  const auto cancel = std::make_shared<asio::cancellation_signal>();
  const auto work = [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
    if (auto allowed = CheckMayAct(call, request->user_id()); !allowed.ok()) return done(allowed);
    MemoryBudget::Share memory = memory_.Take(kMemoryFactor * request->SpaceUsedLong());
    if (!memory) return done(Overloaded());
    // gRPC owns the request and nobody else reads it: the token is taken out of it.
    auto valid = ValidateRequest(const_cast<v1::SetActionRequest&>(*request), catalogue_);
    if (!valid.ok()) return done(valid.status());
    valid->memory = std::move(memory);
    valid->correlation_id = call.correlation_id;
    const absl::Duration deadline =
        call.time_left ? clock_.SinceBoot() + *call.time_left : absl::InfiniteDuration();
    asio::co_spawn(
        strand_, executor_.Execute(*std::move(valid), until, deadline),
        asio::bind_cancellation_slot(
            cancel->slot(), [response, done = std::move(done), cancel](
                                std::exception_ptr error, absl::StatusOr<ActionAnswer> answer) {
              if (error) std::terminate();  // see Executor::Launch
              done(Translate(std::move(answer), *response));
            }));
  };
  // Signals belong to the strand of the coroutine that they end.
  return edge_.RunAsync(context, method, work, [strand = strand_, cancel] {
    asio::post(strand, [cancel] { cancel->emit(asio::cancellation_type::terminal); });
  });
}

grpc::ServerUnaryReactor* ActionService::ListClusters(grpc::CallbackServerContext* context,
                                                      const v1::ListClustersRequest*,
                                                      v1::ListClustersResponse* response) {
  return edge_.RunAsync(context, "ListClusters", [=, this](const auto&, const auto& done) {
    for (const Cluster& cluster : catalogue_.clusters()) {
      v1::Cluster& listed = *response->add_clusters();
      listed.set_name(cluster.name);
      listed.set_base_url(cluster.base_url);
      listed.set_description(cluster.description);
      *listed.mutable_default_timeout() = ToProto(cluster.default_timeout);
      *listed.mutable_max_timeout() = ToProto(cluster.max_timeout);
    }
    done(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* ActionService::ListActions(grpc::CallbackServerContext* context,
                                                     const v1::ListActionsRequest*,
                                                     v1::ListActionsResponse* response) {
  return edge_.RunAsync(context, "ListActions", [=, this](const auto&, const auto& done) {
    for (const Action& action : catalogue_.actions()) {
      v1::Action& listed = *response->add_actions();
      listed.set_code(action.code);
      listed.set_name(action.name);
      listed.mutable_aliases()->Assign(action.aliases.begin(), action.aliases.end());
      listed.set_description(action.description);
    }
    done(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* ActionService::GetSpoolState(grpc::CallbackServerContext* context,
                                                       const v1::GetSpoolStateRequest*,
                                                       v1::SpoolState* response) {
  return edge_.RunAsync(context, "GetSpoolState", [=, this](const auto& call, const auto& done) {
    const absl::Status allowed = CheckMayOperate(call);
    if (allowed.ok()) *response = spool_.State();
    done(allowed);
  });
}

grpc::ServerUnaryReactor* ActionService::ListDeadLetters(grpc::CallbackServerContext* context,
                                                         const v1::ListDeadLettersRequest* request,
                                                         v1::ListDeadLettersResponse* response) {
  const auto work = [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
    if (auto allowed = CheckMayOperate(call); !allowed.ok()) return done(allowed);
    spool_.List(*request, *response, std::move(done));
  };
  return edge_.RunAsync(context, "ListDeadLetters", work);
}

grpc::ServerUnaryReactor* ActionService::ResolveDeadLetter(
    grpc::CallbackServerContext* context, const v1::ResolveDeadLetterRequest* request,
    v1::ResolveDeadLetterResponse* response) {
  const auto work = [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
    if (auto allowed = CheckMayOperate(call); !allowed.ok()) return done(allowed);
    spool_.Resolve(call, *request, *response, std::move(done));
  };
  return edge_.RunAsync(context, "ResolveDeadLetter", work);
}

}  // namespace tms::action
