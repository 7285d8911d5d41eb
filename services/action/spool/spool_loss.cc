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

absl::Status CheckForLoss(const std::string& path, bool expected) {
  if (!IsThere(path)) {
    if (!expected) return absl::OkStatus();
    return Lost(path + " is missing or empty, although this instance (" + path +
                ".owner) has had it before");
  }
  TMS_ASSIGN_OR_RETURN(const sqlite::WalTail tail, sqlite::ReadWalTail(path));
  if (tail.commits_unread == 0) return absl::OkStatus();
  // One commit may be the one that the machine lost power in; it was not acked. And a log is begun
  // anew over an old one, all of which is in the file: if the power goes then, the first frame is
  // bad, and what is behind it is the old one's.
  if (tail.commits_unread == 1 || tail.frames_read == 0) {
    log::Warning("SPOOL", "log_end_unreadable",
                 {{"file", path + "-wal"},
                  {"frames_read", tail.frames_read},
                  {"commits_unread", tail.commits_unread}});
    return absl::OkStatus();
  }
  return Lost(path + "-wal is damaged after frame " + std::to_string(tail.frames_read) + ", " +
              std::to_string(tail.commits_unread) + " commits behind it can't be read");
}

}  // namespace tms::action
