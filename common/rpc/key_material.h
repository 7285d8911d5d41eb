// The three files of a process's TLS identity, read and judged before anything uses them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tms::rpc {

// Paths of PEM files; all three are given, or none.
struct TlsFiles {
  std::string cert;  // the process's certificate, then intermediate ones
  std::string key;
  std::string ca;  // who is believed to sign peers' certificates

  bool given() const { return !cert.empty() || !key.empty() || !ca.empty(); }
};

struct KeyMaterial {
  std::string identity_pem;  // key and chain
  std::string ca_pem;
  // When the first certificate of the chain ends.
  absl::Time expires;

  friend bool operator==(const KeyMaterial&, const KeyMaterial&) = default;
};

// Reads the files as they are now. FAILED_PRECONDITION, naming the flag and the file, unless each
// is whole (at most 1 MiB), the key is the certificate's, and the certificate is valid at `now` and
// signed by the CA.
absl::StatusOr<KeyMaterial> ReadKeyMaterial(const TlsFiles& files, absl::Time now);

}  // namespace tms::rpc
