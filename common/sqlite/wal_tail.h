// What SQLite leaves unread at the end of a database's log.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace tms::sqlite {

// Recovery reads a log up to its first bad frame and takes the rest for what a crash left, without
// a word. Nothing is written behind a commit before that is synced, so what a crash alone leaves
// holds at most one commit: the one that nobody was told of. Unless no frame is read at all: a log
// whose frames are all in the file is begun anew over them, or cut to nothing first, and they may
// then be what is found.
struct WalTail {
  // Frames that recovery reads.
  int64_t frames_read = 0;
  // Commits of the same log that it does not reach.
  int64_t commits_unread = 0;

  // Whether there are more than a crash can leave.
  bool is_damaged() const { return commits_unread > 1 && frames_read > 0; }
};

// Reads the log beside the database at `path`, which no process may have open; no log, or an empty
// one, has no tail. UNAVAILABLE: it can't be read.
absl::StatusOr<WalTail> ReadWalTail(const std::string& path);

}  // namespace tms::sqlite
