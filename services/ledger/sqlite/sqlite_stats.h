// Counters of jobs that have ended, kept in the transaction that ends them. For the SQLite store
// alone.
//
// Jobs IN_PROGRESS are not counted but read from their index when somebody asks: they are as few as
// calls can be in flight, and so a start need not write any counter.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/job.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// What one group of writes changes in the counters. Used on the writer's thread only.
class StatsDeltas {
 public:
  // Adds (`count` 1) or takes back (-1) a job that has ended; one IN_PROGRESS is passed over.
  void Count(const Job& job, int count);
  void Add(const StatsDeltas& other);

  // Writes what has been counted since the last Clear.
  absl::Status Flush(sqlite::Connection& connection) const;
  void Clear() { cells_.clear(); }

 private:
  struct Key {
    std::string user_id;
    std::string start;  // the time, cut to the hour
    std::string cluster;
    int action_code = 0;
    JobStatus status = JobStatus::kInProgress;
    FailureReason failure_reason = FailureReason::kNone;
    Effect effect = Effect::kUnspecified;

    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Cell {
    int64_t job_count = 0;
    int64_t timed_job_count = 0;
    int64_t elapsed_ms_sum = 0;
    std::array<int64_t, kDurationCells> durations{};

    void Add(const Cell& other);
  };
  using Cells = std::map<Key, Cell>;

  // Cells of larger buckets: times cut to `start_size` characters, users apart or together.
  static Cells RollUp(const Cells& cells, size_t start_size, bool keep_user);
  static absl::Status Write(sqlite::Connection& connection, std::string_view level, bool keep_user,
                            const Key& key, const Cell& cell);

  Cells cells_;
};

// JobStore::GetStats.
absl::StatusOr<std::vector<StatsRow>> ReadStats(sqlite::Connection& connection,
                                                const StatsQuery& query, int limit);

}  // namespace tms::ledger
