#include "common/sqlite/reader_pool.h"

#include <utility>

#include "common/base/status.h"

namespace tms::sqlite {

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Open(const std::string& path, int size) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool());
  for (int i = 0; i < size; ++i) {
    TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, OpenMode::kReadOnly));
    TMS_RETURN_IF_ERROR(connection->SetUpReader());
    pool->GiveBack(std::move(connection));
  }
  return pool;
}

absl::Status ReaderPool::Read(const std::function<absl::Status(Connection&)>& read) {
  std::unique_ptr<Connection> connection = Borrow();
  absl::Status status = connection->Run("BEGIN");
  if (status.ok()) {
    status = read(*connection);
    status.Update(connection->Run("COMMIT"));
  }
  if (connection->in_transaction()) connection->Run("ROLLBACK").IgnoreError();
  GiveBack(std::move(connection));
  return status;
}

std::unique_ptr<Connection> ReaderPool::Borrow() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &ReaderPool::HasIdle));
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace tms::sqlite
