#include "common/sqlite/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "common/base/status.h"
#include "common/sqlite/errors.h"

namespace tms::sqlite {
namespace {

absl::Status Errno(std::string_view what, const std::string& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return MakeStatus(absl::StatusCode::kUnavailable, full ? kReasonFull : kReasonBroken,
                    "cannot " + std::string(what) + " " + path + ": " + std::strerror(errno));
}

absl::Status Sync(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return Errno("open", path);
  absl::Status status;
  if (::fsync(descriptor) != 0) status = Errno("sync", path);
  ::close(descriptor);
  return status;
}

std::string DirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

}  // namespace

absl::Status SyncFile(const std::string& path) { return Sync(path, O_RDONLY); }

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return Errno("rename", from);
  return Sync(DirectoryOf(to), O_RDONLY | O_DIRECTORY);
}

absl::Status RemoveDatabase(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    const std::string file = path + suffix;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return Errno("remove", file);
  }
  return absl::OkStatus();
}

}  // namespace tms::sqlite
