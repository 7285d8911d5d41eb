// The parts of VerifyHistory. Each returns what is wrong first, or nothing; errors are those of
// reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/anchor.h"
#include "services/ledger/sqlite/chain_walk.h"

namespace tms::ledger {

// An anchor, and where it stands.
struct AnchorLine {
  int line = 0;
  Anchor anchor;
};

struct ChainCheck {
  ChainHead head;  // the last good row
  Finding chain;
  Finding anchors;
  // Each time that somebody let the ledger go on with an older file: row, time and what was lost.
  std::vector<std::string> acceptances;
};
// Recomputes the chain up to the row that is the last one now, and meets `anchors`, sorted by
// number. Also whether each job that began has its row.
absl::StatusOr<ChainCheck> CheckChain(sqlite::Connection& connection, const std::string& chain_id,
                                      const std::vector<AnchorLine>& anchors);

struct JobsCheck {
  int64_t job_count = 0;
  Finding finding;
};
// Replays each job's events by Decide and compares the result with its row, its customers and the
// digests.
absl::StatusOr<JobsCheck> CheckJobs(sqlite::Connection& connection);

// Compares the customers of audit records with their digests.
absl::StatusOr<Finding> CheckAuditCustomers(sqlite::Connection& connection);

// Compares the counters with what the jobs add up to.
absl::StatusOr<Finding> CheckCounters(sqlite::Connection& connection);

}  // namespace tms::ledger
