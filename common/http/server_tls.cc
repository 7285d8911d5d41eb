#include "common/http/server_tls.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fstream>
#include <utility>

#include "common/base/digest.h"
#include "common/base/status.h"

namespace tms::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

// A chain takes a few KiB.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

absl::Status Wrong(const std::string& file, const std::string& why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, file + ": " + why);
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kMaxFileBytes + 1, '\0');
  if (!file) return Wrong(path, "can't be read");
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kMaxFileBytes) return Wrong(path, "is larger than 1 MiB");
  return content;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ServerTls>> ServerTls::Load(const std::string& certificate_file,
                                                           const std::string& key_file,
                                                           Observer observer,
                                                           absl::Duration interval) {
  auto tls = std::shared_ptr<ServerTls>(
      new ServerTls(certificate_file, key_file, std::move(observer), interval));
  TMS_RETURN_IF_ERROR(tls->Refresh().status());
  tls->watcher_ = std::thread([raw = tls.get()] { raw->Watch(); });
  return tls;
}

ServerTls::ServerTls(std::string certificate_file, std::string key_file, Observer observer,
                     absl::Duration interval)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      observer_(std::move(observer)),
      interval_(interval) {}

ServerTls::~ServerTls() {
  stop_.Set();
  if (watcher_.joinable()) watcher_.join();
}

std::shared_ptr<ssl::context> ServerTls::context() const {
  absl::MutexLock lock(&mutex_);
  return context_;
}

void ServerTls::Watch() {
  std::string told;
  while (!stop_.WaitFor(interval_)) {
    const absl::StatusOr<bool> refreshed = Refresh();
    const std::string why(Message(refreshed.status()));
    if (!refreshed.ok() && why != told) observer_(refreshed.status());
    if (refreshed.ok() && *refreshed) observer_(absl::OkStatus());
    told = why;
  }
}

absl::StatusOr<bool> ServerTls::Refresh() {
  TMS_ASSIGN_OR_RETURN(const std::string certificate, ReadPem(certificate_file_));
  TMS_ASSIGN_OR_RETURN(const std::string key, ReadPem(key_file_));
  std::string digest = Sha256(PartsEncoder().Add(certificate).Add(key).bytes());
  if (digest == digest_) return false;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Renegotiation by the client would cost us much more than the client.
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                                    SSL_OP_CIPHER_SERVER_PREFERENCE);
  boost::system::error_code error;
  context->use_certificate_chain(asio::buffer(certificate), error);
  if (error) return Wrong(certificate_file_, error.message());
  context->use_private_key(asio::buffer(key), ssl::context::pem, error);
  if (error) {
    return Wrong(key_file_, "is no key of " + certificate_file_ + " (" + error.message() + ")");
  }
  digest_ = std::move(digest);
  absl::MutexLock lock(&mutex_);
  context_ = std::move(context);
  return true;
}

}  // namespace tms::http
