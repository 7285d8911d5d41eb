// Jobs as the replaced system told of them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/gateway/services.h"

namespace tms::gateway {

// What the old page's table shows of a job.
boost::json::object ToLegacyJob(const tms::ledger::v1::Job& job);

// The newest jobs, at most `limit`, that match `filter` and `wanted`, which may be empty. Examines
// a bounded number.
boost::asio::awaitable<absl::StatusOr<std::vector<tms::ledger::v1::Job>>> NewestJobs(
    Services& services, const RequestContext& context, tms::ledger::v1::JobFilter filter,
    size_t limit, std::function<bool(const tms::ledger::v1::Job&)> wanted);

// The customers of a job in the order in which the cluster was sent them, at most `limit`.
boost::asio::awaitable<absl::StatusOr<std::vector<std::string>>> CustomersOf(
    Services& services, const RequestContext& context, std::string job_id, size_t limit);

}  // namespace tms::gateway
