// Host names to addresses, without blocking.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::action {

using Addresses = std::vector<boost::asio::ip::address>;

// Blocks. Addresses in the order in which they should be tried. A call may outlive the resolver, so
// the function owns or never loses what it refers to.
using LookUpFunction = std::function<absl::StatusOr<Addresses>(const std::string& host)>;

// The system's resolver, getaddrinfo.
absl::StatusOr<Addresses> LookUpBySystem(const std::string& host);

// Thread-safe. Looks each host up on a thread of its own, one look-up of a host at a time, whose
// answer all who wait share: so a name server that hangs delays nobody who asks for another host,
// and the number of threads is bounded by the number of configured hosts. Threads of look-ups
// that still hang outlive the resolver, without touching it.
class Resolver {
 public:
  explicit Resolver(LookUpFunction look_up);

  // An IP address in text form is its own answer. Resumes when the answer is there, or with
  // CANCELLED when `wake` was cancelled; `wake` must belong to the awaiting coroutine's executor.
  boost::asio::awaitable<absl::StatusOr<Addresses>> Resolve(
      std::string host, std::shared_ptr<boost::asio::steady_timer> wake);

 private:
  struct Shared;
  struct LookUp;
  class Waiter;

  static std::shared_ptr<LookUp> Join(const std::shared_ptr<Shared>& shared,
                                      const std::string& host);
  static void Run(const std::shared_ptr<Shared>& shared, const std::shared_ptr<LookUp>& look_up,
                  const std::string& host);

  std::shared_ptr<Shared> shared_;
};

}  // namespace tms::action
