// Disk blocks that are ours before they are needed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tms::action {

// Allocates blocks behind the ends of a database and of its log, so that commits and checkpoints
// succeed on a disk that others have filled. The files keep their sizes. Used by one thread at a
// time. It opens the database file outside of SQLite, hence must be made before SQLite opens it and
// go after SQLite has closed it: closing a file drops the process's locks on it.
class HeldRoom {
 public:
  // Holds room for `bytes` of rows. The file at `path` is made if there is none.
  static absl::StatusOr<std::unique_ptr<HeldRoom>> Open(const std::string& path, int64_t bytes);
  ~HeldRoom();
  HeldRoom(const HeldRoom&) = delete;
  HeldRoom& operator=(const HeldRoom&) = delete;

  // The log is there from when SQLite has the database open.
  absl::Status OpenLog();

  // Sees to it that after `more` bytes of rows the room is still there. RESOURCE_EXHAUSTED
  // (SPOOL_FULL) if the disk says no. On a file system that can't hold room it always succeeds.
  absl::Status Hold(int64_t more);

 private:
  HeldRoom(std::string path, int file, int64_t bytes);

  const std::string path_;
  const int file_;
  const int64_t bytes_;
  int log_ = -1;
};

}  // namespace tms::action
