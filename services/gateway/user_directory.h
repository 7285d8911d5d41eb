// The accounts as the running gateway knows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/gateway/caller.h"

namespace tms::gateway {

struct Account {
  std::string user;
  std::string password_hash;  // as crypto_pwhash_str gives it
  Roles roles;
  bool disabled = false;
  int64_t version = 0;  // grows with every change
};

// A copy in memory, replaced as a whole when the file has changed. Thread-safe. Owned by main.
class UserDirectory {
 public:
  void Replace(std::vector<Account> accounts);

  // Also a disabled one.
  std::optional<Account> Find(std::string_view user) const;

  // Whether the account is there, enabled, and as it was when the caller was identified.
  bool IsUnchanged(const Caller& caller) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, Account, std::less<>> accounts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::gateway
