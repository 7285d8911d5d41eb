#include "services/ledger/sqlite/schema.h"

#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/sqlite/history_chain.h"

namespace tms::ledger {
namespace {

// "TMSL", in the file's header: `file jobs.db` and we ourselves know the file by it.
constexpr int32_t kApplicationId = 0x544D534C;

// Counters of a bucket: jobs, those with a known duration, its sum and its histogram.
#define TMS_STATS_COLUMNS                                                                     \
  "job_count INTEGER NOT NULL, timed_job_count INTEGER NOT NULL, elapsed_ms_sum INTEGER NOT " \
  "NULL, "                                                                                    \
  "le_100ms INTEGER NOT NULL, le_250ms INTEGER NOT NULL, le_500ms INTEGER NOT NULL, "         \
  "le_1s INTEGER NOT NULL, le_2500ms INTEGER NOT NULL, le_5s INTEGER NOT NULL, "              \
  "le_10s INTEGER NOT NULL, le_15s INTEGER NOT NULL, le_20s INTEGER NOT NULL, "               \
  "le_30s INTEGER NOT NULL, le_60s INTEGER NOT NULL, le_120s INTEGER NOT NULL, "              \
  "longer INTEGER NOT NULL, "

// What filters and lists look at comes first in `jobs`, what is long comes last: SQLite reads a row
// from its beginning, and only as far as it must.
constexpr char kVersion1[] = R"sql(
CREATE TABLE jobs(
  number INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  user_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK(status IN ('IN_PROGRESS', 'SUCCESS', 'FAILED')),
  http_status INTEGER,
  failure_reason TEXT,
  effect TEXT CHECK(effect IN ('APPLIED', 'NOT_APPLIED', 'UNKNOWN')),
  action_code INTEGER NOT NULL,
  action_name TEXT NOT NULL,
  cluster TEXT,
  batch_id TEXT,
  request_id TEXT,
  outcome_source TEXT CHECK(outcome_source IN ('PRESUMED', 'RESOLVED', 'TOLD')),
  conflict INTEGER NOT NULL DEFAULT 0,
  updated_at TEXT NOT NULL,
  finished_at TEXT,
  timeout_ms INTEGER,
  elapsed_ms INTEGER,
  customer_count INTEGER NOT NULL,
  request_claim TEXT CHECK(request_claim = request_id),
  fingerprint BLOB,
  owner TEXT,
  incarnation INTEGER,
  rerun_of TEXT,
  twin_of TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  source_ip TEXT,
  cluster_url TEXT,
  error_message TEXT,
  response_summary_cut INTEGER NOT NULL DEFAULT 0,
  response_summary TEXT,
  request_payload TEXT
) STRICT;

CREATE INDEX jobs_by_created ON jobs(created_at);
CREATE INDEX jobs_by_user ON jobs(user_id, created_at);
CREATE INDEX jobs_by_cluster ON jobs(cluster, created_at);
CREATE INDEX jobs_by_batch ON jobs(batch_id, created_at) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_by_request ON jobs(request_id, created_at) WHERE request_id IS NOT NULL;
CREATE INDEX jobs_by_rerun ON jobs(rerun_of) WHERE rerun_of IS NOT NULL;
CREATE INDEX jobs_in_progress ON jobs(created_at) WHERE status = 'IN_PROGRESS';
CREATE INDEX jobs_failed ON jobs(created_at) WHERE status = 'FAILED';
CREATE INDEX jobs_effect_unknown ON jobs(created_at) WHERE effect = 'UNKNOWN';
CREATE INDEX jobs_http_error ON jobs(http_status, created_at) WHERE http_status >= 300;
CREATE UNIQUE INDEX jobs_request_claim ON jobs(user_id, request_claim)
  WHERE request_claim IS NOT NULL;

CREATE TABLE job_cids(
  job_number INTEGER NOT NULL REFERENCES jobs(number),
  position INTEGER NOT NULL,
  cid TEXT NOT NULL,
  PRIMARY KEY(job_number, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_cids_by_cid ON job_cids(cid, job_number);

CREATE VIEW job_customers(job_id, cid, position) AS
  SELECT jobs.job_id, job_cids.cid, job_cids.position
  FROM job_cids JOIN jobs ON jobs.number = job_cids.job_number;

CREATE TABLE job_events(
  number INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL,
  earlier_job_id TEXT,
  kind TEXT NOT NULL,
  event_seq INTEGER,
  occurred_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  actor TEXT NOT NULL,
  incarnation INTEGER,
  verdict TEXT NOT NULL,
  detail TEXT,
  status TEXT NOT NULL,
  http_status INTEGER,
  failure_reason TEXT,
  effect TEXT,
  error_message TEXT,
  outcome_source TEXT,
  conflict INTEGER NOT NULL DEFAULT 0,
  content_digest BLOB,
  cids_digest BLOB,
  cid_count INTEGER
) STRICT;
CREATE INDEX job_events_by_job ON job_events(job_id, event_seq);
CREATE INDEX job_events_by_earlier_job ON job_events(earlier_job_id)
  WHERE earlier_job_id IS NOT NULL;

CREATE TABLE audit_events(
  number INTEGER PRIMARY KEY,
  occurred_at TEXT NOT NULL,
  user_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT,
  source_ip TEXT,
  success INTEGER NOT NULL,
  detail TEXT
) STRICT;

CREATE TRIGGER job_events_no_update BEFORE UPDATE ON job_events
BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER job_events_no_delete BEFORE DELETE ON job_events
BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;

CREATE TABLE job_stats(
  level TEXT NOT NULL,
  bucket_start TEXT NOT NULL,
  cluster TEXT NOT NULL,
  action_code INTEGER NOT NULL,
  status TEXT NOT NULL,
  failure_reason TEXT NOT NULL,
  effect TEXT NOT NULL,
)sql" TMS_STATS_COLUMNS R"sql(
  PRIMARY KEY(level, bucket_start, cluster, action_code, status, failure_reason, effect)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_user_stats(
  level TEXT NOT NULL,
  user_id TEXT NOT NULL,
  bucket_start TEXT NOT NULL,
  cluster TEXT NOT NULL,
  action_code INTEGER NOT NULL,
  status TEXT NOT NULL,
  failure_reason TEXT NOT NULL,
  effect TEXT NOT NULL,
)sql" TMS_STATS_COLUMNS R"sql(
  PRIMARY KEY(level, user_id, bucket_start, cluster, action_code, status, failure_reason, effect)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_meta(
  key TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// The hash chain; a bound on what refused events may add to the history; audit records of others.
constexpr char kVersion2[] = R"sql(
DROP TRIGGER job_events_no_update;
DROP TRIGGER audit_events_no_update;
ALTER TABLE job_events ADD COLUMN salt BLOB;
ALTER TABLE job_events ADD COLUMN salted_digest BLOB;
ALTER TABLE job_events ADD COLUMN hash BLOB;
ALTER TABLE audit_events ADD COLUMN salt BLOB;
ALTER TABLE audit_events ADD COLUMN salted_digest BLOB;
ALTER TABLE audit_events ADD COLUMN hash BLOB;
ALTER TABLE audit_events ADD COLUMN error_message TEXT;
ALTER TABLE audit_events ADD COLUMN elapsed_ms INTEGER;
ALTER TABLE audit_events ADD COLUMN record_key TEXT;
ALTER TABLE audit_events ADD COLUMN cids_digest BLOB;
ALTER TABLE audit_events ADD COLUMN cid_count INTEGER;
CREATE INDEX audit_events_by_time ON audit_events(occurred_at);
CREATE INDEX audit_events_by_user ON audit_events(user_id, occurred_at);
CREATE UNIQUE INDEX audit_events_by_key ON audit_events(record_key) WHERE record_key IS NOT NULL;
CREATE TABLE audit_cids(
  audit_number INTEGER NOT NULL REFERENCES audit_events(number),
  position INTEGER NOT NULL,
  cid TEXT NOT NULL,
  PRIMARY KEY(audit_number, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_cids_by_cid ON audit_cids(cid, audit_number);
CREATE TABLE job_refusals(
  job_id TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";
constexpr char kAppendOnlyAgain[] = R"sql(
CREATE TRIGGER job_events_no_update BEFORE UPDATE ON job_events
BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
)sql";

constexpr char kInsertChainId[] = "INSERT INTO ledger_meta(key, value) VALUES('chain_id', ?1)";
constexpr char kLinkJobEvent[] =
    "UPDATE job_events SET salt = ?2, salted_digest = ?3, hash = ?4 WHERE number = ?1";
constexpr char kLinkAuditEvent[] =
    "UPDATE audit_events SET salt = ?2, salted_digest = ?3, hash = ?4 WHERE number = ?1";
constexpr size_t kChainIdBytes = 16;

struct ChainedTable {
  const HistoryTable& table;
  const char* update_sql;
};

// Links the rows of both tables from `head` on that follow it without a gap.
absl::Status LinkRows(sqlite::Connection& connection, const std::string& chain_id,
                      const ChainedTable& chained, ChainHead& head) {
  for (;;) {
    std::string content;
    const auto read = [&](const sqlite::Row& row) {
      content = EncodeContent(chained.table, row);
      return row.Int(0);
    };
    TMS_ASSIGN_OR_RETURN(
        const std::optional<int64_t> number,
        connection.ReadOne(chained.table.select_sql(), read, head.number, int64_t{1}));
    if (number != head.number + 1) return absl::OkStatus();
    const ChainLink link = MakeLink(chain_id, head, content);
    TMS_RETURN_IF_ERROR(
        connection.Run(chained.update_sql, link.number, link.salt, link.salted_digest, link.hash));
    head = {.number = link.number, .hash = link.hash.bytes};
  }
}

// Version 1 numbered both tables without gaps. Where a row is missing somebody has removed it: such
// a file is not chained over, which would hide that.
absl::Status ChainRows(sqlite::Connection& connection) {
  const std::string chain_id = HexEncode(RandomBytes(kChainIdBytes));
  TMS_RETURN_IF_ERROR(connection.Run(kInsertChainId, chain_id));
  const ChainedTable tables[] = {{JobEventsTable(), kLinkJobEvent},
                                 {AuditEventsTable(), kLinkAuditEvent}};
  ChainHead head;
  for (int64_t before = -1; before != head.number;) {
    before = head.number;
    for (const ChainedTable& chained : tables) {
      TMS_RETURN_IF_ERROR(LinkRows(connection, chain_id, chained, head));
    }
  }
  TMS_ASSIGN_OR_RETURN(const ChainHead last, ReadChainHead(connection));
  if (last.number != head.number) {
    return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                      "the history has no row " + std::to_string(head.number + 1) +
                          ", but later ones: rows have been removed");
  }
  return connection.RunScript(kAppendOnlyAgain);
}

// What the replaced system's files and queries need.
constexpr char kVersion3[] = R"sql(
DROP VIEW job_customers;
CREATE VIEW job_customers(id, job_id, cid, position) AS
  SELECT job_cids.position, jobs.job_id, job_cids.cid, job_cids.position
  FROM job_cids JOIN jobs ON jobs.number = job_cids.job_number;
CREATE TABLE legacy_values(
  source TEXT NOT NULL,
  row_id INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  why TEXT NOT NULL,
  literal TEXT NOT NULL,
  PRIMARY KEY(source, row_id, column_name, why)
) STRICT, WITHOUT ROWID;
)sql";

constexpr sqlite::Migration kMigrations[] = {{kVersion1}, {kVersion2, ChainRows}, {kVersion3}};

}  // namespace

const sqlite::Schema& LedgerSchema() {
  static const sqlite::Schema schema{
      .application_id = kApplicationId, .what = "ledger database", .migrations = kMigrations};
  return schema;
}

}  // namespace tms::ledger
