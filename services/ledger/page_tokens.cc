#include "services/ledger/page_tokens.h"

#include <optional>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::ledger {
namespace {

constexpr char kVersion = 1;
constexpr size_t kIntegerBytes = 8;
constexpr size_t kSealedBytes = 1 + 2 * kIntegerBytes;

void AppendInteger(int64_t value, std::string& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> shift);
  }
}

int64_t ReadInteger(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes.substr(0, kIntegerBytes)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return static_cast<int64_t>(value);
}

}  // namespace

std::string PageTokens::Sign(std::string_view method, std::string_view query,
                             std::string_view sealed) const {
  return HmacSha256(key_, PartsEncoder().Add(method).Add(query).Add(sealed).bytes());
}

std::string PageTokens::Seal(std::string_view method, std::string_view query,
                             PagePosition position) const {
  std::string sealed(1, kVersion);
  AppendInteger(position.time_us, sealed);
  AppendInteger(position.number, sealed);
  return Base64UrlEncode(sealed + Sign(method, query, sealed));
}

absl::StatusOr<PagePosition> PageTokens::Open(std::string_view method, std::string_view query,
                                              std::string_view token) const {
  const std::string bytes = Base64UrlDecode(token).value_or("");
  const std::string_view sealed = std::string_view(bytes).substr(0, kSealedBytes);
  const std::string_view signature = std::string_view(bytes).substr(sealed.size());
  if (sealed.size() != kSealedBytes || sealed[0] != kVersion ||
      !ConstantTimeEqual(signature, Sign(method, query, sealed))) {
    Violations violations;
    violations.Add("page_token", "not given by this list with these conditions, or altered");
    return violations.ToStatus();
  }
  return PagePosition{.time_us = ReadInteger(sealed.substr(1)),
                      .number = ReadInteger(sealed.substr(1 + kIntegerBytes))};
}

}  // namespace tms::ledger
