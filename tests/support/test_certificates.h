// Certificates made on the spot, so that no test depends on files that expire.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

namespace tms {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const;
};
struct CertificateDeleter {
  void operator()(X509* certificate) const;
};

// A certificate and its key.
struct TestIdentity {
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  std::unique_ptr<X509, CertificateDeleter> certificate;

  std::string CertificatePem() const;
  std::string KeyPem() const;
};

// A new self-signed CA.
TestIdentity MakeCa(const std::string& common_name);

// A certificate for servers and clients, signed by `ca`, valid since yesterday. `alt_names` as
// OpenSSL writes them (`DNS:a.test,IP:::1,URI:a:b`), none if empty.
TestIdentity MakeSigned(const TestIdentity& ca, const std::string& common_name,
                        const std::string& alt_names, long valid_for_seconds = 3600);

}  // namespace tms
