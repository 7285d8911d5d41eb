// Opens a ledger database for reading what is in it, also while the ledger writes it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"

namespace tms::ledger {

// FAILED_PRECONDITION if it is no ledger database of the version that this program knows.
absl::StatusOr<std::unique_ptr<sqlite::Connection>> OpenHistory(const std::string& db);

}  // namespace tms::ledger
