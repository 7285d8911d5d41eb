#include "tests/integration/rpc/raw_tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace tms::rpc {
namespace {

constexpr unsigned char kHttp2[] = {2, 'h', '2'};
constexpr char kPreface[] =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    "\x00\x00\x00\x04\x00\x00\x00\x00";  // and the zero of an empty SETTINGS that ends the literal

int Connect(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::abort();  // nothing can be said about a server that is not there
  }
  return descriptor;
}

}  // namespace

bool IsLetIn(int port, const RawTlsOptions& options) {
  signal(SIGPIPE, SIG_IGN);  // a server that refuses us may be gone when we write
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);  // else OpenSSL refuses old versions by itself
  SSL_CTX_set_min_proto_version(context.get(), options.version);
  SSL_CTX_set_max_proto_version(context.get(), options.version);
  if (options.identity != nullptr) {
    SSL_CTX_use_certificate(context.get(), options.identity->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), options.identity->key.get());
  }
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_alpn_protos(ssl.get(), kHttp2, sizeof kHttp2);
  const int descriptor = Connect(port);
  SSL_set_fd(ssl.get(), descriptor);
  char first = 0;
  // In TLS 1.3 a client learns only by reading that its certificate was refused.
  const bool let_in = SSL_connect(ssl.get()) == 1 &&
                      SSL_write(ssl.get(), kPreface, sizeof kPreface) > 0 &&
                      SSL_read(ssl.get(), &first, 1) == 1;
  close(descriptor);
  return let_in;
}

}  // namespace tms::rpc
