#include "services/action/cluster/http_exchange.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/action/address_policy.h"
#include "services/action/cluster/answer_reader.h"
#include "services/action/cluster/counted_socket.h"
#include "services/action/cluster/http_request.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator&&;
using boost::system::error_code;

// Timers stand still while the machine is suspended, the deadline does not.
constexpr absl::Duration kRecheckInterval = absl::Milliseconds(500);
// Past the deadline by more than this, the timer did not just fire late: the process was asleep.
constexpr absl::Duration kOversleep = absl::Seconds(2);
// More would only mean shorter tries.
constexpr size_t kMaxAddresses = 8;

// How sending ended.
struct SendEnd {
  bool too_late = false;  // nothing was sent, since the deadline had passed
  std::string error;      // empty if everything was sent
};

// The state of one exchange; lives in the coroutine frame of Run, on its strand. Two coroutines
// work on it: Work goes through the phases, Watch looks after the time and closes the socket under
// Work's hands when it is over.
class ExchangeRun {
 public:
  ExchangeRun(const ClusterCall& call, ExchangeContext context, const asio::any_io_executor& strand)
      : call_(call),
        cluster_(*call.cluster),
        context_(context),
        timer_(strand),
        lookup_wake_(std::make_shared<asio::steady_timer>(strand)) {}

  asio::awaitable<CallFacts> Run();

 private:
  asio::awaitable<void> Work();
  asio::awaitable<void> Watch();

  asio::awaitable<void> TryAddresses();
  asio::awaitable<absl::StatusOr<Addresses>> FindAddresses();
  asio::awaitable<void> Attempt(asio::ip::address address);
  asio::awaitable<void> ConverseOverTls(std::string peer);
  template <class Stream>
  asio::awaitable<void> Converse(Stream& stream);
  template <class Stream>
  asio::awaitable<SendEnd> Send(Stream& stream);
  template <class Stream>
  asio::awaitable<ReadEnd> Receive(Stream& stream);

  void End(Ending ending, std::string_view detail);
  void GiveUpTooLate();
  void CloseSocket();
  void Conclude();

  bool IsPastDeadline() const { return context_.clock.SinceBoot() >= call_.deadline; }
  bool RequestBytesWritten() const {
    return bytes_before_request_ && socket_->bytes_written() > *bytes_before_request_;
  }

  const ClusterCall& call_;
  const Cluster& cluster_;
  const ExchangeContext context_;
  asio::steady_timer timer_;
  const std::shared_ptr<asio::steady_timer> lookup_wake_;

  CallFacts facts_;
  Secret request_;
  std::optional<CountedSocket> socket_;  // of the attempt at hand
  // Set when the attempt at hand begins to send: what TLS had written until then.
  std::optional<uint64_t> bytes_before_request_;
  // On the boot clock; when the attempt at hand makes room for the next address.
  absl::Duration attempt_ends_ = absl::InfiniteDuration();
  bool done_ = false;
  bool timed_out_ = false;
  bool overslept_ = false;
};

asio::awaitable<CallFacts> ExchangeRun::Run() {
  const absl::Duration begin = context_.clock.SinceBoot();
  facts_.timeout = call_.timeout;
  try {
    co_await (Work() && Watch());
  } catch (const std::exception& error) {
    End(Ending::kBroken, std::string("Internal error: ") + error.what());
  }
  CloseSocket();
  Conclude();
  facts_.elapsed = context_.clock.SinceBoot() - begin;
  co_return std::move(facts_);
}

// Now that nothing is pending: whether a byte went out, and whether it was the time that ended it.
void ExchangeRun::Conclude() {
  facts_.request_bytes_written = RequestBytesWritten();
  if (!timed_out_ || facts_.ending != Ending::kBroken) return;
  facts_.ending = Ending::kTimedOut;
  if (overslept_ && !facts_.request_bytes_written) GiveUpTooLate();
}

asio::awaitable<void> ExchangeRun::Work() {
  if (IsPastDeadline()) {
    GiveUpTooLate();
  } else if (!IsSendableToken(call_.bearer_token.Reveal())) {
    End(Ending::kGivenUp, "The bearer token holds a character that no header may carry");
  } else {
    co_await TryAddresses();
  }
  done_ = true;
  timer_.cancel();
}

