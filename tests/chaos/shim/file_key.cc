#include "tests/chaos/shim/file_key.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>

namespace tms::chaos {
namespace {

std::string KeyOf(int directory, const char* path, int flags) {
  struct statx info {};
  if (statx(directory, path, flags, STATX_INO | STATX_BTIME, &info) != 0) return "";
  char key[64];
  std::snprintf(key, sizeof(key), "%llu-%lld.%09u", static_cast<unsigned long long>(info.stx_ino),
                static_cast<long long>(info.stx_btime.tv_sec), info.stx_btime.tv_nsec);
  return key;
}

}  // namespace

std::string KeyOf(const std::string& path) {
  return KeyOf(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
}

std::string KeyOf(int descriptor) { return KeyOf(descriptor, "", AT_EMPTY_PATH); }

}  // namespace tms::chaos
