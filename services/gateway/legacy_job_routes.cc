#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "services/gateway/forward.h"
#include "services/gateway/legacy_jobs.h"
#include "services/gateway/legacy_routes.h"
#include "services/gateway/own_jobs.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::ledger::v1;
using Action = tms::action::v1::ActionService::StubInterface::async_interface;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

constexpr int kStandardLimit = 50;
constexpr int kMaxLimit = 500;
// As many as an action can have.
constexpr size_t kMaxCustomers = 50'000;

asio::awaitable<RouteAnswer> GetMyJobs(Services& services, const RequestContext& context) {
  v1::JobFilter filter;
  filter.add_user_ids(context.caller.user);
  const size_t limit = static_cast<size_t>(LegacyLimit(context.request, kStandardLimit));
  const auto jobs = co_await NewestJobs(services, context, std::move(filter), limit, nullptr);
  if (!jobs.ok()) co_return jobs.status();
  json::array list;
  for (const v1::Job& job : *jobs) list.push_back(ToLegacyJob(job));
  co_return JsonResponse(json::serialize(json::object{{"success", true},
                                                      {"user_id", context.caller.user},
                                                      {"job_count", list.size()},
                                                      {"jobs", std::move(list)}}));
}

asio::awaitable<RouteAnswer> GetLegacyJob(Services& services, const RequestContext& context) {
  v1::GetJobRequest request;
  request.set_job_id(context.path_parameters[0]);
  const auto answer = co_await CallService(services.ledger->async(), &Ledger::GetJob,
                                           std::move(request), context, kReadTimeout);
  if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
  const v1::Job& job = answer.response;
  if (!context.caller.SeesAllJobs() && job.user_id() != context.caller.user) co_return NotYourJob();
  json::object legacy = ToLegacyJob(job);
  legacy["batch_id"] = job.batch_id();
  legacy["request_payload"] = job.request_payload();
  legacy["response_summary"] = nullptr;
  if (job.has_response_summary()) legacy["response_summary"] = job.response_summary();
  co_return JsonResponse(
      json::serialize(json::object{{"success", true}, {"job", std::move(legacy)}}));
}

asio::awaitable<RouteAnswer> GetCustomers(Services& services, const RequestContext& context) {
  const std::string job_id = context.path_parameters[0];
  const absl::Status own = co_await CheckOwn(services, context, job_id);
  if (!own.ok()) co_return own;
  auto cids = co_await CustomersOf(services, context, job_id, kMaxCustomers);
  if (!cids.ok()) co_return cids.status();
  std::ranges::sort(*cids);
  co_return JsonResponse(
      json::serialize(json::object{{"success", true},
                                   {"job_id", job_id},
                                   {"customer_count", cids->size()},
                                   {"customers", json::array(cids->begin(), cids->end())}}));
}

asio::awaitable<RouteAnswer> GetClusters(Services& services, const RequestContext& context) {
  const auto answer =
      co_await CallService(services.action->async(), &Action::ListClusters,
                           tms::action::v1::ListClustersRequest(), context, kReadTimeout);
  if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
  json::array data;
  for (const auto& cluster : answer.response.clusters()) {
    data.push_back({{"code", cluster.name()},
                    {"name", cluster.name()},
                    {"description", cluster.description()}});
  }
  co_return JsonResponse(json::serialize(
      json::object{{"success", true}, {"count", data.size()}, {"data", std::move(data)}}));
}

asio::awaitable<RouteAnswer> GetDevices(Services&, const RequestContext&) {
  co_return JsonResponse(R"({"success":true,"data":[],"count":0})");
}

Route LegacyGet(std::string pattern, RouteHandler handler) {
  return {.method = "GET",
          .pattern = std::move(pattern),
          .style = Style::kLegacy,
          .handler = std::move(handler)};
}

}  // namespace

std::string_view QueryValue(const http::Request& request, std::string_view name) {
  for (const http::QueryParameter& parameter : request.query) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

int LegacyLimit(const http::Request& request, int standard) {
  const std::string_view text = QueryValue(request, "limit");
  int limit = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, limit);
  if (text.empty() || error != std::errc() || stop != end) return standard;
  return std::clamp(limit, 1, kMaxLimit);
}

std::vector<Route> LegacyJobRoutes(Services& services) {
  return {LegacyGet("/api/jobs/mine", With(services, GetMyJobs)),
          LegacyGet("/api/jobs/{id}", With(services, GetLegacyJob)),
          LegacyGet("/api/jobs/{id}/customers", With(services, GetCustomers)),
          LegacyGet("/api/clusters", With(services, GetClusters)),
          LegacyGet("/api/devices", With(services, GetDevices))};
}

}  // namespace tms::gateway
