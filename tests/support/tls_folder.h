// The three files of a TLS identity, in a folder of their own.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "common/base/ids.h"
#include "common/rpc/key_material.h"
#include "tests/support/test_certificates.h"

namespace tms {

// Owned by the test; the files go with it.
class TlsFolder {
 public:
  TlsFolder() { std::filesystem::create_directories(folder_); }
  TlsFolder(const TestIdentity& identity, const std::string& ca_pem) : TlsFolder() {
    Write("cert.pem", identity.CertificatePem());
    Write("key.pem", identity.KeyPem());
    Write("ca.pem", ca_pem);
  }
  ~TlsFolder() { std::filesystem::remove_all(folder_); }
  TlsFolder(const TlsFolder&) = delete;
  TlsFolder& operator=(const TlsFolder&) = delete;

  rpc::TlsFiles files() const {
    return {.cert = folder_ / "cert.pem", .key = folder_ / "key.pem", .ca = folder_ / "ca.pem"};
  }

  // Over what is there, as `cp` does: not in one step.
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("tls-" + NewUuidV7(absl::Now()));
};

}  // namespace tms
