#include "common/sqlite/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/sqlite/errors.h"

namespace tms::sqlite {
namespace {

absl::Status Errno(std::string_view what, const std::string& path) {
  const std::string_view full = ReasonOfErrno(errno);
  return MakeStatus(absl::StatusCode::kUnavailable, full.empty() ? kReasonBroken : full,
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

// A descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int operator*() const { return number_; }
  bool ok() const { return number_ >= 0; }

 private:
  const int number_;
};

bool WriteAll(int descriptor, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

std::string DirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

}  // namespace

absl::Status SyncFile(const std::string& path) { return Sync(path, O_RDONLY); }

absl::Status CopyFile(const std::string& from, const std::string& to) {
  constexpr size_t kChunkBytes = 1 << 20;
  constexpr mode_t kMode = 0640;
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.ok()) return Errno("open", from);
  const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!target.ok()) return Errno("create", to);
  std::vector<char> chunk(kChunkBytes);
  for (;;) {
    const ssize_t count = ::read(*source, chunk.data(), chunk.size());
    if (count == 0) return absl::OkStatus();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Errno("read", from);
    if (!WriteAll(*target, chunk.data(), static_cast<size_t>(count))) return Errno("write", to);
  }
}

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
