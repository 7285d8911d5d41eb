#include "common/sqlite/group_commit_writer.h"

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"
#include "common/sqlite/errors.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/fault_vfs.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

using Step = std::function<absl::Status(Connection&)>;

// Lives on the test's side of a write.
struct Pending {
  absl::Notification done;
  absl::Status status;

  const absl::Status& Wait() {
    done.WaitForNotification();
    return status;
  }
};

class TestItem final : public WriteItem {
 public:
  TestItem(Step step, size_t weight, std::shared_ptr<Pending> pending)
      : step_(std::move(step)), weight_(weight), pending_(std::move(pending)) {}

  size_t weight() const override { return weight_; }
  absl::Status Apply(Connection& connection) override { return step_(connection); }
  void Finish(const absl::Status& status) override {
    EXPECT_FALSE(pending_->done.HasBeenNotified());
    pending_->status = status;
    pending_->done.Notify();
  }

 private:
  const Step step_;
  const size_t weight_;
  const std::shared_ptr<Pending> pending_;
};

class CountingHook final : public GroupHook {
 public:
  absl::Status BeforeCommit(Connection& connection) override {
    TMS_RETURN_IF_ERROR(connection.Run("UPDATE groups SET n = n + 1"));
    return std::exchange(fail_once, absl::OkStatus());
  }
  void AfterCommit() override { ++commits; }
  void AfterRollback() override { ++rollbacks; }

  int commits = 0;
  int rollbacks = 0;
  absl::Status fail_once;
};

Step Insert(int x) {
  return [x](Connection& connection) { return connection.Run("INSERT INTO t VALUES(?1)", x); };
}

class GroupCommitWriterTest : public ::testing::Test {
 protected:
  void TearDown() override {
    Heal();
    Stop();
  }

  void Open(GroupCommitWriter::Options options = {}) {
    auto connection = Connection::Open(path_, OpenMode::kCreateOrWrite, FaultVfs::Name()).value();
    ASSERT_TRUE(connection->SetUpWriter().ok());
    ASSERT_TRUE(connection
                    ->RunScript("CREATE TABLE IF NOT EXISTS t(x INTEGER UNIQUE);"
                                "CREATE TABLE IF NOT EXISTS groups(n);"
                                "INSERT INTO groups VALUES(0)")
                    .ok());
    options.hook = &hook_;
    options.on_group = [this](const absl::Status& status) { ended_.push_back(status); };
    options.on_failure = [this](const absl::Status& status) { failures_.push_back(status); };
    writer_ = std::make_unique<GroupCommitWriter>(std::move(connection), options);
  }

  // Writes what waits and ends the writer's thread, so that its side may be looked at.
  void Stop() { writer_.reset(); }

  static void Heal() {
    FaultVfs::FailSyncs(SQLITE_OK);
    FaultVfs::FailWrites(SQLITE_OK);
  }

  std::shared_ptr<Pending> Submit(Step step, size_t weight = 1) {
    auto pending = std::make_shared<Pending>();
    writer_->Submit(std::make_unique<TestItem>(std::move(step), weight, pending));
    return pending;
  }

  // Keeps the writer inside an item until `release`, so that what is submitted meanwhile waits.
  std::shared_ptr<Pending> Block(absl::Notification& release) {
    absl::Notification entered;
    auto pending = Submit([&](Connection&) {
      entered.Notify();
      release.WaitForNotification();
      return absl::OkStatus();
    });
    entered.WaitForNotification();
    return pending;
  }

  std::vector<int64_t> Rows() {
    auto reader = Connection::Open(path_, OpenMode::kReadOnly).value();
    std::vector<int64_t> rows;
    const auto keep = [&](const Row& row) {
      rows.push_back(row.Int(0));
      return true;
    };
    EXPECT_TRUE(reader->Visit("SELECT x FROM t ORDER BY rowid", keep).ok());
    return rows;
  }

  using Numbers = std::vector<int64_t>;

