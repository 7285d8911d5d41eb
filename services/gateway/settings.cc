#include "services/gateway/settings.h"

#include <string_view>

#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::gateway {
namespace {

absl::Status Wrong(std::string_view why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

bool IsLoopback(const std::string& address) { return IsLoopbackHost(ParseHostPort(address)->host); }

void AddSessionOptions(Options& options, Settings& settings) {
  options.Add("--session-idle", settings.sessions.idle,
              "A session ends after this time without a request", absl::Seconds(1),
              absl::Hours(24));
  options.Add("--session-limit", settings.sessions.total,
              "A session ends this long after its login, whatever happens", absl::Seconds(1),
              absl::Hours(24 * 30));
  options.Add("--secure-cookies", settings.secure_cookies,
              "Tell browsers to send the session only over HTTPS: for a proxy in front of the "
              "gateway that speaks it; with TLS of its own the gateway always does");
  options.Add("--trusted-proxy", settings.trusted_proxies,
              "Network (10.0.0.0/8) from which --user-header is believed, and X-Forwarded-For; "
              "repeatable. Off by default. The proxy must replace the one header in every request "
              "and add to the other");
  options.Add("--user-header", settings.user_header,
              "Header in which a trusted proxy names the user, who must be one of ours");
}

}  // namespace

void AddOptions(Options& options, Settings& settings) {
  options.AddAddress("--listen", settings.listen, "Where to serve HTTP");
  options.AddAddress("--action", settings.action, "The ActionService");
  options.AddAddress("--ledger", settings.ledger, "The JobLedgerService");
  settings.tls.AddTo(options);
  options.Add("--data", settings.data, "Directory of users.db; made if missing");
  options.Add("--allowed-host", settings.allowed_hosts,
              "Name under which browsers reach the gateway, besides the loopback ones; repeatable");
  options.Add("--insecure-listen", settings.insecure_listen,
              "Allow --listen on other than loopback addresses although passwords and sessions "
              "then cross the network readable: only where the network itself keeps others out");
  options.Add("--http-tls-cert", settings.http_tls_certificate,
              "Certificate (PEM, its chain may follow it): serve HTTPS only, TLS 1.2 or newer; "
              "read again when it changes");
  options.Add("--http-tls-key", settings.http_tls_key, "Its private key (PEM)");
  options.AddAddress("--metrics-listen", settings.metrics_listen,
                     "Where to answer GET /metrics, for Prometheus; off unless given");
  options.Add("--metrics-insecure-listen", settings.metrics_insecure_listen,
              "Allow --metrics-listen on other than loopback addresses although anybody who can "
              "connect may read it");
  AddSessionOptions(options, settings);
  options.Add(
      "--web-files", settings.web_files,
      "Serve the files of this folder, as they are at the start, over the built-in ones: for "
      "work on the dashboard");
  options.Add("--max-connections", settings.max_connections, "Connections at the same time", 1,
              100'000);
  options.Add("--drain-limit", settings.drain_limit,
              "How long requests may still run after SIGTERM", absl::ZeroDuration(),
              absl::Minutes(5));
}

absl::Status CheckSettings(const Settings& settings) {
  if (settings.has_tls() == settings.http_tls_key.empty()) {
    return Wrong("--http-tls-cert and --http-tls-key go together");
  }
  if (!settings.has_tls() && !IsLoopback(settings.listen) && !settings.insecure_listen) {
    return Wrong(
        "--listen: plain HTTP is for loopback addresses only (give --http-tls-cert, or say "
        "--insecure-listen)");
  }
  if (!settings.metrics_listen.empty() && !IsLoopback(settings.metrics_listen) &&
      !settings.metrics_insecure_listen) {
    return Wrong(
        "--metrics-listen: is for loopback addresses only (or say --metrics-insecure-listen)");
  }
  return absl::OkStatus();
}

}  // namespace tms::gateway
