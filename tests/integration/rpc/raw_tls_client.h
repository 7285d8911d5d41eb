// A client of OpenSSL alone, which may show wrong certificates and speak old versions.
#pragma once

#include <openssl/ssl.h>

#include "tests/support/test_certificates.h"

namespace tms::rpc {

struct RawTlsOptions {
  const TestIdentity* identity = nullptr;  // none: shows no certificate
  int version = TLS1_3_VERSION;            // the only one that it speaks
};

// Whether a server at that port of 127.0.0.1 goes through with the handshake and then speaks
// HTTP/2. The server's own certificate is not judged.
bool IsLetIn(int port, const RawTlsOptions& options);

}  // namespace tms::rpc
