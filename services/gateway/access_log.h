// The end of every request: the headers that each answer has, and one event in the log.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/http/message.h"
#include "services/gateway/problem.h"

namespace tms::gateway {

// What the log says of a request: never its body, nor the values of its query.
struct AccessRecord {
  std::string method = "-";
  std::string route = "-";  // the pattern
  std::string user;
  std::string client_address;
  std::string correlation_id;
  absl::Duration began;  // Clock::SinceBoot()
  bool probe = false;    // made by a machine every few seconds; logged for debugging only
};

// A record that begins now, of a request from `client_address`. Takes the request's own correlation
// id if that is well-formed.
AccessRecord BeginRecord(const http::Request& request, std::string client_address);

http::Response Finish(const AccessRecord& record, http::Response response);
http::Response Finish(const AccessRecord& record, const Problem& problem);
// Logs what the problem hides of `status`.
http::Response Finish(const AccessRecord& record, const absl::Status& status);

}  // namespace tms::gateway
