// Digests, through OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace tms {

// 32 bytes.
std::string Sha256(std::string_view data);

// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view data);

// Whether the two are equal, in a time that does not depend on where they differ.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// Builds one unambiguous byte string from several parts, for hashing: each part is preceded by its
// length, so that no two lists of parts look alike.
class PartsEncoder {
 public:
  PartsEncoder& Add(std::string_view part);
  PartsEncoder& Add(long long number);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace tms
