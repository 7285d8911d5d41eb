#include "services/action/spool/spool_schema.h"

#include <map>

#include "common/base/digest.h"
#include "common/base/status.h"

namespace tms::action {
namespace {

using sqlite::Connection;
using sqlite::Row;

// "TMSS", in the file's header.
constexpr int32_t kApplicationId = 0x544D5353;

constexpr char kVersion1[] = R"sql(
CREATE TABLE events(
  position INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL,
  event_seq INTEGER NOT NULL,
  user_id TEXT,
  request_id TEXT,
  cost INTEGER NOT NULL,
  digest BLOB NOT NULL,
  event BLOB NOT NULL,
  UNIQUE(job_id, event_seq)
) STRICT;
CREATE INDEX events_by_request ON events(user_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE dead_letters(
  position INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL,
  event_seq INTEGER NOT NULL,
  buried_at TEXT NOT NULL,
  verdict TEXT NOT NULL,
  detail TEXT NOT NULL,
  cost INTEGER NOT NULL,
  digest BLOB NOT NULL,
  event BLOB NOT NULL,
  UNIQUE(job_id, event_seq)
) STRICT;
)sql";

// A start that was set aside goes on standing in the way of its request_id.
constexpr char kVersion2[] = R"sql(
ALTER TABLE dead_letters ADD COLUMN user_id TEXT;
ALTER TABLE dead_letters ADD COLUMN request_id TEXT;
CREATE INDEX dead_letters_by_request ON dead_letters(user_id, request_id)
  WHERE request_id IS NOT NULL;
)sql";

// Tells an older copy of the file from the newest.
constexpr char kVersion3[] = R"sql(
CREATE TABLE spool_meta(
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
)sql";

absl::Status SetRequestsOfDeadLetters(Connection& connection) {
  std::map<int64_t, ledger::v1::JobEvent> letters;
  const auto add = [&](const Row& row) { return letters[row.Int(0)].ParseFromString(row.Text(1)); };
  TMS_RETURN_IF_ERROR(connection.Visit("SELECT position, event FROM dead_letters", add));
  for (const auto& [position, event] : letters) {
    const auto& [user, request] = RequestOf(event);
    TMS_RETURN_IF_ERROR(
        connection.Run("UPDATE dead_letters SET user_id = ?1, request_id = ?2 WHERE position = ?3",
                       user, request, position));
  }
  return absl::OkStatus();
}

constexpr sqlite::Migration kMigrations[] = {
    {kVersion1}, {kVersion2, SetRequestsOfDeadLetters}, {kVersion3}};

// Also what is not looked at, so that a column whose name was damaged is found.
constexpr char kSelectRows[] =
    "SELECT position, job_id, event_seq, digest, event, cost, user_id, request_id, NULL "
    "FROM events UNION ALL "
    "SELECT position, job_id, event_seq, digest, event, cost, verdict, detail, buried_at "
    "FROM dead_letters";

absl::Status Damaged(const std::string& path, const std::string& what) {
  return MakeStatus(absl::StatusCode::kDataLoss, "SPOOL_DAMAGED",
                    path + " is damaged: " + what +
                        ". It is left as it is: it may hold events that the ledger does not have");
}

bool IsSound(const Row& row) {
  const std::string job_id = row.Text(1);
  const int64_t event_seq = row.Int(2);
  const std::string event = row.Text(4);
  ledger::v1::JobEvent parsed;
  return row.Text(3) == RowDigest(job_id, event_seq, event) && parsed.ParseFromString(event) &&
         parsed.job_id() == job_id && parsed.event_seq() == event_seq;
}

}  // namespace

const sqlite::Schema& SpoolSchema() {
  static const sqlite::Schema schema{
      .application_id = kApplicationId, .what = "spool", .migrations = kMigrations};
  return schema;
}

RequestKey RequestOf(const ledger::v1::JobEvent& event) {
  const auto& started = event.started();
  if (!started.spooled() || started.request_id().empty()) return {};
  return {started.user_id(), started.request_id()};
}

std::string RowDigest(std::string_view job_id, int64_t event_seq, std::string_view event) {
  PartsEncoder parts;
  parts.Add(job_id).Add(static_cast<long long>(event_seq)).Add(event);
  return Sha256(parts.bytes());
}

absl::StatusOr<int64_t> ReadLastStart(const std::string& path, int version) {
  constexpr int kFirstWithStart = 3;
  if (version < kFirstWithStart) return 0;
  TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, sqlite::OpenMode::kReadOnly));
  const auto read = [](const Row& row) { return row.Int(0); };
  const auto start =
      connection->ReadOne("SELECT value FROM spool_meta WHERE key = 'last_start'", read);
  if (!start.ok()) return Damaged(path, std::string(Message(start.status())));
  return start->value_or(0);
}

absl::Status WriteLastStart(Connection& connection, int64_t start) {
  return connection.Run("INSERT OR REPLACE INTO spool_meta(key, value) VALUES('last_start', ?1)",
                        start);
}

absl::Status CheckSpool(const std::string& path) {
  TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, sqlite::OpenMode::kReadOnly));
  const auto word = [](const Row& row) { return row.Text(0); };
  const auto pages = connection->ReadOne("PRAGMA integrity_check(1)", word);
  if (!pages.ok()) return Damaged(path, std::string(Message(pages.status())));
  if (pages->value_or("") != "ok") return Damaged(path, pages->value_or("no answer"));
  int64_t wrong = 0;
  const absl::Status rows = connection->Visit(kSelectRows, [&](const Row& row) {
    if (!IsSound(row)) wrong = row.Int(0);
    return wrong == 0;
  });
  if (!rows.ok()) return Damaged(path, std::string(Message(rows)));
  if (wrong != 0) return Damaged(path, "event " + std::to_string(wrong) + " was altered");
  return absl::OkStatus();
}

}  // namespace tms::action
