#include "services/ledger/anchor_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "common/base/status.h"

namespace tms::ledger {
namespace {

constexpr std::streamoff kTailBytes = 256 << 10;

absl::Status Unreadable(const std::string& path) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    "cannot read " + path + ": " + std::strerror(errno));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadNewestAnchorLines(const std::string& path) {
  std::vector<std::string> lines;
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    if (errno == ENOENT) return lines;
    return Unreadable(path);
  }
  const std::streamoff size = file.tellg();
  if (size < 0) return Unreadable(path);
  const std::streamoff begin = std::max<std::streamoff>(size - kTailBytes, 0);
  file.seekg(begin);
  // Where the tail begins amid a line, the rest of that says nothing.
  std::string line;
  if (begin > 0) std::getline(file, line);
  while (std::getline(file, line) && !file.eof()) lines.push_back(line);
  if (file.bad()) return Unreadable(path);
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace tms::ledger
