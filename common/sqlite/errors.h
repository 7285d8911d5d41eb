// SQLite's result codes as absl::Status, sorted by what a writer has to do about them.
#pragma once

#include "absl/status/status.h"
#include "common/base/disk_room.h"

namespace SQLite {
class Exception;
}

namespace tms::sqlite {

// Reasons of the statuses that this room makes.
using tms::kReasonFull;                                         // no room on the disk
inline constexpr char kReasonBusy[] = "DATABASE_BUSY";          // somebody else holds a lock
inline constexpr char kReasonBroken[] = "DATABASE_BROKEN";      // I/O error, corruption, no memory
inline constexpr char kReasonStatement[] = "STATEMENT_FAILED";  // this statement alone is wrong

enum class ErrorKind {
  kItem,    // concerns one item only: a constraint, or a status that is not of this room
  kRetry,   // nothing was written, and the next try may succeed: full, busy
  kBroken,  // the connection must not be written through any more
};

// UNAVAILABLE for what may pass (full, busy) and for what broke the database, INTERNAL for a
// statement that is wrong by itself.
absl::Status ToStatus(const SQLite::Exception& error);

ErrorKind KindOf(const absl::Status& status);

}  // namespace tms::sqlite
