#include "services/ledger/sqlite/legacy_source.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/sqlite/durable_file.h"
#include "common/sqlite/errors.h"
#include "services/ledger/sqlite/legacy_time.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::OpenMode;
using sqlite::Row;

constexpr char kSelectTableSql[] =
    "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
constexpr char kSelectColumns[] = "SELECT name, dflt_value FROM pragma_table_info(?1)";
constexpr char kHasCustomerIndex[] =
    "SELECT count(*) FROM pragma_index_list('job_customers') AS indexes, "
    "pragma_index_info(indexes.name) AS columns "
    "WHERE indexes.partial = 0 AND columns.seqno = 0 AND columns.name = 'job_id'";
// Fail where the table has no rowid, or not the columns.
constexpr char kTryJobs[] = "SELECT count(*) FROM (SELECT rowid, job_id FROM jobs LIMIT 1)";
constexpr char kTryCustomers[] =
    "SELECT count(*) FROM (SELECT rowid, job_id, cid FROM job_customers LIMIT 1)";
constexpr char kSelectTimes[] = "SELECT created_at FROM jobs";
constexpr char kSelectUpdates[] = "SELECT updated_at FROM jobs WHERE updated_at IS NOT NULL";
constexpr char kSelectCustomers[] =
    "SELECT rowid, job_id, cid FROM job_customers WHERE job_id = ?1 ORDER BY rowid";
constexpr char kSelectAllCustomers[] =
    "SELECT rowid, job_id, cid FROM main.job_customers NOT INDEXED ORDER BY rowid";
// 256 MiB of pages: the customers of each job are found by its id, in no order.
constexpr char kLargeCache[] = "PRAGMA cache_size=-262144";
// Takes the place of the table in all statements that don't say `main`.
constexpr char kIndexCustomers[] =
    "PRAGMA temp_store=FILE;"
    "CREATE TEMP TABLE job_customers(id INTEGER PRIMARY KEY, job_id, cid);"
    "INSERT INTO temp.job_customers SELECT rowid, job_id, cid FROM main.job_customers;"
    "CREATE INDEX temp.customers_by_job ON job_customers(job_id);";

std::string SelectJobs(const LegacyKind& kind) {
  std::string sql = "SELECT rowid";
  for (size_t i = 0; i < kLegacyColumnNames.size(); ++i) {
    sql += kind.has_column[i] ? ", " + std::string(kLegacyColumnNames[i]) : ", NULL";
  }
  for (const std::string& name : kind.more_columns) sql += ", " + QuoteName(name);
  return sql + " FROM jobs ORDER BY rowid";
}

// The columns of `jobs`; nothing if one of those that every generation has is not there.
absl::StatusOr<std::optional<LegacyKind>> ReadColumns(Connection& connection) {
  LegacyKind kind{.has_column = std::vector<bool>(kLegacyColumnCount, false)};
  bool starts_open = false;
  const auto take = [&](const Row& row) {
    const std::string name = row.Text(0);
    const auto* const known = std::ranges::find(kLegacyColumnNames, ToLowerAscii(name));
    if (known == kLegacyColumnNames.end()) {
      kind.more_columns.push_back(name);
    } else {
      const auto column = known - kLegacyColumnNames.begin();
      kind.has_column[static_cast<size_t>(column)] = true;
      if (column == kLegacyStatus) starts_open = row.Text(1) == "'IN_PROGRESS'";
    }
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectColumns, take, "jobs"));
  const auto optional = kind.has_column.begin() + kLegacyFirstOptionalColumn;
  if (std::count(kind.has_column.begin(), optional, false) > 0) return std::nullopt;
  const bool has_all = std::count(optional, kind.has_column.end(), false) == 0;
  kind.generation = starts_open ? "fresh v2" : has_all ? "v2" : "v1";
  return kind;
}

absl::StatusOr<std::optional<std::string>> TableSql(Connection& connection, const char* table) {
  return connection.ReadOne(
      kSelectTableSql, [](const Row& row) { return row.Text(0); }, table);
}

