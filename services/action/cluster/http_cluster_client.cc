#include "services/action/cluster/http_cluster_client.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "services/action/cluster/classification.h"
#include "services/action/cluster/http_exchange.h"
#include "services/action/cluster/token_redaction.h"

namespace tms::action {

namespace asio = boost::asio;

HttpClusterClient::HttpClusterClient(const Clock& clock, LookUpFunction look_up)
    : clock_(clock), resolver_(std::move(look_up)) {}

absl::Status HttpClusterClient::Prepare(const Cluster& cluster) {
  return cluster.tls ? tls_contexts_.Get(cluster.ca_file).status() : absl::OkStatus();
}

asio::awaitable<CallResult> HttpClusterClient::Call(ClusterCall call) {
  // A caller that was cancelled must neither stop the call nor make the wait for it throw.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  CallResult result = co_await asio::co_spawn(
      asio::make_strand(executor), Run(std::move(call)),
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

asio::awaitable<CallResult> HttpClusterClient::Run(ClusterCall call) {
  const CallFacts facts = co_await Exchange(call, {clock_, resolver_, tls_contexts_});
  const std::string_view token = call.bearer_token.Reveal();
  CallResult result;
  result.finished = Classify(facts, token);
  if (facts.answer) result.response_body = RedactToken(facts.answer->body, token);
  co_return result;
}

}  // namespace tms::action
