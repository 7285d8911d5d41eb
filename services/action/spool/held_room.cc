#include "services/action/spool/held_room.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/status.h"

namespace tms::action {
namespace {

constexpr int kFileMode = 0640;
// Frames of the log hold whole pages, also of the indexes: what a row takes there by its size.
constexpr int64_t kLogShare = 2;

absl::Status DiskError(const std::string& doing) {
  return MakeStatus(absl::StatusCode::kUnavailable, doing + ": " + std::strerror(errno));
}

int64_t SizeOf(int file) {
  struct stat info = {};
  return fstat(file, &info) == 0 ? info.st_size : 0;
}

absl::Status Allocate(int file, int64_t bytes) {
  int result = 0;
  do {
    result = fallocate(file, FALLOC_FL_KEEP_SIZE, 0, bytes);
  } while (result != 0 && errno == EINTR);
  if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kResourceExhausted, "SPOOL_FULL",
                    std::string("the spool's disk is full: ") + std::strerror(errno));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeldRoom>> HeldRoom::Open(const std::string& path, int64_t bytes) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (file < 0) return DiskError("can't open " + path);
  return std::unique_ptr<HeldRoom>(new HeldRoom(path, file, bytes));
}

HeldRoom::HeldRoom(std::string path, int file, int64_t bytes)
    : path_(std::move(path)), file_(file), bytes_(bytes) {}

HeldRoom::~HeldRoom() {
  if (log_ >= 0) close(log_);
  close(file_);
}

absl::Status HeldRoom::OpenLog() {
  const std::string path = path_ + "-wal";
  log_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (log_ < 0) return DiskError("can't open " + path);
  return absl::OkStatus();
}

absl::Status HeldRoom::Hold(int64_t more) {
  const int64_t wanted = bytes_ + more;
  const int64_t log_bytes = SizeOf(log_);
  TMS_RETURN_IF_ERROR(Allocate(log_, log_bytes + kLogShare * wanted));
  // What is in the log goes to the end of the file one day.
  return Allocate(file_, SizeOf(file_) + log_bytes + wanted);
}

}  // namespace tms::action
