#include "services/ledger/anchor_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/runtime/logging.h"
#include "services/ledger/anchor_file.h"

namespace tms::ledger {
namespace {

constexpr char kTag[] = "ANCHORS";
// How often the thread looks whether an anchor is due.
constexpr absl::Duration kLook = absl::Milliseconds(200);

absl::Status Errno(std::string_view what, const std::string& path) {
  return MakeStatus(absl::StatusCode::kUnavailable,
                    "cannot " + std::string(what) + " " + path + ": " + std::strerror(errno));
}

class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// Where the next line begins: a power loss may have left a part of one, which says nothing.
off_t EndOfLines(int file) {
  off_t end = ::lseek(file, 0, SEEK_END);
  for (char last = '\0'; end > 0; --end) {
    if (::pread(file, &last, 1, end - 1) != 1 || last == '\n') break;
  }
  return end;
}

}  // namespace

AnchorWriter::~AnchorWriter() {
  if (!thread_.joinable()) return;
  stop_.Set();
  thread_.join();
  if (const Head last = head(); last.number > anchored_) WriteAnchor(last);
}

void AnchorWriter::Advance(const std::string& chain_id, int64_t number, const std::string& hash) {
  absl::MutexLock lock(&mutex_);
  head_ = {.chain_id = chain_id, .number = number, .hash = hash};
}

absl::StatusOr<std::string> AnchorWriter::Start() {
  TMS_ASSIGN_OR_RETURN(key_, AnchorKey::LoadOrMake(options_.key_path));
  last_try_ = clock_.SinceBoot();
  TMS_RETURN_IF_ERROR(ReadAnchored());
  behind_at_start_ = head().number > anchored_;
  thread_ = std::thread([this] { Run(); });
  return HexEncode(key_->public_key());
}

absl::Status AnchorWriter::ReadAnchored() {
  TMS_ASSIGN_OR_RETURN(const auto lines, ReadNewestAnchorLines(options_.path));
  for (const std::string& line : lines) {
    const absl::StatusOr<Anchor> newest = ReadAnchor(line);
    if (!newest.ok()) continue;
    anchored_ = newest->number;
    break;
  }
  return absl::OkStatus();
}

AnchorWriter::Head AnchorWriter::head() {
  absl::MutexLock lock(&mutex_);
  return head_;
}

void AnchorWriter::Run() {
  if (behind_at_start_) WriteAnchor(head());
  while (!stop_.WaitFor(kLook)) {
    if (const Head now = head(); IsDue(now.number)) WriteAnchor(now);
  }
}

bool AnchorWriter::IsDue(int64_t number) {
  if (number <= anchored_) return false;
  const absl::Duration waited = clock_.SinceBoot() - last_try_;
  return waited >= options_.interval || (number - anchored_ >= options_.rows && waited >= kLook);
}

void AnchorWriter::WriteAnchor(const Head& head) {
  last_try_ = clock_.SinceBoot();
  const Anchor anchor{.chain_id = head.chain_id,
                      .number = head.number,
                      .hash = head.hash,
                      .time = clock_.Now(),
                      .public_key = key_->public_key()};
  const absl::Status status = Append(key_->Sign(anchor) + "\n");
  if (status.ok()) {
    anchored_ = head.number;
  } else {
    log::Error(kTag, "anchor_failed", {{"number", head.number}, {"error", Message(status)}});
  }
}

absl::Status AnchorWriter::Append(const std::string& line) const {
  const File file(options_.path);
  if (file.descriptor() < 0) return Errno("open", options_.path);
  const off_t end = EndOfLines(file.descriptor());
  if (end < 0 || ::ftruncate(file.descriptor(), end) != 0) return Errno("cut", options_.path);
  const ssize_t written = ::pwrite(file.descriptor(), line.data(), line.size(), end);
  if (written != static_cast<ssize_t>(line.size())) {
    const absl::Status status = Errno("write", options_.path);
    // Not half a line, which a reader might take for an end.
    if (::ftruncate(file.descriptor(), end) != 0) return Errno("cut", options_.path);
    return status;
  }
  if (::fdatasync(file.descriptor()) != 0) return Errno("sync", options_.path);
  return end == 0 ? SyncFolderOf(options_.path) : absl::OkStatus();
}

}  // namespace tms::ledger
