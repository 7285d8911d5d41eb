#include "services/gateway/legacy_jobs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/base/time_text.h"
#include "google/protobuf/util/time_util.h"
#include "services/gateway/forward.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::ledger::v1;
using google::protobuf::util::TimeUtil;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

constexpr int kPageSize = 500;
// A filter that hardly anything matches must not walk through all jobs there are.
constexpr int kMaxPages = 20;

}  // namespace

json::object ToLegacyJob(const v1::Job& job) {
  const auto created = absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(job.created_at()));
  json::object legacy{{"job_id", job.job_id()},
                      {"user_id", job.user_id()},
                      {"action_code", job.action_code()},
                      {"action_name", job.action_name()},
                      {"cluster_url", job.cluster_url()},
                      {"created_at", FormatTimestamp(created)},
                      {"status", v1::Job::Status_Name(job.status())},
                      {"http_status", nullptr},
                      {"error_message", nullptr},
                      {"customer_count", job.customer_count()}};
  if (job.has_http_status()) legacy["http_status"] = job.http_status();
  if (job.has_error_message()) legacy["error_message"] = job.error_message();
  return legacy;
}

asio::awaitable<absl::StatusOr<std::vector<v1::Job>>> NewestJobs(
    Services& services, const RequestContext& context, v1::JobFilter filter, size_t limit,
    std::function<bool(const v1::Job&)> wanted) {
  v1::ListJobsRequest request;
  *request.mutable_filter() = std::move(filter);
  request.set_page_size(wanted ? kPageSize : static_cast<int>(std::min<size_t>(limit, kPageSize)));
  std::vector<v1::Job> jobs;
  const auto take = [&](const v1::ListJobsResponse& page) {
    for (const v1::Job& job : page.jobs()) {
      if (jobs.size() < limit && (!wanted || wanted(job))) jobs.push_back(job);
    }
    return jobs.size() < limit;
  };
  const absl::Status read = co_await ForEachPage(services.ledger->async(), &Ledger::ListJobs,
                                                 request, context, kMaxPages, take);
  if (!read.ok()) co_return read;
  co_return jobs;
}

asio::awaitable<absl::StatusOr<std::vector<std::string>>> CustomersOf(Services& services,
                                                                      const RequestContext& context,
                                                                      std::string job_id,
                                                                      size_t limit) {
  v1::ListJobCustomersRequest request;
  request.set_job_id(std::move(job_id));
  request.set_page_size(static_cast<int>(std::min<size_t>(limit, kPageSize)));
  std::vector<std::string> cids;
  const auto take = [&](const v1::ListJobCustomersResponse& page) {
    cids.insert(cids.end(), page.cids().begin(), page.cids().end());
    return cids.size() < limit;
  };
  // A job's customers are bounded, and so are their pages.
  const absl::Status read =
      co_await ForEachPage(services.ledger->async(), &Ledger::ListJobCustomers, request, context,
                           std::numeric_limits<int>::max(), take);
  if (!read.ok()) co_return read;
  if (cids.size() > limit) cids.resize(limit);
  co_return cids;
}

}  // namespace tms::gateway
