// F20: a log whose end SQLite would drop without a word.
#include "common/sqlite/wal_tail.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/sqlite/connection.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

constexpr size_t kFrameBytes = 24 + 4096;
constexpr size_t kHeaderBytes = 32;
constexpr int kCommits = 5;

// A database and its log as a process leaves them that is killed after kCommits commits of one page
// each.
class WalTailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string lived = dir_.File("lived.db");
    const auto writer = *Connection::Open(lived, OpenMode::kCreateOrWrite);
    ASSERT_TRUE(writer->SetUpWriter().ok());
    ASSERT_TRUE(writer->RunScript("CREATE TABLE t(x); PRAGMA wal_checkpoint(TRUNCATE)").ok());
    for (int i = 0; i < kCommits; ++i) ASSERT_TRUE(writer->Run("INSERT INTO t VALUES(?1)", i).ok());
    std::filesystem::copy_file(lived, path_);
    std::filesystem::copy_file(lived + "-wal", log_);
    ASSERT_EQ(std::filesystem::file_size(log_), kHeaderBytes + kCommits * kFrameBytes);
  }

  void Flip(size_t at) {
    std::fstream file(log_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const char changed = static_cast<char>(file.get() ^ 4);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(changed);
  }
  void Expect(int64_t frames_read, int64_t commits_unread) {
    const auto tail = ReadWalTail(path_);
    ASSERT_TRUE(tail.ok()) << tail.status();
    EXPECT_EQ(tail->frames_read, frames_read);
    EXPECT_EQ(tail->commits_unread, commits_unread);
  }
  // As many as SQLite finds.
  int64_t Rows() {
    const auto reader = *Connection::Open(path_, OpenMode::kCreateOrWrite);
    const auto count = [](const Row& row) { return row.Int(0); };
    return reader->ReadOne("SELECT count(*) FROM t", count)->value_or(-1);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("test.db");
  const std::string log_ = path_ + "-wal";
};

TEST_F(WalTailTest, F20_ASoundLogIsReadToItsEnd) {
  Expect(kCommits, 0);
  EXPECT_EQ(Rows(), kCommits);
}

TEST_F(WalTailTest, F20_CommitsBehindAFlippedBitAreCounted) {
  Flip(kHeaderBytes + 2 * kFrameBytes + 1'000);  // a page
  Expect(2, 3);
  EXPECT_EQ(Rows(), 2);
}

TEST_F(WalTailTest, F20_AlsoWhereTheBitIsInAFramesHead) {
  Flip(kHeaderBytes + 1 * kFrameBytes + 9);  // the salts: that frame itself is nobody's
  Expect(1, 3);
}

TEST_F(WalTailTest, F20_AlsoWhereTheBitIsInTheLogsHead) {
  for (const size_t at : {1, 9, 17, 25}) {
    Flip(at);
    Expect(0, kCommits);
    Flip(at);
  }
  Expect(kCommits, 0);
}

TEST_F(WalTailTest, F13_WhatACrashLeavesHoldsOneCommitAtMost) {
  std::filesystem::resize_file(log_, kHeaderBytes + 3 * kFrameBytes + 100);
  Expect(3, 0);
  Flip(kHeaderBytes + 2 * kFrameBytes + 2'000);
  Expect(2, 1);
}

TEST_F(WalTailTest, F13_FramesOfAnEarlierLogAreNotMissed) {
  {
    const auto writer = *Connection::Open(path_, OpenMode::kCreateOrWrite);
    ASSERT_TRUE(writer->SetUpWriter().ok());
    ASSERT_TRUE(writer->RunScript("PRAGMA wal_checkpoint(RESTART)").ok());
    ASSERT_TRUE(writer->Run("INSERT INTO t VALUES(7)").ok());
    std::filesystem::copy_file(path_, dir_.File("later.db"));
    std::filesystem::copy_file(log_, dir_.File("later.db-wal"));
  }
  const auto tail = ReadWalTail(dir_.File("later.db"));
  ASSERT_TRUE(tail.ok()) << tail.status();
  EXPECT_EQ(tail->frames_read, 1);
  EXPECT_EQ(tail->commits_unread, 0);
}

TEST_F(WalTailTest, NoLogHasNoTail) {
  std::filesystem::resize_file(log_, 0);
  Expect(0, 0);
  std::filesystem::remove(log_);
  Expect(0, 0);
}

}  // namespace
}  // namespace tms::sqlite
