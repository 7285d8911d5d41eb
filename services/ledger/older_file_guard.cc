#include "services/ledger/older_file_guard.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "services/ledger/anchor_file.h"

namespace tms::ledger {
namespace {

// So many hexadecimal digits of a hash tell it from any other.
constexpr size_t kShortHashDigits = 32;

std::string Events(int64_t first, int64_t last) {
  return "events " + std::to_string(first) + " to " + std::to_string(last);
}

absl::StatusOr<bool> Agrees(const FileHistory& history, const Anchor& anchor) {
  if (anchor.chain_id != history.chain_id || anchor.number > history.last_number) return false;
  TMS_ASSIGN_OR_RETURN(const std::string hash, history.hash_of(anchor.number));
  return hash == anchor.hash;
}

// The same for the same loss, so that it is recorded once.
std::string RecordKey(const Anchor& newest) {
  return "older-file/" + std::to_string(newest.number) + "/" +
         HexEncode(newest.hash).substr(0, kShortHashDigits);
}

absl::Status Refuse(const std::string& loss, int64_t end) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, "OLDER_FILE",
                    loss + "; put the newer file back, or go on without them for good by " +
                        "--accept-older-file " + std::to_string(end) + ", see docs/operations.md");
}

std::string LostCommits(const std::string& db, const FileHistory& history) {
  return db + "-wal is damaged: " + std::to_string(history.lost_commits) +
         " commits behind event " + std::to_string(history.last_number) + " can't be read";
}

}  // namespace

absl::Status OlderFileGuard::Judge(const FileHistory& history) {
  TMS_ASSIGN_OR_RETURN(const auto lines, ReadNewestAnchorLines(anchors_));
  for (const std::string& line : lines) {
    absl::StatusOr<Anchor> anchor = ReadAnchor(line);
    if (!anchor.ok()) {
      unreadable_.push_back(line);
      continue;
    }
    signed_.push_back(*std::move(anchor));
    if (signed_.size() > 1) continue;
    // What the newest one says covers all before it.
    TMS_ASSIGN_OR_RETURN(const bool agrees, Agrees(history, signed_.front()));
    if (agrees) return JudgeLog(history);
  }
  if (signed_.empty()) return JudgeLog(history);

  const Anchor& newest = signed_.front();
  TMS_ASSIGN_OR_RETURN(const std::string loss, Describe(history));
  const std::string key = RecordKey(newest);
  // The second time after a crash between the record and what follows it.
  const bool recorded = history.last_record_key == key;
  const int64_t end = history.last_number - (recorded ? 1 : 0);
  if (accepted_end_ != end) return Refuse(loss, end);
  anchors_ahead_ = true;
  record_ = AuditRecord{.user_id = "ledger",
                        .action = std::string(kOlderFileAccepted),
                        .target = Events(end + 1, newest.number),
                        .success = true,
                        .detail = loss,
                        .record_key = key};
  return absl::OkStatus();
}

absl::Status OlderFileGuard::JudgeLog(const FileHistory& history) {
  if (history.lost_commits == 0) return absl::OkStatus();
  const std::string loss = LostCommits(db_, history);
  if (accepted_end_ != history.last_number) return Refuse(loss, history.last_number);
  record_ = AuditRecord{.user_id = "ledger",
                        .action = std::string(kOlderFileAccepted),
                        .target = "what came after event " + std::to_string(history.last_number),
                        .success = true,
                        .detail = loss};
  return absl::OkStatus();
}

absl::StatusOr<int64_t> OlderFileGuard::LastAgreed(const FileHistory& history) const {
  for (const Anchor& anchor : signed_) {
    TMS_ASSIGN_OR_RETURN(const bool agrees, Agrees(history, anchor));
    if (agrees) return anchor.number;
  }
  return 0;
}

absl::StatusOr<std::string> OlderFileGuard::Describe(const FileHistory& history) const {
  const Anchor& newest = signed_.front();
  const std::string end = anchors_ + " has signed event " + std::to_string(newest.number) + " at " +
                          FormatTimestamp(newest.time) + ": ";
  if (history.chain_id.empty()) {
    return db_ + " has no history, and " + end + Events(1, newest.number) + " are missing";
  }
  if (history.chain_id != newest.chain_id) {
    return db_ + " is of another history, " + history.chain_id + ", and " + end +
           Events(1, newest.number) + " of the history " + newest.chain_id + " are missing";
  }
  TMS_ASSIGN_OR_RETURN(const int64_t agreed, LastAgreed(history));
  // Whether the file has gone another way since: it has another row where one was signed.
  const bool forked = std::ranges::any_of(signed_, [&](const Anchor& anchor) {
    return anchor.chain_id == history.chain_id && anchor.number > agreed &&
           anchor.number <= history.last_number;
  });
  if (forked) {
    return db_ + " is not the file that was anchored: it has other events behind " +
           std::to_string(agreed) + ", and " + end + Events(agreed + 1, newest.number) +
           " are missing";
  }
  return db_ + " is older than its anchors: it ends at event " +
         std::to_string(history.last_number) + ", and " + end +
         Events(history.last_number + 1, newest.number) + " are missing" +
         (history.lost_commits > 0 ? "; " + LostCommits(db_, history) : "");
}

absl::StatusOr<std::optional<std::string>> OlderFileGuard::PutAnchorsAway(absl::Time now) const {
  if (!anchors_ahead_) return std::nullopt;
  std::string time = FormatTimestamp(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  std::string away = anchors_ + ".until-" + std::to_string(signed_.front().number) + "-" + time;
  if (std::rename(anchors_.c_str(), away.c_str()) != 0) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      "cannot move " + anchors_ + " away: " + std::strerror(errno));
  }
  TMS_RETURN_IF_ERROR(SyncFolderOf(away));
  return away;
}

}  // namespace tms::ledger
