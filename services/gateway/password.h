// Passwords, by libsodium's Argon2id.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "common/base/work_pool.h"

namespace tms::gateway {

inline constexpr size_t kMinPasswordBytes = 8;
inline constexpr size_t kMaxPasswordBytes = 1024;

// `$argon2id$…` with its own salt. Takes 64 MiB and about 0.1 s.
absl::StatusOr<std::string> HashPassword(std::string_view password);

// Runs Argon2id once, with the costs that `hash` names.
bool VerifyPassword(const std::string& hash, const Secret& password);

// Compares passwords on threads of its own: at most two at a time, so 128 MiB whatever happens.
// Thread-safe. Owned by main; its destructor waits for what runs.
class PasswordChecker {
 public:
  // Whether a password belongs to a hash; runs on those threads.
  using Verifier = std::function<bool(const std::string& hash, const Secret& password)>;

  explicit PasswordChecker(Verifier verifier = VerifyPassword);

  // Whether `password` belongs to `hash`. Without a hash the same work is done for nothing, so that
  // the time tells nobody which accounts there are. RESOURCE_EXHAUSTED if too many are waiting.
  boost::asio::awaitable<absl::StatusOr<bool>> Check(std::optional<std::string> hash,
                                                     Secret password);

 private:
  const Verifier verifier_;
  const std::string nobodys_hash_;
  WorkPool pool_;
};

}  // namespace tms::gateway
