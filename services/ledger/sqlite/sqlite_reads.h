// Reading jobs.db, each function inside one read transaction. For the SQLite store alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/job_store.h"
#include "services/ledger/sqlite/list_plan.h"

namespace tms::ledger {

absl::StatusOr<JobPage> ReadJobPage(sqlite::Connection& connection, const JobFilter& filter,
                                    JobOrder order, std::optional<JobKey> after, int limit);
absl::StatusOr<HistoryPage> ReadHistory(sqlite::Connection& connection, const std::string& job_id,
                                        std::optional<int64_t> after, int limit);
absl::StatusOr<CustomerPage> ReadCustomers(sqlite::Connection& connection,
                                           const std::string& job_id, std::optional<int64_t> after,
                                           int limit);
absl::StatusOr<AuditPage> ReadAuditPage(sqlite::Connection& connection, const AuditFilter& filter,
                                        std::optional<AuditKey> after, int limit);
absl::StatusOr<std::vector<OpenJob>> ReadOpenJobs(sqlite::Connection& connection);

absl::StatusOr<HistoryPosition> ReadLastPosition(sqlite::Connection& connection);
absl::StatusOr<bool> FindPosition(sqlite::Connection& connection, const HistoryPosition& position);
absl::StatusOr<ChangePage> ReadChanges(sqlite::Connection& connection, const JobFilter& filter,
                                       int64_t after, int limit);

// The statement that ReadJobPage runs; for the test that looks at its query plan.
const char* ListStatement(ListDriver driver, JobOrder order);

}  // namespace tms::ledger
