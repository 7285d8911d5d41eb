#include "services/action/action_host.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/runtime/logging.h"

namespace tms::action {

namespace asio = boost::asio;

namespace {

// Time for answers to reach their callers once everything is recorded.
constexpr absl::Duration kAnswersLimit = absl::Seconds(2);

// A caller sees only the correlation id of what went wrong inside; the text is for us.
void LogCall(const rpc::CallRecord& record) {
  const bool failed = record.status.code() == absl::StatusCode::kInternal;
  (failed ? log::Error : log::Debug)("SET_ACTION", failed ? "call_failed" : "call",
                                     {{"method", record.method},
                                      {"code", absl::StatusCodeToString(record.status.code())},
                                      {"reason", Reason(record.status)},
                                      {"error", Message(record.status)},
                                      {"correlation_id", record.call.correlation_id},
                                      {"elapsed_ms", absl::ToInt64Milliseconds(record.elapsed)}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<ActionHost>> ActionHost::Start(const ActionOptions& options,
                                                              const Catalogue& catalogue,
                                                              ClusterClient& clusters,
                                                              const Clock& clock) {
  auto host = std::unique_ptr<ActionHost>(new ActionHost(options, catalogue, clusters, clock));
  TMS_ASSIGN_OR_RETURN(host->server_, rpc::Server::Start(options.server, {&host->service_}));
  asio::post(host->strand_, [courier = host->courier_] { courier->Open(); });
  host->server_->SetServing(true);
  return host;
}

ActionHost::ActionHost(const ActionOptions& options, const Catalogue& catalogue,
                       ClusterClient& clusters, const Clock& clock)
    : clock_(clock),
      pool_(static_cast<size_t>(options.threads)),
      strand_(asio::make_strand(pool_)),
      channel_(rpc::MakeChannel(options.ledger)),
      courier_(std::make_shared<StreamCourier>(
          strand_, ledger::v1::JobLedgerService::NewStub(channel_), options.ack_wait, clock)),
      jobs_(ledger::v1::JobLedgerService::NewStub(channel_)),
      executor_(strand_, pool_.get_executor(),
                {.catalogue = catalogue,
                 .courier = *courier_,
                 .jobs = jobs_,
                 .clusters = clusters,
                 .clock = clock,
                 .owner = options.owner}),
      blocking_(1, 1),
      edge_(blocking_, LogCall, clock),
      service_(catalogue, executor_, strand_, edge_, clock) {}

ActionHost::~ActionHost() { Drain(absl::ZeroDuration()); }

size_t ActionHost::Drain(absl::Duration limit) {
  if (!server_) return 0;
  const absl::Duration deadline = clock_.SinceBoot() + limit;
  server_->SetServing(false);
  const size_t left = asio::co_spawn(strand_, executor_.Drain(deadline), asio::use_future).get();
  server_->Shutdown(std::max(deadline - clock_.SinceBoot(), kAnswersLimit));
  server_.reset();
  asio::post(strand_, [courier = courier_] { courier->Close(); });
  if (left > 0) pool_.stop();
  pool_.join();
  return left;
}

}  // namespace tms::action
