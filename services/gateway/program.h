// The running gateway: its parts, made in the order in which they need each other.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/http/server.h"
#include "common/http/server_tls.h"
#include "services/gateway/audit_recorder.h"
#include "services/gateway/authenticator.h"
#include "services/gateway/gateway.h"
#include "services/gateway/metered_handler.h"
#include "services/gateway/metrics.h"
#include "services/gateway/services.h"
#include "services/gateway/session_routes.h"
#include "services/gateway/settings.h"
#include "services/gateway/stream_routes.h"
#include "services/gateway/user_watcher.h"
#include "services/gateway/web_files.h"

namespace tms::gateway {

// After the drain's limit: to cancel what still runs, unwind, and hand over the last audit records.
inline constexpr absl::Duration kUnwindLimit = absl::Seconds(10);

// What the flags name, read.
struct Inputs {
  TrustedProxy proxy;
  std::vector<WebFile> web_files;
  std::shared_ptr<rpc::TlsIdentity> identity;  // null: the services are called in plaintext
  std::shared_ptr<http::ServerTls> http_tls;   // null: HTTP is served in plaintext
};
absl::StatusOr<Inputs> ReadInputs(const Settings& settings);

// Owned by main, used by its thread alone.
class Program {
 public:
  Program(const Settings& settings, Inputs inputs);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads the accounts and listens.
  absl::Status Start();

  // Lets requests end, within the drain's limit, and hands over the last audit records.
  void Drain();

 private:
  Levels Look() const;
  std::vector<Route> MakeRoutes(const std::vector<WebFile>& web_files);
  static absl::StatusOr<uint16_t> Listen(http::Server& server, const std::string& address);

  const Settings settings_;
  // Follows its files as long as it lives.
  const std::shared_ptr<rpc::TlsIdentity> identity_;
  Metrics metrics_;
  Services services_;
  boost::asio::thread_pool threads_;
  AuditRecorder audit_;
  UserDirectory users_;
  std::unique_ptr<UserWatcher> watcher_;
  SessionStore sessions_;
  PasswordChecker passwords_;
  LoginThrottle throttle_;
  const SessionAuthenticator authenticator_;
  LoginParts login_;
  StreamParts streams_;
  Gateway gateway_;
  MeteredHandler handler_;
  MetricsHandler metrics_handler_;
  http::Server server_;
  http::Server metrics_server_;
  std::future<void> recording_;
};

}  // namespace tms::gateway
