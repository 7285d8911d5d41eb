// The edge: tms.action.v1.ActionService over gRPC.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "common/base/clock.h"
#include "common/base/memory_budget.h"
#include "common/rpc/unary_edge.h"
#include "services/action/catalogue.h"
#include "services/action/executor.h"
#include "services/action/spool_admin.h"
#include "tms/action/v1/action.grpc.pb.h"

namespace tms::action {

// Thread-safe, called by gRPC. Owned by main; outlives the server.
class ActionService final : public v1::ActionService::CallbackService {
 public:
  // `strand` is the executor's.
  ActionService(const Catalogue& catalogue, Executor& executor, SpoolAdmin& spool,
                boost::asio::any_io_executor strand, rpc::UnaryEdge& edge, MemoryBudget& memory,
                const Clock& clock)
      : catalogue_(catalogue),
        executor_(executor),
        spool_(spool),
        strand_(std::move(strand)),
        edge_(edge),
        memory_(memory),
        clock_(clock) {}

  grpc::ServerUnaryReactor* SetAction(grpc::CallbackServerContext* context,
                                      const v1::SetActionRequest* request,
                                      v1::SetActionResponse* response) override;
  grpc::ServerUnaryReactor* SubmitAction(grpc::CallbackServerContext* context,
                                         const v1::SetActionRequest* request,
                                         v1::SetActionResponse* response) override;
  grpc::ServerUnaryReactor* ListClusters(grpc::CallbackServerContext* context,
                                         const v1::ListClustersRequest* request,
                                         v1::ListClustersResponse* response) override;
  grpc::ServerUnaryReactor* ListActions(grpc::CallbackServerContext* context,
                                        const v1::ListActionsRequest* request,
                                        v1::ListActionsResponse* response) override;

  grpc::ServerUnaryReactor* GetSpoolState(grpc::CallbackServerContext* context,
                                          const v1::GetSpoolStateRequest* request,
                                          v1::SpoolState* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const v1::ListDeadLettersRequest* request,
                                            v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* ResolveDeadLetter(grpc::CallbackServerContext* context,
                                              const v1::ResolveDeadLetterRequest* request,
                                              v1::ResolveDeadLetterResponse* response) override;

 private:
  grpc::ServerUnaryReactor* Execute(grpc::CallbackServerContext* context, const char* method,
                                    const v1::SetActionRequest* request,
                                    v1::SetActionResponse* response, Executor::Until until);

  const Catalogue& catalogue_;
  Executor& executor_;
  SpoolAdmin& spool_;
  const boost::asio::any_io_executor strand_;
  rpc::UnaryEdge& edge_;
  MemoryBudget& memory_;
  const Clock& clock_;
};

}  // namespace tms::action
