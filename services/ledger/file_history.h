// What a store's file says of its history before it is used, for whoever judges whether it is the
// file that should be there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tms::ledger {

// The action of the audit record that says that somebody let the ledger go on with an older file.
inline constexpr std::string_view kOlderFileAccepted = "OLDER_FILE_ACCEPTED";

struct FileHistory {
  // Empty if there is no file, or none with a chained history.
  std::string chain_id;
  int64_t last_number = 0;
  // If the last row is an audit record that has one.
  std::string last_record_key;
  // Commits behind it in the file's log that can't be read, if they are more than a crash leaves.
  int64_t lost_commits = 0;
  // The hash of a row, empty if there is none of that number. Lives no longer than the judging.
  std::function<absl::StatusOr<std::string>(int64_t number)> hash_of = [](int64_t) {
    return std::string();
  };
};

// An error refuses the file.
using HistoryJudge = std::function<absl::Status(const FileHistory&)>;

}  // namespace tms::ledger