absl::StatusOr<std::optional<LegacyKind>> ReadKind(Connection& connection) {
  TMS_ASSIGN_OR_RETURN(const int64_t id, connection.ReadInt("PRAGMA application_id"));
  TMS_ASSIGN_OR_RETURN(const int64_t version, connection.ReadInt("PRAGMA user_version"));
  if (id != 0 || version != 0) return std::nullopt;
  TMS_ASSIGN_OR_RETURN(const std::optional<std::string> sql, TableSql(connection, "jobs"));
  if (!sql.has_value() || !connection.ReadInt(kTryJobs).ok()) return std::nullopt;
  TMS_ASSIGN_OR_RETURN(std::optional<LegacyKind> kind, ReadColumns(connection));
  if (!kind.has_value()) return std::nullopt;
  if (ToLowerAscii(*sql).find("references users") != std::string::npos) kind->generation = "v0";
  TMS_ASSIGN_OR_RETURN(const auto customers_sql, TableSql(connection, "job_customers"));
  if (customers_sql.has_value()) {
    if (!connection.ReadInt(kTryCustomers).ok()) return std::nullopt;
    kind->has_customers = true;
    TMS_ASSIGN_OR_RETURN(const int64_t indexes, connection.ReadInt(kHasCustomerIndex));
    kind->customers_indexed = indexes > 0;
  }
  return kind;
}

absl::StatusOr<bool> HasLocalTimes(Connection& connection, const LegacyKind& kind) {
  bool found = false;
  const auto look = [&](const Row& row) {
    const std::optional<LegacyTime> time = ParseLegacyTime(row.Text(0));
    found = time.has_value() && time->local();
    return !found;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectTimes, look));
  if (!found && kind.has_column[kLegacyUpdatedAt]) {
    TMS_RETURN_IF_ERROR(connection.Visit(kSelectUpdates, look));
  }
  return found;
}

absl::StatusOr<Recognition> Look(const std::string& path, OpenMode mode, bool look_for_times) {
  TMS_ASSIGN_OR_RETURN(const auto connection, Connection::Open(path, mode));
  TMS_ASSIGN_OR_RETURN(std::optional<LegacyKind> kind, ReadKind(*connection));
  Recognition recognition{.kind = std::move(kind)};
  if (recognition.kind.has_value() && look_for_times) {
    TMS_ASSIGN_OR_RETURN(recognition.has_local_times,
                         HasLocalTimes(*connection, *recognition.kind));
  }
  return recognition;
}

// The file and its journal, copied; reading the copy rolls back there.
absl::StatusOr<Recognition> LookAtCopy(const std::string& path, bool look_for_times) {
  const std::string copy = RecoveringPathOf(path);
  TMS_RETURN_IF_ERROR(sqlite::RemoveDatabase(copy));
  std::error_code error;
  std::filesystem::copy_file(path, copy, error);
  if (!error) std::filesystem::copy_file(path + "-journal", copy + "-journal", error);
  Recognition recognition;
  if (!error) {
    // Nothing to be read is nothing to be recognised.
    recognition = Look(copy, OpenMode::kCreateOrWrite, look_for_times).value_or(Recognition{});
  }
  TMS_RETURN_IF_ERROR(sqlite::RemoveDatabase(copy));
  if (!error) return recognition;
  return MakeStatus(absl::StatusCode::kUnavailable, sqlite::kReasonBroken,
                    "cannot copy " + path + " to look at it: " + error.message());
}

uintmax_t SizeOf(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + "\"";
}

LegacyValue ReadLegacyValue(const Row& row, int column) {
  LegacyValue value{.type = row.Type(column), .text = row.Text(column)};
  if (value.type == sqlite::ValueType::kInteger) value.number = row.Int(column);
  return value;
}

std::string RecoveringPathOf(const std::string& path) { return path + ".recovering"; }

