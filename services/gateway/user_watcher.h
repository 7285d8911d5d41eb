// Brings changes of users.db into the running gateway.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "common/base/stop_flag.h"
#include "common/sqlite/connection.h"
#include "services/gateway/user_database.h"
#include "services/gateway/user_directory.h"

namespace tms::gateway {

// Looks once a second whether the file has changed, on a thread of its own. Owned by main.
class UserWatcher {
 public:
  // Called on the watcher's thread, once for each change of an account, when it is in force.
  using OnChange = std::function<void(const UserChange&)>;

  // Makes the file if there is none, and fills `users`, which must outlive this.
  static absl::StatusOr<std::unique_ptr<UserWatcher>> Start(const std::string& directory,
                                                            UserDirectory& users,
                                                            OnChange on_change);
  ~UserWatcher();
  UserWatcher(const UserWatcher&) = delete;
  UserWatcher& operator=(const UserWatcher&) = delete;

 private:
  UserWatcher(std::string directory, std::unique_ptr<sqlite::Connection> connection,
              UserDirectory& users, OnChange on_change);

  void Run();
  absl::Status Look();
  // The accounts as they are now, then word of each change that led there.
  absl::Status TakeOver();

  const std::string directory_;
  const std::unique_ptr<sqlite::Connection> connection_;  // reads only
  UserDirectory& users_;
  const OnChange on_change_;
  int64_t seen_version_ = -1;  // SQLite's data_version at the last look
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace tms::gateway
