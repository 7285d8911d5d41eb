#include "services/ledger/anchor.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/disk_room.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/time_text.h"

namespace tms::ledger {
namespace {

constexpr std::string_view kFormat = "tms-anchor-1";
constexpr size_t kHexSeedSize = 2 * crypto_sign_SEEDBYTES;

static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_BYTES == 64, "Ed25519");

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

absl::Status Refuse(const std::string& path, const std::string& why) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, path + ": " + why);
}
absl::Status Errno(const std::string& path, std::string_view what) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, ReasonOfErrno(errno),
                    path + ": cannot " + std::string(what) + ": " + std::strerror(errno));
}

std::optional<std::string> HexDecode(std::string_view text, size_t size) {
  std::string bytes(size, '\0');
  size_t decoded = 0;
  const char* end = nullptr;
  if (text.size() != 2 * size ||
      sodium_hex2bin(Bytes(bytes), size, text.data(), text.size(), nullptr, &decoded, &end) != 0) {
    return std::nullopt;
  }
  // It also takes upper case, which no anchor has.
  if (decoded != size || end != text.data() + text.size() || HexEncode(bytes) != text) {
    return std::nullopt;
  }
  return bytes;
}

// What is signed: all of a line but the signature and the space before it.
std::string SignedText(const Anchor& anchor) {
  return std::string(kFormat) + " " + anchor.chain_id + " " + std::to_string(anchor.number) + " " +
         HexEncode(anchor.hash) + " " + FormatTimestamp(anchor.time) + " " +
         HexEncode(anchor.public_key);
}

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const size_t space = line.find(' ');
    fields.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return fields;
    line.remove_prefix(space + 1);
  }
}

// The new key is on the disk before its first signature, and never half of it under its name.
absl::Status WriteKey(const std::string& path, const Secret& seed) {
  const std::string part = path + ".part";
  ::unlink(part.c_str());  // of a start that was killed
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Errno(path, "make the anchors' key");
  const Secret text(HexEncode(seed.Reveal()) + "\n");
  const std::string_view bytes = text.Reveal();
  const bool written =
      ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fsync(file) == 0;
  absl::Status status = written ? absl::OkStatus() : Errno(path, "write the anchors' key");
  ::close(file);
  if (status.ok() && ::rename(part.c_str(), path.c_str()) != 0) {
    status = Errno(path, "name the anchors' key");
  }
  if (!status.ok()) {
    ::unlink(part.c_str());
    return status;
  }
  return SyncFolderOf(path);
}

absl::StatusOr<Secret> ReadKey(int file, const std::string& path) {
  std::string text(kHexSeedSize + 2, '\0');
  const ssize_t size = ::read(file, text.data(), text.size());
  if (size < 0) return Errno(path, "read the anchors' key");
  const Secret read(std::exchange(text, {}).substr(0, static_cast<size_t>(size)));
  std::optional<std::string> seed = HexDecode(Trim(read.Reveal()), crypto_sign_SEEDBYTES);
  if (!seed.has_value()) return Refuse(path, "is no key: it must hold 64 hexadecimal digits");
  return Secret(*std::move(seed));
}

}  // namespace

absl::StatusOr<AnchorKey> AnchorKey::LoadOrMake(const std::string& path) {
  if (sodium_init() < 0) return Refuse(path, "the system gives no random numbers");
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    absl::StatusOr<Secret> seed = ReadKey(file, path);
    ::close(file);
    TMS_RETURN_IF_ERROR(seed.status());
    return FromSeed(*std::move(seed));
  }
  if (errno != ENOENT) return Errno(path, "open the anchors' key");
  Secret seed(RandomBytes(crypto_sign_SEEDBYTES));
  TMS_RETURN_IF_ERROR(WriteKey(path, seed));
  return FromSeed(std::move(seed));
}

absl::StatusOr<AnchorKey> AnchorKey::FromSeed(Secret seed) {
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret_key(crypto_sign_SECRETKEYBYTES, '\0');
  if (crypto_sign_seed_keypair(Bytes(public_key), Bytes(secret_key), Bytes(seed.Reveal())) != 0) {
    return MakeStatus(absl::StatusCode::kInternal, "Ed25519 gives no key");
  }
  return AnchorKey(std::move(public_key), Secret(std::move(secret_key)));
}

std::string AnchorKey::Sign(const Anchor& anchor) const {
  const std::string text = SignedText(anchor);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(Bytes(signature), nullptr, Bytes(text), text.size(),
                       Bytes(secret_key_.Reveal()));
  return text + " " + HexEncode(signature);
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const int folder =
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Errno(path, "open the folder");
  absl::Status status = ::fsync(folder) == 0 ? absl::OkStatus() : Errno(path, "sync the folder");
  ::close(folder);
  return status;
}

absl::StatusOr<Anchor> ReadAnchor(std::string_view line) {
  const auto wrong = [](const std::string& why) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, why);
  };
  const std::vector<std::string_view> fields = Split(line);
  if (fields.size() != 7 || fields[0] != kFormat) return wrong("is no anchor");
  Anchor anchor{.chain_id = std::string(fields[1])};
  const char* const end = fields[2].data() + fields[2].size();
  const auto number = std::from_chars(fields[2].data(), end, anchor.number);
  std::optional<std::string> hash = HexDecode(fields[3], 32);
  const std::optional<absl::Time> time = ParseTimestamp(fields[4]);
  std::optional<std::string> key = HexDecode(fields[5], crypto_sign_PUBLICKEYBYTES);
  const auto signature = HexDecode(fields[6], crypto_sign_BYTES);
  if (number.ec != std::errc() || number.ptr != end || !hash || !time || !key || !signature) {
    return wrong("is no anchor");
  }
  anchor.hash = *std::move(hash);
  anchor.time = *time;
  anchor.public_key = *std::move(key);
  const std::string text = SignedText(anchor);
  if (crypto_sign_verify_detached(Bytes(*signature), Bytes(text), text.size(),
                                  Bytes(anchor.public_key)) != 0) {
    return wrong("has a wrong signature");
  }
  return anchor;
}

}  // namespace tms::ledger
