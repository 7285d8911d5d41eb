#include "common/sqlite/errors.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <string>

#include "common/base/status.h"

namespace tms::sqlite {
namespace {

const char* ReasonOf(int code, int extended_code) {
  // The index of the log could not grow: that is how a full disk shows itself there. The commit, if
  // it was one, is overwritten by the next, or found and told again after a crash: nobody was
  // acked.
  if (extended_code == SQLITE_IOERR_SHMSIZE) return kReasonFull;
  switch (code) {
    case SQLITE_FULL:
      return kReasonFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return kReasonBusy;
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_SCHEMA:
    case SQLITE_ABORT:
      return kReasonStatement;
    default:
      return kReasonBroken;
  }
}

}  // namespace

absl::Status ToStatus(const SQLite::Exception& error) {
  const char* reason = ReasonOf(error.getErrorCode(), error.getExtendedErrorCode());
  const auto code =
      reason == kReasonStatement ? absl::StatusCode::kInternal : absl::StatusCode::kUnavailable;
  const std::string what = reason == kReasonFull ? "there is no room on the disk: " : "";
  const std::string message =
      what + "sqlite: " + error.what() + " (" + std::to_string(error.getExtendedErrorCode()) + ")";
  return WithPublicMessage(MakeStatus(code, reason, message),
                           "the database can't do this now; try again later");
}

ErrorKind KindOf(const absl::Status& status) {
  const std::string reason = Reason(status);
  if (reason == kReasonBroken) return ErrorKind::kBroken;
  if (reason == kReasonFull || reason == kReasonBusy) return ErrorKind::kRetry;
  return ErrorKind::kItem;
}

}  // namespace tms::sqlite
