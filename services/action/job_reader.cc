#include "services/action/job_reader.h"

#include <utility>

#include "common/rpc/unary_call.h"

namespace tms::action {

boost::asio::awaitable<absl::StatusOr<ledger::v1::Job>> LedgerJobReader::GetJob(
    std::string job_id, absl::Duration timeout) {
  ledger::v1::GetJobRequest request;
  request.set_job_id(std::move(job_id));
  request.set_view(ledger::v1::BASIC);
  const auto start = [this](auto* context, auto* to_send, auto* response, auto done) {
    stub_->async()->GetJob(context, to_send, response, std::move(done));
  };
  co_return co_await rpc::CallUnaryOr<ledger::v1::Job>(start, std::move(request),
                                                       {.timeout = timeout});
}

}  // namespace tms::action
