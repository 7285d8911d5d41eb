// A fixed number of read-only connections that threads borrow for one call each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/sqlite/connection.h"

namespace tms::sqlite {

// Thread-safe. The writer must be open first: it makes the files that readers share.
class ReaderPool {
 public:
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Open(const std::string& path, int size);

  // Runs `read` inside one read transaction, so that all of its statements see the same moment.
  // Waits while every connection is in use. A transaction that is kept open lets the WAL grow:
  // `read` must not wait for anybody.
  absl::Status Read(const std::function<absl::Status(Connection&)>& read);

 private:
  ReaderPool() = default;

  std::unique_ptr<Connection> Borrow();
  void GiveBack(std::unique_ptr<Connection> connection);
  bool HasIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !idle_.empty(); }

  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::sqlite
