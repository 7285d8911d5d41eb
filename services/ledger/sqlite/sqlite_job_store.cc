#include "services/ledger/sqlite/sqlite_job_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/runtime/logging.h"
#include "common/sqlite/errors.h"
#include "services/ledger/sqlite/file_look.h"
#include "services/ledger/sqlite/owner_identities.h"
#include "services/ledger/sqlite/schema.h"
#include "services/ledger/sqlite/sqlite_reads.h"
#include "services/ledger/sqlite/sqlite_rows.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;

constexpr size_t kPageTokenKeyBytes = 32;

constexpr char kInsertMeta[] = "INSERT OR IGNORE INTO ledger_meta(key, value) VALUES(?1, ?2)";
// Takes as much room in the log as some events do.
constexpr char kWriteProbe[] =
    "INSERT OR REPLACE INTO ledger_meta(key, value) VALUES('probe', zeroblob(?1))";
constexpr int kProbeBytes = 64 << 10;
constexpr char kSelectMeta[] = "SELECT value FROM ledger_meta WHERE key = ?1";

// A write that carries its result from the writer's transaction to `done`.
template <typename Result, typename Write>
class StoreWrite final : public sqlite::WriteItem {
 public:
  StoreWrite(size_t weight, Write write, std::function<void(absl::StatusOr<Result>)> done)
      : weight_(weight), write_(std::move(write)), done_(std::move(done)) {}

  size_t weight() const override { return weight_; }
  absl::Status Apply(Connection& connection) override {
    result_ = write_(connection);
    return result_.status();
  }
  void Finish(const absl::Status& status) override {
    if (!status.ok()) result_ = status;
    done_(std::move(result_));
  }

 private:
  const size_t weight_;
  const Write write_;
  const std::function<void(absl::StatusOr<Result>)> done_;
  absl::StatusOr<Result> result_ = absl::UnknownError("not applied");
};

// What a new database gets once: the secret of its page tokens, its birth, and a name that no
// other copy of the ledger has.
absl::Status MakeMeta(Connection& connection, absl::Time now) {
  const sqlite::Blob key{RandomBytes(kPageTokenKeyBytes)};
  TMS_RETURN_IF_ERROR(connection.Run("BEGIN IMMEDIATE"));
  TMS_RETURN_IF_ERROR(connection.Run(kInsertMeta, "page_token_key", key));
  TMS_RETURN_IF_ERROR(connection.Run(kInsertMeta, "created_at", FormatTimestamp(now)));
  TMS_RETURN_IF_ERROR(connection.Run(kInsertMeta, "epoch", NewUuidV7(now)));
  return connection.Run("COMMIT");
}

StoreState StateAfter(const absl::Status& status) {
  if (status.ok()) return StoreState::kWritable;
  if (Reason(status) == sqlite::kReasonFull) return StoreState::kFull;
  return sqlite::KindOf(status) == sqlite::ErrorKind::kRetry ? StoreState::kWritable
                                                             : StoreState::kBroken;
}

absl::StatusOr<std::string> ReadMeta(Connection& connection, const char* key) {
  const auto read = [](const sqlite::Row& row) { return row.Text(0); };
  TMS_ASSIGN_OR_RETURN(const auto value, connection.ReadOne(kSelectMeta, read, key));
  if (!value.has_value() || value->empty()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                      "the database has lost its " + std::string(key));
  }
  return *value;
}

