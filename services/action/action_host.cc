#include "services/action/action_host.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/runtime/logging.h"
#include "common/service/denial_log.h"
#include "services/action/access.h"

namespace tms::action {

namespace asio = boost::asio;

namespace {

// Time for answers to reach their callers once everything is recorded.
constexpr absl::Duration kAnswersLimit = absl::Seconds(2);

using LogFunction = void (*)(std::string_view, std::string_view, log::Fields);

// Actions that became a job have lines of their own; a caller sees only the correlation id of what
// went wrong inside, the text is for us.
LogFunction LevelOf(const absl::Status& status) {
  if (status.ok()) return log::Debug;
  return status.code() == absl::StatusCode::kInternal ? log::Error : log::Info;
}

void LogCall(const rpc::CallRecord& record) {
  if (absl::IsPermissionDenied(record.status)) return LogDenial(record);
  LevelOf(record.status)("SET_ACTION", record.status.ok() ? "call" : "call_refused",
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
                                                              ClusterClient& clusters, Spool& spool,
                                                              const Clock& clock) {
  auto host =
      std::unique_ptr<ActionHost>(new ActionHost(options, catalogue, clusters, spool, clock));
  TMS_ASSIGN_OR_RETURN(host->server_, rpc::Server::Start(options.server, {&host->service_}));
  asio::post(host->strand_, [courier = host->courier_, settlement = host->settlement_] {
    courier->Open();
    settlement->Open(courier->backlog().earlier_delivered());
  });
  host->server_->SetServing(true);
  return host;
}

ActionHost::ActionHost(const ActionOptions& options, const Catalogue& catalogue,
                       ClusterClient& clusters, Spool& spool, const Clock& clock)
    : clock_(clock),
      pool_(static_cast<size_t>(options.threads)),
      strand_(asio::make_strand(pool_)),
      channel_(rpc::MakeChannel(options.ledger, options.server.tls)),
      courier_(std::make_shared<SpoolingCourier>(
          strand_, [this] { return ledger::v1::JobLedgerService::NewStub(channel_); }, spool,
          options.courier, clock)),
      settlement_(std::make_shared<OwnerSettlement>(
          strand_, ledger::v1::JobLedgerService::NewStub(channel_), options.owner, clock)),
      jobs_(ledger::v1::JobLedgerService::NewStub(channel_)),
      executor_(strand_, pool_.get_executor(),
                {.catalogue = catalogue,
                 .courier = *courier_,
                 .jobs = jobs_,
                 .clusters = clusters,
                 .clock = clock,
                 .owner = options.owner}),
      spool_admin_(spool, options.courier.spool_limit, strand_,
                   [this] { courier_->backlog().Wake(); }),
      request_memory_(options.request_memory),
      blocking_(1, 1),
      edge_(blocking_, LogCall,
            rpc::Gatekeeper(options.peers, ActionMethodRules(), options.server.tls != nullptr),
            clock),
      service_(catalogue, executor_, spool_admin_, strand_, edge_, request_memory_, clock) {}

ActionHost::~ActionHost() {
  Drain(absl::InfiniteDuration());
  asio::post(strand_, [courier = courier_, settlement = settlement_] {
    settlement->Close();
    courier->Close();
  });
  pool_.join();
}

size_t ActionHost::Drain(absl::Duration limit) {
  const absl::Duration deadline = clock_.SinceBoot() + limit;
  if (server_) server_->SetServing(false);
  const size_t left = asio::co_spawn(strand_, executor_.Drain(deadline), asio::use_future).get();
  if (server_) server_->Shutdown(kAnswersLimit);
  server_.reset();
  return left;
}

}  // namespace tms::action