  TempDir dir_;
  const std::string path_ = dir_.File("test.db");
  CountingHook hook_;
  std::vector<absl::Status> failures_;
  std::vector<absl::Status> ended_;  // how each group ended
  std::unique_ptr<GroupCommitWriter> writer_;
};

TEST_F(GroupCommitWriterTest, AckComesAfterTheCommit) {
  Open();
  const auto pending = Submit(Insert(1));
  EXPECT_TRUE(pending->Wait().ok());
  EXPECT_EQ(Rows(), Numbers{1});
}

TEST_F(GroupCommitWriterTest, WhatWaitsSharesOneCommitInOrder) {
  Open();
  absl::Notification release;
  const auto block = Block(release);
  std::vector<std::shared_ptr<Pending>> pendings;
  for (int x = 0; x < 10; ++x) pendings.push_back(Submit(Insert(x)));
  release.Notify();
  for (const auto& pending : pendings) EXPECT_TRUE(pending->Wait().ok());
  Stop();
  EXPECT_EQ(hook_.commits, 2);
  EXPECT_EQ(Rows(), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(GroupCommitWriterTest, FailingItemUndoesItselfAndNoOther) {
  Open();
  absl::Notification release;
  const auto block = Block(release);
  const auto first = Submit(Insert(1));
  const auto second = Submit([](Connection& connection) {
    EXPECT_TRUE(connection.Run("INSERT INTO t VALUES(2)").ok());
    return connection.Run("INSERT INTO t VALUES(1)");  // violates UNIQUE
  });
  const auto third = Submit([](Connection& connection) {
    EXPECT_TRUE(connection.Run("INSERT INTO t VALUES(3)").ok());
    return absl::NotFoundError("no such job");
  });
  const auto fourth = Submit(Insert(4));
  release.Notify();
  EXPECT_TRUE(first->Wait().ok());
  EXPECT_EQ(second->Wait().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(third->Wait().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(fourth->Wait().ok());
  EXPECT_EQ(Rows(), (Numbers{1, 4}));
}

TEST_F(GroupCommitWriterTest, FailedSyncAcksNobodyAndEndsWriting) {
  Open();
  absl::Notification release;
  const auto block = Block(release);
  const auto first = Submit(Insert(1));
  const auto second = Submit(Insert(2));
  FaultVfs::FailSyncs(SQLITE_IOERR_FSYNC);
  release.Notify();
  EXPECT_EQ(block->Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(first->Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second->Wait().code(), absl::StatusCode::kUnavailable);
  Heal();
  EXPECT_EQ(Submit(Insert(3))->Wait().code(), absl::StatusCode::kUnavailable);
  Stop();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(Reason(failures_[0]), kReasonBroken);
  EXPECT_EQ(hook_.commits, 0);
}

TEST_F(GroupCommitWriterTest, FullDiskCostsTheGroupAndWritingResumes) {
  Open();
  ASSERT_TRUE(Submit(Insert(1))->Wait().ok());
  FaultVfs::FailWrites(SQLITE_FULL);
  const absl::Status full = Submit(Insert(2))->Wait();
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(full), "RESOURCE_EXHAUSTED");
  Heal();
  EXPECT_TRUE(Submit(Insert(3))->Wait().ok());
  Stop();
  ASSERT_EQ(ended_.size(), 3u);
  EXPECT_EQ(Reason(ended_[1]), "RESOURCE_EXHAUSTED");
  EXPECT_TRUE(ended_[2].ok());
  EXPECT_TRUE(failures_.empty());
  EXPECT_EQ(Rows(), (Numbers{1, 3}));
}

TEST_F(GroupCommitWriterTest, FullInsideAnItemCostsTheWholeGroup) {
  Open();
  absl::Notification release;
  const auto block = Block(release);
  const auto first = Submit(Insert(1));
  const auto second = Submit([](Connection& connection) {
    EXPECT_TRUE(connection.RunScript("PRAGMA max_page_count=5").ok());
    const absl::Status status = connection.Run("INSERT INTO groups VALUES(zeroblob(100000))");
    EXPECT_TRUE(connection.RunScript("PRAGMA max_page_count=100000").ok());
    return status;
  });
  release.Notify();
  EXPECT_EQ(Reason(first->Wait()), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(Reason(second->Wait()), "RESOURCE_EXHAUSTED");
  EXPECT_TRUE(Submit(Insert(3))->Wait().ok());
  EXPECT_EQ(Rows(), Numbers{3});
}

TEST_F(GroupCommitWriterTest, HookCommitsWithItsGroupOrUndoesIt) {
  Open();
  ASSERT_TRUE(Submit(Insert(1))->Wait().ok());
  Stop();
  hook_.fail_once = MakeStatus(absl::StatusCode::kUnavailable, kReasonBusy, "locked");
  Open();
  EXPECT_EQ(Submit(Insert(2))->Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Submit(Insert(3))->Wait().ok());
  Stop();
  EXPECT_EQ(hook_.commits, 2);
  EXPECT_EQ(hook_.rollbacks, 1);
  EXPECT_EQ(Rows(), (Numbers{1, 3}));
}

TEST_F(GroupCommitWriterTest, FullQueueRefusesInTurnAndTakesAgain) {
  Open({.max_queue_weight = 10});
  absl::Notification release;
  const auto block = Block(release);
  const auto fits = Submit(Insert(1), 9);
  const auto refused = Submit(Insert(2), 2);
  const auto still_fits = Submit(Insert(3), 1);
  EXPECT_FALSE(refused->done.HasBeenNotified()) << "only the writer's thread may call it";
  release.Notify();
  EXPECT_TRUE(fits->Wait().ok());
  EXPECT_EQ(refused->Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(still_fits->Wait().ok());
  EXPECT_TRUE(Submit(Insert(4), 9)->Wait().ok());
  EXPECT_EQ(Rows(), (Numbers{1, 3, 4}));
}

TEST_F(GroupCommitWriterTest, HeavyItemIsTakenAlone) {
  Open({.max_queue_weight = 100, .max_group_weight = 10});
  absl::Notification release;
  const auto block = Block(release);
  const auto light = Submit(Insert(1), 5);
  const auto heavy = Submit(Insert(2), 50);
  const auto after = Submit(Insert(3), 5);
  release.Notify();
  EXPECT_TRUE(light->Wait().ok());
  EXPECT_TRUE(heavy->Wait().ok());
  EXPECT_TRUE(after->Wait().ok());
  Stop();
  EXPECT_EQ(hook_.commits, 4);
}

TEST_F(GroupCommitWriterTest, ItemHeavierThanTheQueueIsTakenWhenNothingWaits) {
  Open({.max_queue_weight = 10, .max_group_weight = 5});
  EXPECT_TRUE(Submit(Insert(1), 1'000)->Wait().ok());
}

TEST_F(GroupCommitWriterTest, EndWritesWhatWaits) {
  Open();
  absl::Notification release;
  const auto block = Block(release);
  std::vector<std::shared_ptr<Pending>> pendings;
  for (int x = 0; x < 3; ++x) pendings.push_back(Submit(Insert(x)));
  release.Notify();
  Stop();
  for (const auto& pending : pendings) {
    ASSERT_TRUE(pending->done.HasBeenNotified());
    EXPECT_TRUE(pending->status.ok());
  }
  EXPECT_EQ(Rows(), (Numbers{0, 1, 2}));
}

TEST_F(GroupCommitWriterTest, CheckpointsKeepTheWalSmall) {
  Open({.checkpoint_frames = 20});
  for (int x = 0; x < 500; ++x) ASSERT_TRUE(Submit(Insert(x))->Wait().ok());
  // A commit writes a few frames of 4 KiB; without checkpoints 500 would be over 4 MiB.
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 50u * 4096);
}

}  // namespace
}  // namespace tms::sqlite
