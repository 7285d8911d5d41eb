#include "services/ledger/sqlite/startup_check.h"

#include "common/base/status.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr const char* kNewestRows[] = {
    "SELECT * FROM jobs ORDER BY number DESC LIMIT 1000",
    "SELECT * FROM job_cids ORDER BY job_number DESC LIMIT 1000",
    "SELECT * FROM job_events ORDER BY number DESC LIMIT 1000",
    "SELECT * FROM audit_events ORDER BY number DESC LIMIT 1000",
    "SELECT * FROM job_stats ORDER BY level DESC LIMIT 1000",
    "SELECT * FROM job_user_stats ORDER BY level DESC LIMIT 1000",
    "SELECT * FROM ledger_meta",
    "SELECT status FROM jobs INDEXED BY jobs_by_created ORDER BY created_at DESC LIMIT 1000",
    "SELECT status FROM jobs INDEXED BY jobs_in_progress WHERE status = 'IN_PROGRESS' "
    "ORDER BY created_at DESC LIMIT 1000",
    "SELECT kind FROM job_events INDEXED BY job_events_by_job ORDER BY job_id DESC LIMIT 1000",
};

absl::Status Damaged(const std::string& path, std::string_view what) {
  return MakeStatus(
      absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
      path + " is damaged: " + std::string(what) + "; nothing was changed, see docs/operations.md");
}

absl::Status CheckQuickly(Connection& connection, const std::string& path) {
  for (const char* sql : kNewestRows) {
    const absl::Status status = connection.Run(sql);
    if (!status.ok()) return Damaged(path, Message(status));
  }
  return absl::OkStatus();
}

absl::Status CheckFully(Connection& connection, const std::string& path) {
  std::string first;
  const auto read_text = [&](const Row& row) {
    first = row.Text(0);
    return false;
  };
  const absl::Status checked = connection.Visit("PRAGMA integrity_check(1)", read_text);
  if (!checked.ok()) return Damaged(path, Message(checked));
  if (first != "ok") return Damaged(path, first);
  first.clear();
  const absl::Status keys = connection.Visit("PRAGMA foreign_key_check", read_text);
  if (!keys.ok()) return Damaged(path, Message(keys));
  if (!first.empty()) return Damaged(path, "a row of " + first + " belongs to no job");
  return absl::OkStatus();
}

}  // namespace

std::optional<StartupCheck> StartupCheckFromWord(std::string_view word) {
  if (word == "none") return StartupCheck::kNone;
  if (word == "quick") return StartupCheck::kQuick;
  if (word == "full") return StartupCheck::kFull;
  return std::nullopt;
}

absl::Status CheckDatabase(Connection& connection, const std::string& path, StartupCheck check) {
  switch (check) {
    case StartupCheck::kNone:
      return absl::OkStatus();
    case StartupCheck::kQuick:
      return CheckQuickly(connection, path);
    case StartupCheck::kFull:
      return CheckFully(connection, path);
  }
  return absl::OkStatus();
}

}  // namespace tms::ledger
