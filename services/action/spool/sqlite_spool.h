// The spool in one SQLite file; docs/on-disk.md describes it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/sqlite/group_commit_writer.h"
#include "services/action/spool/held_room.h"
#include "services/action/spool/spool.h"

namespace tms::action {

// Owned by main. One thread does everything that touches the file, writes in groups; nobody else
// can open the file meanwhile. Destroying it writes what waits; coroutines that wait must be gone
// by then.
class SqliteSpool final : public Spool {
 public:
  struct Options {
    std::string path;
    // How many bytes of outcomes must fit on the disk whatever others do to it.
    int64_t outcome_bytes = 1 << 20;
    // Called once, on the spool's thread, when the file can't be written any more: the process
    // should end, and find out after a restart what is on the disk.
    std::function<void(const absl::Status&)> on_failure;
    // There must be a file: this instance has had one before.
    bool expected = false;
    // Which start of this instance this is, and which one the file must have seen.
    int64_t start = 0;
    int64_t expected_start = 0;
    // Go on without what is lost; the log says what it is.
    bool accept_loss = false;
    std::string vfs = "";  // SQLite's default; tests have others
  };

  // The caller has seen to it that no other process has the file. FAILED_PRECONDITION: the file is
  // not a spool or of a newer version. DATA_LOSS: it is damaged or missing. It is then left as it
  // is.
  static absl::StatusOr<std::unique_ptr<SqliteSpool>> Open(Options options, const Clock& clock);

  boost::asio::awaitable<absl::Status> Put(std::vector<EventMessage> events) override;
  boost::asio::awaitable<absl::StatusOr<std::vector<SpooledEvent>>> Next(int64_t after,
                                                                         size_t max_bytes) override;
  boost::asio::awaitable<absl::StatusOr<std::optional<ledger::v1::JobEvent>>> FindStart(
      std::string job_id) override;
  boost::asio::awaitable<absl::StatusOr<std::optional<SpooledRequest>>> FindRequest(
      std::string user_id, std::string request_id) override;
  boost::asio::awaitable<absl::Status> RemoveStart(std::string job_id) override;
  boost::asio::awaitable<absl::Status> RemoveJob(std::string job_id) override;
  boost::asio::awaitable<absl::Status> Bury(EventMessage event, std::string verdict,
                                            std::string detail) override;
  boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> ListDeadLetters(
      int64_t after, int limit) override;
  boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> Revive(int64_t position) override;
  boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> Drop(int64_t position) override;
  boost::asio::awaitable<absl::Status> HoldRoom() override;
  SpoolUsage usage() const override;

  // The start that the file says was the last to use it: this one, or an earlier one if the disk
  // was full.
  int64_t last_start() const { return last_start_; }

 private:
  explicit SqliteSpool(const Clock& clock) : clock_(clock) {}

  // `work(connection, change)` on the writer's thread, in a transaction; what it changes is counted
  // if that is committed. `weight` in KiB.
  template <typename Result, typename Work>
  boost::asio::awaitable<Result> Run(size_t weight, Work work);

  absl::Status LoadUsage(sqlite::Connection& connection);
  void Count(const SpoolUsage& change);
  // On the writer's thread.
  absl::Status Hold(int64_t more);
  absl::Status InsertEvent(sqlite::Connection& connection, const ledger::v1::JobEvent& event,
                           SpoolUsage& change);

  const Clock& clock_;
  int64_t last_start_ = 0;
  mutable absl::Mutex mutex_;
  SpoolUsage usage_ ABSL_GUARDED_BY(mutex_);
  // Of the writer's thread. Positions are never used twice while the process lives: a reader's
  // place stays valid when the table has become empty.
  int64_t next_position_ = 1;

  // In the order in which they must be made; they go in the reverse order.
  std::unique_ptr<HeldRoom> room_;
  std::unique_ptr<sqlite::GroupCommitWriter> writer_;
};

}  // namespace tms::action
