// The gateway's flags.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/runtime/options.h"
#include "common/service/tls_options.h"
#include "services/gateway/session_store.h"

namespace tms::gateway {

// With their defaults. Owned by main.
struct Settings {
  std::string listen = "127.0.0.1:8080";
  std::string action = "127.0.0.1:50051";
  std::string ledger = "127.0.0.1:50052";
  TlsOptions tls;
  std::string data = "./data";
  std::string web_files;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> trusted_proxies;
  std::string user_header = "X-Forwarded-User";
  bool insecure_listen = false;
  std::string metrics_listen;  // empty: nowhere
  bool metrics_insecure_listen = false;
  bool secure_cookies = false;
  std::string http_tls_certificate;
  std::string http_tls_key;
  int max_connections = 512;
  SessionLimits sessions;
  absl::Duration drain_limit = absl::Seconds(25);

  bool has_tls() const { return !http_tls_certificate.empty(); }
};

// Binds the flags to `settings`, which must outlive `options`.
void AddOptions(Options& options, Settings& settings);

// What the flags alone can't say: INVALID_ARGUMENT names the flag.
absl::Status CheckSettings(const Settings& settings);

}  // namespace tms::gateway
