#include "services/gateway/user_directory.h"

#include <utility>

namespace tms::gateway {

void UserDirectory::Replace(std::vector<Account> accounts) {
  std::map<std::string, Account, std::less<>> by_user;
  for (Account& account : accounts) by_user.emplace(account.user, std::move(account));
  absl::MutexLock lock(&mutex_);
  accounts_.swap(by_user);
}

std::optional<Account> UserDirectory::Find(std::string_view user) const {
  absl::MutexLock lock(&mutex_);
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return std::nullopt;
  return found->second;
}

bool UserDirectory::IsUnchanged(const Caller& caller) const {
  absl::MutexLock lock(&mutex_);
  const auto found = accounts_.find(caller.user);
  return found != accounts_.end() && !found->second.disabled &&
         found->second.version == caller.account_version;
}

}  // namespace tms::gateway
