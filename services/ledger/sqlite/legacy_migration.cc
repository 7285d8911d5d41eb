#include "services/ledger/sqlite/legacy_migration.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/sqlite/durable_file.h"
#include "common/sqlite/errors.h"
#include "common/sqlite/migrations.h"
#include "services/ledger/sqlite/legacy_source.h"
#include "services/ledger/sqlite/schema.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;

constexpr absl::Duration kProgressInterval = absl::Seconds(2);
// Rows between two looks at the clock.
constexpr int64_t kRowsPerLook = 1'000;

constexpr char kInsertOrigin[] =
    "INSERT INTO ledger_meta(key, value) VALUES('migrated_from', ?1), ('migrated_at', ?2)";

absl::StatusOr<absl::TimeZone> ZoneOf(const std::string& path, const std::string& name,
                                      bool has_local_times) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (name.empty()) {
    if (!has_local_times) return zone;
    return MakeStatus(absl::StatusCode::kFailedPrecondition, "TIMEZONE_NEEDED",
                      path +
                          " is a database of the replaced system, whose times are local: say "
                          "where it ran with --legacy-timezone (for instance Europe/Berlin)");
  }
  if (absl::LoadTimeZone(name, &zone)) return zone;
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    "there is no time zone '" + name + "' on this machine (package tzdata)");
}

// One migration of one file.
class Migration {
 public:
  Migration(std::string path, const MigrationOptions& options, const Clock& clock)
      : path_(std::move(path)),
        part_path_(path_ + ".bak.part"),
        new_path_(path_ + ".migrating"),
        options_(options),
        clock_(clock),
        began_(clock.SinceBoot()) {}

  absl::StatusOr<MigrationReport> Run(LegacyKind kind, const absl::TimeZone& zone) {
    const absl::Status status = TryRun(std::move(kind), zone);
    if (status.ok()) return std::move(report_);
    RemoveLeftovers().IgnoreError();  // the next start does it
    return status;
  }

  absl::Status RemoveLeftovers() {
    TMS_RETURN_IF_ERROR(sqlite::RemoveDatabase(RecoveringPathOf(path_)));
    TMS_RETURN_IF_ERROR(sqlite::RemoveDatabase(part_path_));
    return sqlite::RemoveDatabase(new_path_);
  }

 private:
  absl::Status TryRun(LegacyKind kind, const absl::TimeZone& zone);
  absl::Status Build(LegacySource& source, const absl::TimeZone& zone);
  absl::Status WriteRows(LegacySource& source, LegacyWriter& writer);
  absl::Status Swap(LegacySource& source);
  absl::Status RemoveJournal();
  void Report(std::string_view step, int64_t rows, int64_t total);

  const std::string path_;
  const std::string part_path_;  // the backup while it may be incomplete
  const std::string new_path_;
  const MigrationOptions& options_;
  const Clock& clock_;
  const absl::Duration began_;
  absl::Duration last_report_;
  MigrationReport report_;
};

absl::Status Migration::TryRun(LegacyKind kind, const absl::TimeZone& zone) {
  TMS_RETURN_IF_ERROR(RemoveLeftovers());
  report_.generation = kind.generation;
  TMS_ASSIGN_OR_RETURN(const auto source, LegacySource::Open(path_, std::move(kind)));
  TMS_ASSIGN_OR_RETURN(const int64_t jobs, source->CountJobs());
  TMS_CRASH_POINT("migration.begun");
  Report("copying", 0, jobs);
  TMS_RETURN_IF_ERROR(source->connection().BackupTo(part_path_));
  TMS_RETURN_IF_ERROR(sqlite::SyncFile(part_path_));
  TMS_CRASH_POINT("migration.backup_copied");
  TMS_RETURN_IF_ERROR(sqlite::CopyFile(part_path_, new_path_));
  TMS_CRASH_POINT("migration.copied");
  TMS_RETURN_IF_ERROR(Build(*source, zone));
  TMS_CRASH_POINT("migration.built");
  TMS_RETURN_IF_ERROR(Swap(*source));
  report_.elapsed = clock_.SinceBoot() - began_;
  return absl::OkStatus();
}

