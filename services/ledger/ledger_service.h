// The ledger's edge: gRPC in front of its use cases.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/rpc/stream_hub.h"
#include "common/rpc/unary_edge.h"
#include "services/ledger/ledger.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledger {

// Each method is validate, delegate, translate. Called by gRPC's threads; owned by main, outlives
// the server. What the protos announce for later (WatchJobs, RecordAudit, ListAudit)
// is answered UNIMPLEMENTED by the base class.
class LedgerService final : public v1::JobLedgerService::CallbackService {
 public:
  LedgerService(Ledger& ledger, rpc::UnaryEdge& edge);

  // Ends all streams after their pending acks; true if none is left within `limit`. To be called
  // before the server is shut down.
  bool DrainStreams(absl::Duration limit) { return streams_.Drain(limit); }

  grpc::ServerBidiReactor<v1::RecordEventsRequest, v1::RecordEventsResponse>* RecordEvents(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const v1::GetJobRequest* request, v1::Job* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateJob(grpc::CallbackServerContext* context,
                                      const v1::UpdateJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* SettleOwner(grpc::CallbackServerContext* context,
                                        const v1::SettleOwnerRequest* request,
                                        v1::SettleOwnerResponse* response) override;
  grpc::ServerUnaryReactor* ListJobEvents(grpc::CallbackServerContext* context,
                                          const v1::ListJobEventsRequest* request,
                                          v1::ListJobEventsResponse* response) override;
  grpc::ServerUnaryReactor* ListJobCustomers(grpc::CallbackServerContext* context,
                                             const v1::ListJobCustomersRequest* request,
                                             v1::ListJobCustomersResponse* response) override;
  grpc::ServerUnaryReactor* GetJobStats(grpc::CallbackServerContext* context,
                                        const v1::GetJobStatsRequest* request,
                                        v1::GetJobStatsResponse* response) override;

 private:
  // Of what hangs on a job. Blocks on disk.
  absl::Status CheckMayReadJob(const rpc::Caller& caller, const std::string& job_id);

  Ledger& ledger_;
  rpc::UnaryEdge& edge_;
  rpc::StreamHub streams_;
};

}  // namespace tms::ledger
