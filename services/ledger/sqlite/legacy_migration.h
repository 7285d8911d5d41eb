// Turns a jobs.db of the replaced system into ours; docs/migration.md is for the operator.
//
// The old file is not written to before all is done: the new one is made beside it, complete and on
// the disk, and takes its place with one rename. Whatever interrupts this, the next start finds
// either the old file, and begins anew, or the new one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "services/ledger/sqlite/legacy_writer.h"

namespace tms::ledger {

struct MigrationProgress {
  std::string_view step;  // a constant: `copying`, `rows`, `indexes`
  int64_t rows = 0;
  int64_t total_rows = 0;
  absl::Duration elapsed;
};

struct MigrationOptions {
  // IANA name of the zone of local times; empty: not known.
  std::string timezone;
  // Called now and then on the migrating thread.
  std::function<void(const MigrationProgress&)> on_progress;
};

struct MigrationReport {
  std::string generation;
  std::string backup_path;
  LegacyCounts counts;
  absl::Duration elapsed;
};

// Nothing if `path` is not a database of the replaced system. The caller holds the lock file.
// FAILED_PRECONDITION where the operator has to do something first; the file is then as it was.
absl::StatusOr<std::optional<MigrationReport>> MigrateLegacy(const std::string& path,
                                                             const MigrationOptions& options,
                                                             const Clock& clock);

}  // namespace tms::ledger
