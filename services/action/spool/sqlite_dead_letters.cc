// What the ledger refuses for good.
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/action/spool/spool_schema.h"
#include "services/action/spool/sqlite_spool.h"
#include "services/action/spool/sqlite_spool_run.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using sqlite::Connection;
using sqlite::Row;

namespace {

// Of one page of a list, in memory.
constexpr size_t kMaxListBytes = 4 << 20;

constexpr char kDeleteEvent[] =
    "DELETE FROM events WHERE job_id = ?1 AND event_seq = ?2 RETURNING cost";
constexpr char kBury[] =
    "INSERT OR IGNORE INTO dead_letters(position, job_id, event_seq, buried_at, verdict, detail, "
    "cost, digest, event, user_id, request_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
    "?11)";
constexpr char kSelectDead[] =
    "SELECT position, event, verdict, detail, buried_at FROM dead_letters WHERE position > ?1 "
    "ORDER BY position LIMIT ?2";
constexpr char kSelectDeadOne[] =
    "SELECT position, event, verdict, detail, buried_at FROM dead_letters WHERE position = ?1";
constexpr char kSelectDeadOfJob[] =
    "SELECT position, event, verdict, detail, buried_at FROM dead_letters WHERE job_id = "
    "(SELECT job_id FROM dead_letters WHERE position = ?1) ORDER BY event_seq";
constexpr char kDeleteDead[] = "DELETE FROM dead_letters WHERE position = ?1 RETURNING cost";

using Letters = std::vector<DeadLetter>;

DeadLetter ParseLetter(const Row& row) {
  return {.position = row.Int(0),
          .event = ParseEvent(row, 1),
          .verdict = row.Text(2),
          .detail = row.Text(3),
          .buried_at = ParseTimestamp(row.Text(4)).value_or(absl::Time())};
}

// Takes out what `select` finds for `position`. NOT_FOUND.
absl::StatusOr<Letters> TakeOut(Connection& connection, const char* select, int64_t position,
                                SpoolUsage& change) {
  Letters letters;
  const auto add = [&](const Row& row) {
    letters.push_back(ParseLetter(row));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(select, add, position));
  if (letters.empty()) {
    return MakeStatus(absl::StatusCode::kNotFound, "there is no such dead letter");
  }
  for (const DeadLetter& letter : letters) {
    TMS_RETURN_IF_ERROR(
        Delete(connection, kDeleteDead, &SpoolUsage::dead_letters, change, letter.position));
  }
  return letters;
}

}  // namespace

asio::awaitable<absl::Status> SqliteSpool::Bury(EventMessage message, std::string verdict,
                                                std::string detail) {
  const auto bury = [this, message, verdict = std::move(verdict), detail = std::move(detail)](
                        Connection& connection, SpoolUsage& change) -> absl::Status {
    const JobEvent& event = message->event();
    TMS_RETURN_IF_ERROR(Delete(connection, kDeleteEvent, &SpoolUsage::events, change,
                               event.job_id(), event.event_seq()));
    const sqlite::Blob bytes{event.SerializeAsString()};
    const sqlite::Blob digest{RowDigest(event.job_id(), event.event_seq(), bytes.bytes)};
    const int64_t cost = SpoolCost(bytes.bytes.size());
    const auto& [user, request] = RequestOf(event);
    TMS_RETURN_IF_ERROR(connection.Run(kBury, next_position_, event.job_id(), event.event_seq(),
                                       FormatTimestamp(clock_.Now()), verdict, detail, cost, digest,
                                       bytes, user, request));
    if (connection.changes() == 0) return absl::OkStatus();
    ++next_position_;
    change.dead_letters += 1;
    change.bytes += cost;
    if (!IsNotCalled(event)) return absl::OkStatus();
    return FreeRequest(connection, event.job_id());
  };
  co_return co_await Run<absl::Status>(message->event().ByteSizeLong() / 1024 + 1, bury);
}

asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> SqliteSpool::ListDeadLetters(int64_t after,
                                                                                      int limit) {
  const auto list = [after, limit](Connection& connection, SpoolUsage&) -> absl::StatusOr<Letters> {
    Letters letters;
    size_t bytes = 0;
    const auto add = [&](const Row& row) {
      letters.push_back(ParseLetter(row));
      bytes += letters.back().event.ByteSizeLong();
      return bytes < kMaxListBytes;
    };
    TMS_RETURN_IF_ERROR(connection.Visit(kSelectDead, add, after, limit));
    return letters;
  };
  co_return co_await Run<absl::StatusOr<Letters>>(1, list);
}

asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> SqliteSpool::Revive(int64_t position) {
  const auto revive = [this, position](Connection& connection,
                                       SpoolUsage& change) -> absl::StatusOr<Letters> {
    TMS_ASSIGN_OR_RETURN(Letters letters, TakeOut(connection, kSelectDeadOfJob, position, change));
    for (const DeadLetter& letter : letters) {
      TMS_RETURN_IF_ERROR(InsertEvent(connection, letter.event, change));
    }
    return letters;
  };
  co_return co_await Run<absl::StatusOr<Letters>>(1, revive);
}

asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> SqliteSpool::Drop(int64_t position) {
  const auto drop = [position](Connection& connection, SpoolUsage& change) {
    return TakeOut(connection, kSelectDeadOne, position, change);
  };
  co_return co_await Run<absl::StatusOr<Letters>>(1, drop);
}

}  // namespace tms::action
