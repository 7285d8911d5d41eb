#include <algorithm>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/forward.h"
#include "services/gateway/own_jobs.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::ledger::v1;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

// Four short fields and a reason of at most 1,000 characters.
constexpr size_t kMaxUpdateBytes = size_t{64} * 1024;

// Fills `request` from the query; its job is the one that the path names.
template <typename Request>
absl::Status FillForJob(const RequestContext& context, Request& request) {
  TMS_RETURN_IF_ERROR(FromQuery(context.request.query, {&request}));
  if (!request.job_id().empty()) {
    Violations violations;
    violations.Add("job_id", "is named by the path");
    return violations.ToStatus();
  }
  request.set_job_id(context.path_parameters[0]);
  return absl::OkStatus();
}

asio::awaitable<RouteAnswer> ListJobs(Services& services, const RequestContext& context) {
  v1::ListJobsRequest request;
  absl::Status status = FromQuery(context.request.query, {request.mutable_filter(), &request});
  if (status.ok()) {
    status = KeepToOwn(context.caller, *request.mutable_filter()->mutable_user_ids());
  }
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.ledger->async(), &Ledger::ListJobs, request, context);
}

asio::awaitable<RouteAnswer> GetJob(Services& services, const RequestContext& context) {
  v1::GetJobRequest request;
  const absl::Status status = FillForJob(context, request);
  if (!status.ok()) co_return status;
  const auto answer = co_await CallService(services.ledger->async(), &Ledger::GetJob,
                                           std::move(request), context, kReadTimeout);
  if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
  const bool own = answer.response.user_id() == context.caller.user;
  if (!own && !context.caller.SeesAllJobs()) co_return NotYourJob();
  co_return JsonResponse(ToJson(answer.response));
}

asio::awaitable<RouteAnswer> ListJobEvents(Services& services, const RequestContext& context) {
  v1::ListJobEventsRequest request;
  absl::Status status = FillForJob(context, request);
  if (status.ok()) status = co_await CheckOwn(services, context, request.job_id());
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.ledger->async(), &Ledger::ListJobEvents, request, context);
}

asio::awaitable<RouteAnswer> ListJobCustomers(Services& services, const RequestContext& context) {
  v1::ListJobCustomersRequest request;
  absl::Status status = FillForJob(context, request);
  if (status.ok()) status = co_await CheckOwn(services, context, request.job_id());
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.ledger->async(), &Ledger::ListJobCustomers, request, context);
}

asio::awaitable<RouteAnswer> GetJobStats(Services& services, const RequestContext& context) {
  v1::GetJobStatsRequest request;
  absl::Status status = FromQuery(context.request.query, {&request});
  if (status.ok()) status = KeepToOwn(context.caller, *request.mutable_user_ids());
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.ledger->async(), &Ledger::GetJobStats, request, context);
}

// Takes member `name` out of `object`; empty if it is absent.
absl::StatusOr<std::string> TakeText(std::string_view name, json::object& object) {
  const auto member = object.find(json::string_view(name.data(), name.size()));
  if (member == object.end()) return "";
  if (!member->value().is_string()) {
    Violations violations;
    violations.Add(name, "must be text");
    return violations.ToStatus();
  }
  std::string text(member->value().as_string().c_str(), member->value().as_string().size());
  object.erase(member);
  return text;
}

// The body is a job's new field values beside `reason`, `etag` and, to be explicit, `update_mask`
// (names with commas between); without a mask, the fields that are given are the ones to change.
absl::StatusOr<v1::UpdateJobRequest> ParseUpdate(const RequestContext& context) {
  TMS_RETURN_IF_ERROR(FromQuery(context.request.query, {}));
  TMS_ASSIGN_OR_RETURN(json::object fields, ParseObject(context.request.body));
  v1::UpdateJobRequest request;
  TMS_ASSIGN_OR_RETURN(*request.mutable_reason(), TakeText("reason", fields));
  TMS_ASSIGN_OR_RETURN(*request.mutable_etag(), TakeText("etag", fields));
  TMS_ASSIGN_OR_RETURN(std::string mask, TakeText("update_mask", fields));
  TMS_RETURN_IF_ERROR(FromJson(fields, *request.mutable_job()));
  if (mask.empty()) {
    for (const auto& [name, value] : fields) {
      request.mutable_update_mask()->add_paths(std::string(name.data(), name.size()));
    }
  }
  while (!mask.empty()) {
    const size_t comma = std::min(mask.find(','), mask.size());
    request.mutable_update_mask()->add_paths(mask.substr(0, comma));
    mask.erase(0, comma + 1);
  }
  request.mutable_job()->set_job_id(context.path_parameters[0]);
  return request;
}

asio::awaitable<RouteAnswer> UpdateJob(Services& services, const RequestContext& context) {
  absl::StatusOr<v1::UpdateJobRequest> request = ParseUpdate(context);
  if (!request.ok()) co_return request.status();
  co_return co_await Forward(services.ledger->async(), &Ledger::UpdateJob, *std::move(request),
                             context);
}

}  // namespace

std::vector<Route> JobRoutes(Services& services) {
  return {
      {.method = "GET", .pattern = "/api/v1/jobs", .handler = With(services, ListJobs)},
      {.method = "GET", .pattern = "/api/v1/jobs:stats", .handler = With(services, GetJobStats)},
      {.method = "GET", .pattern = "/api/v1/jobs/{id}", .handler = With(services, GetJob)},
      {.method = "PATCH",
       .pattern = "/api/v1/jobs/{id}",
       .roles = {Role::kAdmin},
       .max_body_bytes = kMaxUpdateBytes,
       .handler = With(services, UpdateJob)},
      {.method = "GET",
       .pattern = "/api/v1/jobs/{id}/events",
       .handler = With(services, ListJobEvents)},
      {.method = "GET",
       .pattern = "/api/v1/jobs/{id}/customers",
       .handler = With(services, ListJobCustomers)},
  };
}

}  // namespace tms::gateway
