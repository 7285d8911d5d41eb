#include "common/sqlite/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "common/sqlite/errors.h"

namespace tms::sqlite {
namespace {

// How long a statement waits for a lock of somebody who looks at the file with a shell.
constexpr int kBusyTimeoutMs = 5'000;

// trusted_schema off: a tampered file cannot make our statements call functions with side effects.
// cell_size_check: a corrupt page is noticed when it is read, not when it is written back.
constexpr char kCommonPragmas[] =
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA wal_autocheckpoint=0;";

// 64 MiB of pages: the upper levels of all indexes of a few million jobs.
// journal_size_limit: a WAL that grew under a long reader is cut to 64 MiB when it begins anew.
constexpr char kWriterPragmas[] =
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-65536;"
    "PRAGMA journal_size_limit=67108864;";

constexpr char kReaderPragmas[] =
    "PRAGMA query_only=ON;"
    "PRAGMA cache_size=-16384;";

// 256 MiB of pages: a bulk load writes its indexes in no order. secure_delete, which Debian's
// SQLite does by default, would read and overwrite each page of a table that is dropped to make
// room.
constexpr char kBulkPragmas[] =
    "PRAGMA secure_delete=OFF;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=OFF;"
    "PRAGMA synchronous=OFF;"
    "PRAGMA cache_size=-262144;";

template <typename Function>
absl::Status Guard(Function function) {
  try {
    function();
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    return ToStatus(error);
  }
}

// Resets a statement however its use ends, so that it holds no read lock and no caller's memory.
class Resetter {
 public:
  explicit Resetter(SQLite::Statement& statement) : statement_(statement) {}
  ~Resetter() {
    // The error, if any, is the one that executeStep has thrown.
    statement_.tryReset();
    try {
      statement_.clearBindings();
    } catch (const SQLite::Exception&) {
      // sqlite3_clear_bindings always returns SQLITE_OK.
    }
  }

