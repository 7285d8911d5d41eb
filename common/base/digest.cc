#include "common/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace tms {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string Sha256(std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Bytes(data), data.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(data), data.size(),
       reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

PartsEncoder& PartsEncoder::Add(std::string_view part) {
  const auto size = static_cast<uint64_t>(part.size());
  for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>(size >> shift);
  bytes_ += part;
  return *this;
}

PartsEncoder& PartsEncoder::Add(long long number) { return Add(std::to_string(number)); }

}  // namespace tms
