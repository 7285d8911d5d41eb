// users.db: the accounts, and what was changed of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "common/sqlite/lock_file.h"
#include "services/gateway/user_directory.h"

namespace tms::gateway {

// The file in the directory given by --data.
std::string UserDatabasePath(const std::string& directory);

// A change of an account, for the audit history.
struct UserChange {
  int64_t id = 0;
  std::string at;      // as FormatTimestamp gives it
  std::string actor;   // login name of the person at the command line
  std::string action;  // USER_ADDED, USER_ROLES_CHANGED, …
  std::string user;
  std::string detail;
};

// The one writer. Short-lived, since a lock file keeps a second one out: whoever changes something
// opens it, waits for others at most 5 s, and goes. One thread.
class UserDatabase {
 public:
  // Makes the file if there is none.
  static absl::StatusOr<std::unique_ptr<UserDatabase>> Open(const std::string& directory,
                                                            std::string actor);

  // Moves what was written into the file itself.
  ~UserDatabase();

  // ALREADY_EXISTS; INVALID_ARGUMENT for a name that is not 1 to 64 of [A-Za-z0-9._@-].
  absl::Status Add(const std::string& user, const std::string& password_hash, Roles roles);
  // These are NOT_FOUND if there is no such account.
  absl::Status SetPassword(const std::string& user, const std::string& password_hash);
  absl::Status SetRoles(const std::string& user, Roles roles);
  absl::Status SetDisabled(const std::string& user, bool disabled);

  absl::StatusOr<std::vector<Account>> List();

  // That the changes up to this one are in the audit history.
  absl::Status MarkTold(int64_t last_change);

 private:
  UserDatabase(std::unique_ptr<sqlite::LockFile> lock,
               std::unique_ptr<sqlite::Connection> connection, std::string actor)
      : lock_(std::move(lock)), connection_(std::move(connection)), actor_(std::move(actor)) {}

  // Runs `change` and writes it down, both or none.
  template <typename Change>
  absl::Status Apply(std::string_view action, const std::string& user, std::string_view detail,
                     Change change);

  const std::unique_ptr<sqlite::LockFile> lock_;
  const std::unique_ptr<sqlite::Connection> connection_;
  const std::string actor_;
};

absl::StatusOr<std::vector<Account>> ReadAccounts(sqlite::Connection& connection);
// Oldest first, at most 100.
absl::StatusOr<std::vector<UserChange>> ReadUntoldChanges(sqlite::Connection& connection);

}  // namespace tms::gateway
