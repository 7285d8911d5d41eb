#include "services/ledger/sqlite/startup_check.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/sqlite/chain_walk.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Of the history, whose rows' hashes and digests are computed anew.
constexpr int64_t kNewestLinks = 1'000;

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

// The last `links` rows of the history. What it returns is what is wrong.
absl::StatusOr<Finding> FindBrokenLink(Connection& connection, int64_t links) {
  TMS_ASSIGN_OR_RETURN(const std::string chain_id, ReadChainId(connection));
  TMS_ASSIGN_OR_RETURN(const ChainHead last, ReadChainHead(connection));
  const int64_t before = last.number > links ? last.number - links : 0;
  TMS_ASSIGN_OR_RETURN(std::optional<ChainHead> after, ReadLink(connection, before));
  if (!after.has_value()) return "row " + std::to_string(before) + ": it is missing";
  TMS_ASSIGN_OR_RETURN(ChainEnd end, WalkChain(connection, chain_id, *std::move(after), last.number,
                                               /*on_row=*/nullptr));
  return std::move(end.fault);
}

absl::Status CheckLinks(Connection& connection, const std::string& path, int64_t links) {
  const absl::StatusOr<Finding> found = FindBrokenLink(connection, links);
  if (!found.ok()) return Damaged(path, Message(found.status()));
  return found->has_value() ? Damaged(path, **found) : absl::OkStatus();
}

absl::Status CheckQuickly(Connection& connection, const std::string& path) {
  for (const char* sql : kNewestRows) {
    const absl::Status status = connection.Run(sql);
    if (!status.ok()) return Damaged(path, Message(status));
  }
  return CheckLinks(connection, path, kNewestLinks);
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
  return CheckLinks(connection, path, std::numeric_limits<int64_t>::max());
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