absl::StatusOr<Recognition> RecogniseLegacy(const std::string& path, bool look_for_local_times) {
  if (SizeOf(path) == 0) return Recognition{};
  const auto recognition = Look(path, OpenMode::kReadOnly, look_for_local_times);
  if (recognition.ok()) return recognition;
  if (SizeOf(path + "-journal") == 0) return Recognition{};  // no database, as far as one can see
  return LookAtCopy(path, look_for_local_times);
}

LegacySource::LegacySource(std::unique_ptr<Connection> connection, LegacyKind kind)
    : kind_(std::move(kind)), select_jobs_(SelectJobs(kind_)), connection_(std::move(connection)) {}

absl::StatusOr<std::unique_ptr<LegacySource>> LegacySource::Open(const std::string& path,
                                                                 LegacyKind kind) {
  TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, OpenMode::kCreateOrWrite));
  if (const absl::Status held = connection->HoldAlone(); !held.ok()) {
    if (Reason(held) != sqlite::kReasonBusy) return held;
    return MakeStatus(absl::StatusCode::kFailedPrecondition, "IN_USE",
                      path +
                          " is open in another program: stop the replaced system, and whoever "
                          "looks at the file, before it is migrated");
  }
  std::unique_ptr<LegacySource> source(new LegacySource(std::move(connection), std::move(kind)));
  TMS_RETURN_IF_ERROR(source->connection().RunScript(kLargeCache));
  TMS_RETURN_IF_ERROR(source->CheckFile());
  if (source->kind().has_customers && !source->kind().customers_indexed) {
    TMS_RETURN_IF_ERROR(source->IndexCustomers());
  }
  return source;
}

absl::Status LegacySource::CheckFile() {
  std::string found;
  const auto read = [&](const Row& row) {
    found = row.Text(0);
    return false;
  };
  TMS_RETURN_IF_ERROR(connection_->Visit("PRAGMA quick_check(1)", read));
  if (found == "ok") return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kFailedPrecondition, "DATABASE_DAMAGED",
                    "the database of the replaced system is damaged: " + found);
}

absl::Status LegacySource::IndexCustomers() { return connection_->RunScript(kIndexCustomers); }

absl::StatusOr<int64_t> LegacySource::CountJobs() {
  return connection_->ReadInt("SELECT count(*) FROM jobs NOT INDEXED");
}

absl::StatusOr<int64_t> LegacySource::CountCustomers() {
  if (!kind_.has_customers) return 0;
  return connection_->ReadInt("SELECT count(*) FROM main.job_customers NOT INDEXED");
}

absl::Status LegacySource::VisitJobs(const JobVisitor& visit) {
  absl::Status status;
  LegacyJob job;
  job.more.resize(kind_.more_columns.size());
  const auto take = [&](const Row& row) {
    job.row_id = row.Int(0);
    int column = 0;
    for (LegacyValue& value : job.values) value = ReadLegacyValue(row, ++column);
    for (LegacyValue& value : job.more) value = ReadLegacyValue(row, ++column);
    status = visit(job);
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(connection_->Visit(select_jobs_.c_str(), take));
  return status;
}

absl::Status LegacySource::VisitCustomers(const std::string& job_id, const CustomerVisitor& visit) {
  if (!kind_.has_customers) return absl::OkStatus();
  return VisitCustomersWith(kSelectCustomers, &job_id, visit);
}

absl::Status LegacySource::VisitAllCustomers(const CustomerVisitor& visit) {
  if (!kind_.has_customers) return absl::OkStatus();
  return VisitCustomersWith(kSelectAllCustomers, nullptr, visit);
}

absl::Status LegacySource::VisitCustomersWith(const char* sql, const std::string* job_id,
                                              const CustomerVisitor& visit) {
  absl::Status status;
  const auto take = [&](const Row& row) {
    status = visit(
        {.id = row.Int(0), .job_id = ReadLegacyValue(row, 1), .cid = ReadLegacyValue(row, 2)});
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(job_id == nullptr ? connection_->Visit(sql, take)
                                        : connection_->Visit(sql, take, *job_id));
  return status;
}

}  // namespace tms::ledger
