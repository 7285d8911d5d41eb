#include "common/http/server_tls.h"

#include <boost/asio/ssl/context.hpp>

#include "common/base/status.h"

namespace tms::http {
namespace {

namespace ssl = boost::asio::ssl;

absl::Status Wrong(const std::string& file, const boost::system::error_code& error) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, file + ": " + error.message());
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> LoadServerTls(const std::string& certificate_file,
                                                            const std::string& key_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Renegotiation by the client would cost us much more than the client.
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                                    SSL_OP_CIPHER_SERVER_PREFERENCE);
  boost::system::error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error) return Wrong(certificate_file, error);
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) return Wrong(key_file, error);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      key_file + " is not the key of " + certificate_file);
  }
  return context;
}

}  // namespace tms::http
