#include "services/action/owner_identity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace tms::action {
namespace {

constexpr int kFileMode = 0640;
constexpr size_t kUuidCharacters = 36;

absl::Status DiskError(const std::string& doing) {
  return MakeStatus(absl::StatusCode::kUnavailable, doing + ": " + std::strerror(errno));
}

// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Detach() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::StatusOr<int> TakeLock(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!file.valid()) return DiskError("can't open " + path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file.Detach();
  if (errno != EWOULDBLOCK) return DiskError("can't lock " + path);
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    "another action service uses this spool (" + path + " is locked)");
}

struct Stored {
  std::string id;
  int64_t incarnation = 0;
  int64_t spool_start = 0;
};

// The file's lines: `owner <uuid>`, `incarnation <number>`, and `spool_start <number>`, which older
// files lack.
std::string Format(const Stored& stored) {
  std::string text =
      "owner " + stored.id + "\nincarnation " + std::to_string(stored.incarnation) + "\n";
  if (stored.spool_start > 0) text += "spool_start " + std::to_string(stored.spool_start) + "\n";
  return text;
}

std::optional<Stored> Parse(const std::string& text) {
  Stored stored;
  std::string word;
  std::istringstream(text) >> word >> stored.id >> word >> stored.incarnation >> word >>
      stored.spool_start;
  // Only what Format gives is taken: anything else was not written by us.
  if (stored.id.size() != kUuidCharacters || stored.incarnation < 1) return std::nullopt;
  if (Format(stored) != text) return std::nullopt;
  return stored;
}

absl::StatusOr<Stored> Read(const std::string& path, absl::Time now) {
  if (!std::filesystem::exists(path)) return Stored{.id = NewUuidV7(now)};
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return MakeStatus(absl::StatusCode::kUnavailable, "can't read " + path);
  if (auto stored = Parse(text.str())) return *stored;
  return MakeStatus(absl::StatusCode::kDataLoss,
                    path + " does not hold an owner's identity; it is left as it is");
}

absl::Status WriteSynced(const std::string& path, const std::string& text) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file.valid()) return DiskError("can't open " + path);
  if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      fsync(file.get()) != 0) {
    return DiskError("can't write " + path);
  }
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  Descriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.valid() || fsync(descriptor.get()) != 0) {
    return DiskError("can't sync " + folder.string());
  }
  return absl::OkStatus();
}

absl::Status Replace(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  TMS_RETURN_IF_ERROR(WriteSynced(next, text));
  if (std::rename(next.c_str(), path.c_str()) != 0) return DiskError("can't replace " + path);
  return SyncFolder(path);
}

}  // namespace

absl::StatusOr<OwnerIdentity> OwnerIdentity::Claim(const std::string& spool_path, absl::Time now) {
  TMS_ASSIGN_OR_RETURN(const int lock, TakeLock(spool_path + ".lock"));
  OwnerIdentity identity(spool_path + ".owner", lock);
  TMS_ASSIGN_OR_RETURN(const Stored stored, Read(identity.path_, now));
  identity.id_ = stored.id;
  identity.incarnation_ = stored.incarnation + 1;
  identity.spool_start_ = stored.spool_start;
  return identity;
}

absl::Status OwnerIdentity::CountStart(int64_t spool_start) const {
  return Replace(path_, Format({id_, incarnation_, spool_start}));
}

OwnerIdentity::OwnerIdentity(OwnerIdentity&& other) noexcept
    : path_(other.path_),
      lock_descriptor_(std::exchange(other.lock_descriptor_, -1)),
      id_(std::move(other.id_)),
      incarnation_(other.incarnation_),
      spool_start_(other.spool_start_) {}

OwnerIdentity::~OwnerIdentity() {
  if (lock_descriptor_ >= 0) close(lock_descriptor_);
}

}  // namespace tms::action
