#include "common/service/tls_options.h"

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/runtime/logging.h"

namespace tms {
namespace {

constexpr char kTag[] = "TLS";

void LogChange(const absl::StatusOr<absl::Time>& expires) {
  if (expires.ok()) {
    log::Info(kTag, "tls_files_taken", {{"expires", FormatTimestamp(*expires)}});
  } else {
    log::Error(kTag, "tls_files_refused", {{"error", Message(expires.status())}});
  }
}

}  // namespace

void TlsOptions::AddTo(Options& options) {
  options.Add("--tls-cert", files_.cert,
              "PEM file of this process's certificate, shown to the other services, with "
              "intermediate ones after it; read again when it changes");
  options.Add("--tls-key", files_.key, "PEM file of its unencrypted key");
  options.Add(
      "--tls-ca", files_.ca,
      "PEM file of the CAs that sign the other services' certificates. Without these three "
      "nothing between the services is encrypted and everybody who can connect is believed");
}

absl::StatusOr<std::shared_ptr<rpc::TlsIdentity>> TlsOptions::Load() const {
  if (!files_.given()) return nullptr;
  return rpc::TlsIdentity::Load(files_, LogChange);
}

void WarnOfPlaintext(const rpc::ServerOptions& options) {
  if (options.tls) return;
  log::Warning(kTag, "everybody_is_believed",
               {{"listen", options.listen},
                {"why", "no --tls-*: whoever connects may do everything, in anybody's name"}});
}

void AddInsecureListen(Options& options, bool& insecure_listen) {
  options.Add("--insecure-listen", insecure_listen,
              "Allow --listen on other than loopback addresses without --tls-*: everybody who can "
              "connect may then do everything");
}

}  // namespace tms
