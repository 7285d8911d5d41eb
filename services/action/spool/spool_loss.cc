#include "services/action/spool/spool_loss.h"

#include <filesystem>
#include <system_error>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/sqlite/wal_tail.h"

namespace tms::action {
namespace {

absl::Status Lost(const std::string& what) {
  return MakeStatus(
      absl::StatusCode::kDataLoss, "SPOOL_LOST",
      what +
          ": events that the ledger had not confirmed are lost with it. Outcomes among them "
          "leave their jobs INTERRUPTED, and jobs that only the spool knew of have no row. Put "
          "the file back together with its -wal, or start once with --accept-lost-spool");
}

bool IsThere(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return !error && bytes > 0;
}

}  // namespace

absl::Status CheckForOlder(const std::string& path, int64_t last_start, int64_t expected_start) {
  if (last_start >= expected_start) return absl::OkStatus();
  return Lost(path + " is older than " + path + ".owner: start " + std::to_string(last_start) +
              " of this instance was the last to use it, and there has been start " +
              std::to_string(expected_start));
}

absl::Status CheckForLoss(const std::string& path, bool expected) {
  if (!IsThere(path)) {
    if (!expected) return absl::OkStatus();
    return Lost(path + " is missing or empty, although this instance (" + path +
                ".owner) has had it before");
  }
  TMS_ASSIGN_OR_RETURN(const sqlite::WalTail tail, sqlite::ReadWalTail(path));
  if (tail.commits_unread == 0) return absl::OkStatus();
  if (!tail.is_damaged()) {
    log::Warning("SPOOL", "log_end_unreadable",
                 {{"file", path + "-wal"}, {"frames_read", tail.frames_read}});
    return absl::OkStatus();
  }
  return Lost(path + "-wal is damaged after frame " + std::to_string(tail.frames_read) + ", " +
              std::to_string(tail.commits_unread) + " commits behind it can't be read");
}

}  // namespace tms::action
