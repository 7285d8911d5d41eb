// The format is that of https://www.sqlite.org/fileformat2.html#walformat.
#include "common/sqlite/wal_tail.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace tms::sqlite {
namespace {

constexpr size_t kHeaderBytes = 32;
constexpr size_t kFrameHeaderBytes = 24;
constexpr uint32_t kMagic = 0x377f0682;  // the last bit: checksums are over big-endian words
constexpr uint32_t kMinPage = 512;
constexpr uint32_t kMaxPage = 65'536;

using Checksum = std::pair<uint32_t, uint32_t>;
using Salts = std::pair<uint32_t, uint32_t>;

uint32_t BigEndian(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

uint32_t LittleEndian(std::string_view bytes, size_t at) {
  return __builtin_bswap32(BigEndian(bytes, at));
}

Checksum Add(Checksum sum, std::string_view bytes, bool big_endian) {
  const auto word = big_endian ? BigEndian : LittleEndian;
  for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sum.first += word(bytes, at) + sum.second;
    sum.second += word(bytes, at + 4) + sum.first;
  }
  return sum;
}

Checksum ChecksumAt(std::string_view bytes, size_t at) {
  return {BigEndian(bytes, at), BigEndian(bytes, at + 4)};
}

struct Header {
  bool sound = false;
  bool big_endian = false;
  uint32_t page_bytes = 0;
  Salts salts;
  Checksum checksum;
};

Header ParseHeader(std::string_view bytes) {
  Header header;
  const uint32_t magic = BigEndian(bytes, 0);
  header.big_endian = (magic & 1) != 0;
  header.page_bytes = BigEndian(bytes, 8);
  header.salts = {BigEndian(bytes, 16), BigEndian(bytes, 20)};
  header.checksum = ChecksumAt(bytes, 24);
  const bool page_possible = header.page_bytes >= kMinPage && header.page_bytes <= kMaxPage &&
                             (header.page_bytes & (header.page_bytes - 1)) == 0;
  header.sound = (magic & ~1U) == kMagic && page_possible &&
                 Add({}, bytes.substr(0, 24), header.big_endian) == header.checksum;
  return header;
}

// The database's own word for it, where the log's can't be trusted.
uint32_t PageBytesOf(const std::string& path) {
  std::array<char, 18> head = {};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  const std::string_view bytes(head.data(), head.size());
  const uint32_t stored = BigEndian(bytes, 14) & 0xFFFF;
  return stored == 1 ? kMaxPage : stored;
}

}  // namespace

absl::StatusOr<WalTail> ReadWalTail(const std::string& path) {
  const std::string log = path + "-wal";
  WalTail tail;
  if (!std::filesystem::exists(log)) return tail;
  std::ifstream file(log, std::ios::binary);
  std::string bytes(kHeaderBytes, '\0');
  if (!file.read(bytes.data(), kHeaderBytes)) {
    if (file.eof()) return tail;
    return MakeStatus(absl::StatusCode::kUnavailable, "can't read " + log);
  }
  Header header = ParseHeader(bytes);
  // Recovery then reads nothing; frames tell their salts themselves.
  bool sound = header.sound;
  if (!sound) header.page_bytes = PageBytesOf(path);
  if (header.page_bytes < kMinPage) return tail;
  Checksum sum = header.checksum;
  bool salts_known = sound;
  std::string frame(kFrameHeaderBytes + header.page_bytes, '\0');
  while (file.read(frame.data(), static_cast<std::streamsize>(frame.size()))) {
    const std::string_view view = frame;
    const Salts salts{BigEndian(view, 8), BigEndian(view, 12)};
    if (!salts_known) header.salts = salts;
    salts_known = true;
    sum = Add(Add(sum, view.substr(0, 8), header.big_endian), view.substr(kFrameHeaderBytes),
              header.big_endian);
    sound = sound && salts == header.salts && sum == ChecksumAt(view, 16);
    if (sound) {
      ++tail.frames_read;
    } else if (salts == header.salts && BigEndian(view, 4) != 0) {
      ++tail.commits_unread;
    }
  }
  return tail;
}

}  // namespace tms::sqlite
