#include "services/action/spool/sqlite_spool.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/sqlite/errors.h"
#include "services/action/spool/spool_loss.h"
#include "services/action/spool/spool_schema.h"
#include "services/action/spool/sqlite_spool_run.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using sqlite::Connection;
using sqlite::Row;

namespace {

// What one transaction and what the queue may hold: bounds how long others wait, and memory.
constexpr size_t kMaxGroupKiB = 4 << 10;
constexpr size_t kMaxQueueKiB = 64 << 10;
// WAL frames after which a checkpoint is tried: 2 MiB. Small, since the room that is held counts
// from the log's end.
constexpr int kCheckpointFrames = 500;
constexpr int64_t kStartedSeq = 1;

constexpr char kInsertEvent[] =
    "INSERT OR IGNORE INTO events(position, job_id, event_seq, user_id, request_id, cost, digest, "
    "event) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr char kSelectNext[] =
    "SELECT position, event FROM events WHERE position > ?1 ORDER BY position";
constexpr char kSelectEvent[] = "SELECT event FROM events WHERE job_id = ?1 AND event_seq = ?2";
constexpr char kSelectRequest[] =
    "SELECT event, position FROM events WHERE user_id = ?1 AND request_id = ?2 UNION ALL "
    "SELECT event, position FROM dead_letters WHERE user_id = ?1 AND request_id = ?2 "
    "ORDER BY position DESC";
constexpr char kSelectOutcome[] =
    "SELECT event FROM events WHERE job_id = ?1 AND event_seq = 2 UNION ALL "
    "SELECT event FROM dead_letters WHERE job_id = ?1 AND event_seq = 2";
constexpr char kDeleteStart[] =
    "DELETE FROM events WHERE job_id = ?1 AND event_seq = 1 AND NOT EXISTS("
    "SELECT 1 FROM events AS other WHERE other.job_id = ?1 AND other.event_seq = 2) "
    "RETURNING cost";
constexpr char kDeleteJob[] = "DELETE FROM events WHERE job_id = ?1 RETURNING cost";
constexpr char kFreeRequest[] =
    "UPDATE dead_letters SET user_id = NULL, request_id = NULL WHERE job_id = ?1";
constexpr char kSelectUsage[] =
    "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM dead_letters), "
    "(SELECT coalesce(sum(cost), 0) FROM events) + "
    "(SELECT coalesce(sum(cost), 0) FROM dead_letters), "
    "max((SELECT coalesce(max(position), 0) FROM events), "
    "(SELECT coalesce(max(position), 0) FROM dead_letters))";

// A loss that somebody wants to go on with.
absl::Status Accept(const SqliteSpool::Options& options, const absl::Status& loss) {
  if (loss.ok() || !options.accept_loss) return loss;
  log::Error("SPOOL", "loss_accepted", {{"lost", Message(loss)}});
  return absl::OkStatus();
}

// An error after which nobody knows what is on the disk; others may wait.
absl::Status UnlessFull(const absl::Status& status) {
  return sqlite::KindOf(status) == sqlite::ErrorKind::kBroken ? status : absl::OkStatus();
}

bool IsStart(const JobEvent& event) { return event.event_seq() == kStartedSeq; }

}  // namespace

absl::Status FreeRequest(Connection& connection, const std::string& job_id) {
  return connection.Run(kFreeRequest, job_id);
}

absl::Status FromWriter(const absl::Status& status) {
  if (Reason(status) != sqlite::kReasonFull) return status;
  return MakeStatus(absl::StatusCode::kResourceExhausted, "SPOOL_FULL", "the spool's disk is full");
}

