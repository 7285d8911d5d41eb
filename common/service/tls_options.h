// The TLS flags that all our programs share, and what is logged about the files behind them.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/server.h"
#include "common/rpc/tls.h"
#include "common/runtime/options.h"

namespace tms {

// Owned by main, used by its thread before others start.
class TlsOptions {
 public:
  // Adds --tls-cert, --tls-key and --tls-ca, which must then be parsed before Load.
  void AddTo(Options& options);

  // Nothing if none of the flags is given. FAILED_PRECONDITION that names flag and file otherwise,
  // see rpc::TlsIdentity::Load.
  absl::StatusOr<std::shared_ptr<rpc::TlsIdentity>> Load() const;

 private:
  rpc::TlsFiles files_;
};

// Says loudly, once at the start, what a server without TLS means.
void WarnOfPlaintext(const rpc::ServerOptions& options);

// Adds --insecure-listen.
void AddInsecureListen(Options& options, bool& insecure_listen);

}  // namespace tms
