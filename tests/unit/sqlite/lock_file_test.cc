#include "common/sqlite/lock_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "common/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

using ::testing::HasSubstr;

TEST(LockFileTest, SecondHolderIsRefusedWithTheFirstOnesProcessId) {
  const TempDir dir;
  const std::string path = LockPathOf(dir.File("jobs.db"));
  const auto first = LockFile::Acquire(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = LockFile::Acquire(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr(std::to_string(::getpid())));
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr(path));
}

TEST(LockFileTest, OtherProcessIsRefused) {
  const TempDir dir;
  const std::string path = LockPathOf(dir.File("jobs.db"));
  const auto first = LockFile::Acquire(path);
  ASSERT_TRUE(first.ok());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(LockFile::Acquire(path).ok() ? 0 : 3);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(LockFileTest, EndOfTheHolderFreesIt) {
  const TempDir dir;
  const std::string path = LockPathOf(dir.File("jobs.db"));
  { ASSERT_TRUE(LockFile::Acquire(path).ok()); }
  EXPECT_TRUE(LockFile::Acquire(path).ok());
}

TEST(LockFileTest, MissingDirectoryIsNamed) {
  const TempDir dir;
  const auto lock = LockFile::Acquire(dir.File("missing/jobs.db.lock"));
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(lock.status())), HasSubstr("missing/jobs.db.lock"));
}

}  // namespace
}  // namespace tms::sqlite
