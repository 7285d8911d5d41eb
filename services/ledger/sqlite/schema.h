// The tables of jobs.db; docs/on-disk.md explains every column.
#pragma once

#include "common/sqlite/migrations.h"

namespace tms::ledger {

const sqlite::Schema& LedgerSchema();

}  // namespace tms::ledger
