#include "common/sqlite/migrations.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/sqlite/errors.h"

namespace tms::sqlite {
namespace {

absl::Status Refuse(const std::string& path, const std::string& why) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, path + " " + why);
}

// What can't be read, unless that says nothing of the file.
absl::Status NotOurs(const std::string& path, const std::string& what, const absl::Status& status) {
  if (KindOf(status) == ErrorKind::kRetry) return status;
  return Refuse(path, "is not a " + what + ": " + std::string(Message(status)));
}

bool IsMissingOrEmpty(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  return error || size == 0;
}

// A database whose first transaction was cut off, by a kill for instance: its journal begins with
// SQLite's magic and says at byte 16 that there was no page before (sqlite.org/fileformat.html).
// SQLite empties it when it is next opened for writing.
bool WasCutOffAtItsBirth(const std::string& path) {
  constexpr std::string_view kMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  constexpr size_t kPagesBefore = 16;
  std::array<char, kPagesBefore + 4> header;
  std::ifstream journal(path + "-journal", std::ios::binary);
  if (!journal.read(header.data(), header.size())) return false;
  return std::string_view(header.data(), kMagic.size()) == kMagic &&
         std::all_of(header.begin() + kPagesBefore, header.end(), [](char c) { return c == 0; });
}

// `jobs.db.v1-20260131T121704655816Z.bak`
std::string BackupPath(const std::string& path, int version, absl::Time now) {
  std::string time = FormatTimestamp(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return path + ".v" + std::to_string(version) + "-" + time + ".bak";
}

absl::Status Step(Connection& connection, int version, const Schema& schema) {
  const std::string number = std::to_string(version);
  const std::string id = std::to_string(schema.application_id);
  const Migration& migration = schema.migrations[static_cast<size_t>(version) - 1];
  absl::Status status = connection.RunScript(std::string("BEGIN IMMEDIATE;") + migration.sql);
  if (status.ok() && migration.code != nullptr) status = migration.code(connection);
  if (status.ok()) {
    status = connection.RunScript("PRAGMA application_id=" + id + ";PRAGMA user_version=" + number +
                                  ";COMMIT");
  }
  if (!status.ok() && connection.in_transaction()) connection.RunScript("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace

absl::StatusOr<int> CheckVersion(const std::string& path, const Schema& schema) {
  if (IsMissingOrEmpty(path) || WasCutOffAtItsBirth(path)) return 0;
  const std::string what = schema.what;
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Open(path, OpenMode::kReadOnly);
  if (!connection.ok()) return NotOurs(path, what, connection.status());
  const auto read = [&](const char* sql) -> absl::StatusOr<int64_t> {
    absl::StatusOr<int64_t> value = (*connection)->ReadInt(sql);
    if (!value.ok()) return NotOurs(path, what, value.status());
    return value;
  };
  TMS_ASSIGN_OR_RETURN(const int64_t id, read("PRAGMA application_id"));
  TMS_ASSIGN_OR_RETURN(const int64_t version, read("PRAGMA user_version"));
  TMS_ASSIGN_OR_RETURN(const int64_t objects, read("SELECT count(*) FROM sqlite_master"));
  if (id == 0 && version == 0 && objects == 0) return 0;
  if (id != schema.application_id || version < 1) return Refuse(path, "is not a " + what);
  if (const auto known = static_cast<int64_t>(schema.migrations.size()); version > known) {
    return Refuse(path, "has schema version " + std::to_string(version) +
                            ", this program knows versions up to " + std::to_string(known) +
                            ": use a newer program");
  }
  return static_cast<int>(version);
}

absl::StatusOr<std::optional<std::string>> Migrate(Connection& connection, const std::string& path,
                                                   int version, const Schema& schema,
                                                   absl::Time now) {
  const auto last = static_cast<int>(schema.migrations.size());
  std::optional<std::string> backup;
  if (version > 0 && version < last) {
    backup = BackupPath(path, version, now);
    TMS_RETURN_IF_ERROR(connection.BackupTo(*backup));
  }
  for (int next = version + 1; next <= last; ++next) {
    TMS_RETURN_IF_ERROR(Step(connection, next, schema));
  }
  return backup;
}

}  // namespace tms::sqlite
