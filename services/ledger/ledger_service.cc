#include "services/ledger/ledger_service.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/access.h"
#include "services/ledger/audit_proto.h"
#include "services/ledger/proto_convert.h"
#include "services/ledger/record_events_reactor.h"

namespace tms::ledger {
namespace {

// One for each ActionService, a few more while they reconnect. With kMaxUnackedBytes each, they
// bound the memory that events may take to 1 GiB.
constexpr size_t kMaxEventStreams = 64;

// Works on every request that pages.
template <typename Request>
PageRequest PageOf(const Request& request) {
  return {.page_size = request.page_size(), .page_token = request.page_token()};
}

absl::StatusOr<JobOrder> OrderOf(const v1::ListJobsRequest& request) {
  if (request.order_by().empty() || request.order_by() == "created_at desc") {
    return JobOrder::kNewestFirst;
  }
  if (request.order_by() == "created_at") return JobOrder::kOldestFirst;
  Violations violations;
  violations.Add("order_by", "must be `created_at` or `created_at desc`");
  return violations.ToStatus();
}

}  // namespace

LedgerService::LedgerService(const ServiceParts& parts)
    : parts_(parts),
      ledger_(parts_.ledger),
      edge_(parts_.edge),
      streams_(kMaxEventStreams),
      watchers_(static_cast<size_t>(parts_.watch.max_watchers)) {}

bool LedgerService::DrainStreams(absl::Duration limit) {
  const absl::Duration deadline = parts_.clock.SinceBoot() + limit;
  const bool events_drained = streams_.Drain(limit);
  const absl::Duration left = deadline - parts_.clock.SinceBoot();
  return watchers_.Drain(std::max(left, absl::ZeroDuration())) && events_drained;
}

absl::Status LedgerService::CheckMayReadJob(const rpc::Caller& caller, const std::string& job_id) {
  if (SeesAllJobs(caller)) return absl::OkStatus();
  TMS_ASSIGN_OR_RETURN(const Job job, ledger_.GetJob(job_id, /*full=*/false));
  return CheckMayRead(caller, job.user_id);
}

grpc::ServerBidiReactor<v1::RecordEventsRequest, v1::RecordEventsResponse>*
LedgerService::RecordEvents(grpc::CallbackServerContext* context) {
  rpc::CallContext call;
  const absl::Status admitted = edge_.Admit(*context, "RecordEvents", call);
  return new RecordEventsReactor(ledger_, streams_, call, admitted);
}

grpc::ServerWriteReactor<v1::WatchJobsResponse>* LedgerService::WatchJobs(
    grpc::CallbackServerContext* context, const v1::WatchJobsRequest* request) {
  rpc::CallContext call;
  const absl::Status admitted = edge_.Admit(*context, "WatchJobs", call);
  absl::StatusOr<JobFilter> filter = JobFilter();
  if (admitted.ok()) {
    filter = FromProto(request->filter());
  } else {
    filter = admitted;
  }
  if (filter.ok()) {
    const absl::Status narrowed = NarrowUsers(call, filter->user_ids);
    if (!narrowed.ok()) filter = narrowed;
  }
  const WatchParts parts{parts_.changes, watchers_, parts_.pool, parts_.clock, parts_.watch};
  return new WatchJobsReactor(parts, *context, call.correlation_id, std::move(filter),
                              request->resume_token());
}

grpc::ServerUnaryReactor* LedgerService::GetJob(grpc::CallbackServerContext* context,
                                                const v1::GetJobRequest* request,
                                                v1::Job* response) {
  return edge_.Run(context, "GetJob", [=, this](const rpc::CallContext& call) -> absl::Status {
    TMS_ASSIGN_OR_RETURN(const bool full, WantsFull(request->view(), v1::FULL));
    TMS_ASSIGN_OR_RETURN(const Job job, ledger_.GetJob(request->job_id(), full));
    TMS_RETURN_IF_ERROR(CheckMayRead(call, job.user_id));
    ToProto(job, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* LedgerService::ListJobs(grpc::CallbackServerContext* context,
                                                  const v1::ListJobsRequest* request,
                                                  v1::ListJobsResponse* response) {
  return edge_.Run(context, "ListJobs", [=, this](const rpc::CallContext& call) -> absl::Status {
    TMS_ASSIGN_OR_RETURN(JobFilter filter, FromProto(request->filter()));
    TMS_RETURN_IF_ERROR(NarrowUsers(call, filter.user_ids));
    TMS_ASSIGN_OR_RETURN(const JobOrder order, OrderOf(*request));
    TMS_ASSIGN_OR_RETURN(JobList list, ledger_.ListJobs(filter, PageOf(*request), order));
    for (const Job& job : list.jobs) ToProto(job, *response->add_jobs());
    response->set_next_page_token(std::move(list.next_page_token));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* LedgerService::UpdateJob(grpc::CallbackServerContext* context,
                                                   const v1::UpdateJobRequest* request,
                                                   v1::Job* response) {
  return edge_.RunAsync(
      context, "UpdateJob", [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
        if (const absl::Status allowed = CheckMayUpdate(call); !allowed.ok()) {
          done(allowed);
          return;
        }
        absl::StatusOr<JobUpdate> update = FromProto(*request);
        if (!update.ok()) {
          done(update.status());
          return;
        }
        update->user_id = call.user;
        ledger_.UpdateJob(*std::move(update),
                          [response, done = std::move(done)](const absl::StatusOr<Job>& job) {
                            if (job.ok()) ToProto(*job, *response);
                            done(job.status());
                          });
      });
}

grpc::ServerUnaryReactor* LedgerService::SettleOwner(grpc::CallbackServerContext* context,
                                                     const v1::SettleOwnerRequest* request,
                                                     v1::SettleOwnerResponse* response) {
  return edge_.RunAsync(
      context, "SettleOwner", [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
        ledger_.SettleOwner(request->owner(), request->incarnation(), call.identity,
                            [response, done = std::move(done)](const absl::StatusOr<int>& settled) {
                              if (settled.ok()) response->set_settled_count(*settled);
                              done(settled.status());
                            });
      });
}

grpc::ServerUnaryReactor* LedgerService::ListJobEvents(grpc::CallbackServerContext* context,
                                                       const v1::ListJobEventsRequest* request,
                                                       v1::ListJobEventsResponse* response) {
  return edge_.Run(context, "ListJobEvents",
                   [=, this](const rpc::CallContext& call) -> absl::Status {
                     TMS_RETURN_IF_ERROR(CheckMayReadJob(call, request->job_id()));
                     TMS_ASSIGN_OR_RETURN(HistoryList list,
                                          ledger_.ListEvents(request->job_id(), PageOf(*request)));
                     for (const HistoryEvent& event : list.events)
                       ToProto(event, *response->add_events());
                     response->set_next_page_token(std::move(list.next_page_token));
                     return absl::OkStatus();
                   });
}

grpc::ServerUnaryReactor* LedgerService::ListJobCustomers(
    grpc::CallbackServerContext* context, const v1::ListJobCustomersRequest* request,
    v1::ListJobCustomersResponse* response) {
  return edge_.Run(
      context, "ListJobCustomers", [=, this](const rpc::CallContext& call) -> absl::Status {
        TMS_RETURN_IF_ERROR(CheckMayReadJob(call, request->job_id()));
        TMS_ASSIGN_OR_RETURN(CustomerList list,
                             ledger_.ListCustomers(request->job_id(), PageOf(*request)));
        for (std::string& cid : list.cids) response->add_cids(std::move(cid));
        response->set_next_page_token(std::move(list.next_page_token));
        response->set_total_size(list.total_size);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* LedgerService::GetJobStats(grpc::CallbackServerContext* context,
                                                     const v1::GetJobStatsRequest* request,
                                                     v1::GetJobStatsResponse* response) {
  return edge_.Run(context, "GetJobStats", [=, this](const rpc::CallContext& call) -> absl::Status {
    TMS_ASSIGN_OR_RETURN(StatsRequest asked, FromProto(*request));
    TMS_RETURN_IF_ERROR(NarrowUsers(call, asked.query.user_ids));
    TMS_ASSIGN_OR_RETURN(const Stats stats, ledger_.GetStats(std::move(asked.query), asked.bucket));
    ToProto(stats, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* LedgerService::RecordAudit(grpc::CallbackServerContext* context,
                                                     const v1::RecordAuditRequest* request,
                                                     v1::RecordAuditResponse* response) {
  return edge_.RunAsync(
      context, "RecordAudit", [=, this](const rpc::CallContext& call, rpc::UnaryEdge::Done done) {
        absl::StatusOr<AuditRecord> record = FromProto(*request);
        absl::Status status = record.status();
        const bool from_gateway = (call.peers & rpc::kGateway) != rpc::kNobody;
        if (status.ok() && !from_gateway) status = MarkImported(call, *record);
        if (!status.ok()) {
          done(std::move(status));
          return;
        }
        ledger_.RecordAudit(*std::move(record), [response, done = std::move(done)](
                                                    const absl::StatusOr<AuditResult>& result) {
          if (result.ok()) {
            response->set_number(result->number);
            response->set_deduplicated(result->deduplicated);
          }
          done(result.status());
        });
      });
}

grpc::ServerUnaryReactor* LedgerService::ListAudit(grpc::CallbackServerContext* context,
                                                   const v1::ListAuditRequest* request,
                                                   v1::ListAuditResponse* response) {
  return edge_.Run(context, "ListAudit", [=, this](const rpc::CallContext& call) -> absl::Status {
    TMS_ASSIGN_OR_RETURN(AuditFilter filter, FromProto(*request));
    TMS_RETURN_IF_ERROR(NarrowAuditUsers(call, filter.user_ids));
    TMS_ASSIGN_OR_RETURN(AuditList list, ledger_.ListAudit(filter, PageOf(*request)));
    for (const AuditRecord& record : list.records) ToProto(record, *response->add_records());
    response->set_next_page_token(std::move(list.next_page_token));
    return absl::OkStatus();
  });
}

}  // namespace tms::ledger
