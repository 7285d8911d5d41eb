// The hash chain over job_events and audit_events; docs/history.md gives its exact bytes. For the
// SQLite store and what works on its file alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/digest.h"
#include "common/sqlite/connection.h"

namespace tms::ledger {

inline constexpr size_t kHashBytes = 32;
inline constexpr size_t kSaltBytes = 16;

// A table whose rows are links of the chain: its columns besides number, salt, salted_digest and
// hash, in the order in which they are digested and given to HistoryChain::Append. A column that a
// later version adds changes no old row's digest: NULLs are left out of it.
class HistoryTable {
 public:
  HistoryTable(std::string name, std::vector<std::string> columns);

  const std::string& name() const { return name_; }
  const std::vector<std::string>& columns() const { return columns_; }
  // ?1 number, ?2 salt, ?3 salted_digest, ?4 hash, then the columns.
  const char* insert_sql() const { return insert_sql_.c_str(); }
  // number, salt, salted_digest, hash, then the columns; rows behind ?1 in order, at most ?2.
  const char* select_sql() const { return select_sql_.c_str(); }

 private:
  const std::string name_;
  const std::vector<std::string> columns_;
  const std::string insert_sql_;
  const std::string select_sql_;
};
const HistoryTable& JobEventsTable();
const HistoryTable& AuditEventsTable();

// The canonical bytes of a row's content.
class ContentEncoder {
 public:
  explicit ContentEncoder(std::string_view table) { parts_.Add(table); }
  // NULL adds nothing.
  void Add(std::string_view column, sqlite::ValueType type, int64_t number, std::string_view bytes);
  const std::string& bytes() const { return parts_.bytes(); }

 private:
  PartsEncoder parts_;
};
// Of a row that was read with `table.select_sql()`.
std::string EncodeContent(const HistoryTable& table, const sqlite::Row& row);

// Where the chain ends, or ended: the last row's number and hash. Before the first row the number
// is 0 and the hash all zero bytes.
struct ChainHead {
  int64_t number = 0;
  std::string hash = std::string(kHashBytes, '\0');
};
absl::StatusOr<ChainHead> ReadChainHead(sqlite::Connection& connection);
// The row of that number; of 0 what is before the first row. Nothing if there is none.
absl::StatusOr<std::optional<ChainHead>> ReadLink(sqlite::Connection& connection, int64_t number);

// What a row has besides its content.
struct ChainLink {
  int64_t number = 0;
  sqlite::Blob salt;
  sqlite::Blob salted_digest;
  sqlite::Blob hash;
};
std::string SaltedDigest(std::string_view salt, std::string_view content);
std::string LinkHash(std::string_view chain_id, int64_t number, std::string_view previous_hash,
                     std::string_view salted_digest);
ChainLink MakeLink(std::string_view chain_id, const ChainHead& previous, std::string_view content);

// Made with the database, never changed. DATA_LOSS if it is gone.
absl::StatusOr<std::string> ReadChainId(sqlite::Connection& connection);

// Appends rows; the only way in which one gets into the two tables. Owned by the store, used on the
// writer's thread inside its transaction.
class HistoryChain {
 public:
  explicit HistoryChain(std::string chain_id) : chain_id_(std::move(chain_id)) {}

  // One argument for each column of `table`.
  template <typename... Args>
  absl::Status Append(sqlite::Connection& connection, const HistoryTable& table,
                      const Args&... args) {
    std::array<sqlite::Value, kLinkColumns + sizeof...(Args)> values{
        sqlite::Value(std::nullopt), sqlite::Value(std::nullopt), sqlite::Value(std::nullopt),
        sqlite::Value(std::nullopt), sqlite::Value(args)...};
    return AppendRow(connection, table, values);
  }

  // Must follow each rollback, also to a savepoint: the next row goes behind what is there then.
  void Forget() { head_.reset(); }

  const std::string& chain_id() const { return chain_id_; }
  // Where the last row went, if it still is there.
  const std::optional<ChainHead>& head() const { return head_; }

 private:
  static constexpr size_t kLinkColumns = 4;

  absl::Status AppendRow(sqlite::Connection& connection, const HistoryTable& table,
                         std::span<sqlite::Value> values);

  const std::string chain_id_;
  std::optional<ChainHead> head_;
};

}  // namespace tms::ledger
