// Whether the ledger's file is sound, before it is served.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/sqlite/connection.h"

namespace tms::ledger {

enum class StartupCheck {
  kNone,
  // Reads the newest 1,000 rows of every table and of the indexes that lead to jobs, and recomputes
  // the chain of the newest 1,000 rows of the history: a file that was cut, whose newest pages are
  // damaged or in whose newest events a bit flipped is found. Milliseconds, however large the file.
  kQuick,
  // SQLite's integrity_check and foreign_key_check: every page and index; the whole chain. Reads
  // all of the file.
  kFull,
};

// `none`, `quick` or `full`.
std::optional<StartupCheck> StartupCheckFromWord(std::string_view word);

// DATA_LOSS that names `path` and what is wrong. Never changes the file.
absl::Status CheckDatabase(sqlite::Connection& connection, const std::string& path,
                           StartupCheck check);

}  // namespace tms::ledger
