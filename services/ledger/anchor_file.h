// Reads a file of anchors from its end.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::ledger {

// The newest lines first, without their ends; only as many as 256 KiB hold, which are some hundred.
// A last line without an end, which was being written when the power went, is not among them.
// Empty if there is no file; FAILED_PRECONDITION if it can't be read.
absl::StatusOr<std::vector<std::string>> ReadNewestAnchorLines(const std::string& path);

}  // namespace tms::ledger
