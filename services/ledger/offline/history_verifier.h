// `ledgerctl verify`: is the history what was written, and are the jobs what it says?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::ledger {

struct VerifyOptions {
  std::string db;
  // A file of anchors; empty: none are checked.
  std::string anchors;
  // The key that anchors must be signed with, 64 hexadecimal digits; empty: any, and the report
  // says which.
  std::string public_key;
};

struct VerifyReport {
  std::string chain_id;
  int64_t row_count = 0;
  std::string head_hash;  // 32 bytes
  int64_t job_count = 0;
  int64_t anchor_count = 0;
  int64_t newest_anchor = 0;
  std::vector<std::string> anchor_keys;  // in hexadecimal
  // Each time that the ledger was told to go on with an older file than was anchored: its row in
  // the history, when, and what was lost by it. No finding: the history says so itself.
  std::vector<std::string> acceptances;
  // The first thing that is wrong in the chain, the anchors, the customers, the jobs and the
  // counters, in this order; each names the row, the anchor or the job. Empty: all is well.
  std::vector<std::string> findings;
};

// Reads the database through short read transactions and never writes, also while the ledger uses
// it: what is written meanwhile is not judged. FAILED_PRECONDITION if there is no ledger database
// of this version at `db`, or no file of anchors.
absl::StatusOr<VerifyReport> VerifyHistory(const VerifyOptions& options);

// `ledgerctl export-events`: one JSON object a line, as docs/history.md says. CANCELLED when
// `write` returns false, DATA_LOSS that names the row where one is missing.
absl::Status ExportHistory(const std::string& db, int64_t after_number,
                           const std::function<bool(const std::string& line)>& write);

}  // namespace tms::ledger
