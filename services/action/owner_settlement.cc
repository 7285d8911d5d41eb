#include "services/action/owner_settlement.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/rpc/unary_call.h"
#include "common/runtime/logging.h"
#include "services/action/backoff.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::SettleOwnerRequest;
using ledger::v1::SettleOwnerResponse;

namespace {

constexpr char kTag[] = "COURIER";
constexpr absl::Duration kFirstRetry = absl::Milliseconds(200);
constexpr absl::Duration kMostRetry = absl::Seconds(10);
// The ledger ends each job in a transaction; there may be thousands.
constexpr absl::Duration kCallTimeout = absl::Seconds(30);

}  // namespace

OwnerSettlement::OwnerSettlement(asio::any_io_executor strand,
                                 std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub,
                                 Owner owner, const Clock& clock)
    : strand_(std::move(strand)), stub_(std::move(stub)), owner_(std::move(owner)), clock_(clock) {}

void OwnerSettlement::Open(std::shared_ptr<Event> delivered) {
  asio::co_spawn(
      strand_,
      [self = shared_from_this(), delivered = std::move(delivered)] {
        return self->Run(delivered);
      },
      [](std::exception_ptr error) {
        if (error) std::terminate();  // a bug: jobs would stay open
      });
}

void OwnerSettlement::Close() { closed_->Set(); }

asio::awaitable<void> OwnerSettlement::Run(std::shared_ptr<Event> delivered) {
  const auto self = shared_from_this();
  const auto closed = closed_;
  Backoff backoff(kFirstRetry, kMostRetry);
  while (!delivered->is_set() && !closed->is_set()) {
    co_await delivered->Wait(clock_, clock_.SinceBoot() + kFirstRetry);
  }
  bool reported = false;
  while (!closed->is_set()) {
    TMS_CRASH_POINT("action.recovery.before_settle");
    SettleOwnerRequest request;
    request.set_owner(owner_.id);
    request.set_incarnation(owner_.incarnation);
    const auto start = [this](auto* context, auto* to_send, auto* response, auto done) {
      stub_->async()->SettleOwner(context, to_send, response, std::move(done));
    };
    rpc::CallOptions options{.timeout = kCallTimeout};
    const auto settled = co_await rpc::CallUnaryOr<SettleOwnerResponse>(start, std::move(request),
                                                                        std::move(options));
    if (settled.ok()) {
      log::Info(kTag, "owner_settled", {{"jobs", settled->settled_count()}});
      TMS_CRASH_POINT("action.recovery.settled");
      co_return;
    }
    if (!std::exchange(reported, true)) {
      log::Warning(kTag, "owner_not_settled", {{"error", Message(settled.status())}});
    }
    co_await closed->Wait(clock_, clock_.SinceBoot() + backoff.Next());
  }
}

}  // namespace tms::action
