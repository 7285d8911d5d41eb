// Mutual TLS between our processes, with certificates that change while they run.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/stop_flag.h"
#include "common/rpc/key_material.h"
#include "common/rpc/memory_file.h"

namespace tms::rpc {

// One process's identity. Watches its files and takes over what has changed once all three fit
// together; until then the last good ones stay in use. So a half-written, mismatched or expired
// file never reaches gRPC, whose own watcher would go on without them: see docs/grpc.md.
//
// Owned by main (shared with the servers and channels made from it), outlives them. Thread-safe.
class TlsIdentity {
 public:
  // What happened to the files: OK with when the new ones expire, or why they were not taken.
  // Called on the watching thread, once for each change; must not block.
  using Observer = std::function<void(const absl::StatusOr<absl::Time>& expires)>;

  // FAILED_PRECONDITION as ReadKeyMaterial says.
  static absl::StatusOr<std::shared_ptr<TlsIdentity>> Load(
      const TlsFiles& files, Observer observer, const Clock& clock = SystemClock(),
      absl::Duration interval = absl::Seconds(1));
  ~TlsIdentity();

  // Demands a certificate that the CA signed. TLS 1.2 or 1.3.
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  // Shows our certificate; the server's must be signed by the CA and name the host that was
  // dialled.
  std::shared_ptr<grpc::ChannelCredentials> ForChannel() const;

 private:
  TlsIdentity(const TlsFiles& files, Observer observer, const Clock& clock,
              absl::Duration interval);

  void Watch();
  // Reads the files and takes them over if they are good and new; returns whether they were.
  absl::StatusOr<bool> Refresh();
  absl::Status Publish(const KeyMaterial& material);

  const TlsFiles files_;
  const Observer observer_;
  const Clock& clock_;
  const absl::Duration interval_;
  // Of the constructing thread, then of the watching one.
  KeyMaterial current_;
  MemoryFile identity_file_;
  MemoryFile ca_file_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
  StopFlag stop_;
  std::thread watcher_;
};

}  // namespace tms::rpc