// In a copy, so that tables which are not ours to know stay as they are.
absl::Status Migration::Build(LegacySource& source, const absl::TimeZone& zone) {
  TMS_ASSIGN_OR_RETURN(auto target, Connection::Open(new_path_, sqlite::OpenMode::kCreateOrWrite));
  TMS_RETURN_IF_ERROR(target->SetUpBulkWriter());
  TMS_RETURN_IF_ERROR(target->RunScript("DROP TABLE IF EXISTS job_customers; DROP TABLE jobs"));
  TMS_RETURN_IF_ERROR(
      sqlite::Migrate(*target, new_path_, 0, LedgerSchema(), clock_.Now()).status());

  TMS_RETURN_IF_ERROR(target->Run("BEGIN"));
  TMS_ASSIGN_OR_RETURN(const auto writer, LegacyWriter::Begin(*target, source, zone, clock_.Now()));
  TMS_RETURN_IF_ERROR(WriteRows(source, *writer));
  TMS_RETURN_IF_ERROR(
      target->Run(kInsertOrigin, report_.generation, FormatTimestamp(clock_.Now())));
  TMS_CRASH_POINT("migration.rows_written");
  TMS_RETURN_IF_ERROR(target->Run("COMMIT"));
  report_.counts = writer->counts();
  // As the ledger opens it: to change that later would need a journal, and a start that was killed
  // meanwhile would leave a file that can't be looked at without changing it.
  TMS_RETURN_IF_ERROR(target->Run("PRAGMA journal_mode=WAL"));
  target.reset();
  return sqlite::SyncFile(new_path_);
}

absl::Status Migration::WriteRows(LegacySource& source, LegacyWriter& writer) {
  TMS_ASSIGN_OR_RETURN(const int64_t total, source.CountJobs());
  Report("rows", 0, total);
  TMS_RETURN_IF_ERROR(source.VisitJobs([&](const LegacyJob& job) {
    const int64_t rows = writer.counts().jobs;
    const bool look = rows % kRowsPerLook == 0;
    if (look && clock_.SinceBoot() - last_report_ >= kProgressInterval) Report("rows", rows, total);
    return writer.WriteJob(job);
  }));
  TMS_RETURN_IF_ERROR(writer.WriteStrays());
  Report("indexes", total, total);
  TMS_RETURN_IF_ERROR(writer.BuildIndexes());
  return writer.Finish();
}

absl::Status Migration::Swap(LegacySource& source) {
  std::string time = FormatTimestamp(clock_.Now());
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  report_.backup_path = path_ + ".v0-" + time + ".bak";
  TMS_RETURN_IF_ERROR(sqlite::RenameDurably(part_path_, report_.backup_path));
  TMS_CRASH_POINT("migration.backup_renamed");
  // A WAL that stayed would be taken for the new file's. The source is still held alone: whoever
  // waits for it finds another file in its place, and SQLite then refuses to write to the old one.
  TMS_RETURN_IF_ERROR(source.connection().RetireWal());
  TMS_RETURN_IF_ERROR(RemoveJournal());
  TMS_CRASH_POINT("migration.wal_retired");
  TMS_RETURN_IF_ERROR(sqlite::RenameDurably(new_path_, path_));
  TMS_CRASH_POINT("migration.swapped");
  return absl::OkStatus();
}

// What a connection that holds its file alone leaves until it is closed. It holds nothing any more,
// but would stay beside the new file if we were killed before that.
absl::Status Migration::RemoveJournal() {
  std::error_code error;
  std::filesystem::remove(path_ + "-journal", error);
  if (!error) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnavailable, sqlite::kReasonBroken,
                    "cannot remove " + path_ + "-journal: " + error.message());
}

void Migration::Report(std::string_view step, int64_t rows, int64_t total) {
  last_report_ = clock_.SinceBoot();
  if (!options_.on_progress) return;
  options_.on_progress(
      {.step = step, .rows = rows, .total_rows = total, .elapsed = last_report_ - began_});
}

}  // namespace

absl::StatusOr<std::optional<MigrationReport>> MigrateLegacy(const std::string& path,
                                                             const MigrationOptions& options,
                                                             const Clock& clock) {
  TMS_ASSIGN_OR_RETURN(Recognition recognition,
                       RecogniseLegacy(path, /*look_for_local_times=*/options.timezone.empty()));
  Migration migration(path, options, clock);
  if (!recognition.kind.has_value()) {
    TMS_RETURN_IF_ERROR(migration.RemoveLeftovers());
    return std::nullopt;
  }
  TMS_ASSIGN_OR_RETURN(const absl::TimeZone zone,
                       ZoneOf(path, options.timezone, recognition.has_local_times));
  return migration.Run(*std::move(recognition.kind), zone);
}

}  // namespace tms::ledger
