#include "services/action/cluster/tls_contexts.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>
#include <exception>

#include "common/base/status.h"

namespace tms::action {

namespace ssl = boost::asio::ssl;

absl::StatusOr<std::shared_ptr<ssl::context>> TlsContexts::Get(const std::string& ca_file) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<ssl::context>& slot = contexts_[ca_file];
  if (slot != nullptr) return slot;
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    context->set_verify_mode(ssl::verify_peer);
    if (ca_file.empty()) {
      context->set_default_verify_paths();
    } else {
      context->load_verify_file(ca_file);
    }
    slot = std::move(context);
    return slot;
  } catch (const std::exception& error) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      "Cannot use the CA file " + ca_file + ": " + error.what());
  }
}

absl::Status RequireHost(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  const bool set = not_an_address ? X509_VERIFY_PARAM_set1_host(param, host.c_str(), 0) == 1 &&
                                        SSL_set_tlsext_host_name(ssl, host.c_str()) == 1
                                  : X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1;
  if (set) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kInternal, "TLS cannot check the host name " + host);
}

std::string DescribeHandshakeError(const SSL* ssl, const boost::system::error_code& error) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_OK) return error.message();
  return std::string("certificate not accepted: ") + X509_verify_cert_error_string(verified);
}

}  // namespace tms::action
