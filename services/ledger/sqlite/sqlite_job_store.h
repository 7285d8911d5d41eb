// JobStore in one SQLite file, embedded in the ledger's process; docs/on-disk.md describes the
// file.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/sqlite/group_commit_writer.h"
#include "common/sqlite/lock_file.h"
#include "common/sqlite/reader_pool.h"
#include "services/ledger/file_history.h"
#include "services/ledger/job_store.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/legacy_migration.h"
#include "services/ledger/sqlite/sqlite_stats.h"
#include "services/ledger/sqlite/sqlite_writes.h"
#include "services/ledger/sqlite/startup_check.h"

namespace tms::ledger {

// Owned by main. Writes go through one thread in groups, reads run on the caller's thread on a
// connection of a small pool. Destroying it writes what waits.
class SqliteJobStore final : public JobStore {
 public:
  struct Options {
    std::string path;
    // Each takes up to 16 MiB of cache; more than threads that read are of no use.
    int reader_count = 4;
    // What to do about a file of the replaced system.
    MigrationOptions migration;
    StartupCheck check = StartupCheck::kQuick;
    // Identities that may speak for owners. Those of others are taken from them (see
    // owner_identities.h); empty: nobody's are.
    std::vector<std::string> owner_identities = {};
    // May refuse the file before a byte of it is changed. May be empty.
    HistoryJudge judge;
    // Called on the writer's thread when the file can't be written any more: the process should
    // end, and find out after a restart what is on the disk.
    std::function<void(const absl::Status&)> on_failure;
    // Called when the store is open and after each commit with the end of the history's chain as it
    // is then on the disk, on the writer's thread: must not block. May be empty.
    std::function<void(const std::string& chain_id, const ChainHead& head)> on_append;
  };

  // Takes the lock, migrates (also a file of the replaced system, see legacy_migration.h), opens.
  // FAILED_PRECONDITION if another process has the file, or the file is not a ledger's or of a
  // newer version (it is then left as it is). DATA_LOSS if the check finds it damaged. As `judge`
  // does.
  static absl::StatusOr<std::unique_ptr<SqliteJobStore>> Open(Options options, const Clock& clock);

  // The copy that was made before a migration, if one was.
  const std::optional<std::string>& backup_path() const { return backup_path_; }
  // What became of a file of the replaced system, if it was one.
  const std::optional<MigrationReport>& migration_report() const { return migration_report_; }

  void Record(OwnerEvent event, RecordDone done) override;
  void Presume(std::string job_id, std::string message, UpdateDone done) override;
  void Settle(OwnerSettlement settlement, SettleDone done) override;
  void Resolve(Resolution resolution, UpdateDone done) override;
  absl::StatusOr<Job> GetJob(const std::string& job_id, bool full) override;
  absl::StatusOr<JobPage> ListJobs(const JobFilter& filter, JobOrder order,
                                   std::optional<JobKey> after, int limit) override;
  absl::StatusOr<HistoryPage> ListEvents(const std::string& job_id, std::optional<int64_t> after,
                                         int limit) override;
  absl::StatusOr<CustomerPage> ListCustomers(const std::string& job_id,
                                             std::optional<int64_t> after, int limit) override;
  absl::StatusOr<std::vector<StatsRow>> GetStats(const StatsQuery& query, int limit) override;
  absl::StatusOr<HistoryPosition> LastPosition() override;
  absl::StatusOr<bool> HasPosition(const HistoryPosition& position) override;
  absl::StatusOr<ChangePage> ListChanges(const JobFilter& filter, int64_t after,
                                         int limit) override;
  void SetChangeListener(ChangeListener listener) override;
  StoreState State() const override { return state_; }
  void Probe() override;
  std::string Epoch() const override { return epoch_; }
  void RecordAudit(AuditRecord record, AuditDone done) override;
  absl::StatusOr<AuditPage> ListAudit(const AuditFilter& filter, std::optional<AuditKey> after,
                                      int limit) override;
  absl::StatusOr<std::vector<OpenJob>> ListOpenJobs() override;
  std::string PageTokenKey() const override { return page_token_key_; }

 private:
  // Writes the counters that a group has changed, announces the changes when they are on disk; lets
  // the chain go back with what was undone.
  class WriterHook final : public sqlite::GroupHook {
   public:
    StatsDeltas& deltas() { return deltas_; }
    HistoryChain& chain() { return *chain_; }
    void Begin(std::string chain_id, decltype(Options::on_append) on_append) {
      chain_.emplace(std::move(chain_id));
      on_append_ = std::move(on_append);
    }
    absl::Status BeforeCommit(sqlite::Connection& connection) override {
      return deltas_.Flush(connection);
    }
    void AddChanges(std::vector<JobChange> changes);
    void SetListener(ChangeListener listener);
    void AfterCommit() override;
    void AfterRollback() override {
      deltas_.Clear();
      changes_.clear();
      chain_->Forget();
    }

   private:
    StatsDeltas deltas_;
    std::vector<JobChange> changes_;
    absl::Mutex listener_mutex_;
    ChangeListener listener_ ABSL_GUARDED_BY(listener_mutex_);
    std::optional<HistoryChain> chain_;
    decltype(Options::on_append) on_append_;
  };

  explicit SqliteJobStore(const Clock& clock) : clock_(clock) {}

  // Queues `write(context)`, whose result `done` hears after the commit.
  template <typename Result, typename Write>
  void Submit(size_t weight, Write write, std::function<void(absl::StatusOr<Result>)> done);

  // Runs `read(connection)` on a connection of the pool.
  template <typename Result, typename Read>
  absl::StatusOr<Result> ReadWith(Read read);

  const Clock& clock_;
  std::optional<std::string> backup_path_;
  std::optional<MigrationReport> migration_report_;
  std::string page_token_key_;
  std::string epoch_;
  std::atomic<StoreState> state_ = StoreState::kWritable;

  // In the order in which they must be made; they go in the reverse order.
  std::unique_ptr<sqlite::LockFile> lock_;
  WriterHook hook_;
  std::unique_ptr<sqlite::GroupCommitWriter> writer_;
  std::unique_ptr<sqlite::ReaderPool> readers_;
};

}  // namespace tms::ledger
