// A file that lives in memory only, for libraries that take nothing but paths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tms::rpc {

// Content that is replaced as a whole: who opens `path()` reads one content or another, never a
// mixture. Nobody but this process's user can open it. Used by one thread at a time; readers may be
// on any.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const;

  // Each content gets a modification time of its own, one second after the one before, so that
  // whoever compares times between two reads knows that it was replaced. RESOURCE_EXHAUSTED without
  // descriptors or memory: the content then stays.
  absl::Status Replace(std::string_view content);

 private:
  const int descriptor_;
  int64_t generation_ = 0;
};

}  // namespace tms::rpc