absl::StatusOr<std::unique_ptr<SqliteSpool>> SqliteSpool::Open(Options options,
                                                               const Clock& clock) {
  const std::string& path = options.path;
  TMS_RETURN_IF_ERROR(Accept(options, CheckForLoss(path, options.expected)));
  TMS_ASSIGN_OR_RETURN(const int version, sqlite::CheckVersion(path, SpoolSchema()));
  if (version > 0) TMS_RETURN_IF_ERROR(CheckSpool(path));
  std::unique_ptr<SqliteSpool> spool(new SqliteSpool(clock));
  TMS_ASSIGN_OR_RETURN(spool->last_start_, ReadLastStart(path, version));
  TMS_RETURN_IF_ERROR(
      Accept(options, CheckForOlder(path, spool->last_start_, options.expected_start)));
  TMS_ASSIGN_OR_RETURN(spool->room_, HeldRoom::Open(path, options.outcome_bytes));
  TMS_ASSIGN_OR_RETURN(auto connection,
                       Connection::Open(path, sqlite::OpenMode::kCreateOrWrite, options.vfs));
  // Before the log is first used: its index is then in memory, and needs no room on the disk.
  TMS_RETURN_IF_ERROR(connection->RunScript("PRAGMA locking_mode=EXCLUSIVE"));
  TMS_RETURN_IF_ERROR(connection->SetUpWriter());
  // So that what a crash may leave behind the log's end can't be taken for this log's one day, and
  // nothing is told from it that is on no disk. On a full disk it can't be done now, and nothing is
  // lost; after a failed sync nobody knows.
  TMS_RETURN_IF_ERROR(UnlessFull(connection->EmptyLog().status()));
  TMS_RETURN_IF_ERROR(
      sqlite::Migrate(*connection, path, version, SpoolSchema(), clock.Now()).status());
  const absl::Status counted = WriteLastStart(*connection, options.start);
  TMS_RETURN_IF_ERROR(UnlessFull(counted));
  if (counted.ok()) spool->last_start_ = options.start;
  TMS_RETURN_IF_ERROR(UnlessFull(connection->EmptyLog().status()));
  TMS_RETURN_IF_ERROR(spool->LoadUsage(*connection));
  TMS_RETURN_IF_ERROR(spool->room_->OpenLog());
  // On a full disk it still starts: what is there must be delivered. New starts are refused.
  spool->Hold(0).IgnoreError();
  spool->writer_ = std::make_unique<sqlite::GroupCommitWriter>(
      std::move(connection),
      sqlite::GroupCommitWriter::Options{.max_queue_weight = kMaxQueueKiB,
                                         .max_group_weight = kMaxGroupKiB,
                                         .checkpoint_frames = kCheckpointFrames,
                                         .on_failure = std::move(options.on_failure)});
  return spool;
}

absl::Status SqliteSpool::LoadUsage(Connection& connection) {
  const auto read = [](const Row& row) {
    return SpoolUsage{.events = row.Int(0),
                      .dead_letters = row.Int(1),
                      .bytes = row.Int(2),
                      .last_position = row.Int(3)};
  };
  TMS_ASSIGN_OR_RETURN(const std::optional<SpoolUsage> usage,
                       connection.ReadOne(kSelectUsage, read));
  const absl::MutexLock lock(&mutex_);
  usage_ = usage.value_or(SpoolUsage());
  next_position_ = usage_.last_position + 1;
  return absl::OkStatus();
}

SpoolUsage SqliteSpool::usage() const {
  const absl::MutexLock lock(&mutex_);
  return usage_;
}

void SqliteSpool::Count(const SpoolUsage& change) {
  const absl::MutexLock lock(&mutex_);
  usage_.events += change.events;
  usage_.dead_letters += change.dead_letters;
  usage_.bytes += change.bytes;
  usage_.last_position = std::max(usage_.last_position, change.last_position);
}

absl::Status SqliteSpool::Hold(int64_t more) {
  const absl::Status held = room_->Hold(more);
  const absl::MutexLock lock(&mutex_);
  usage_.room_held = held.ok();
  return held;
}

absl::Status SqliteSpool::InsertEvent(Connection& connection, const JobEvent& event,
                                      SpoolUsage& change) {
  const sqlite::Blob bytes{event.SerializeAsString()};
  const sqlite::Blob digest{RowDigest(event.job_id(), event.event_seq(), bytes.bytes)};
  const int64_t cost = SpoolCost(bytes.bytes.size());
  const auto& [user, request] = RequestOf(event);
  TMS_RETURN_IF_ERROR(connection.Run(kInsertEvent, next_position_, event.job_id(),
                                     event.event_seq(), user, request, cost, digest, bytes));
  if (connection.changes() == 0) return absl::OkStatus();
  change.events += 1;
  change.bytes += cost;
  change.last_position = next_position_++;
  return absl::OkStatus();
}

