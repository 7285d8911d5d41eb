#include "common/sqlite/migrations.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

using ::testing::HasSubstr;

constexpr Migration kTwo[] = {{"CREATE TABLE first(x)"},
                              {"CREATE TABLE second(x); INSERT INTO second SELECT x FROM first"}};
constexpr Migration kSecondFails[] = {{"CREATE TABLE first(x)"},
                                      {"CREATE TABLE second(x); CREATE TABLE first(x)"}};
constexpr int32_t kId = 0x54455354;
const Schema kVersion1{.application_id = kId, .what = "test file", .migrations = {kTwo, 1}};
const Schema kVersion2{.application_id = kId, .what = "test file", .migrations = kTwo};
const Schema kBroken{.application_id = kId, .what = "test file", .migrations = kSecondFails};

class MigrationsTest : public ::testing::Test {
 protected:
  // Opens as a program does that knows `schema`; the path of the backup, if one was made.
  absl::StatusOr<std::optional<std::string>> OpenWith(const Schema& schema) {
    TMS_ASSIGN_OR_RETURN(const int version, CheckVersion(path_, schema));
    TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path_, OpenMode::kCreateOrWrite));
    TMS_RETURN_IF_ERROR(connection->SetUpWriter());
    return Migrate(*connection, path_, version, schema, absl::FromUnixSeconds(1'800'000'000));
  }

  void RunSql(const std::string& path, const std::string& sql) {
    auto connection = Connection::Open(path, OpenMode::kCreateOrWrite);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->RunScript(sql).ok());
  }

  int64_t Number(const std::string& path, const char* sql) {
    auto connection = Connection::Open(path, OpenMode::kReadOnly);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return (*connection)->ReadInt(sql).value_or(-1);
  }

  std::string Bytes() {
    std::ostringstream bytes;
    bytes << std::ifstream(path_, std::ios::binary).rdbuf();
    return bytes.str();
  }

  // `schema` refuses the file, says `why`, and leaves every byte of it.
  void ExpectRefused(const Schema& schema, const std::string& why) {
    const std::string before = Bytes();
    const auto opened = OpenWith(schema);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition) << opened.status();
    EXPECT_THAT(std::string(Message(opened.status())), HasSubstr(why));
    EXPECT_EQ(Bytes(), before);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("test.db");
};

TEST_F(MigrationsTest, NewFileGetsTheLastVersionWithoutABackup) {
  const auto backup = OpenWith(kVersion2);
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_FALSE(backup->has_value());
  EXPECT_EQ(Number(path_, "PRAGMA user_version"), 2);
  EXPECT_EQ(Number(path_, "PRAGMA application_id"), kId);
  EXPECT_EQ(Number(path_, "SELECT count(*) FROM second"), 0);
}

TEST_F(MigrationsTest, EmptyFileIsANewOne) {
  std::ofstream(path_).close();
  EXPECT_TRUE(OpenWith(kVersion2).ok());
}

TEST_F(MigrationsTest, F01_FileCutOffWhileItWasMadeIsANewOne) {
  // As a kill leaves it: a part of the first transaction's pages, and the journal.
  const std::string made = path_ + "-made";
  auto connection = Connection::Open(made, OpenMode::kCreateOrWrite);
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE((*connection)
                  ->RunScript("PRAGMA cache_size=1; BEGIN; CREATE TABLE t(x);"
                              "INSERT INTO t VALUES(zeroblob(1000000))")
                  .ok());
  std::filesystem::copy_file(made, path_);
  std::filesystem::copy_file(made + "-journal", path_ + "-journal");
  ASSERT_GT(std::filesystem::file_size(path_), 0);

  ASSERT_TRUE(OpenWith(kVersion2).ok());
  EXPECT_EQ(Number(path_, "PRAGMA user_version"), 2);
  EXPECT_EQ(Number(path_, "SELECT count(*) FROM sqlite_master WHERE name = 't'"), 0);
}

TEST_F(MigrationsTest, ExistingFileIsCopiedBeforeItIsMigrated) {
  ASSERT_TRUE(OpenWith(kVersion1).ok());
  RunSql(path_, "INSERT INTO first VALUES(7)");
  const auto backup = OpenWith(kVersion2);
  ASSERT_TRUE(backup.ok()) << backup.status();
  ASSERT_TRUE(backup->has_value());
  EXPECT_EQ(**backup, path_ + ".v1-20270115T080000000000Z.bak");
  EXPECT_EQ(Number(**backup, "PRAGMA user_version"), 1);
  EXPECT_EQ(Number(**backup, "SELECT x FROM first"), 7);
  EXPECT_EQ(Number(path_, "SELECT x FROM second"), 7);
}

TEST_F(MigrationsTest, FileOfTheLastVersionIsLeftAlone) {
  ASSERT_TRUE(OpenWith(kVersion2).ok());
  const auto again = OpenWith(kVersion2);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->has_value());
}

TEST_F(MigrationsTest, FailedStepLeavesTheVersionBeforeIt) {
  EXPECT_FALSE(OpenWith(kBroken).ok());
  EXPECT_EQ(Number(path_, "PRAGMA user_version"), 1);
  EXPECT_EQ(Number(path_, "SELECT count(*) FROM sqlite_master WHERE name = 'second'"), 0);
}

TEST_F(MigrationsTest, NewerFileIsRefusedUntouched) {
  ASSERT_TRUE(OpenWith(kVersion2).ok());
  ExpectRefused(kVersion1, "schema version 2");
}

TEST_F(MigrationsTest, ForeignDatabaseIsRefusedUntouched) {
  RunSql(path_, "CREATE TABLE jobs(job_id TEXT)");
  ExpectRefused(kVersion2, "is not a test file");
}

TEST_F(MigrationsTest, DatabaseOfAnotherProgramIsRefusedUntouched) {
  RunSql(path_, "CREATE TABLE t(x); PRAGMA user_version=1; PRAGMA application_id=1");
  ExpectRefused(kVersion2, "is not a test file");
}

TEST_F(MigrationsTest, FileWithADamagedSchemaIsRefusedByItsNameF20) {
  ASSERT_TRUE(OpenWith(kVersion2).ok());
  RunSql(path_,
         "PRAGMA writable_schema=ON;"
         "UPDATE sqlite_master SET sql = replace(sql, '(', '#') WHERE type = 'table'");
  ExpectRefused(kVersion2, path_ + " is not a test file: ");
}

TEST_F(MigrationsTest, FileThatIsNoDatabaseIsRefusedUntouched) {
  std::ofstream(path_) << std::string(5'000, 'x');
  ExpectRefused(kVersion2, "is not a test file");
}

}  // namespace
}  // namespace tms::sqlite
