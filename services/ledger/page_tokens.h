// Page tokens: opaque to callers, useless with any list but their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tms::ledger {

// The last row of a page. What the numbers mean is the list's own business.
struct PagePosition {
  int64_t time_us = 0;
  int64_t number = 0;

  friend bool operator==(const PagePosition&, const PagePosition&) = default;
};

// Seals positions so that a token can be neither altered nor used with another list. Thread-safe.
//
// Format, as base64url: a version byte (1), the position as two big-endian integers of 8 bytes, and
// an HMAC-SHA256 over these, the list's method and its query.
class PageTokens {
 public:
  explicit PageTokens(std::string key) : key_(std::move(key)) {}

  // `method` names the list, `query` is all of its request but the paging (a digest or the bytes).
  std::string Seal(std::string_view method, std::string_view query, PagePosition position) const;

  // INVALID_ARGUMENT that names page_token, unless Seal made it with the same method and query.
  absl::StatusOr<PagePosition> Open(std::string_view method, std::string_view query,
                                    std::string_view token) const;

 private:
  std::string Sign(std::string_view method, std::string_view query, std::string_view sealed) const;

  const std::string key_;
};

}  // namespace tms::ledger
