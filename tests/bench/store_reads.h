// How long lists and statistics take.
#pragma once

#include <string>

namespace tms::ledger {

// Of the file jobs.db in the folder `dir`.
void MeasureReads(const std::string& dir);

}  // namespace tms::ledger
