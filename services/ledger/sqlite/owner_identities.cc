#include "services/ledger/sqlite/owner_identities.h"

#include <algorithm>
#include <optional>

#include "common/base/status.h"
#include "common/runtime/logging.h"

namespace tms::ledger {
namespace {

constexpr char kPrefix[] = "identity_of/";
constexpr char kSelect[] = "SELECT value FROM ledger_meta WHERE key = ?1";
constexpr char kInsert[] = "INSERT INTO ledger_meta(key, value) VALUES(?1, ?2)";
constexpr char kSelectAll[] =
    "SELECT key, value FROM ledger_meta WHERE key >= "
    "'identity_of/' AND key < 'identity_of0'";
constexpr char kDelete[] = "DELETE FROM ledger_meta WHERE key = ?1";

}  // namespace

absl::StatusOr<bool> MaySpeakFor(sqlite::Connection& connection, const std::string& owner,
                                 const std::string& teller) {
  if (teller.empty()) return true;
  const std::string key = kPrefix + owner;
  const auto read = [](const sqlite::Row& row) { return row.Text(0); };
  TMS_ASSIGN_OR_RETURN(const std::optional<std::string> first,
                       connection.ReadOne(kSelect, read, key));
  if (first == teller) return true;
  if (first.has_value()) {
    log::Warning("ACCESS", "owner_of_another", {{"owner", owner}, {"identity", teller}});
    return false;
  }
  TMS_RETURN_IF_ERROR(connection.Run(kInsert, key, teller));
  return true;
}

absl::Status ReleaseOwners(sqlite::Connection& connection, const std::vector<std::string>& kept) {
  std::vector<std::string> released;
  const auto look = [&](const sqlite::Row& row) {
    if (std::find(kept.begin(), kept.end(), row.Text(1)) == kept.end()) {
      log::Warning("JOBS", "owner_released", {{"owner", row.Text(0)}, {"identity", row.Text(1)}});
      released.push_back(row.Text(0));
    }
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectAll, look));
  for (const std::string& key : released) {
    TMS_RETURN_IF_ERROR(connection.Run(kDelete, key));
  }
  return absl::OkStatus();
}

}  // namespace tms::ledger
