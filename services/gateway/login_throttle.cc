#include "services/gateway/login_throttle.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "common/base/text.h"

namespace tms::gateway {
namespace {

std::string AccountKey(std::string_view user) { return "user " + std::string(user); }
std::string AddressKey(std::string_view address) { return "from " + NetworkOf(address); }

}  // namespace

std::string NetworkOf(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error || !parsed.is_v6()) return std::string(address);
  const auto bytes = parsed.to_v6().to_bytes();
  return HexEncode({reinterpret_cast<const char*>(bytes.data()), 8});
}

absl::Duration LoginThrottle::Begin(std::string_view user, std::string_view address) {
  const absl::Duration now = clock_.SinceBoot();
  absl::MutexLock lock(&mutex_);
  // Two at most are added, so that neither makes room for itself by dropping the other.
  Count account = CountOf(AccountKey(user), now);
  Count network = CountOf(AddressKey(address), now);
  const absl::Duration wait = std::max(account.open_at, network.open_at) - now;
  if (wait > absl::ZeroDuration()) return wait;
  Fail(account, limits_.free_per_account, now);
  Fail(network, limits_.free_per_address, now);
  CountOf(AccountKey(user), now) = account;
  CountOf(AddressKey(address), now) = network;
  return absl::ZeroDuration();
}

void LoginThrottle::Succeeded(std::string_view user, std::string_view address) {
  absl::MutexLock lock(&mutex_);
  counts_.erase(AccountKey(user));
  // Only this try is forgiven: otherwise whoever has one account could guess at all others.
  const auto network = counts_.find(AddressKey(address));
  if (network == counts_.end()) return;
  network->second.failures = std::max(0, network->second.failures - 1);
  network->second.open_at = network->second.last;
}

size_t LoginThrottle::size() const {
  absl::MutexLock lock(&mutex_);
  return counts_.size();
}

LoginThrottle::Count& LoginThrottle::CountOf(const std::string& key, absl::Duration now) {
  const auto found = counts_.find(key);
  if (found != counts_.end()) {
    if (now - found->second.last > limits_.forget_after) found->second = {.last = now};
    return found->second;
  }
  if (counts_.size() >= limits_.max_counts) {
    std::erase_if(
        counts_, [&](const auto& entry) { return now - entry.second.last > limits_.forget_after; });
  }
  if (counts_.size() >= limits_.max_counts) {
    counts_.erase(
        std::ranges::min_element(counts_, {}, [](const auto& entry) { return entry.second.last; }));
  }
  return counts_.emplace(key, Count{.last = now}).first->second;
}

void LoginThrottle::Fail(Count& count, int free, absl::Duration now) const {
  constexpr int kMostDoublings = 20;
  ++count.failures;
  count.last = now;
  count.open_at = now;
  if (count.failures < free) return;
  const int doublings = std::min(count.failures - free, kMostDoublings);
  count.open_at = now + std::min(absl::Seconds(1) * (1 << doublings), limits_.longest_wait);
}

}  // namespace tms::gateway
