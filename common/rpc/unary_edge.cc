#include "common/rpc/unary_edge.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/status.h"

namespace tms::rpc {
namespace {

// Tells somebody that the caller went away; deletes itself when gRPC is done with it.
class CancellableReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit CancellableReactor(std::function<void()> on_cancel) : on_cancel_(std::move(on_cancel)) {}

  void OnCancel() override { on_cancel_(); }
  void OnDone() override { delete this; }

 private:
  const std::function<void()> on_cancel_;
};

}  // namespace

struct UnaryEdge::PendingCall {
  grpc::ServerUnaryReactor* reactor;
  const char* method;
  CallContext context;
  absl::Status admitted;
  absl::Duration began;
};

UnaryEdge::UnaryEdge(WorkPool& pool, CallObserver observer, Gatekeeper gatekeeper,
                     const Clock& clock)
    : pool_(pool),
      observer_(std::move(observer)),
      gatekeeper_(std::move(gatekeeper)),
      clock_(clock) {}

absl::Status UnaryEdge::Admit(const grpc::CallbackServerContext& context, const char* method,
                              CallContext& call) const {
  call = ReadCallContext(context);
  absl::Status admitted = gatekeeper_.Admit(context, method, call);
  if (!admitted.ok() && observer_) observer_({method, call, admitted, absl::ZeroDuration()});
  return admitted;
}

grpc::ServerUnaryReactor* UnaryEdge::Run(grpc::CallbackServerContext* context, const char* method,
                                         Work work) {
  auto call = Begin(context, method, context->DefaultReactor());
  if (!call->admitted.ok()) {
    Finish(*call, call->admitted);
    return call->reactor;
  }
  const auto run = [this, call, work = std::move(work)] {
    const absl::Duration waited = clock_.SinceBoot() - call->began;
    if (call->context.time_left && *call->context.time_left <= waited) {
      Finish(*call, MakeStatus(absl::StatusCode::kDeadlineExceeded,
                               "the deadline passed before the call's turn came"));
      return;
    }
    Finish(*call, work(call->context));
  };
  if (!pool_.TrySubmit(run)) {
    Finish(*call, MakeStatus(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                             "too many calls are waiting; try again later"));
  }
  return call->reactor;
}

grpc::ServerUnaryReactor* UnaryEdge::RunAsync(grpc::CallbackServerContext* context,
                                              const char* method, AsyncWork work,
                                              std::function<void()> on_cancel) {
  grpc::ServerUnaryReactor* const reactor =
      on_cancel ? new CancellableReactor(std::move(on_cancel)) : context->DefaultReactor();
  auto call = Begin(context, method, reactor);
  if (!call->admitted.ok()) {
    Finish(*call, call->admitted);
    return call->reactor;
  }
  work(call->context, [this, call](absl::Status status) { Finish(*call, std::move(status)); });
  return call->reactor;
}

std::shared_ptr<UnaryEdge::PendingCall> UnaryEdge::Begin(grpc::CallbackServerContext* context,
                                                         const char* method,
                                                         grpc::ServerUnaryReactor* reactor) {
  auto call = std::make_shared<PendingCall>(PendingCall{reactor, method, ReadCallContext(*context),
                                                        absl::OkStatus(), clock_.SinceBoot()});
  call->admitted = gatekeeper_.Admit(*context, method, call->context);
  context->AddInitialMetadata(kCorrelationIdKey, call->context.correlation_id);
  return call;
}

void UnaryEdge::Finish(PendingCall& call, absl::Status status) const {
  if (observer_) {
    observer_({call.method, call.context, status, clock_.SinceBoot() - call.began});
  }
  call.reactor->Finish(ToGrpc(status, call.context.correlation_id));
}

}  // namespace tms::rpc
