#include "services/ledger/resume_tokens.h"

#include <utility>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::ledger {
namespace {

constexpr char kVersion = 2;
constexpr size_t kMarkBytes = 8;
constexpr size_t kNumberBytes = 8;
constexpr size_t kHashBytes = 32;
constexpr size_t kSealedBytes = 1 + kMarkBytes + kNumberBytes + kHashBytes;

std::string Sign(const std::string& key, std::string_view sealed) {
  return HmacSha256(key, PartsEncoder().Add("WatchJobs").Add(sealed).bytes());
}

absl::Status NotOurs() {
  Violations violations;
  violations.Add("resume_token", "not given by WatchJobs, or altered");
  return violations.ToStatus();
}

}  // namespace

ResumeTokens::ResumeTokens(std::string key, std::string_view epoch)
    : key_(std::move(key)), epoch_mark_(Sha256(epoch).substr(0, kMarkBytes)) {}

std::string ResumeTokens::Seal(const HistoryPosition& position) const {
  std::string sealed = kVersion + epoch_mark_;
  for (int shift = 56; shift >= 0; shift -= 8) {
    sealed += static_cast<char>(static_cast<uint64_t>(position.number) >> shift);
  }
  sealed += position.hash;
  return Base64UrlEncode(sealed + Sign(key_, sealed));
}

absl::StatusOr<HistoryPosition> ResumeTokens::Open(std::string_view token) const {
  const std::string bytes = Base64UrlDecode(token).value_or("");
  const std::string_view sealed = std::string_view(bytes).substr(0, kSealedBytes);
  if (sealed.size() != kSealedBytes || sealed[0] != kVersion) return NotOurs();
  if (sealed.substr(1, kMarkBytes) != epoch_mark_) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "OTHER_LEDGER",
                      "the token is another ledger's: list anew, then watch without a token");
  }
  if (!ConstantTimeEqual(std::string_view(bytes).substr(kSealedBytes), Sign(key_, sealed))) {
    return NotOurs();
  }
  uint64_t number = 0;
  for (const char byte : sealed.substr(1 + kMarkBytes, kNumberBytes)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  return HistoryPosition{.number = static_cast<int64_t>(number),
                         .hash = std::string(sealed.substr(1 + kMarkBytes + kNumberBytes))};
}

}  // namespace tms::ledger
