// A jobs.db of the replaced system: recognised, then read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/sqlite/legacy_job.h"

namespace tms::ledger {

// A column's name as SQL takes it, whatever is in it.
std::string QuoteName(std::string_view name);
LegacyValue ReadLegacyValue(const sqlite::Row& row, int column);

// What kind of file it is; docs/migration.md lists the generations.
struct LegacyKind {
  std::string generation;  // `v0`, `v1`, `v2`, `fresh v2`: for people
  // Of the table `jobs`: those of LegacyColumn that it has, and what it has besides.
  std::vector<bool> has_column;
  std::vector<std::string> more_columns;
  bool has_customers = false;
  // Whether customers can be found by their job without reading all.
  bool customers_indexed = false;
};

struct Recognition {
  // Nothing if the file is not the replaced system's.
  std::optional<LegacyKind> kind;
  // Some time in it says no zone.
  bool has_local_times = false;
};
// Looks at the file as it lies there, and changes nothing in it. Where a program has died amid a
// transaction (a hot `-journal`), it looks at a copy, since reading would roll that back.
// Local times are looked for only if asked for, since that reads the whole table.
absl::StatusOr<Recognition> RecogniseLegacy(const std::string& path, bool look_for_local_times);
// That copy, which only a crash leaves behind.
std::string RecoveringPathOf(const std::string& path);

// One row of job_customers.
struct LegacyCustomer {
  int64_t id = 0;
  LegacyValue job_id;
  LegacyValue cid;
};

// The file while it is migrated: held alone, so that the replaced system, should it still run, can
// add nothing that would be lost. Used by one thread.
class LegacySource {
 public:
  using JobVisitor = std::function<absl::Status(const LegacyJob&)>;
  using CustomerVisitor = std::function<absl::Status(const LegacyCustomer&)>;

  // FAILED_PRECONDITION if another program has the file open, or if it is damaged.
  static absl::StatusOr<std::unique_ptr<LegacySource>> Open(const std::string& path,
                                                            LegacyKind kind);

  const LegacyKind& kind() const { return kind_; }
  sqlite::Connection& connection() { return *connection_; }
  absl::StatusOr<int64_t> CountJobs();
  absl::StatusOr<int64_t> CountCustomers();

  // In the order in which they were written. An error of `visit` ends it and is returned.
  absl::Status VisitJobs(const JobVisitor& visit);
  absl::Status VisitCustomers(const std::string& job_id, const CustomerVisitor& visit);
  absl::Status VisitAllCustomers(const CustomerVisitor& visit);

 private:
  LegacySource(std::unique_ptr<sqlite::Connection> connection, LegacyKind kind);

  absl::Status CheckFile();
  absl::Status IndexCustomers();
  absl::Status VisitCustomersWith(const char* sql, const std::string* job_id,
                                  const CustomerVisitor& visit);

  const LegacyKind kind_;
  const std::string select_jobs_;  // outlives the connection, which keeps its address
  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace tms::ledger
