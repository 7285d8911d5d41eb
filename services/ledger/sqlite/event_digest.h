// Digests of what owners tell, by which a repeated event is known. docs/history.md gives their
// bytes. For the SQLite store and what works on its file alone.
#pragma once

#include "common/sqlite/connection.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// Without `cids`, which `cids_digest` stands for, and without `spooled`: a start that is sent again
// by way of the spool is still the same.
sqlite::Blob EventDigest(const JobStart& start, const sqlite::Blob& cids_digest);
sqlite::Blob EventDigest(const JobFinish& finish);

}  // namespace tms::ledger
