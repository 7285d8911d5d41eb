// Numbered schema versions, kept in `PRAGMA user_version`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sqlite/connection.h"

namespace tms::sqlite {

// One step; the first brings an empty file to version 1, the next one that to version 2.
struct Migration {
  const char* sql;
  // What SQL can't say; runs after it in the same transaction. May be null.
  absl::Status (*code)(Connection& connection) = nullptr;
};

struct Schema {
  // In the file's header: says that the file is ours.
  int32_t application_id = 0;
  // What the file is called in errors, for instance "ledger database".
  const char* what = "";
  std::span<const Migration> migrations;
};

// The version of the database at `path` as it lies there, read without changing a byte; 0 if the
// file is missing or empty, or was cut off while it was made. FAILED_PRECONDITION if it is not ours
// or newer than `schema`.
absl::StatusOr<int> CheckVersion(const std::string& path, const Schema& schema);

// Brings the database from `version` to the last version of `schema`, each step in a transaction of
// its own. An existing database is copied beside the file first; returns the copy's path.
absl::StatusOr<std::optional<std::string>> Migrate(Connection& connection, const std::string& path,
                                                   int version, const Schema& schema,
                                                   absl::Time now);

}  // namespace tms::sqlite
