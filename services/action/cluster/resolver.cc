#include "services/action/cluster/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/status.h"

namespace tms::action {

namespace asio = boost::asio;

// What the resolver and its threads share.
struct Resolver::Shared {
  LookUpFunction look_up;
  absl::Mutex mutex;
  std::map<std::string, std::shared_ptr<LookUp>> running ABSL_GUARDED_BY(mutex);
};

// One look-up and who waits for it.
struct Resolver::LookUp {
  absl::Mutex mutex;
  std::optional<absl::StatusOr<Addresses>> answer ABSL_GUARDED_BY(mutex);
  std::set<Waiter*> waiters ABSL_GUARDED_BY(mutex);
};

// A place in the list of those who wait. It leaves the list when the waiting coroutine is
// destroyed, so that no thread touches an executor that is gone.
class Resolver::Waiter {
 public:
  Waiter(std::shared_ptr<LookUp> look_up, std::shared_ptr<asio::steady_timer> wake)
      : look_up_(std::move(look_up)), wake_(std::move(wake)) {
    absl::MutexLock lock(&look_up_->mutex);
    look_up_->waiters.insert(this);
  }
  ~Waiter() {
    absl::MutexLock lock(&look_up_->mutex);
    look_up_->waiters.erase(this);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Called by the look-up's thread, with the look-up's mutex held.
  void Wake() {
    asio::post(wake_->get_executor(), [weak = std::weak_ptr(wake_)] {
      if (const auto wake = weak.lock()) wake->cancel();
    });
  }

  std::optional<absl::StatusOr<Addresses>> answer() const {
    absl::MutexLock lock(&look_up_->mutex);
    return look_up_->answer;
  }

 private:
  const std::shared_ptr<LookUp> look_up_;
  const std::shared_ptr<asio::steady_timer> wake_;
};

absl::StatusOr<Addresses> LookUpBySystem(const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return MakeStatus(absl::StatusCode::kUnavailable, gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (info->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), info->ai_addr, info->ai_addrlen);
    endpoint.resize(info->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  return addresses;
}

Resolver::Resolver(LookUpFunction look_up) : shared_(std::make_shared<Shared>()) {
  shared_->look_up = std::move(look_up);
}

std::shared_ptr<Resolver::LookUp> Resolver::Join(const std::shared_ptr<Shared>& shared,
                                                 const std::string& host) {
  absl::MutexLock lock(&shared->mutex);
  std::shared_ptr<LookUp>& running = shared->running[host];
  if (running != nullptr) return running;
  running = std::make_shared<LookUp>();
  try {
    std::thread(&Resolver::Run, shared, running, host).detach();
  } catch (const std::exception& error) {
    const std::shared_ptr<LookUp> failed = std::exchange(running, nullptr);
    absl::MutexLock failed_lock(&failed->mutex);
    failed->answer = MakeStatus(absl::StatusCode::kResourceExhausted, error.what());
    return failed;
  }
  return running;
}

void Resolver::Run(const std::shared_ptr<Shared>& shared, const std::shared_ptr<LookUp>& look_up,
                   const std::string& host) {
  absl::StatusOr<Addresses> answer = shared->look_up(host);
  {
    absl::MutexLock lock(&shared->mutex);
    shared->running.erase(host);
  }
  absl::MutexLock lock(&look_up->mutex);
  look_up->answer = std::move(answer);
  for (Waiter* waiter : look_up->waiters) waiter->Wake();
}

asio::awaitable<absl::StatusOr<Addresses>> Resolver::Resolve(
    std::string host, std::shared_ptr<asio::steady_timer> wake) {
  boost::system::error_code error;
  const asio::ip::address literal = asio::ip::make_address(host, error);
  if (!error) co_return Addresses{literal};

  // Nobody else sees the timer before the waiter is in the list, and from then on both run on this
  // coroutine's executor: so no cancel is lost between the look at the answer and the wait.
  wake->expires_at(std::chrono::steady_clock::time_point::max());
  const Waiter waiter(Join(shared_, host), wake);
  if (!waiter.answer()) {
    co_await wake->async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  std::optional<absl::StatusOr<Addresses>> answer = waiter.answer();
  if (!answer) co_return MakeStatus(absl::StatusCode::kCancelled, "name lookup given up");
  co_return *std::move(answer);
}

}  // namespace tms::action
