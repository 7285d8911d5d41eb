#include "services/ledger/sqlite/file_look.h"

#include <utility>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/sqlite/migrations.h"
#include "common/sqlite/wal_tail.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/legacy_source.h"
#include "services/ledger/sqlite/schema.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Earlier schemas have no chain.
constexpr int kFirstChainedVersion = 2;

constexpr char kSelectRecordKey[] = "SELECT record_key FROM audit_events WHERE number = ?1";

absl::StatusOr<FileHistory> ReadHistoryOf(Connection& connection) {
  FileHistory history;
  TMS_ASSIGN_OR_RETURN(history.chain_id, ReadChainId(connection));
  TMS_ASSIGN_OR_RETURN(const ChainHead head, ReadChainHead(connection));
  history.last_number = head.number;
  const auto read = [](const Row& row) { return row.Text(0); };
  TMS_ASSIGN_OR_RETURN(auto key, connection.ReadOne(kSelectRecordKey, read, head.number));
  history.last_record_key = std::move(key).value_or("");
  history.hash_of = [&connection](int64_t number) -> absl::StatusOr<std::string> {
    TMS_ASSIGN_OR_RETURN(const auto link, ReadLink(connection, number));
    return link.has_value() ? link->hash : "";
  };
  return history;
}

}  // namespace

absl::Status LookAtFile(const std::string& path, StartupCheck check, const HistoryJudge& judge) {
  TMS_ASSIGN_OR_RETURN(const Recognition legacy,
                       RecogniseLegacy(path, /*look_for_local_times=*/false));
  const auto version = sqlite::CheckVersion(path, LedgerSchema());
  if (!legacy.kind.has_value() && !version.ok()) return absl::OkStatus();
  if (legacy.kind.has_value() || *version < kFirstChainedVersion) {
    return judge ? judge(FileHistory{}) : absl::OkStatus();
  }
  TMS_ASSIGN_OR_RETURN(const sqlite::WalTail tail, sqlite::ReadWalTail(path));
  if (tail.commits_unread > 0) {
    log::Warning("LEDGER", "log_end_unreadable",
                 {{"file", path + "-wal"},
                  {"frames_read", tail.frames_read},
                  {"commits_unread", tail.commits_unread}});
  }
  TMS_ASSIGN_OR_RETURN(const auto connection, Connection::Open(path, sqlite::OpenMode::kReadOnly));
  TMS_RETURN_IF_ERROR(connection->SetUpReader());
  if (*version == static_cast<int>(LedgerSchema().migrations.size())) {
    TMS_RETURN_IF_ERROR(CheckDatabase(*connection, path, check));
  }
  if (!judge) return absl::OkStatus();
  TMS_ASSIGN_OR_RETURN(FileHistory history, ReadHistoryOf(*connection));
  if (tail.is_damaged()) history.lost_commits = tail.commits_unread;
  return judge(history);
}

}  // namespace tms::ledger
