#include "services/ledger/offline/open_history.h"

#include "common/base/status.h"
#include "common/sqlite/migrations.h"
#include "services/ledger/sqlite/schema.h"

namespace tms::ledger {

absl::StatusOr<std::unique_ptr<sqlite::Connection>> OpenHistory(const std::string& db) {
  const sqlite::Schema& schema = LedgerSchema();
  TMS_ASSIGN_OR_RETURN(const int version, sqlite::CheckVersion(db, schema));
  if (const int last = static_cast<int>(schema.migrations.size()); version != last) {
    const std::string what = version == 0
                                 ? " does not exist or is empty"
                                 : " has schema version " + std::to_string(version) +
                                       ", this program reads version " + std::to_string(last) +
                                       ": the ledger migrates it when it starts";
    return MakeStatus(absl::StatusCode::kFailedPrecondition, db + what);
  }
  TMS_ASSIGN_OR_RETURN(auto connection, sqlite::Connection::Open(db, sqlite::OpenMode::kReadOnly));
  TMS_RETURN_IF_ERROR(connection->SetUpReader());
  return connection;
}

}  // namespace tms::ledger
