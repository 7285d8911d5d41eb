// The store that is measured, and how it is kept busy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/ledger/sqlite/sqlite_job_store.h"

namespace tms::ledger {

// Ends the program if it can't.
std::unique_ptr<SqliteJobStore> OpenStore(const std::string& path);

// Records all of `events`, with `in_flight` of them at a time on their way.
void RecordAll(JobStore& store, std::vector<OwnerEvent> events, int in_flight);

}  // namespace tms::ledger
