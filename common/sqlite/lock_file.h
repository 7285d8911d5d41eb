// A lock that keeps a second process away from a database.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tms::sqlite {

// Held as long as the object lives, released by the kernel when the process ends, however it ends.
// SQLite's own locks don't do this: they let several processes write in turn. The file is beside
// the database, holds the owner's process id as text, and is never removed.
class LockFile {
 public:
  // FAILED_PRECONDITION, naming the process, if somebody else holds it.
  static absl::StatusOr<std::unique_ptr<LockFile>> Acquire(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

// The lock file of the database at `path`.
std::string LockPathOf(const std::string& path);

}  // namespace tms::sqlite
