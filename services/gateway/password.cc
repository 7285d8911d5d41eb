#include "services/gateway/password.h"

#include <sodium.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;

constexpr int kThreads = 2;
// What waits is answered within a few seconds; more is refused.
constexpr size_t kMaxWaiting = 32;

struct Comparison {
  std::string hash;
  Secret password;
  bool taken = false;
  bool equal = false;
};

}  // namespace

absl::StatusOr<std::string> HashPassword(std::string_view password) {
  if (sodium_init() < 0) return MakeStatus(absl::StatusCode::kInternal, "libsodium does not start");
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(hash, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, "no memory to hash a password");
  }
  return std::string(hash);
}

bool VerifyPassword(const std::string& hash, const Secret& password) {
  const std::string_view text = password.Reveal();
  return crypto_pwhash_str_verify(hash.c_str(), text.data(), text.size()) == 0;
}

PasswordChecker::PasswordChecker(Verifier verifier)
    : verifier_(std::move(verifier)),
      nobodys_hash_(HashPassword(RandomBytes(16)).value_or("")),
      pool_(kThreads, kMaxWaiting) {}

asio::awaitable<absl::StatusOr<bool>> PasswordChecker::Check(std::optional<std::string> hash,
                                                             Secret password) {
  const bool known = hash.has_value();
  auto comparison = std::make_shared<Comparison>();
  comparison->hash = known ? *std::move(hash) : nobodys_hash_;
  comparison->password = std::move(password);
  const auto initiate = [this, comparison](auto handler) {
    using Handler = decltype(handler);
    const auto executor = asio::prefer(asio::get_associated_executor(handler),
                                       asio::execution::outstanding_work.tracked);
    auto shared = std::make_shared<Handler>(std::move(handler));
    const auto resume = [executor, shared] {
      asio::post(executor, [shared] { std::move (*shared)(); });
    };
    // Set before the work can end and be read by the waiting coroutine.
    comparison->taken = true;
    const bool taken = pool_.TrySubmit([this, comparison, resume] {
      comparison->equal = verifier_(comparison->hash, comparison->password);
      resume();
    });
    if (taken) return;
    comparison->taken = false;
    resume();
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                       asio::use_awaitable);
  if (!comparison->taken) {
    co_return MakeStatus(absl::StatusCode::kResourceExhausted, "TOO_MANY_LOGINS",
                         "too many logins at the same time; try again in a moment");
  }
  co_return known && comparison->equal;
}

}  // namespace tms::gateway
