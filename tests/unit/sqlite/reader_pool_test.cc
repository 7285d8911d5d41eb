#include "common/sqlite/reader_pool.h"

#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

class ReaderPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = dir_.File("test.db");
    writer_ = Connection::Open(path, OpenMode::kCreateOrWrite).value();
    ASSERT_TRUE(writer_->SetUpWriter().ok());
    ASSERT_TRUE(writer_->RunScript("CREATE TABLE t(x); INSERT INTO t VALUES(1)").ok());
    pool_ = ReaderPool::Open(path, 1).value();
  }

  static int64_t Count(Connection& connection) {
    return connection.ReadInt("SELECT count(*) FROM t").value_or(-1);
  }

  TempDir dir_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<ReaderPool> pool_;
};

TEST_F(ReaderPoolTest, OneReadSeesOneMoment) {
  const auto read = [&](Connection& connection) {
    EXPECT_EQ(Count(connection), 1);
    EXPECT_TRUE(writer_->Run("INSERT INTO t VALUES(2)").ok());
    EXPECT_EQ(Count(connection), 1);
    return absl::OkStatus();
  };
  EXPECT_TRUE(pool_->Read(read).ok());
}

TEST_F(ReaderPoolTest, NextReadSeesWhatWasCommitted) {
  ASSERT_TRUE(pool_->Read([](Connection&) { return absl::OkStatus(); }).ok());
  ASSERT_TRUE(writer_->Run("INSERT INTO t VALUES(2)").ok());
  const auto read = [&](Connection& connection) {
    EXPECT_EQ(Count(connection), 2);
    return absl::OkStatus();
  };
  EXPECT_TRUE(pool_->Read(read).ok());
}

TEST_F(ReaderPoolTest, FailedReadGivesItsConnectionBack) {
  const auto fail = [](Connection&) { return absl::NotFoundError("no such job"); };
  EXPECT_EQ(pool_->Read(fail).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(pool_->Read([](Connection&) { return absl::OkStatus(); }).ok());
}

TEST_F(ReaderPoolTest, ThreadsWaitForAConnection) {
  absl::Notification borrowed, release;
  std::thread first([&] {
    const auto hold = [&](Connection&) {
      borrowed.Notify();
      release.WaitForNotification();
      return absl::OkStatus();
    };
    EXPECT_TRUE(pool_->Read(hold).ok());
  });
  borrowed.WaitForNotification();
  std::thread second([&] {
    const auto check = [&](Connection&) {
      EXPECT_TRUE(release.HasBeenNotified());
      return absl::OkStatus();
    };
    EXPECT_TRUE(pool_->Read(check).ok());
  });
  release.Notify();
  first.join();
  second.join();
}

}  // namespace
}  // namespace tms::sqlite