asio::awaitable<absl::Status> SqliteSpool::Put(std::vector<EventMessage> events) {
  size_t bytes = 0;
  int64_t cost_with_start = 0;
  for (const EventMessage& message : events) {
    bytes += message->event().ByteSizeLong();
    if (IsStart(message->event())) cost_with_start = -1;
  }
  if (cost_with_start < 0) cost_with_start = SpoolCost(bytes);
  auto put = [this, cost_with_start, events = std::move(events)](
                 Connection& connection, SpoolUsage& change) -> absl::Status {
    const absl::Status held = Hold(cost_with_start);
    if (cost_with_start > 0) TMS_RETURN_IF_ERROR(held);
    for (const EventMessage& message : events) {
      TMS_RETURN_IF_ERROR(InsertEvent(connection, message->event(), change));
    }
    return absl::OkStatus();
  };
  co_return co_await Run<absl::Status>(bytes / 1024 + 1, std::move(put));
}

asio::awaitable<absl::StatusOr<std::vector<SpooledEvent>>> SqliteSpool::Next(int64_t after,
                                                                             size_t max_bytes) {
  using Events = std::vector<SpooledEvent>;
  const auto read = [after, max_bytes](Connection& connection,
                                       SpoolUsage&) -> absl::StatusOr<Events> {
    Events events;
    size_t bytes = 0;
    const auto add = [&](const Row& row) {
      SpooledEvent event{.position = row.Int(0), .event = ParseEvent(row, 1)};
      bytes += event.event.ByteSizeLong();
      if (!events.empty() && bytes > max_bytes) return false;
      events.push_back(std::move(event));
      return true;
    };
    TMS_RETURN_IF_ERROR(connection.Visit(kSelectNext, add, after));
    return events;
  };
  co_return co_await Run<absl::StatusOr<Events>>(1, read);
}

asio::awaitable<absl::StatusOr<std::optional<JobEvent>>> SqliteSpool::FindStart(
    std::string job_id) {
  const auto find = [job_id = std::move(job_id)](Connection& connection, SpoolUsage&) {
    return connection.ReadOne(
        kSelectEvent, [](const Row& row) { return ParseEvent(row, 0); }, job_id, kStartedSeq);
  };
  co_return co_await Run<absl::StatusOr<std::optional<JobEvent>>>(1, find);
}

asio::awaitable<absl::StatusOr<std::optional<SpooledRequest>>> SqliteSpool::FindRequest(
    std::string user_id, std::string request_id) {
  using Found = std::optional<SpooledRequest>;
  const auto find = [user_id = std::move(user_id), request_id = std::move(request_id)](
                        Connection& connection, SpoolUsage&) -> absl::StatusOr<Found> {
    const auto parse = [](const Row& row) { return ParseEvent(row, 0); };
    TMS_ASSIGN_OR_RETURN(std::optional<JobEvent> started,
                         connection.ReadOne(kSelectRequest, parse, user_id, request_id));
    if (!started) return std::nullopt;
    TMS_ASSIGN_OR_RETURN(std::optional<JobEvent> finished,
                         connection.ReadOne(kSelectOutcome, parse, started->job_id()));
    return SpooledRequest{.started = *std::move(started), .finished = std::move(finished)};
  };
  co_return co_await Run<absl::StatusOr<Found>>(1, find);
}

asio::awaitable<absl::Status> SqliteSpool::RemoveStart(std::string job_id) {
  const auto remove = [job_id = std::move(job_id)](Connection& connection, SpoolUsage& change) {
    return Delete(connection, kDeleteStart, &SpoolUsage::events, change, job_id);
  };
  co_return co_await Run<absl::Status>(1, remove);
}

asio::awaitable<absl::Status> SqliteSpool::RemoveJob(std::string job_id) {
  const auto remove = [job_id = std::move(job_id)](Connection& connection,
                                                   SpoolUsage& change) -> absl::Status {
    TMS_RETURN_IF_ERROR(FreeRequest(connection, job_id));
    return Delete(connection, kDeleteJob, &SpoolUsage::events, change, job_id);
  };
  co_return co_await Run<absl::Status>(1, remove);
}

asio::awaitable<absl::Status> SqliteSpool::HoldRoom() {
  const auto hold = [this](Connection&, SpoolUsage&) { return Hold(0); };
  co_return co_await Run<absl::Status>(1, hold);
}

}  // namespace tms::action
