// TLS of the HTTP server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/stop_flag.h"

namespace boost::asio::ssl {
class context;
}  // namespace boost::asio::ssl

namespace tms::http {

// A certificate and its key, for TLS 1.2 or newer. Watches the two files and takes over what has
// changed once they fit together; until then the last good ones stay in use. Owned by main, shared
// with the server. Thread-safe.
class ServerTls {
 public:
  // OK: new files are in use; else why they are not. Called on the watching thread, once for each
  // change; must not block.
  using Observer = std::function<void(const absl::Status&)>;

  // Both are PEM files of at most 1 MiB; the certificate's chain may follow it. INVALID_ARGUMENT
  // names the file that is not what it should be, or says that the two don't belong together.
  static absl::StatusOr<std::shared_ptr<ServerTls>> Load(
      const std::string& certificate_file, const std::string& key_file, Observer observer,
      absl::Duration interval = absl::Seconds(1));
  ~ServerTls();

  // For a connection that begins now.
  std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  ServerTls(std::string certificate_file, std::string key_file, Observer observer,
            absl::Duration interval);

  void Watch();
  // Reads the files and takes them over if they are good and new; returns whether they were.
  absl::StatusOr<bool> Refresh();

  const std::string certificate_file_;
  const std::string key_file_;
  const Observer observer_;
  const absl::Duration interval_;
  // Digest of the files that are in use; of the constructing thread, then of the watching one.
  std::string digest_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mutex_);
  StopFlag stop_;
  std::thread watcher_;
};

}  // namespace tms::http