absl::StatusOr<std::string> ReadPageTokenKey(Connection& connection) {
  TMS_ASSIGN_OR_RETURN(std::string key, ReadMeta(connection, "page_token_key"));
  if (key.size() != kPageTokenKeyBytes) {
    return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                      "the key of the database's page tokens is not one");
  }
  return key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteJobStore>> SqliteJobStore::Open(Options options,
                                                                     const Clock& clock) {
  std::unique_ptr<SqliteJobStore> store(new SqliteJobStore(clock));
  const std::string& path = options.path;
  TMS_ASSIGN_OR_RETURN(store->lock_, sqlite::LockFile::Acquire(sqlite::LockPathOf(path)));
  TMS_RETURN_IF_ERROR(LookAtFile(path, options.check, options.judge));
  TMS_ASSIGN_OR_RETURN(store->migration_report_, MigrateLegacy(path, options.migration, clock));
  TMS_ASSIGN_OR_RETURN(const int version, sqlite::CheckVersion(path, LedgerSchema()));
  TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, sqlite::OpenMode::kCreateOrWrite));
  TMS_RETURN_IF_ERROR(connection->SetUpWriter());
  // A process whose sync failed may have left commits in the log that are readable and on no disk.
  // Nothing of them is signed, shown or answered REPLAYED before they are in the synced file.
  TMS_ASSIGN_OR_RETURN(const bool emptied, connection->EmptyLog());
  if (!emptied) log::Warning("LEDGER", "log_not_emptied", {{"db", path}});
  TMS_ASSIGN_OR_RETURN(store->backup_path_,
                       sqlite::Migrate(*connection, path, version, LedgerSchema(), clock.Now()));
  if (store->backup_path_) TMS_RETURN_IF_ERROR(CheckDatabase(*connection, path, options.check));
  TMS_RETURN_IF_ERROR(MakeMeta(*connection, clock.Now()));
  if (!options.owner_identities.empty()) {
    TMS_RETURN_IF_ERROR(ReleaseOwners(*connection, options.owner_identities));
  }
  TMS_ASSIGN_OR_RETURN(store->page_token_key_, ReadPageTokenKey(*connection));
  TMS_ASSIGN_OR_RETURN(store->epoch_, ReadMeta(*connection, "epoch"));
  TMS_ASSIGN_OR_RETURN(std::string chain_id, ReadChainId(*connection));
  TMS_ASSIGN_OR_RETURN(const ChainHead head, ReadChainHead(*connection));
  if (options.on_append) options.on_append(chain_id, head);
  store->hook_.Begin(std::move(chain_id), std::move(options.on_append));
  store->writer_ = std::make_unique<sqlite::GroupCommitWriter>(
      std::move(connection),
      sqlite::GroupCommitWriter::Options{
          .hook = &store->hook_,
          .on_group =
              [state = &store->state_](const absl::Status& status) { *state = StateAfter(status); },
          .on_failure = std::move(options.on_failure)});
  TMS_ASSIGN_OR_RETURN(store->readers_, sqlite::ReaderPool::Open(path, options.reader_count));
  return store;
}

void SqliteJobStore::WriterHook::AddChanges(std::vector<JobChange> changes) {
  std::move(changes.begin(), changes.end(), std::back_inserter(changes_));
}

void SqliteJobStore::WriterHook::SetListener(ChangeListener listener) {
  absl::MutexLock lock(&listener_mutex_);
  listener_ = std::move(listener);
}

void SqliteJobStore::WriterHook::AfterCommit() {
  deltas_.Clear();
  if (on_append_ && chain_->head()) on_append_(chain_->chain_id(), *chain_->head());
  std::vector<JobChange> changes;
  changes.swap(changes_);
  absl::MutexLock lock(&listener_mutex_);
  if (listener_ && !changes.empty()) listener_(std::move(changes));
}

template <typename Result, typename Write>
void SqliteJobStore::Submit(size_t weight, Write write,
                            std::function<void(absl::StatusOr<Result>)> done) {
  const auto in_context = [this, write = std::move(write)](Connection& connection) {
    StatsDeltas deltas;
    std::vector<JobChange> changes;
    WriteContext context{connection, deltas, hook_.chain(), changes, clock_.Now()};
    auto result = write(context);
    // Only now: what a failed item has counted and appended must go with the rest of it.
    if (result.ok()) {
      hook_.deltas().Add(deltas);
      hook_.AddChanges(std::move(changes));
    } else {
      hook_.chain().Forget();
    }
    return result;
  };
  using Item = StoreWrite<Result, decltype(in_context)>;
  writer_->Submit(std::make_unique<Item>(weight, in_context, std::move(done)));
}

template <typename Result, typename Read>
absl::StatusOr<Result> SqliteJobStore::ReadWith(Read read) {
  absl::StatusOr<Result> result = absl::UnknownError("not read");
  const absl::Status status = readers_->Read([&](Connection& connection) {
    result = read(connection);
    return result.status();
  });
  if (!status.ok()) return status;
  return result;
}

void SqliteJobStore::Record(OwnerEvent event, RecordDone done) {
  const auto* start = std::get_if<JobStart>(&event.fact);
  const size_t weight = 1 + (start == nullptr ? 0 : start->cids.size());
  auto prepared = std::make_shared<const PreparedEvent>(Prepare(std::move(event)));
  Submit<RecordResult>(
      weight, [prepared](WriteContext& context) { return RecordEvent(context, *prepared); },
      std::move(done));
}

