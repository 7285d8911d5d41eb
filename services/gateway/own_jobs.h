// Keeps people who may see only their own jobs to these. The services check it too.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/gateway/services.h"

namespace tms::gateway {

// PERMISSION_DENIED.
absl::Status NotYourJob();

// Sets a filter's `user_ids` to the caller, unless that one sees all jobs. NotYourJob if it names
// others.
absl::Status KeepToOwn(const Caller& caller,
                       google::protobuf::RepeatedPtrField<std::string>& users);

// NotYourJob or the ledger's error if the caller may not see this job; asks the ledger only about
// callers who see no others.
boost::asio::awaitable<absl::Status> CheckOwn(Services& services, const RequestContext& context,
                                              const std::string& job_id);

}  // namespace tms::gateway
