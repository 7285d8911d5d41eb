#include "common/rpc/tls.h"

#include <grpcpp/security/tls_credentials_options.h>

#include <utility>

#include "common/base/status.h"

namespace tms::rpc {
namespace {

// How often gRPC looks at the files in memory.
constexpr unsigned kProviderSeconds = 1;

}  // namespace

absl::StatusOr<std::shared_ptr<TlsIdentity>> TlsIdentity::Load(const TlsFiles& files,
                                                               Observer observer,
                                                               const Clock& clock,
                                                               absl::Duration interval) {
  auto identity =
      std::shared_ptr<TlsIdentity>(new TlsIdentity(files, std::move(observer), clock, interval));
  TMS_RETURN_IF_ERROR(identity->Refresh().status());
  // Key and chain lie in one file: gRPC reads it twice and compares the times, so that it can't
  // take a key and a certificate that do not belong together.
  const std::string path = identity->identity_file_.path();
  identity->provider_ = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      path, path, identity->ca_file_.path(), kProviderSeconds);
  identity->watcher_ = std::thread([raw = identity.get()] { raw->Watch(); });
  return identity;
}

TlsIdentity::TlsIdentity(const TlsFiles& files, Observer observer, const Clock& clock,
                         absl::Duration interval)
    : files_(files), observer_(std::move(observer)), clock_(clock), interval_(interval) {}

TlsIdentity::~TlsIdentity() {
  stop_.Set();
  if (watcher_.joinable()) watcher_.join();
}

std::shared_ptr<grpc::ServerCredentials> TlsIdentity::ForServer() const {
  grpc::experimental::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TlsIdentity::ForChannel() const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  return grpc::experimental::TlsCredentials(options);
}

void TlsIdentity::Watch() {
  std::string told;
  while (!stop_.WaitFor(interval_)) {
    const absl::StatusOr<bool> refreshed = Refresh();
    const std::string why(Message(refreshed.status()));
    if (!refreshed.ok() && why != told) observer_(refreshed.status());
    if (refreshed.ok() && *refreshed) observer_(current_.expires);
    told = why;
  }
}

absl::StatusOr<bool> TlsIdentity::Refresh() {
  TMS_ASSIGN_OR_RETURN(KeyMaterial read, ReadKeyMaterial(files_, clock_.Now()));
  if (read == current_) return false;
  TMS_RETURN_IF_ERROR(Publish(read));
  current_ = std::move(read);
  return true;
}

absl::Status TlsIdentity::Publish(const KeyMaterial& material) {
  TMS_RETURN_IF_ERROR(ca_file_.Replace(material.ca_pem));
  return identity_file_.Replace(material.identity_pem);
}

}  // namespace tms::rpc
