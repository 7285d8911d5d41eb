// An audit.db of the replaced system, for reading.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/offline/legacy_audit_row.h"

namespace tms::ledger {

// The file as it is when it is opened, its WAL included; nothing in it is changed. Used by one
// thread.
class LegacyAuditFile {
 public:
  using Visitor = std::function<absl::Status(const LegacyAuditRow&)>;

  // FAILED_PRECONDITION, with one line for people, if it is not the replaced system's audit.db, is
  // damaged, or can't be read without changing it.
  static absl::StatusOr<std::unique_ptr<LegacyAuditFile>> Open(const std::string& path);

  absl::StatusOr<int64_t> CountRows();
  // Whether some row's time can't be told without its zone; reads all rows until it finds one.
  absl::StatusOr<bool> NeedsZone();
  // In the order in which they were written. An error of `visit` ends it and is returned.
  absl::Status Visit(const Visitor& visit);

 private:
  LegacyAuditFile(std::unique_ptr<sqlite::Connection> connection,
                  std::vector<std::string> more_columns);

  const std::vector<std::string> more_columns_;
  const std::string select_rows_;  // outlives the connection, which keeps its address
  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace tms::ledger
