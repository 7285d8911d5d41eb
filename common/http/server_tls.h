// TLS of the HTTP server.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace boost::asio::ssl {
class context;
}  // namespace boost::asio::ssl

namespace tms::http {

// TLS 1.2 or newer with this certificate (its chain may follow it) and key, both PEM files, read
// once. INVALID_ARGUMENT names the file that is not what it should be, or says that the two don't
// belong together.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> LoadServerTls(
    const std::string& certificate_file, const std::string& key_file);

}  // namespace tms::http
