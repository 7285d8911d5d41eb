#include "services/gateway/user_database.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/stop_flag.h"
#include "common/base/time_text.h"
#include "common/sqlite/migrations.h"

namespace tms::gateway {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr absl::Duration kLockWait = absl::Seconds(5);
constexpr absl::Duration kLockRetry = absl::Milliseconds(50);
// More accounts than any team has; the running gateway holds them all in memory.
constexpr int64_t kMaxAccounts = 10'000;

constexpr sqlite::Migration kMigrations[] = {{R"(
CREATE TABLE users (
  user TEXT NOT NULL PRIMARY KEY,
  password_hash TEXT NOT NULL,
  roles TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE user_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  user TEXT NOT NULL,
  detail TEXT NOT NULL,
  told INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX user_changes_untold ON user_changes (id) WHERE told = 0;
)"}};
constexpr sqlite::Schema kSchema{.application_id = 0x544d5355,  // "TMSU"
                                 .what = "user database",
                                 .migrations = kMigrations};

bool IsUserName(std::string_view user) {
  return !user.empty() && user.size() <= 64 && std::ranges::all_of(user, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  });
}

absl::StatusOr<std::unique_ptr<sqlite::LockFile>> WaitForLock(const std::string& path) {
  StopFlag never;
  const absl::Duration end = SystemClock().SinceBoot() + kLockWait;
  while (true) {
    auto lock = sqlite::LockFile::Acquire(sqlite::LockPathOf(path));
    const bool taken = lock.status().code() == absl::StatusCode::kFailedPrecondition;
    if (!taken || SystemClock().SinceBoot() > end) return lock;
    never.WaitFor(kLockRetry);
  }
}

absl::Status NoSuchUser(const std::string& user) {
  return MakeStatus(absl::StatusCode::kNotFound, "there is no user " + user);
}

}  // namespace

std::string UserDatabasePath(const std::string& directory) { return directory + "/users.db"; }

absl::StatusOr<std::unique_ptr<UserDatabase>> UserDatabase::Open(const std::string& directory,
                                                                 std::string actor) {
  const std::string path = UserDatabasePath(directory);
  TMS_ASSIGN_OR_RETURN(auto lock, WaitForLock(path));
  TMS_ASSIGN_OR_RETURN(const int version, sqlite::CheckVersion(path, kSchema));
  TMS_ASSIGN_OR_RETURN(auto connection, Connection::Open(path, sqlite::OpenMode::kCreateOrWrite));
  TMS_RETURN_IF_ERROR(connection->SetUpWriter());
  TMS_RETURN_IF_ERROR(sqlite::Migrate(*connection, path, version, kSchema, absl::Now()).status());
  return std::unique_ptr<UserDatabase>(
      new UserDatabase(std::move(lock), std::move(connection), std::move(actor)));
}

UserDatabase::~UserDatabase() {
  // Left undone it is done by the next one.
  connection_->Checkpoint().IgnoreError();
}

template <typename Change>
absl::Status UserDatabase::Apply(std::string_view action, const std::string& user,
                                 std::string_view detail, Change change) {
  TMS_RETURN_IF_ERROR(connection_->Run("BEGIN IMMEDIATE"));
  absl::Status status = change();
  if (status.ok()) {
    status = connection_->Run(
        "INSERT INTO user_changes (at, actor, action, user, detail) VALUES (?, ?, ?, ?, ?)",
        FormatTimestamp(absl::Now()), actor_, action, user, detail);
  }
  if (status.ok()) return connection_->Run("COMMIT");
  TMS_RETURN_IF_ERROR(connection_->Run("ROLLBACK"));
  return status;
}

absl::Status UserDatabase::Add(const std::string& user, const std::string& password_hash,
                               Roles roles) {
  if (!IsUserName(user)) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "a user name is 1 to 64 of the characters A-Z a-z 0-9 . _ @ -");
  }
  return Apply("USER_ADDED", user, JoinRoles(roles), [&]() -> absl::Status {
    TMS_ASSIGN_OR_RETURN(const int64_t count, connection_->ReadInt("SELECT count(*) FROM users"));
    if (count >= kMaxAccounts) {
      return MakeStatus(absl::StatusCode::kResourceExhausted,
                        "there are " + std::to_string(kMaxAccounts) + " users already");
    }
    TMS_RETURN_IF_ERROR(connection_->Run(
        "INSERT OR IGNORE INTO users (user, password_hash, roles) VALUES (?, ?, ?)", user,
        password_hash, JoinRoles(roles)));
    if (connection_->changes() == 1) return absl::OkStatus();
    return MakeStatus(absl::StatusCode::kAlreadyExists, "user " + user + " exists already");
  });
}

absl::Status UserDatabase::SetPassword(const std::string& user, const std::string& password_hash) {
  return Apply("USER_PASSWORD_CHANGED", user, "", [&]() -> absl::Status {
    TMS_RETURN_IF_ERROR(
        connection_->Run("UPDATE users SET password_hash = ?, version = version + 1 WHERE user = ?",
                         password_hash, user));
    return connection_->changes() == 1 ? absl::OkStatus() : NoSuchUser(user);
  });
}

absl::Status UserDatabase::SetRoles(const std::string& user, Roles roles) {
  return Apply("USER_ROLES_CHANGED", user, JoinRoles(roles), [&]() -> absl::Status {
    TMS_RETURN_IF_ERROR(
        connection_->Run("UPDATE users SET roles = ?, version = version + 1 WHERE user = ?",
                         JoinRoles(roles), user));
    return connection_->changes() == 1 ? absl::OkStatus() : NoSuchUser(user);
  });
}

absl::Status UserDatabase::SetDisabled(const std::string& user, bool disabled) {
  const char* action = disabled ? "USER_DISABLED" : "USER_ENABLED";
  return Apply(action, user, "", [&]() -> absl::Status {
    TMS_RETURN_IF_ERROR(connection_->Run(
        "UPDATE users SET disabled = ?, version = version + 1 WHERE user = ?", disabled, user));
    return connection_->changes() == 1 ? absl::OkStatus() : NoSuchUser(user);
  });
}

absl::StatusOr<std::vector<Account>> UserDatabase::List() { return ReadAccounts(*connection_); }

absl::Status UserDatabase::MarkTold(int64_t last_change) {
  return connection_->Run("UPDATE user_changes SET told = 1 WHERE told = 0 AND id <= ?",
                          last_change);
}

absl::StatusOr<std::vector<Account>> ReadAccounts(Connection& connection) {
  std::vector<Account> accounts;
  const auto read = [&](const Row& row) {
    accounts.push_back({.user = row.Text(0),
                        .password_hash = row.Text(1),
                        // What is no role gives no rights.
                        .roles = ParseRoles(row.Text(2)).value_or(Roles()),
                        .disabled = row.Int(3) != 0,
                        .version = row.Int(4)});
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(
      "SELECT user, password_hash, roles, disabled, version FROM users ORDER BY user", read));
  return accounts;
}

absl::StatusOr<std::vector<UserChange>> ReadUntoldChanges(Connection& connection) {
  std::vector<UserChange> changes;
  const auto read = [&](const Row& row) {
    changes.push_back(
        {row.Int(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)});
    return true;
  };
  TMS_RETURN_IF_ERROR(
      connection.Visit("SELECT id, at, actor, action, user, detail FROM user_changes WHERE told = 0"
                       " ORDER BY id LIMIT 100",
                       read));
  return changes;
}

}  // namespace tms::gateway
