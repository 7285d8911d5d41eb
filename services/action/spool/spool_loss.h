// What a spool lacks that it once had, as far as that can be seen before it is opened.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace tms::action {

// DATA_LOSS (SPOOL_LOST), naming what may be gone: there is no file at `path`, or an empty one,
// although it is `expected`; or its log has commits that SQLite would not read and that were acked.
// A last commit that may or may not have been acked before the machine lost power is only logged.
// No process may have the file open. It changes nothing.
absl::Status CheckForLoss(const std::string& path, bool expected);

// Likewise for a file that says that `last_start` of this instance was the last to use it, where
// `expected_start` is known to have done so.
absl::Status CheckForOlder(const std::string& path, int64_t last_start, int64_t expected_start);

}  // namespace tms::action