void SqliteJobStore::Presume(std::string job_id, std::string message, UpdateDone done) {
  const auto presume = [job_id = std::move(job_id), message = std::move(message)](
                           WriteContext& context) { return PresumeJob(context, job_id, message); };
  Submit<Job>(1, presume, std::move(done));
}

void SqliteJobStore::Settle(OwnerSettlement settlement, SettleDone done) {
  const auto weight = static_cast<size_t>(settlement.limit);
  const auto settle = [settlement = std::move(settlement)](WriteContext& context) {
    return SettleJobs(context, settlement);
  };
  Submit<SettledJobs>(weight, settle, std::move(done));
}

void SqliteJobStore::Resolve(Resolution resolution, UpdateDone done) {
  const auto resolve = [resolution = std::move(resolution)](WriteContext& context) {
    return ResolveJob(context, resolution);
  };
  Submit<Job>(1, resolve, std::move(done));
}

absl::StatusOr<Job> SqliteJobStore::GetJob(const std::string& job_id, bool full) {
  return ReadWith<Job>([&](Connection& connection) -> absl::StatusOr<Job> {
    TMS_ASSIGN_OR_RETURN(Job job, GetJobRow(connection, job_id));
    if (full) TMS_RETURN_IF_ERROR(AddFullView(connection, job));
    return job;
  });
}

absl::StatusOr<JobPage> SqliteJobStore::ListJobs(const JobFilter& filter, JobOrder order,
                                                 std::optional<JobKey> after, int limit) {
  return ReadWith<JobPage>(
      [&](Connection& connection) { return ReadJobPage(connection, filter, order, after, limit); });
}

absl::StatusOr<HistoryPage> SqliteJobStore::ListEvents(const std::string& job_id,
                                                       std::optional<int64_t> after, int limit) {
  return ReadWith<HistoryPage>(
      [&](Connection& connection) { return ReadHistory(connection, job_id, after, limit); });
}

absl::StatusOr<CustomerPage> SqliteJobStore::ListCustomers(const std::string& job_id,
                                                           std::optional<int64_t> after,
                                                           int limit) {
  return ReadWith<CustomerPage>(
      [&](Connection& connection) { return ReadCustomers(connection, job_id, after, limit); });
}

absl::StatusOr<std::vector<StatsRow>> SqliteJobStore::GetStats(const StatsQuery& query, int limit) {
  return ReadWith<std::vector<StatsRow>>(
      [&](Connection& connection) { return ReadStats(connection, query, limit); });
}

absl::StatusOr<HistoryPosition> SqliteJobStore::LastPosition() {
  return ReadWith<HistoryPosition>(ReadLastPosition);
}

absl::StatusOr<bool> SqliteJobStore::HasPosition(const HistoryPosition& position) {
  return ReadWith<bool>([&](Connection& connection) { return FindPosition(connection, position); });
}

absl::StatusOr<ChangePage> SqliteJobStore::ListChanges(const JobFilter& filter, int64_t after,
                                                       int limit) {
  return ReadWith<ChangePage>(
      [&](Connection& connection) { return ReadChanges(connection, filter, after, limit); });
}

void SqliteJobStore::Probe() {
  const auto write = [](WriteContext& context) -> absl::StatusOr<bool> {
    TMS_RETURN_IF_ERROR(context.connection.Run(kWriteProbe, kProbeBytes));
    return true;
  };
  Submit<bool>(1, write, [](const absl::StatusOr<bool>&) {});
}

void SqliteJobStore::SetChangeListener(ChangeListener listener) {
  hook_.SetListener(std::move(listener));
}

void SqliteJobStore::RecordAudit(AuditRecord record, AuditDone done) {
  const size_t weight = 1 + record.customer_ids.size();
  const auto append = [record = std::move(record)](WriteContext& context) {
    return RecordAuditRow(context, record);
  };
  Submit<AuditResult>(weight, append, std::move(done));
}

absl::StatusOr<AuditPage> SqliteJobStore::ListAudit(const AuditFilter& filter,
                                                    std::optional<AuditKey> after, int limit) {
  return ReadWith<AuditPage>(
      [&](Connection& connection) { return ReadAuditPage(connection, filter, after, limit); });
}

absl::StatusOr<std::vector<OpenJob>> SqliteJobStore::ListOpenJobs() {
  return ReadWith<std::vector<OpenJob>>(ReadOpenJobs);
}

}  // namespace tms::ledger
