// Files as wholes: on the disk for good, replaced at once, removed. For databases that no
// connection of this process has open: closing any descriptor of a file drops SQLite's locks on it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tms::sqlite {

// Waits until the file's contents are on the disk. UNAVAILABLE on an I/O error.
absl::Status SyncFile(const std::string& path);

// A copy of a file, which nobody may have open for writing; not synced. `to` must not be there.
absl::Status CopyFile(const std::string& from, const std::string& to);

// `from` becomes `to`, which it replaces; on the disk when this returns OK. Whoever opens `to`
// finds the one or the other, whatever happens meanwhile.
absl::Status RenameDurably(const std::string& from, const std::string& to);

// The file and what SQLite may have left beside it (-journal, -wal, -shm), as far as they exist.
absl::Status RemoveDatabase(const std::string& path);

}  // namespace tms::sqlite
