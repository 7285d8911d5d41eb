#include "common/rpc/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/status.h"

namespace tms::rpc {
namespace {

int NewFile() { return memfd_create("tls", MFD_CLOEXEC); }

bool WriteAll(int descriptor, std::string_view content, int64_t modified_seconds) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written <= 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  const timespec times[] = {{.tv_sec = modified_seconds}, {.tv_sec = modified_seconds}};
  return futimens(descriptor, times) == 0 && fchmod(descriptor, S_IRUSR) == 0;
}

}  // namespace

MemoryFile::MemoryFile() : descriptor_(NewFile()) {}

MemoryFile::~MemoryFile() { close(descriptor_); }

std::string MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

absl::Status MemoryFile::Replace(std::string_view content) {
  const int next = NewFile();
  // dup3 replaces in one step what the path leads to.
  const bool replaced = descriptor_ >= 0 && next >= 0 && WriteAll(next, content, ++generation_) &&
                        dup3(next, descriptor_, O_CLOEXEC) == descriptor_;
  if (next >= 0) close(next);
  if (replaced) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kResourceExhausted,
                    "no memory or descriptors for a file in memory");
}

}  // namespace tms::rpc