asio::awaitable<void> ExchangeRun::Watch() {
  while (!done_) {
    const absl::Duration now = context_.clock.SinceBoot();
    if (now >= call_.deadline) {
      timed_out_ = true;
      overslept_ = now - call_.deadline > kOversleep;
      lookup_wake_->cancel();
      CloseSocket();
      co_return;
    }
    if (now >= attempt_ends_) {
      attempt_ends_ = absl::InfiniteDuration();
      CloseSocket();
    }
    const absl::Duration wait =
        std::min({kRecheckInterval, call_.deadline - now, attempt_ends_ - now});
    timer_.expires_after(absl::ToChronoNanoseconds(wait));
    error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

// Whatever fails here or in an attempt before a byte was sent leaves the effect in no doubt, so the
// next address may be tried.
asio::awaitable<void> ExchangeRun::TryAddresses() {
  const absl::StatusOr<Addresses> addresses = co_await FindAddresses();
  if (!addresses.ok()) {
    End(Ending::kBroken, Message(addresses.status()));
    co_return;
  }
  request_ = SerialiseRequest(call_);
  const size_t count = std::min(addresses->size(), kMaxAddresses);
  for (size_t i = 0; i < count && !timed_out_; ++i) {
    const absl::Duration now = context_.clock.SinceBoot();
    const auto left = static_cast<int64_t>(count - i);
    attempt_ends_ = left > 1 ? now + (call_.deadline - now) / left : absl::InfiniteDuration();
    co_await Attempt((*addresses)[i]);
    if (facts_.ending != Ending::kBroken || RequestBytesWritten()) co_return;
  }
}

asio::awaitable<absl::StatusOr<Addresses>> ExchangeRun::FindAddresses() {
  const absl::StatusOr<AddressPolicy> policy = AddressPolicy::Parse(cluster_.allowed_networks);
  if (!policy.ok()) co_return policy.status();
  absl::StatusOr<Addresses> resolved =
      co_await context_.resolver.Resolve(cluster_.host, lookup_wake_);
  if (!resolved.ok()) {
    co_return MakeStatus(resolved.status().code(), "Cannot resolve " + cluster_.host + ": " +
                                                       std::string(Message(resolved.status())));
  }
  co_return policy->Check(cluster_.host, *std::move(resolved));
}

asio::awaitable<void> ExchangeRun::Attempt(asio::ip::address address) {
  bytes_before_request_.reset();
  facts_.answer.reset();  // an earlier address may have spoken and hung up before we said anything
  socket_.emplace(timer_.get_executor());
  const asio::ip::tcp::endpoint endpoint(address, cluster_.port);
  const std::string peer = (std::ostringstream() << endpoint).str();
  error_code error;
  co_await socket_->lowest_layer().async_connect(endpoint,
                                                 asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    End(Ending::kBroken, "Cannot connect to " + peer + ": " + error.message());
    co_return;
  }
  error_code ignored;  // only costs some milliseconds
  socket_->lowest_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (cluster_.tls) {
    co_await ConverseOverTls(peer);
  } else {
    co_await Converse(*socket_);
  }
}

asio::awaitable<void> ExchangeRun::ConverseOverTls(std::string peer) {
  const auto context = context_.tls_contexts.Get(cluster_.ca_file);
  if (!context.ok()) {
    End(Ending::kBroken, Message(context.status()));
    co_return;
  }
  asio::ssl::stream<CountedSocket&> stream(*socket_, **context);
  if (const absl::Status status = RequireHost(stream.native_handle(), cluster_.host);
      !status.ok()) {
    End(Ending::kBroken, Message(status));
    co_return;
  }
  error_code error;
  co_await stream.async_handshake(asio::ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    End(Ending::kBroken, "TLS handshake with " + peer +
                             " failed: " + DescribeHandshakeError(stream.native_handle(), error));
    co_return;
  }
  co_await Converse(stream);
}

// Sends and receives at the same time: a cluster may answer, and close, before it read everything.
template <class Stream>
asio::awaitable<void> ExchangeRun::Converse(Stream& stream) {
  attempt_ends_ = absl::InfiniteDuration();
  bytes_before_request_ = socket_->bytes_written();
  auto [sent, received] = co_await (Send(stream) && Receive(stream));
  if (sent.too_late) {
    GiveUpTooLate();
  } else if (!RequestBytesWritten() || (!facts_.answer && !sent.error.empty())) {
    End(Ending::kBroken, "Connection lost while sending the request: " + sent.error);
  } else {
    End(received.ending, received.detail);
  }
}

template <class Stream>
asio::awaitable<SendEnd> ExchangeRun::Send(Stream& stream) {
  if (IsPastDeadline()) {
    CloseSocket();
    co_return SendEnd{.too_late = true};
  }
  error_code error;
  co_await asio::async_write(stream, asio::buffer(request_.Reveal()),
                             asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return SendEnd{};
  // Otherwise Receive goes on: what was sent may have been answered before the connection broke.
  if (!RequestBytesWritten()) CloseSocket();
  co_return SendEnd{.error = error.message()};
}

template <class Stream>
asio::awaitable<ReadEnd> ExchangeRun::Receive(Stream& stream) {
  AnswerReader<Stream> reader(stream, cluster_.max_response_bytes);
  ReadEnd end = co_await reader.Read(facts_.answer);
  CloseSocket();
  co_return end;
}

void ExchangeRun::End(Ending ending, std::string_view detail) {
  facts_.ending = ending;
  facts_.detail = std::string(detail);
}

void ExchangeRun::GiveUpTooLate() {
  End(Ending::kGivenUp, "The timeout of " + FormatSeconds(call_.timeout) +
                            " was over before the request could be sent");
}

void ExchangeRun::CloseSocket() {
  error_code ignored;
  if (socket_) socket_->lowest_layer().close(ignored);
}

}  // namespace

asio::awaitable<CallFacts> Exchange(const ClusterCall& call, ExchangeContext context) {
  ExchangeRun run(call, context, co_await asio::this_coro::executor);
  co_return co_await run.Run();
}

}  // namespace tms::action
