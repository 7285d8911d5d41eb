#include "common/sqlite/connection.h"

#include <optional>
#include <string>
#include <vector>

#include "common/sqlite/errors.h"
#include "gtest/gtest.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::sqlite {
namespace {

class ConnectionTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> OpenWriter() {
    auto connection = Connection::Open(path_, OpenMode::kCreateOrWrite);
    EXPECT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE((*connection)->SetUpWriter().ok());
    return *std::move(connection);
  }

  std::unique_ptr<Connection> OpenReader() {
    auto connection = Connection::Open(path_, OpenMode::kReadOnly);
    EXPECT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE((*connection)->SetUpReader().ok());
    return *std::move(connection);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("test.db");
};

std::string ReadText(Connection& connection, const char* sql) {
  const auto read = [](const Row& row) { return row.Text(0); };
  auto text = connection.ReadOne(sql, read);
  EXPECT_TRUE(text.ok()) << text.status();
  return text->value_or("no row");
}

TEST_F(ConnectionTest, WriterIsDurableAndChecksItsKeys) {
  const auto writer = OpenWriter();
  EXPECT_EQ(ReadText(*writer, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(ReadText(*writer, "PRAGMA synchronous"), "2");  // FULL
  EXPECT_EQ(ReadText(*writer, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(ReadText(*writer, "PRAGMA wal_autocheckpoint"), "0");
  EXPECT_EQ(ReadText(*writer, "PRAGMA trusted_schema"), "0");
  EXPECT_EQ(ReadText(*writer, "PRAGMA busy_timeout"), "5000");
}

TEST_F(ConnectionTest, ReaderCanNeitherWriteNorCheckpoint) {
  const auto writer = OpenWriter();
  ASSERT_TRUE(writer->Run("CREATE TABLE t(x)").ok());
  const auto reader = OpenReader();
  EXPECT_EQ(ReadText(*reader, "PRAGMA query_only"), "1");
  EXPECT_EQ(ReadText(*reader, "PRAGMA wal_autocheckpoint"), "0");
  EXPECT_FALSE(reader->Run("INSERT INTO t VALUES(1)").ok());
}

TEST_F(ConnectionTest, ValuesComeBackAsTheyWere) {
  const auto writer = OpenWriter();
  ASSERT_TRUE(writer->Run("CREATE TABLE t(a, b, c, d, e)").ok());
  const std::string text("nul \0 and ü", 12);
  const Blob blob{std::string("\xff\x00\x01", 3)};
  ASSERT_TRUE(writer
                  ->Run("INSERT INTO t VALUES(?1, ?2, ?3, ?4, ?5)", text, blob, int64_t{1} << 40,
                        std::optional<std::string>(), "word")
                  .ok());
  const auto check = [&](const Row& row) {
    EXPECT_EQ(row.Text(0), text);
    EXPECT_EQ(row.Text(1), blob.bytes);
    EXPECT_EQ(row.Int(2), int64_t{1} << 40);
    EXPECT_FALSE(row.OptionalText(3).has_value());
    EXPECT_EQ(row.OptionalText(4), "word");
    return true;
  };
  EXPECT_TRUE(writer->Visit("SELECT * FROM t", check).ok());
}

TEST_F(ConnectionTest, VisitorEndsTheStatementEarly) {
  const auto writer = OpenWriter();
  ASSERT_TRUE(writer->RunScript("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2), (3)").ok());
  std::vector<int64_t> seen;
  const auto two = [&](const Row& row) {
    seen.push_back(row.Int(0));
    return seen.size() < 2;
  };
  EXPECT_TRUE(writer->Visit("SELECT x FROM t ORDER BY x", two).ok());
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(writer->Run("DROP TABLE t").ok()) << "no statement is left open";
}

TEST_F(ConnectionTest, ErrorsSayWhatTheyMeanForTheWriter) {
  const auto writer = OpenWriter();
  ASSERT_TRUE(writer->Run("CREATE TABLE t(x UNIQUE)").ok());
  ASSERT_TRUE(writer->Run("INSERT INTO t VALUES(1)").ok());
  const absl::Status twice = writer->Run("INSERT INTO t VALUES(1)");
  EXPECT_EQ(twice.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(KindOf(twice), ErrorKind::kItem);

  ASSERT_TRUE(writer->RunScript("PRAGMA max_page_count=3").ok());
  const absl::Status full = writer->Run("INSERT INTO t VALUES(zeroblob(100000))");
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(full), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(KindOf(full), ErrorKind::kRetry);
}

TEST_F(ConnectionTest, BackupHoldsWhatIsOnlyInTheWal) {
  const auto writer = OpenWriter();
  ASSERT_TRUE(writer->RunScript("CREATE TABLE t(x); INSERT INTO t VALUES('in the WAL')").ok());
  const std::string copy = dir_.File("copy.db");
  ASSERT_TRUE(writer->BackupTo(copy).ok());
  auto reader = Connection::Open(copy, OpenMode::kReadOnly);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadText(**reader, "SELECT x FROM t"), "in the WAL");
}

}  // namespace
}  // namespace tms::sqlite
