// What people did, apart from what became of their jobs: the ledger's other history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tms::ledger {

struct AuditRecord {
  // Position in the history of the whole ledger; given by the store.
  int64_t number = 0;
  // Not given: when the ledger hears of it.
  absl::Time occurred_at = absl::InfinitePast();
  std::string user_id;
  std::string action;
  std::string target;
  std::string source_ip;
  bool success = false;
  std::string detail;
  std::vector<std::string> customer_ids;
  std::optional<std::string> error_message;
  std::optional<absl::Duration> elapsed;  // kept in milliseconds
  // Names the record for whoever sends it, once for ever; empty: it has no name.
  std::string record_key;
};

// All given conditions must hold; a repeated one matches any of its values; empty means any.
struct AuditFilter {
  std::vector<std::string> user_ids;
  std::vector<std::string> actions;
  std::string customer_id;
  std::optional<absl::Time> occurred_after;   // inclusive
  std::optional<absl::Time> occurred_before;  // exclusive
};

}  // namespace tms::ledger
