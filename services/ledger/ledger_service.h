// The ledger's edge: gRPC in front of its use cases.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/rpc/stream_hub.h"
#include "common/rpc/unary_edge.h"
#include "services/ledger/change_source.h"
#include "services/ledger/ledger.h"
#include "services/ledger/watch_jobs_reactor.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledger {

// All outlive the service.
struct ServiceParts {
  Ledger& ledger;
  ChangeSource& changes;
  rpc::UnaryEdge& edge;
  // Runs what reads the disk for watchers.
  WorkPool& pool;
  const Clock& clock;
  WatchLimits watch;
};

// Each method is validate, delegate, translate. Called by gRPC's threads; owned by main, outlives
// the server.
class LedgerService final : public v1::JobLedgerService::CallbackService {
 public:
  explicit LedgerService(const ServiceParts& parts);

  // Ends all streams, of events after their pending acks; true if none is left within `limit`. To
  // be called before the server is shut down, while watchers are still woken.
  bool DrainStreams(absl::Duration limit);

  rpc::StreamHub& watchers() { return watchers_; }

  grpc::ServerBidiReactor<v1::RecordEventsRequest, v1::RecordEventsResponse>* RecordEvents(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchJobsResponse>* WatchJobs(
      grpc::CallbackServerContext* context, const v1::WatchJobsRequest* request) override;
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
  grpc::ServerUnaryReactor* RecordAudit(grpc::CallbackServerContext* context,
                                        const v1::RecordAuditRequest* request,
                                        v1::RecordAuditResponse* response) override;
  grpc::ServerUnaryReactor* ListAudit(grpc::CallbackServerContext* context,
                                      const v1::ListAuditRequest* request,
                                      v1::ListAuditResponse* response) override;

 private:
  // Of what hangs on a job. Blocks on disk.
  absl::Status CheckMayReadJob(const rpc::Caller& caller, const std::string& job_id);

  const ServiceParts parts_;
  Ledger& ledger_;
  rpc::UnaryEdge& edge_;
  rpc::StreamHub streams_;
  rpc::StreamHub watchers_;
};

}  // namespace tms::ledger
