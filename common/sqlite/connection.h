// One connection to a database, with its prepared statements.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/status.h"

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace tms::sqlite {

// Bytes that are bound or read as a BLOB, not as text.
struct Blob {
  std::string bytes;
};

enum class ValueType { kNull, kInteger, kText, kBlob };

// A value to bind. Refers to the text or blob that it was made of, which must outlive the call.
class Value {
 public:
  Value(std::nullopt_t) {}
  Value(bool value) : value_(int64_t{value}) {}
  Value(int value) : value_(int64_t{value}) {}
  Value(int64_t value) : value_(value) {}
  Value(const std::string& text) : value_(&text) {}
  Value(std::string_view text) : value_(text) {}
  Value(const char* text) : value_(std::string_view(text)) {}
  Value(const Blob& blob) : value_(&blob) {}
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value.has_value()) *this = Value(*value);
  }

  ValueType type() const;
  int64_t number() const;          // 0 if it is no number
  std::string_view bytes() const;  // of a text or blob, else empty

 private:
  friend class Connection;
  std::variant<std::monostate, int64_t, const std::string*, std::string_view, const Blob*> value_;
};

// The row at which a statement stands; valid only inside the visitor that was given it.
class Row {
 public:
  bool IsNull(int column) const;
  ValueType Type(int column) const;  // a REAL, which no table of ours has, counts as text
  int64_t Int(int column) const;
  std::string Text(int column) const;  // of a BLOB: its bytes; of NULL: empty
  std::optional<int64_t> OptionalInt(int column) const;
  std::optional<std::string> OptionalText(int column) const;
  std::string Name(int column) const;

 private:
  friend class Connection;
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}
  SQLite::Statement& statement_;
};

// Called for each row; false ends the statement.
using RowVisitor = std::function<bool(const Row&)>;

enum class OpenMode {
  kCreateOrWrite,  // the one connection that writes and checkpoints
  kReadOnly,       // cannot write, cannot checkpoint
};

// Owned by one thread at a time: the writer's, or the borrower's of a ReaderPool. Statements are
// prepared once for each SQL text and kept; the text's address is the key, so it must be a
// constant.
class Connection {
 public:
  // Opens without changing a byte of an existing file. `vfs` empty means the default one.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path, OpenMode mode,
                                                          const std::string& vfs = "");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Turns the database into WAL mode and sets what a durable writer needs (docs/on-disk.md says why
  // each). Changes the file's header where it was not in WAL mode.
  absl::Status SetUpWriter();
  absl::Status SetUpReader();

  // Takes the database for this connection alone, until it goes, and lets it leave the WAL, if
  // there is one, as it is then. DATABASE_BUSY if another program has it open, as far as SQLite can
  // tell.
  absl::Status HoldAlone();

  // For a file that nobody needs before it is complete: no journal, no syncs, a large cache. After
  // a crash, or after any error, it is rubbish.
  absl::Status SetUpBulkWriter();

  // Moves the WAL, if there is one, into the database and does without: the file is then complete
  // by itself.
  absl::Status RetireWal();

  // Runs one statement to its end; rows are passed over.
  template <typename... Args>
  absl::Status Run(const char* sql, const Args&... args) {
    return Visit(
        sql, [](const Row&) { return true; }, args...);
  }

  // As Run, with as many values as the caller has.
  absl::Status RunWith(const char* sql, std::span<const Value> values) {
    return Execute(sql, values, [](const Row&) { return true; });
  }

  // Calls `visit` with each row, in order.
  template <typename... Args>
  absl::Status Visit(const char* sql, const RowVisitor& visit, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{Value(args)...};
    return Execute(sql, values, visit);
  }

  // What `read(row)` makes of the first row; nothing if there is none.
  template <typename Read, typename... Args>
  auto ReadOne(const char* sql, Read read, const Args&... args)
      -> absl::StatusOr<std::optional<std::invoke_result_t<Read, const Row&>>> {
    std::optional<std::invoke_result_t<Read, const Row&>> first;
    const auto keep = [&](const Row& row) {
      first = read(row);
      return false;
    };
    TMS_RETURN_IF_ERROR(Visit(sql, keep, args...));
    return first;
  }

  // One number: the first column of the first row. NOT_FOUND without a row.
  absl::StatusOr<int64_t> ReadInt(const char* sql);

  // Runs a script of several statements, not kept.
  absl::Status RunScript(const std::string& sql);

  // Copies the whole database, as it is now, into the new file `path`.
  absl::Status BackupTo(const std::string& path);

  // Moves what it can from the WAL into the database, without waiting for anybody. OK also if
  // somebody is in the way.
  absl::Status Checkpoint();

  // For a start: moves the whole WAL into the database, syncs that, and empties the WAL. Waits for
  // readers for as long as for any lock. Returns whether all of it is in the database: not while
  // one that reads an older state is in the way.
  absl::StatusOr<bool> EmptyLog();

  // Frames in the WAL after this connection's last commit.
  int wal_frames() const { return wal_frames_; }
  int64_t last_row_id() const;
  // Rows changed by the last statement, and by all so far.
  int64_t changes() const;
  int64_t total_changes() const;
  bool in_transaction() const;

 private:
  explicit Connection(std::unique_ptr<SQLite::Database> database);

  absl::Status Execute(const char* sql, std::span<const Value> values, const RowVisitor& visit);
  SQLite::Statement& Prepare(const char* sql);
  static void Bind(SQLite::Statement& statement, std::span<const Value> values);

  std::unique_ptr<SQLite::Database> database_;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
  int wal_frames_ = 0;
};

}  // namespace tms::sqlite
