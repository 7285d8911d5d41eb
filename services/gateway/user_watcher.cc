#include "services/gateway/user_watcher.h"

#include <utility>

#include "common/runtime/logging.h"

namespace tms::gateway {
namespace {

// A change must take effect within 5 s.
constexpr absl::Duration kInterval = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<UserWatcher>> UserWatcher::Start(const std::string& directory,
                                                                UserDirectory& users,
                                                                OnChange on_change) {
  TMS_RETURN_IF_ERROR(UserDatabase::Open(directory, "gateway").status());
  TMS_ASSIGN_OR_RETURN(auto connection, sqlite::Connection::Open(UserDatabasePath(directory),
                                                                 sqlite::OpenMode::kReadOnly));
  TMS_RETURN_IF_ERROR(connection->SetUpReader());
  std::unique_ptr<UserWatcher> watcher(
      new UserWatcher(directory, std::move(connection), users, std::move(on_change)));
  TMS_RETURN_IF_ERROR(watcher->Look());
  watcher->thread_ = std::thread([raw = watcher.get()] { raw->Run(); });
  return watcher;
}

UserWatcher::UserWatcher(std::string directory, std::unique_ptr<sqlite::Connection> connection,
                         UserDirectory& users, OnChange on_change)
    : directory_(std::move(directory)),
      connection_(std::move(connection)),
      users_(users),
      on_change_(std::move(on_change)) {}

UserWatcher::~UserWatcher() {
  stop_.Set();
  if (thread_.joinable()) thread_.join();
}

void UserWatcher::Run() {
  while (!stop_.WaitFor(kInterval)) {
    const absl::Status status = Look();
    // What was known before stays in force.
    if (!status.ok()) log::Error("AUTH", "users_not_read", {{"error", Message(status)}});
  }
}

absl::Status UserWatcher::Look() {
  TMS_ASSIGN_OR_RETURN(const int64_t version, connection_->ReadInt("PRAGMA data_version"));
  if (version == seen_version_) return absl::OkStatus();
  TMS_RETURN_IF_ERROR(TakeOver());
  seen_version_ = version;
  return absl::OkStatus();
}

absl::Status UserWatcher::TakeOver() {
  while (true) {
    TMS_ASSIGN_OR_RETURN(const auto changes, ReadUntoldChanges(*connection_));
    // Read behind the changes, so that none is told before it is in force.
    TMS_ASSIGN_OR_RETURN(auto accounts, ReadAccounts(*connection_));
    users_.Replace(std::move(accounts));
    if (changes.empty()) return absl::OkStatus();
    for (const UserChange& change : changes) {
      log::Info("AUTH", "user_changed",
                {{"actor", change.actor}, {"action", change.action}, {"user", change.user}});
      on_change_(change);
    }
    TMS_ASSIGN_OR_RETURN(const auto writer, UserDatabase::Open(directory_, "gateway"));
    TMS_RETURN_IF_ERROR(writer->MarkTold(changes.back().id));
  }
}

}  // namespace tms::gateway
