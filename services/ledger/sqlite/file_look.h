// Looks at a ledger's file before a byte of it is changed.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/ledger/file_history.h"
#include "services/ledger/sqlite/startup_check.h"

namespace tms::ledger {

// DATA_LOSS if the check finds damage; `judge`, which may be empty, hears of the history and may
// refuse it. A file of an older schema is checked after its migration, not here. Files that are no
// ledger's pass: opening them says why they can't be used.
absl::Status LookAtFile(const std::string& path, StartupCheck check, const HistoryJudge& judge);

}  // namespace tms::ledger
