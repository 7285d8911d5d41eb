#include "tests/chaos/shim/platter.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <utility>

#include "tests/chaos/shim/control.h"
#include "tests/chaos/shim/file_key.h"
#include "tests/chaos/shim/raw.h"

namespace tms::chaos {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();
constexpr int kMode = 0644;

int RawOpen(const std::string& path, int flags) {
  return static_cast<int>(Raw(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, kMode));
}

// The platter is the test's own measuring device: when it breaks, the test must not go on.
void Require(bool condition) {
  if (!condition) std::abort();
}

int64_t SizeOf(int descriptor) {
  struct stat info {};
  Require(fstat(descriptor, &info) == 0);
  return info.st_size;
}

std::string NamesPath(const std::string& directory) {
  std::string name = directory;
  std::replace(name.begin(), name.end(), '/', '%');
  return PlatterDirectory() + "/names/" + name;
}

std::string ListNames(const std::string& directory) {
  std::string lines;
  DIR* entries = opendir(directory.c_str());
  Require(entries != nullptr);
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    // Empty: it was removed a moment ago.
    const std::string key = KeyOf(directory + "/" + name);
    if (!key.empty()) lines += key + " " + name + "\n";
  }
  closedir(entries);
  return lines;
}

// Whole or not at all, as a journalling file system changes a directory.
void WriteNamesTo(const std::string& path, const std::string& lines) {
  const std::string next = path + ".new";
  const int file = RawOpen(next, O_WRONLY | O_CREAT | O_TRUNC);
  Require(file >= 0);
  Require(Raw(SYS_write, file, lines.data(), lines.size()) == static_cast<long>(lines.size()));
  Raw(SYS_close, file);
  Require(Raw(SYS_rename, next.c_str(), path.c_str()) == 0);
}

}  // namespace

void NoteNames(const std::string& directory) {
  static std::mutex& mutex = *new std::mutex;
  if (PlatterDirectory().empty()) return;
  const std::lock_guard lock(mutex);
  const std::string path = NamesPath(directory);
  if (Raw(SYS_access, path.c_str(), 0) == 0) return;
  WriteNamesTo(path, ListNames(directory));
}

void File::TakeUp(int descriptor, bool created) {
  if (PlatterDirectory().empty() || kind_ != FileKind::kRegular) return;
  live_ = RawOpen("/proc/self/fd/" + std::to_string(descriptor), O_RDONLY);
  const std::string copy = PlatterDirectory() + "/data/" + key_;
  const bool known = Raw(SYS_access, copy.c_str(), 0) == 0;
  durable_ = RawOpen(copy, O_RDWR | O_CREAT);
  Require(live_ >= 0 && durable_ >= 0);
  if (created) return;
  if (known) {
    // A process before us may have left pages that the next sync will write.
    pending_ = {{0, kToTheEnd}};
  } else {
    CopyRange(0, kToTheEnd);
  }
}

void File::AddPending(int64_t begin, int64_t end) {
  if (durable_ < 0 || begin >= end) return;
  const std::lock_guard lock(pending_mutex_);
  auto next = pending_.upper_bound(begin);
  if (next != pending_.begin() && std::prev(next)->second >= begin) --next;
  while (next != pending_.end() && next->first <= end) {
    begin = std::min(begin, next->first);
    end = std::max(end, next->second);
    next = pending_.erase(next);
  }
  pending_.emplace(begin, end);
}

bool File::Sync(const std::function<bool()>& sync) {
  const std::lock_guard lock(sync_mutex_);
  const Ranges ranges = TakePending();
  if (!sync()) return false;
  Settle(ranges);
  return true;
}

File::Ranges File::TakePending() {
  const std::lock_guard lock(pending_mutex_);
  return std::exchange(pending_, {});
}

void File::Settle(const Ranges& ranges) {
  if (kind_ == FileKind::kDirectory && !PlatterDirectory().empty()) {
    WriteNamesTo(NamesPath(path_), ListNames(path_));
  }
  if (durable_ < 0) return;
  for (const auto& [begin, end] : ranges) CopyRange(begin, end);
  Require(Raw(SYS_ftruncate, durable_, SizeOf(live_)) == 0);
}

void File::CopyRange(int64_t begin, int64_t end) {
  std::array<char, 1 << 16> buffer;
  while (begin < end) {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(end - begin, buffer.size()));
    const long got = Raw(SYS_pread64, live_, buffer.data(), wanted, begin);
    Require(got >= 0);
    if (got == 0) return;
    Require(Raw(SYS_pwrite64, durable_, buffer.data(), static_cast<size_t>(got), begin) == got);
    begin += got;
  }
}

}  // namespace tms::chaos
