#include "common/base/ids.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

#include "common/base/text.h"

namespace tms {

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t filled = 0; filled < size;) {
    const ssize_t got = getrandom(bytes.data() + filled, size - filled, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<size_t>(got);
  }
  return bytes;
}

std::string NewUuidV7(absl::Time now) {
  std::string bytes = RandomBytes(16);
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<char>(millis >> (8 * (5 - i)));
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string hex = HexEncode(bytes);
  for (const size_t dash : {8, 13, 18, 23}) hex.insert(dash, 1, '-');
  return hex;
}

}  // namespace tms
