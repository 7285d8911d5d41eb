// How every RPC of ours begins and every unary one runs: look who calls, do the work off gRPC's
// threads, translate the status, finish once, tell the observer.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/work_pool.h"
#include "common/rpc/call_context.h"
#include "common/rpc/gatekeeper.h"

namespace tms::rpc {

// One call that has ended, for logs and metrics. Views hold only during the observer's run.
struct CallRecord {
  std::string_view method;
  const CallContext& call;
  // Of the service, with the text that a caller does not see.
  const absl::Status& status;
  absl::Duration elapsed;
};
using CallObserver = std::function<void(const CallRecord&)>;

// Thread-safe. Owned by main, outlives the server.
class UnaryEdge {
 public:
  // `pool` runs blocking work; `observer` may be empty and must not block.
  UnaryEdge(WorkPool& pool, CallObserver observer, Gatekeeper gatekeeper,
            const Clock& clock = SystemClock());

  // How a streaming method begins: its context, or the status to end with, which the observer has
  // heard of. `call` is complete except for the caller where that is refused.
  absl::Status Admit(const grpc::CallbackServerContext& context, const char* method,
                     CallContext& call) const;

  using Work = std::function<absl::Status(const CallContext&)>;
  // Runs `work` on the pool and finishes the call with its status. The request and response that
  // gRPC passed to the method stay valid until then. A call that the gatekeeper refuses, or whose
  // deadline has passed before its turn, is not run; a full pool answers RESOURCE_EXHAUSTED
  // (OVERLOADED).
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const char* method,
                                Work work);

  using Done = std::function<void(absl::Status)>;
  using AsyncWork = std::function<void(const CallContext&, Done)>;
  // Runs `work` at once on gRPC's thread, where it must not block, unless the gatekeeper refuses;
  // the call finishes when it calls `done`, exactly once, on any thread. `context` is valid until
  // then. `on_cancel` runs at most once, on a thread of gRPC, when the caller goes away first;
  // `done` must be called all the same.
  grpc::ServerUnaryReactor* RunAsync(grpc::CallbackServerContext* context, const char* method,
                                     AsyncWork work, std::function<void()> on_cancel = nullptr);

 private:
  struct PendingCall;
  std::shared_ptr<PendingCall> Begin(grpc::CallbackServerContext* context, const char* method,
                                     grpc::ServerUnaryReactor* reactor);
  void Finish(PendingCall& call, absl::Status status) const;

  WorkPool& pool_;
  const CallObserver observer_;
  const Gatekeeper gatekeeper_;
  const Clock& clock_;
};

}  // namespace tms::rpc
