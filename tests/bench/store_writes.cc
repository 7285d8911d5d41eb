#include "tests/bench/store_writes.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/time_text.h"
#include "common/sqlite/connection.h"
#include "services/ledger/sqlite/schema.h"
#include "tests/bench/bench_store.h"
#include "tests/bench/made_up_jobs.h"
#include "tests/bench/meter.h"

namespace tms::ledger {
namespace {

// What the rows cost by themselves: the same tables and indexes, nothing looked up, nothing
// decided, no counters.
class PlainWriter {
 public:
  explicit PlainWriter(const std::string& path) {
    auto connection = sqlite::Connection::Open(path, sqlite::OpenMode::kCreateOrWrite);
    Check(connection.status());
    connection_ = *std::move(connection);
    Check(connection_->SetUpWriter());
    Check(sqlite::Migrate(*connection_, path, 0, LedgerSchema(), absl::Now()).status());
  }

  void Write(const std::vector<OwnerEvent>& events, int group) {
    for (size_t i = 0; i < events.size(); ++i) {
      if (i % group == 0) Check(connection_->Run("BEGIN IMMEDIATE"));
      WriteOne(events[i]);
      if ((i + 1) % group != 0 && i + 1 != events.size()) continue;
      Check(connection_->Run("COMMIT"));
      if (connection_->wal_frames() > 4'000) Check(connection_->Checkpoint());
    }
  }

 private:
  void WriteOne(const OwnerEvent& event) {
    static constexpr char kJob[] =
        "INSERT INTO jobs(job_id, created_at, user_id, status, action_code, action_name, cluster, "
        "batch_id, updated_at, timeout_ms, customer_count, owner, incarnation, cluster_url, "
        "request_payload) VALUES(?1, ?2, ?3, 'IN_PROGRESS', ?4, ?5, ?6, ?7, ?2, 30000, 2, ?8, 1, "
        "?9, '{\"action\": \"T-Enable\", \"cids\": "
        "[\"0123456789abcdef0123456710000000\", \"0123456789abcdef0123456710000000\"]}')";
    static constexpr char kCid[] = "INSERT INTO job_cids VALUES(?1, ?2, ?3)";
    static constexpr char kEnd[] =
        "UPDATE jobs SET status = ?2, http_status = ?3, failure_reason = ?4, effect = ?5, "
        "error_message = ?6, outcome_source = 'TOLD', updated_at = ?7, finished_at = ?7, "
        "elapsed_ms = 1000, response_summary = ?8, version = 2 WHERE job_id = ?1";
    static constexpr char kEvent[] =
        "INSERT INTO job_events(job_id, kind, event_seq, occurred_at, recorded_at, actor, "
        "incarnation, verdict, status, content_digest, cids_digest, cid_count) "
        "VALUES(?1, ?2, ?3, ?4, ?4, 'action-1', 1, 'APPLIED', 'SUCCESS', zeroblob(32), "
        "zeroblob(32), 2)";
    const std::string time = FormatTimestamp(event.occurred_at);
    if (const auto* start = std::get_if<JobStart>(&event.fact)) {
      const auto batch = start->batch_id.empty() ? std::nullopt : std::optional(start->batch_id);
      Check(connection_->Run(kJob, event.job_id, time, start->user_id, start->action_code,
                             start->action_name, start->cluster, batch, event.owner,
                             start->cluster_url));
      const int64_t number = connection_->last_row_id();
      int position = 0;
      for (const std::string& cid : start->cids) {
        Check(connection_->Run(kCid, number, ++position, cid));
      }
    } else {
      const auto& finish = std::get<JobFinish>(event.fact);
      const std::string reason(ToWord(finish.outcome.failure_reason));
      Check(connection_->Run(
          kEnd, event.job_id, ToWord(finish.outcome.status), finish.outcome.http_status,
          reason.empty() ? std::nullopt : std::optional(reason), ToWord(finish.outcome.effect),
          finish.outcome.error_message, time, finish.response_summary));
    }
    Check(connection_->Run(kEvent, event.job_id, "STARTED", event.event_seq, time));
  }

  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace

void MeasureWrites(const std::string& dir, size_t event_count) {
  for (const int in_flight : {64, 512}) {
    const std::string name = dir + "/write-" + std::to_string(in_flight);
    const auto events = [&] {
      MadeUpJobs jobs(absl::Now(), absl::Milliseconds(5));
      return MakeEvents(jobs, event_count / 2, 1'000);
    };
    const std::string bound = std::to_string(in_flight);
    {
      const auto store = OpenStore(name + "-store.db");
      std::vector<OwnerEvent> all = events();
      const Meter meter;
      RecordAll(*store, std::move(all), in_flight);
      meter.Print("store, " + bound + " in flight", event_count);
    }
    {
      PlainWriter writer(name + "-plain.db");
      const std::vector<OwnerEvent> all = events();
      const Meter meter;
      writer.Write(all, in_flight);
      meter.Print("plain, " + bound + " a commit", event_count);
    }
  }
}

}  // namespace tms::ledger
