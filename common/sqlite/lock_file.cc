#include "common/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "common/base/disk_room.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::sqlite {
namespace {

absl::Status Errno(const std::string& path, std::string_view what) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, ReasonOfErrno(errno),
                    "cannot " + std::string(what) + " " + path + ": " + std::strerror(errno));
}

std::string ReadOwner(int descriptor) {
  char text[32] = {};
  const ssize_t size = ::pread(descriptor, text, sizeof(text) - 1, 0);
  return size > 0 ? std::string(Trim({text, static_cast<size_t>(size)})) : "unknown";
}

bool WriteOwner(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  return ::ftruncate(descriptor, 0) == 0 &&
         ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<LockFile>> LockFile::Acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return Errno(path, "open");
  std::unique_ptr<LockFile> lock(new LockFile(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Errno(path, "lock");
    return MakeStatus(absl::StatusCode::kFailedPrecondition, "IN_USE",
                      path + " is locked by process " + ReadOwner(descriptor) +
                          ": only one process may use the database at a time");
  }
  if (!WriteOwner(descriptor)) return Errno(path, "write");
  return lock;
}

LockFile::~LockFile() { ::close(descriptor_); }

std::string LockPathOf(const std::string& path) { return path + ".lock"; }

}  // namespace tms::sqlite
