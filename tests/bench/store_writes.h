// Events a second.
#pragma once

#include <cstddef>
#include <string>

namespace tms::ledger {

// Through the store with 64 and 512 in flight, and the same rows by plain SQLite in commits of as
// many events; each in a new file in the folder `dir`.
void MeasureWrites(const std::string& dir, size_t event_count);

}  // namespace tms::ledger
