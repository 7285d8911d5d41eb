// What a watcher needs of the ledger: where it may begin, what has changed since, what changes now.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/ledger/change_feed.h"
#include "services/ledger/job_store.h"
#include "services/ledger/resume_tokens.h"

namespace tms::ledger {

// Where a watcher begins.
struct WatchStart {
  HistoryPosition position;
  // It comes from a token: Prove must be asked whether it is of this history.
  bool unproven = false;
};

// Owned by main, between the store and the streams; outlives these. Thread-safe.
class ChangeSource {
 public:
  explicit ChangeSource(JobStore& store);
  ~ChangeSource();
  ChangeSource(const ChangeSource&) = delete;
  ChangeSource& operator=(const ChangeSource&) = delete;

  // Finds where the history ends now. Blocks; called once, before the first change.
  absl::Status Load();

  // Checks a request without looking at the disk. Without a token the watcher begins with what
  // happens from now on. INVALID_ARGUMENT names the field; OUT_OF_RANGE if the token is another
  // ledger's.
  absl::StatusOr<WatchStart> Open(const JobFilter& filter, std::string_view resume_token) const;

  // OUT_OF_RANGE if this history has no such position: an older copy was put back. Blocks.
  absl::Status Prove(const HistoryPosition& position);

  // A bounded part of what has changed behind `after`. Blocks.
  absl::StatusOr<ChangePage> Read(const JobFilter& filter, int64_t after);

  std::string Seal(const HistoryPosition& position) const { return tokens_.Seal(position); }
  ChangeFeed& feed() { return feed_; }

 private:
  JobStore& store_;
  const ResumeTokens tokens_;
  ChangeFeed feed_;
};

}  // namespace tms::ledger
