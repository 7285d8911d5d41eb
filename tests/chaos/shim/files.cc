// Disks that fill up, fail to sync, are slow, or lose what was not synced; and a process that dies
// at a chosen step.
//
// What goes past this library is not seen: stdio streams (FILE, std::fstream), mmap, io_uring,
// descriptors made by dup. Neither SQLite nor our services store anything that way, save SQLite's
// -shm, which it makes anew after a crash.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/chaos/shim/control.h"
#include "tests/chaos/shim/faults.h"
#include "tests/chaos/shim/file_key.h"
#include "tests/chaos/shim/platter.h"
#include "tests/chaos/shim/raw.h"

namespace tms::chaos {
namespace {

// Descriptors beyond it are not watched; the tests' processes stay far below.
constexpr size_t kMaxDescriptors = 1 << 16;

std::atomic<File*> g_files[kMaxDescriptors];

File* Find(int descriptor) {
  const auto index = static_cast<size_t>(descriptor);
  return index < kMaxDescriptors ? g_files[index].load(std::memory_order_acquire) : nullptr;
}

bool IsBelowFaultDirectory(std::string_view path) {
  const std::string& top = FaultDirectory();
  return !top.empty() && path.starts_with(top) &&
         (path.size() == top.size() || path[top.size()] == '/');
}

std::string PathOf(int descriptor) {
  std::array<char, 4096> path;
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  return size <= 0 ? "" : std::string(path.data(), static_cast<size_t>(size));
}

FileKind KindOf(const struct stat& info, std::string_view path) {
  if (S_ISDIR(info.st_mode)) return FileKind::kDirectory;
  return path.ends_with("-shm") ? FileKind::kSharedMemory : FileKind::kRegular;
}

void Watch(int descriptor, bool created) {
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::unordered_map<std::string, File*>;
  if (static_cast<size_t>(descriptor) >= kMaxDescriptors) return;
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return;
  const std::string path = PathOf(descriptor);
  if (!IsBelowFaultDirectory(path)) return;
  const std::string key = KeyOf(descriptor);
  const std::lock_guard lock(mutex);
  File*& file = known[key];
  if (file == nullptr) {
    file = new File(KindOf(info, path), path, key);
    file->TakeUp(descriptor, created);
  }
  g_files[descriptor].store(file, std::memory_order_release);
}

// The directory in which `path` makes a name; empty if it is not below FaultDirectory().
std::string ParentOf(int directory, const char* path) {
  std::string parent = path;
  const size_t slash = parent.rfind('/');
  parent = slash == std::string::npos ? "." : parent.substr(0, std::max<size_t>(slash, 1));
  const int descriptor =
      static_cast<int>(Raw(SYS_openat, directory, parent.c_str(), O_PATH | O_CLOEXEC));
  if (descriptor < 0) return "";
  parent = PathOf(descriptor);
  Raw(SYS_close, descriptor);
  return IsBelowFaultDirectory(parent) ? parent : "";
}

int Open(int directory, const char* path, int flags, mode_t mode) {
  if (GetControl() == nullptr) {
    return static_cast<int>(Raw(SYS_openat, directory, path, flags, mode));
  }
  bool created = false;
  if ((flags & O_CREAT) != 0) {
    const std::string parent = ParentOf(directory, path);
    if (!parent.empty()) NoteNames(parent);
    created = Raw(SYS_faccessat, directory, path, F_OK) != 0;
  }
  const int descriptor = static_cast<int>(Raw(SYS_openat, directory, path, flags, mode));
  if (descriptor < 0) return descriptor;
  Watch(descriptor, created);
  File* file = Find(descriptor);
  if (file != nullptr && (flags & O_TRUNC) != 0) file->AddPending(0, INT64_MAX);
  return descriptor;
}

int Sync(long number, int descriptor) {
  File* file = Find(descriptor);
  if (file == nullptr) return static_cast<int>(Raw(number, descriptor));
  Control& control = *GetControl();
  Step(control);
  DelaySync(control);
  const bool synced = file->Sync([&] {
    if (!SyncFails(control)) return Raw(number, descriptor) == 0;
    errno = EIO;
    return false;
  });
  return synced ? 0 : -1;
}

int64_t SizeOf(int descriptor) {
  struct stat info {};
  return fstat(descriptor, &info) == 0 ? info.st_size : 0;
}

// Writes at `offset`, or at the descriptor's position if that is negative.
ssize_t Write(int descriptor, const void* data, size_t size, int64_t offset) {
  const auto write = [&](size_t bytes) {
    return offset < 0 ? Raw(SYS_write, descriptor, data, bytes)
                      : Raw(SYS_pwrite64, descriptor, data, bytes, offset);
  };
  File* file = Find(descriptor);
  // A directory here is the trace of a descriptor that libc closed by itself.
  if (file == nullptr || file->kind() == FileKind::kDirectory) return write(size);
  Control& control = *GetControl();
  Step(control);
  const int64_t old_size = SizeOf(descriptor);
  const bool appends = (Raw(SYS_fcntl, descriptor, F_GETFL) & O_APPEND) != 0;
  const int64_t begin = appends      ? old_size
                        : offset < 0 ? Raw(SYS_lseek, descriptor, 0, SEEK_CUR)
                                     : offset;
  const int64_t end = begin + static_cast<int64_t>(size);
  const int64_t growth = end - file->RoomEnd(old_size);
  const int64_t room = TakeRoom(control, growth);
  if (room < growth) {
    // As the kernel does: what fits is written, and only the next call fails.
    const int64_t fits = static_cast<int64_t>(size) - (growth - room);
    if (fits <= 0) {
      GiveRoom(control, room);
      errno = ENOSPC;
      return -1;
    }
    size = static_cast<size_t>(fits);
  }
  const ssize_t written = write(size);
  if (written > 0) file->ExtendRoom(begin + written);
  if (written > 0) file->AddPending(std::min(begin, old_size), begin + written);
  return written;
}

int Truncate(int descriptor, int64_t size) {
  File* file = Find(descriptor);
  if (file == nullptr) return static_cast<int>(Raw(SYS_ftruncate, descriptor, size));
  Control& control = *GetControl();
  Step(control);
  const int64_t old_size = SizeOf(descriptor);
  const int result = static_cast<int>(Raw(SYS_ftruncate, descriptor, size));
  if (result != 0) return result;
  // Whatever comes to lie behind the shorter end is new, even where it is written again.
  file->AddPending(std::min(size, old_size), INT64_MAX);
  const int64_t room_end = file->RoomEnd(old_size);
  if (size < room_end) GiveRoom(control, room_end - size);
  file->CutRoom(size);
  return 0;
}

// Returns an error number. `mode`: 0, or FALLOC_FL_KEEP_SIZE for room that is held behind the end.
int Allocate(int descriptor, int mode, int64_t offset, int64_t size) {
  File* file = Find(descriptor);
  if (file != nullptr) {
    Control& control = *GetControl();
    Step(control);
    const int64_t old_size = SizeOf(descriptor);
    const int64_t growth = offset + size - file->RoomEnd(old_size);
    const int64_t room = TakeRoom(control, growth);
    if (room < growth) {
      GiveRoom(control, room);
      return ENOSPC;
    }
    file->ExtendRoom(offset + size);
    if ((mode & FALLOC_FL_KEEP_SIZE) == 0) file->AddPending(old_size, offset + size);
  }
  return Raw(SYS_fallocate, descriptor, mode, offset, size) == 0 ? 0 : errno;
}

int AllocateOrFail(int descriptor, int mode, int64_t offset, int64_t size) {
  const int error = Allocate(descriptor, mode, offset, size);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

mode_t ModeFrom(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

}  // namespace
}  // namespace tms::chaos

using tms::chaos::Open;

extern "C" {

#define TMS_OPEN(name)                                     \
  int name(const char* path, int flags, ...) {             \
    va_list list;                                          \
    va_start(list, flags);                                 \
    const mode_t mode = tms::chaos::ModeFrom(flags, list); \
    va_end(list);                                          \
    return Open(AT_FDCWD, path, flags, mode);              \
  }
#define TMS_OPENAT(name)                                      \
  int name(int directory, const char* path, int flags, ...) { \
    va_list list;                                             \
    va_start(list, flags);                                    \
    const mode_t mode = tms::chaos::ModeFrom(flags, list);    \
    va_end(list);                                             \
    return Open(directory, path, flags, mode);                \
  }
TMS_OPEN(open)
TMS_OPEN(open64)
TMS_OPENAT(openat)
TMS_OPENAT(openat64)
// What a fortified build calls.
int __open_2(const char* path, int flags) { return Open(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return Open(AT_FDCWD, path, flags, 0); }
int creat(const char* path, mode_t mode) {
  return Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) { return creat(path, mode); }

int close(int descriptor) {
  const auto index = static_cast<size_t>(descriptor);
  if (index < tms::chaos::kMaxDescriptors) tms::chaos::g_files[index].store(nullptr);
  return static_cast<int>(tms::chaos::Raw(SYS_close, descriptor));
}

ssize_t write(int descriptor, const void* data, size_t size) {
  return tms::chaos::Write(descriptor, data, size, -1);
}
ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  return tms::chaos::Write(descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
  return tms::chaos::Write(descriptor, data, size, offset);
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
  if (tms::chaos::Find(descriptor) == nullptr) {
    return tms::chaos::Raw(SYS_writev, descriptor, parts, count);
  }
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t written = write(descriptor, parts[i].iov_base, parts[i].iov_len);
    if (written < 0) return total > 0 ? total : written;
    total += written;
    if (static_cast<size_t>(written) < parts[i].iov_len) break;
  }
  return total;
}

int ftruncate(int descriptor, off_t size) noexcept {
  return tms::chaos::Truncate(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept {
  return tms::chaos::Truncate(descriptor, size);
}
int posix_fallocate(int descriptor, off_t offset, off_t size) {
  return tms::chaos::Allocate(descriptor, 0, offset, size);
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t size) {
  return tms::chaos::Allocate(descriptor, 0, offset, size);
}
int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  return tms::chaos::AllocateOrFail(descriptor, mode, offset, size);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t size) {
  return tms::chaos::AllocateOrFail(descriptor, mode, offset, size);
}

int fsync(int descriptor) { return tms::chaos::Sync(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return tms::chaos::Sync(SYS_fdatasync, descriptor); }

}  // extern "C"
