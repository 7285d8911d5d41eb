// What has changed since: the history as watchers read it.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/sqlite_reads.h"
#include "services/ledger/sqlite/sqlite_rows.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr char kSelectHash[] =
    "SELECT hash FROM job_events WHERE number = ?1 "
    "UNION ALL SELECT hash FROM audit_events WHERE number = ?1";
// The last column: whether it is the job's last change.
constexpr char kSelectEvents[] =
    "SELECT number, hash, job_id, verdict = 'APPLIED' AND NOT EXISTS (SELECT 1 FROM job_events AS "
    "later WHERE later.job_id = job_events.job_id AND later.number > job_events.number "
    "AND later.verdict = 'APPLIED') FROM job_events WHERE number > ?1 ORDER BY number LIMIT ?2";
constexpr char kHasCid[] = "SELECT 1 FROM job_cids WHERE cid = ?1 AND job_number = ?2";

struct Event {
  HistoryPosition position;
  std::string job_id;
  bool last_change = false;
};

absl::StatusOr<std::vector<Event>> ReadEvents(Connection& connection, int64_t after) {
  std::vector<Event> events;
  const auto take = [&](const Row& row) {
    events.push_back({.position = {.number = row.Int(0), .hash = row.Text(1)},
                      .job_id = row.Text(2),
                      .last_change = row.Int(3) != 0});
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectEvents, take, after, kMaxExaminedEvents));
  return events;
}

absl::StatusOr<bool> Matches(Connection& connection, const JobFilter& filter, const Job& job) {
  if (!MatchesButCid(filter, job)) return false;
  if (filter.cid.empty()) return true;
  const auto read = [](const Row&) { return true; };
  TMS_ASSIGN_OR_RETURN(const std::optional<bool> found,
                       connection.ReadOne(kHasCid, read, filter.cid, job.number));
  return found.has_value();
}

}  // namespace

absl::StatusOr<HistoryPosition> ReadLastPosition(Connection& connection) {
  TMS_ASSIGN_OR_RETURN(ChainHead head, ReadChainHead(connection));
  return HistoryPosition{.number = head.number, .hash = std::move(head.hash)};
}

absl::StatusOr<bool> FindPosition(Connection& connection, const HistoryPosition& position) {
  if (position.number == 0) return position.hash == ChainHead{}.hash;
  const auto read = [](const Row& row) { return row.Text(0); };
  TMS_ASSIGN_OR_RETURN(const std::optional<std::string> hash,
                       connection.ReadOne(kSelectHash, read, position.number));
  return hash == position.hash;
}

absl::StatusOr<ChangePage> ReadChanges(Connection& connection, const JobFilter& filter,
                                       int64_t after, int limit) {
  TMS_ASSIGN_OR_RETURN(std::vector<Event> events, ReadEvents(connection, after));
  ChangePage page;
  for (Event& event : events) {
    if (event.last_change) {
      TMS_ASSIGN_OR_RETURN(Job job, GetJobRow(connection, event.job_id));
      TMS_ASSIGN_OR_RETURN(const bool wanted, Matches(connection, filter, job));
      if (wanted) page.changes.push_back({event.position, std::move(job)});
    }
    page.examined = std::move(event.position);
    if (std::ssize(page.changes) == limit) return page;
  }
  if (std::ssize(events) == kMaxExaminedEvents) return page;
  TMS_ASSIGN_OR_RETURN(page.examined, ReadLastPosition(connection));
  return page;
}

}  // namespace tms::ledger
