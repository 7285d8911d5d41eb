#include "services/ledger/offline/legacy_audit_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/sqlite/legacy_source.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr char kCountTables[] =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'audit_log' COLLATE NOCASE";
// Fails where the table has no rowid.
constexpr char kTryTable[] = "SELECT count(*) FROM (SELECT rowid FROM audit_log LIMIT 1)";
constexpr char kSelectColumns[] = "SELECT name FROM pragma_table_info('audit_log')";

absl::Status Refuse(const std::string& path, std::string_view why) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, Sanitize(path) + " " + std::string(why));
}

// What cannot be read, and why as far as one can tell.
absl::Status RefuseUnreadable(const std::string& path, const absl::Status& status) {
  std::error_code error;
  const auto journal = std::filesystem::file_size(path + "-journal", error);
  if (!error && journal > 0) {
    return Refuse(path,
                  "was left amid a transaction (there is a -journal): copy both files, open the "
                  "copy once with sqlite3, and import that");
  }
  return Refuse(path, "cannot be read: " + std::string(Message(status)));
}

// The columns that the system never had; nothing if one that it always had is not there.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadMoreColumns(Connection& connection) {
  std::vector<bool> has(kAuditColumnCount, false);
  std::vector<std::string> more;
  const auto take = [&](const Row& row) {
    const std::string name = row.Text(0);
    const auto* const known = std::ranges::find(kLegacyAuditColumnNames, ToLowerAscii(name));
    if (known == kLegacyAuditColumnNames.end()) {
      more.push_back(name);
    } else {
      has[static_cast<size_t>(known - kLegacyAuditColumnNames.begin())] = true;
    }
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectColumns, take));
  TMS_ASSIGN_OR_RETURN(const int64_t tables, connection.ReadInt(kCountTables));
  const bool whole = tables > 0 && std::ranges::count(has, false) == 0;
  if (!whole || !connection.ReadInt(kTryTable).ok()) return std::nullopt;
  return more;
}

std::string SelectRows(const std::vector<std::string>& more_columns) {
  std::string sql = "SELECT rowid";
  for (const std::string_view name : kLegacyAuditColumnNames) sql += ", " + std::string(name);
  for (const std::string& name : more_columns) sql += ", " + QuoteName(name);
  return sql + " FROM audit_log ORDER BY rowid";
}

// All that is read afterwards is of one moment, also if somebody still writes to the file.
absl::Status Begin(Connection& connection) {
  TMS_RETURN_IF_ERROR(connection.SetUpReader());
  TMS_RETURN_IF_ERROR(connection.Run("BEGIN"));
  return connection.ReadInt(kCountTables).status();
}

absl::Status CheckFile(Connection& connection, const std::string& path) {
  std::string found;
  const auto read = [&](const Row& row) {
    found = row.Text(0);
    return false;
  };
  const absl::Status status = connection.Visit("PRAGMA quick_check(1)", read);
  if (!status.ok()) return RefuseUnreadable(path, status);
  return found == "ok" ? absl::OkStatus() : Refuse(path, "is damaged: " + Sanitize(found));
}

}  // namespace

LegacyAuditFile::LegacyAuditFile(std::unique_ptr<Connection> connection,
                                 std::vector<std::string> more_columns)
    : more_columns_(std::move(more_columns)),
      select_rows_(SelectRows(more_columns_)),
      connection_(std::move(connection)) {}

absl::StatusOr<std::unique_ptr<LegacyAuditFile>> LegacyAuditFile::Open(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Refuse(path, "is not a file");
  auto opened = Connection::Open(path, sqlite::OpenMode::kReadOnly);
  if (!opened.ok()) return RefuseUnreadable(path, opened.status());
  auto connection = *std::move(opened);
  if (const absl::Status begun = Begin(*connection); !begun.ok()) {
    return RefuseUnreadable(path, begun);
  }
  TMS_RETURN_IF_ERROR(CheckFile(*connection, path));
  const auto more_columns = ReadMoreColumns(*connection);
  if (!more_columns.ok()) return RefuseUnreadable(path, more_columns.status());
  if (!more_columns->has_value()) {
    return Refuse(path,
                  "is not the replaced system's audit.db: it has no table audit_log with its "
                  "nine columns");
  }
  return std::unique_ptr<LegacyAuditFile>(
      new LegacyAuditFile(std::move(connection), **more_columns));
}

absl::StatusOr<int64_t> LegacyAuditFile::CountRows() {
  return connection_->ReadInt("SELECT count(*) FROM audit_log NOT INDEXED");
}

absl::StatusOr<bool> LegacyAuditFile::NeedsZone() {
  bool found = false;
  const auto look = [&](const Row& row) {
    found = ledger::NeedsZone(ReadLegacyValue(row, 0));
    return !found;
  };
  TMS_RETURN_IF_ERROR(connection_->Visit("SELECT timestamp FROM audit_log", look));
  return found;
}

absl::Status LegacyAuditFile::Visit(const Visitor& visit) {
  absl::Status status;
  LegacyAuditRow audit{.more_names = more_columns_};
  audit.more.resize(more_columns_.size());
  const auto take = [&](const Row& row) {
    audit.row_id = row.Int(0);
    int column = 0;
    for (LegacyValue& value : audit.values) value = ReadLegacyValue(row, ++column);
    for (LegacyValue& value : audit.more) value = ReadLegacyValue(row, ++column);
    status = visit(audit);
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(connection_->Visit(select_rows_.c_str(), take));
  return status;
}

}  // namespace tms::ledger