 private:
  SQLite::Statement& statement_;
};

}  // namespace

ValueType Value::type() const {
  if (std::holds_alternative<std::monostate>(value_)) return ValueType::kNull;
  if (std::holds_alternative<int64_t>(value_)) return ValueType::kInteger;
  return std::holds_alternative<const Blob*>(value_) ? ValueType::kBlob : ValueType::kText;
}

int64_t Value::number() const {
  const auto* number = std::get_if<int64_t>(&value_);
  return number == nullptr ? 0 : *number;
}

std::string_view Value::bytes() const {
  if (const auto* text = std::get_if<const std::string*>(&value_)) return **text;
  if (const auto* view = std::get_if<std::string_view>(&value_)) return *view;
  if (const auto* blob = std::get_if<const Blob*>(&value_)) return (*blob)->bytes;
  return "";
}

bool Row::IsNull(int column) const { return statement_.isColumnNull(column); }

ValueType Row::Type(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (value.isNull()) return ValueType::kNull;
  if (value.isInteger()) return ValueType::kInteger;
  return value.isBlob() ? ValueType::kBlob : ValueType::kText;
}

int64_t Row::Int(int column) const { return statement_.getColumn(column).getInt64(); }

std::string Row::Text(int column) const { return statement_.getColumn(column).getString(); }

std::optional<int64_t> Row::OptionalInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<std::string> Row::OptionalText(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

std::string Row::Name(int column) const { return statement_.getColumnName(column); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, OpenMode mode,
                                                             const std::string& vfs) {
  const int flags = mode == OpenMode::kReadOnly ? SQLite::OPEN_READONLY
                                                : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  std::unique_ptr<SQLite::Database> database;
  TMS_RETURN_IF_ERROR(Guard([&] {
    database =
        std::make_unique<SQLite::Database>(path, flags | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs, vfs);
    database->exec(kCommonPragmas);
  }));
  return std::unique_ptr<Connection>(new Connection(std::move(database)));
}

Connection::Connection(std::unique_ptr<SQLite::Database> database)
    : database_(std::move(database)) {}

Connection::~Connection() = default;

absl::Status Connection::SetUpWriter() {
  return Guard([&] {
    const std::string mode = database_->execAndGet("PRAGMA journal_mode=WAL").getString();
    if (mode != "wal")
      throw SQLite::Exception("WAL is not possible here: " + mode, SQLITE_CANTOPEN);
    database_->exec(kWriterPragmas);
    sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const auto keep_count = [](void* frames, sqlite3*, const char*, int count) {
      *static_cast<int*>(frames) = count;
      return SQLITE_OK;
    };
    sqlite3_wal_hook(database_->getHandle(), keep_count, &wal_frames_);
  });
}

absl::Status Connection::SetUpReader() {
  return Guard([&] { database_->exec(kReaderPragmas); });
}

absl::Status Connection::HoldAlone() {
  return Guard([&] {
    database_->exec("PRAGMA locking_mode=EXCLUSIVE");
    // Without a change, so not a byte is written; the lock stays.
    database_->exec("BEGIN EXCLUSIVE; COMMIT");
    sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  });
}

absl::Status Connection::SetUpBulkWriter() {
  return Guard([&] { database_->exec(kBulkPragmas); });
}

absl::Status Connection::RetireWal() {
  return Guard([&] {
    const std::string mode = database_->execAndGet("PRAGMA journal_mode=DELETE").getString();
    if (mode != "delete") throw SQLite::Exception("the WAL stays: " + mode, SQLITE_BUSY);
  });
}

absl::StatusOr<int64_t> Connection::ReadInt(const char* sql) {
  TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> number,
                       ReadOne(sql, [](const Row& row) { return row.Int(0); }));
  if (!number.has_value()) return MakeStatus(absl::StatusCode::kNotFound, "no row");
  return *number;
}

absl::Status Connection::RunScript(const std::string& sql) {
  return Guard([&] { database_->exec(sql); });
}

absl::Status Connection::BackupTo(const std::string& path) {
  return Guard([&] {
    SQLite::Database copy(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    SQLite::Backup backup(copy, *database_);
    constexpr int kAllPages = -1;
    if (const int result = backup.executeStep(kAllPages); result != SQLITE_DONE) {
      throw SQLite::Exception("the backup copy did not end", result);
    }
  });
}

absl::Status Connection::Checkpoint() {
  int frames = 0;
  const int result = sqlite3_wal_checkpoint_v2(database_->getHandle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, &frames, nullptr);
  if (result == SQLITE_OK || result == SQLITE_BUSY) return absl::OkStatus();
  return ToStatus(SQLite::Exception(database_->getHandle(), result));
}

absl::StatusOr<bool> Connection::EmptyLog() {
  int frames = 0;
  int moved = 0;
  const int result = sqlite3_wal_checkpoint_v2(database_->getHandle(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, &frames, &moved);
  if (result == SQLITE_OK) return true;
  // Also if nobody but a reader of the newest state was in the way: it keeps the WAL, not its
  // frames.
  if (result == SQLITE_BUSY) return frames >= 0 && moved == frames;
  return ToStatus(SQLite::Exception(database_->getHandle(), result));
}

int64_t Connection::last_row_id() const { return database_->getLastInsertRowid(); }

int64_t Connection::changes() const { return database_->getChanges(); }

int64_t Connection::total_changes() const { return database_->getTotalChanges(); }

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(database_->getHandle()) == 0;
}

absl::Status Connection::Execute(const char* sql, std::span<const Value> values,
                                 const RowVisitor& visit) {
  return Guard([&] {
    SQLite::Statement& statement = Prepare(sql);
    const Resetter resetter(statement);
    Bind(statement, values);
    const Row row(statement);
    while (statement.executeStep() && visit(row)) {
    }
  });
}

SQLite::Statement& Connection::Prepare(const char* sql) {
  std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
  if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(*database_, sql);
  return *statement;
}

void Connection::Bind(SQLite::Statement& statement, std::span<const Value> values) {
  int index = 0;
  for (const Value& value : values) {
    ++index;
    if (const auto* number = std::get_if<int64_t>(&value.value_)) {
      statement.bind(index, *number);
    } else if (const auto* text = std::get_if<const std::string*>(&value.value_)) {
      statement.bindNoCopy(index, **text);
    } else if (const auto* view = std::get_if<std::string_view>(&value.value_)) {
      statement.bind(index, std::string(*view));
    } else if (const auto* blob = std::get_if<const Blob*>(&value.value_)) {
      const std::string& bytes = (*blob)->bytes;
      statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
    } else {
      statement.bind(index);
    }
  }
}

}  // namespace tms::sqlite
