// What a job's row must be, by what its history says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// A job as its row says, with all that its digests cover.
struct StoredJob {
  Job job;  // response_summary and its flag are set
  std::string fingerprint;
  std::optional<std::string> request_payload;
  std::vector<std::string> cids;
};

// An event of a job that was applied.
struct AppliedEvent {
  int64_t number = 0;
  HistoryKind kind = HistoryKind::kStarted;
  absl::Time occurred_at;
  absl::Time recorded_at;
  std::string actor;
  int64_t incarnation = 0;
  Outcome outcome;
  std::string content_digest;
  std::string cids_digest;
};

// Replays `events`, which are in their order, by Decide. What the row has else than it must, or
// which event can't have followed; nothing if all agrees.
std::optional<std::string> ReplayJob(const StoredJob& stored,
                                     const std::vector<AppliedEvent>& events);

}  // namespace tms::ledger
