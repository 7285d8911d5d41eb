// Tokens with which a watcher goes on where it was: opaque to callers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Thread-safe. A token is a place in one ledger's history and says nothing else, so it may be used
// with any filter.
//
// Format, as base64url: a version byte (2), the first 8 bytes of the SHA-256 of the ledger's epoch,
// the event's number as a big-endian integer of 8 bytes, its hash (32 bytes), and an HMAC-SHA256
// over these.
class ResumeTokens {
 public:
  ResumeTokens(std::string key, std::string_view epoch);

  std::string Seal(const HistoryPosition& position) const;

  // INVALID_ARGUMENT that names resume_token unless it is one of ours; OUT_OF_RANGE if it is
  // another ledger's, which can't be told from an altered one.
  absl::StatusOr<HistoryPosition> Open(std::string_view token) const;

 private:
  const std::string key_;
  const std::string epoch_mark_;
};

}  // namespace tms::ledger
