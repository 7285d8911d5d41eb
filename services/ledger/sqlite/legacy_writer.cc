#include "services/ledger/sqlite/legacy_writer.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Rows after which the counters are written, which bounds what they take in memory.
constexpr int64_t kRowsPerFlush = 50'000;
// Of an odd value, in the history's detail; the whole is in legacy_values.
constexpr size_t kMaxShownCharacters = 100;

constexpr char kSelectIndexes[] =
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
    "AND tbl_name IN ('jobs', 'job_cids', 'job_events')";
constexpr char kFindJob[] = "SELECT 1 FROM jobs WHERE job_id = ?1";
constexpr char kInsertJob[] =
    "INSERT INTO jobs(number, job_id, created_at, user_id, status, http_status, action_code, "
    "action_name, batch_id, updated_at, finished_at, customer_count, cluster_url, error_message, "
    "response_summary, request_payload) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
constexpr char kInsertCid[] = "INSERT INTO job_cids(job_number, position, cid) VALUES(?1, ?2, ?3)";
constexpr char kKeepValue[] =
    "INSERT INTO legacy_values(source, row_id, column_name, why, literal) "
    "VALUES(?1, ?2, ?3, ?4, ?5)";
constexpr char kCountRows[] =
    "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM job_cids), "
    "(SELECT count(*) FROM job_events)";

constexpr std::string_view kJobsTable = "jobs";
constexpr std::string_view kCustomersTable = "job_customers";

std::optional<std::string> OptionalTimestamp(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return FormatTimestamp(*time);
}

}  // namespace

LegacyWriter::LegacyWriter(Connection& connection, LegacySource& source, absl::TimeZone zone,
                           absl::Time now)
    : connection_(connection), source_(source), zone_(zone), now_(now) {}

absl::StatusOr<std::unique_ptr<LegacyWriter>> LegacyWriter::Begin(Connection& connection,
                                                                  LegacySource& source,
                                                                  absl::TimeZone zone,
                                                                  absl::Time now) {
  std::unique_ptr<LegacyWriter> writer(new LegacyWriter(connection, source, zone, now));
  TMS_ASSIGN_OR_RETURN(std::string chain_id, ReadChainId(connection));
  writer->chain_ = std::make_unique<HistoryChain>(std::move(chain_id));
  TMS_RETURN_IF_ERROR(writer->DropIndexes());
  return writer;
}

absl::Status LegacyWriter::DropIndexes() {
  std::string drop;
  const auto take = [&](const Row& row) {
    drop += "DROP INDEX " + row.Text(0) + ";";
    index_sql_.push_back(row.Text(1));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection_.Visit(kSelectIndexes, take));
  return connection_.RunScript(drop);
}

absl::Status LegacyWriter::WriteJob(const LegacyJob& legacy) {
  MigratedJob migrated = ConvertLegacyJob(legacy, zone_, last_created_at_);
  Job& job = migrated.job;
  last_created_at_ = job.created_at;
  job.number = ++counts_.jobs;
  TMS_ASSIGN_OR_RETURN(const bool own_id, SettleJobId(legacy, migrated));
  sqlite::Blob cids_digest;
  // A row without an id of its own has no customers that could be told from another's.
  if (own_id) TMS_RETURN_IF_ERROR(WriteCustomers(legacy, job, cids_digest));
  TMS_RETURN_IF_ERROR(InsertJob(migrated));
  TMS_RETURN_IF_ERROR(AppendEvent(legacy, migrated, cids_digest));
  TMS_RETURN_IF_ERROR(KeepOddities(legacy, migrated));
  if (job.outcome.status == JobStatus::kInProgress) ++counts_.open_jobs;
  if (migrated.ambiguous_time) ++counts_.ambiguous_times;
  stats_.Count(job, 1);
  return counts_.jobs % kRowsPerFlush == 0 ? FlushStats() : absl::OkStatus();
}

absl::StatusOr<bool> LegacyWriter::IsTaken(const std::string& job_id) {
  const auto read = [](const Row&) { return true; };
  TMS_ASSIGN_OR_RETURN(const std::optional<bool> found,
                       connection_.ReadOne(kFindJob, read, job_id));
  return found.has_value();
}

absl::StatusOr<bool> LegacyWriter::SettleJobId(const LegacyJob& legacy, MigratedJob& migrated) {
  std::string& job_id = migrated.job.job_id;
  TMS_ASSIGN_OR_RETURN(bool taken, IsTaken(job_id));
  if (!job_id.empty() && !taken) return true;
  if (taken) migrated.oddities.push_back({.column = kLegacyJobId, .what = "an id of another row"});
  job_id = "migrated-row-" + std::to_string(legacy.row_id);
  for (;;) {
    TMS_ASSIGN_OR_RETURN(taken, IsTaken(job_id));
    if (!taken) return false;
    job_id += "'";
  }
}

absl::Status LegacyWriter::WriteCustomers(const LegacyJob& legacy, Job& job, sqlite::Blob& digest) {
  PartsEncoder digested;
  const auto write = [&](const LegacyCustomer& customer) {
    ++job.customer_count;
    return WriteCid(job.number, customer, digested);
  };
  // By the id as it was, not as we had to write it.
  TMS_RETURN_IF_ERROR(source_.VisitCustomers(legacy.values[kLegacyJobId].text, write));
  digest.bytes = Sha256(digested.bytes());
  return absl::OkStatus();
}

