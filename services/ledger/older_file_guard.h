// F20: a file that is older than what was anchored is not served in silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/ledger/anchor.h"
#include "services/ledger/audit_record.h"
#include "services/ledger/file_history.h"

namespace tms::ledger {

// Compares the history of the file with the newest anchor that was written for it, and asks whether
// its log lost its end. Owned by main,
// used by its thread.
class OlderFileGuard {
 public:
  // `db` is for messages. `accepted_end` is the number of the last event of the one older file that
  // somebody wants to go on with; it says nothing of any other.
  OlderFileGuard(std::string db, std::string anchors, std::optional<int64_t> accepted_end)
      : db_(std::move(db)), anchors_(std::move(anchors)), accepted_end_(accepted_end) {}

  // A HistoryJudge. FAILED_PRECONDITION says from which event to which some are missing and how to
  // go on all the same; it is the answer unless that very file was accepted.
  absl::Status Judge(const FileHistory& history);

  // What the history must say of an acceptance; nothing if there was nothing to accept.
  const std::optional<AuditRecord>& record() const { return record_; }
  // To be called once the record is on the disk: moves the anchors of what is lost away, for good.
  // Returns where they are; nothing if none of what is lost was signed.
  absl::StatusOr<std::optional<std::string>> PutAnchorsAway(absl::Time now) const;

  // Lines at the end of the anchors that are none, for the log.
  const std::vector<std::string>& unreadable() const { return unreadable_; }

 private:
  // Of a file that agrees with its anchors: whether the end of its log is gone.
  absl::Status JudgeLog(const FileHistory& history);
  absl::StatusOr<std::string> Describe(const FileHistory& history) const;
  // The newest anchor that the file agrees with; 0 if none does.
  absl::StatusOr<int64_t> LastAgreed(const FileHistory& history) const;

  const std::string db_;
  const std::string anchors_;
  const std::optional<int64_t> accepted_end_;
  std::vector<Anchor> signed_;  // the newest first
  std::vector<std::string> unreadable_;
  std::optional<AuditRecord> record_;
  bool anchors_ahead_ = false;
};

}  // namespace tms::ledger
