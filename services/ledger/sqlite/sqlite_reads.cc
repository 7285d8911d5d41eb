#include "services/ledger/sqlite/sqlite_reads.h"

#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/sqlite/sqlite_rows.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// What a job's history shows: its own events, and those that were answered with this job.
constexpr char kSelectHistory[] =
    "SELECT number, job_id, kind, event_seq, occurred_at, recorded_at, actor, incarnation, "
    "verdict, detail, status, http_status, failure_reason, effect, error_message, outcome_source, "
    "conflict FROM job_events WHERE (job_id = ?1 OR earlier_job_id = ?1) AND number > ?2 "
    "ORDER BY number LIMIT ?3";
constexpr char kSelectCids[] =
    "SELECT position, cid FROM job_cids WHERE job_number = ?1 AND position > ?2 "
    "ORDER BY position LIMIT ?3";
constexpr char kSelectOpen[] =
    "SELECT job_id, timeout_ms FROM jobs INDEXED BY jobs_in_progress WHERE status = 'IN_PROGRESS'";

absl::StatusOr<HistoryEvent> ReadHistoryEvent(const Row& row) {
  RowReader reader(row);
  HistoryEvent event;
  event.number = row.Int(0);
  event.job_id = row.Text(1);
  event.kind = reader.Word(2, HistoryKindFromWord);
  event.event_seq = row.Int(3);
  event.occurred_at = reader.Time(4);
  event.recorded_at = reader.Time(5);
  event.actor = row.Text(6);
  if (!row.IsNull(7)) event.actor += "/" + std::to_string(row.Int(7));
  event.verdict = reader.Word(8, VerdictFromWord);
  event.detail = row.Text(9);
  event.outcome = reader.ReadOutcome(10);
  TMS_RETURN_IF_ERROR(reader.status());
  return event;
}

}  // namespace

absl::StatusOr<HistoryPage> ReadHistory(Connection& connection, const std::string& job_id,
                                        std::optional<int64_t> after, int limit) {
  TMS_RETURN_IF_ERROR(GetJobRow(connection, job_id).status());
  HistoryPage page;
  absl::Status status;
  const auto take = [&](const Row& row) {
    if (std::ssize(page.events) == limit) {
      page.next = page.events.back().number;
      return false;
    }
    absl::StatusOr<HistoryEvent> event = ReadHistoryEvent(row);
    status = event.status();
    if (event.ok()) page.events.push_back(*std::move(event));
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectHistory, take, job_id, after.value_or(0), limit + 1));
  TMS_RETURN_IF_ERROR(status);
  return page;
}

absl::StatusOr<CustomerPage> ReadCustomers(Connection& connection, const std::string& job_id,
                                           std::optional<int64_t> after, int limit) {
  TMS_ASSIGN_OR_RETURN(const Job job, GetJobRow(connection, job_id));
  CustomerPage page{.total_size = job.customer_count};
  int64_t last = 0;
  const auto take = [&](const Row& row) {
    if (std::ssize(page.cids) == limit) {
      page.next = last;
      return false;
    }
    last = row.Int(0);
    page.cids.push_back(row.Text(1));
    return true;
  };
  TMS_RETURN_IF_ERROR(
      connection.Visit(kSelectCids, take, job.number, after.value_or(0), limit + 1));
  return page;
}

absl::StatusOr<std::vector<OpenJob>> ReadOpenJobs(Connection& connection) {
  std::vector<OpenJob> jobs;
  const auto take = [&](const Row& row) {
    // Rows of the replaced system have no timeout: they are overdue by now.
    jobs.push_back({.job_id = row.Text(0), .timeout = absl::Milliseconds(row.Int(1))});
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectOpen, take));
  return jobs;
}

}  // namespace tms::ledger