absl::Status LegacyWriter::WriteCid(int64_t job_number, const LegacyCustomer& customer,
                                    PartsEncoder& digested) {
  const LegacyText cid = ToText(customer.cid);
  if (!cid.exact) {
    TMS_RETURN_IF_ERROR(
        Keep(kCustomersTable, customer.id, "cid", "not text in UTF-8", customer.cid));
  }
  digested.Add(cid.text);
  ++counts_.customers;
  // The row's own id is its position: it counts up within a job, which is all that one needs.
  return connection_.Run(kInsertCid, job_number, customer.id, cid.text);
}

absl::Status LegacyWriter::InsertJob(const MigratedJob& migrated) {
  const Job& job = migrated.job;
  return connection_.Run(kInsertJob, job.number, job.job_id, FormatTimestamp(job.created_at),
                         job.user_id, ToWord(job.outcome.status), job.outcome.http_status,
                         job.action_code, job.action_name, migrated.batch_id,
                         FormatTimestamp(job.updated_at), OptionalTimestamp(job.finished_at),
                         job.customer_count, migrated.cluster_url, job.outcome.error_message,
                         job.response_summary, migrated.request_payload);
}

absl::Status LegacyWriter::AppendEvent(const LegacyJob& legacy, const MigratedJob& migrated,
                                       const sqlite::Blob& cids_digest) {
  std::string detail;
  for (const Oddity& oddity : migrated.oddities) {
    const std::string literal = Sanitize(ToLiteral(legacy.values[oddity.column]));
    detail += detail.empty() ? "was " : ", ";
    detail += std::string(kLegacyColumnNames[oddity.column]) + " " +
              std::string(CutCharacters(literal, kMaxShownCharacters)) + " (" +
              std::string(oddity.what) + ")";
  }
  static const std::string actor = "ledger";
  const MigratedDigests digests{
      .content = {DigestOf(legacy)}, .cids = cids_digest, .cid_count = migrated.job.customer_count};
  std::vector<JobChange> unwatched;  // nobody watches a file that is being made
  WriteContext context{connection_, stats_, *chain_, unwatched, now_};
  return AppendHistory(context, {.job_id = migrated.job.job_id,
                                 .kind = HistoryKind::kMigrated,
                                 .occurred_at = now_,
                                 .actor = actor,
                                 .verdict = Verdict::kApplied,
                                 .detail = std::move(detail),
                                 .job = migrated.job,
                                 .migrated = &digests});
}

absl::Status LegacyWriter::KeepOddities(const LegacyJob& legacy, const MigratedJob& migrated) {
  for (const Oddity& oddity : migrated.oddities) {
    TMS_RETURN_IF_ERROR(Keep(kJobsTable, legacy.row_id, kLegacyColumnNames[oddity.column],
                             oddity.what, legacy.values[oddity.column]));
  }
  for (size_t i = 0; i < legacy.more.size(); ++i) {
    if (legacy.more[i].type == sqlite::ValueType::kNull) continue;
    TMS_RETURN_IF_ERROR(Keep(kJobsTable, legacy.row_id, source_.kind().more_columns[i],
                             "a column of no known generation", legacy.more[i]));
  }
  return absl::OkStatus();
}

absl::Status LegacyWriter::Keep(std::string_view source, int64_t row_id, std::string_view column,
                                std::string_view why, const LegacyValue& value) {
  ++counts_.odd_rows[std::string(source) + "." + std::string(column) + ": " + std::string(why)];
  return connection_.Run(kKeepValue, source, row_id, column, why, ToLiteral(value));
}

absl::Status LegacyWriter::FlushStats() {
  TMS_RETURN_IF_ERROR(stats_.Flush(connection_));
  stats_.Clear();
  return absl::OkStatus();
}

absl::Status LegacyWriter::WriteStrays() {
  TMS_RETURN_IF_ERROR(FlushStats());
  TMS_ASSIGN_OR_RETURN(const int64_t customers, source_.CountCustomers());
  if (counts_.customers == customers) return absl::OkStatus();
  TMS_ASSIGN_OR_RETURN(const std::vector<int64_t> written, WrittenCustomers());
  constexpr std::string_view kWhy = "a customer without a job";
  return source_.VisitAllCustomers([&](const LegacyCustomer& customer) {
    if (std::ranges::binary_search(written, customer.id)) return absl::OkStatus();
    ++counts_.stray_customers;
    TMS_RETURN_IF_ERROR(Keep(kCustomersTable, customer.id, "job_id", kWhy, customer.job_id));
    return Keep(kCustomersTable, customer.id, "cid", kWhy, customer.cid);
  });
}

absl::StatusOr<std::vector<int64_t>> LegacyWriter::WrittenCustomers() {
  std::vector<int64_t> ids;
  const auto take = [&](const Row& row) {
    ids.push_back(row.Int(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection_.Visit("SELECT position FROM job_cids", take));
  std::ranges::sort(ids);
  return ids;
}

absl::Status LegacyWriter::BuildIndexes() {
  for (const std::string& sql : index_sql_) TMS_RETURN_IF_ERROR(connection_.RunScript(sql));
  return absl::OkStatus();
}

absl::Status LegacyWriter::Finish() {
  TMS_ASSIGN_OR_RETURN(const int64_t jobs, source_.CountJobs());
  TMS_ASSIGN_OR_RETURN(const int64_t customers, source_.CountCustomers());
  bool agree = false;
  const auto compare = [&](const Row& row) {
    agree = row.Int(0) == jobs && row.Int(1) + counts_.stray_customers == customers &&
            row.Int(2) == jobs;
    return false;
  };
  TMS_RETURN_IF_ERROR(connection_.Visit(kCountRows, compare));
  if (agree) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                    "of the " + std::to_string(jobs) + " jobs and " + std::to_string(customers) +
                        " customers in the file, not all could be read: it is damaged");
}

}  // namespace tms::ledger
