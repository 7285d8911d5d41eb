// What outgoing TLS connections share, and what each of them must check.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace tms::action {

// One context for each CA file, read once. Thread-safe.
class TlsContexts {
 public:
  // A context that asks for TLS 1.2 or above and for a certificate signed by a CA in `ca_file`
  // (empty: the system's). Reading that failed is tried again the next time.
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Get(const std::string& ca_file);

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<boost::asio::ssl::context>> contexts_
      ABSL_GUARDED_BY(mutex_);
};

// Makes the handshake of `ssl` fail unless the certificate is for `host`, a name or an IP address;
// sends a name as SNI.
absl::Status RequireHost(SSL* ssl, const std::string& host);

// Why the handshake that ended with `error` failed, for people.
std::string DescribeHandshakeError(const SSL* ssl, const boost::system::error_code& error);

}  // namespace tms::action
