#include "services/gateway/own_jobs.h"

#include "common/base/status.h"
#include "services/gateway/forward.h"

namespace tms::gateway {

namespace v1 = tms::ledger::v1;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

absl::Status NotYourJob() {
  return MakeStatus(absl::StatusCode::kPermissionDenied, "NOT_YOUR_JOB",
                    "your roles show you only your own jobs");
}

absl::Status KeepToOwn(const Caller& caller,
                       google::protobuf::RepeatedPtrField<std::string>& users) {
  if (caller.SeesAllJobs()) return absl::OkStatus();
  for (const std::string& user : users) {
    if (user != caller.user) return NotYourJob();
  }
  users.Clear();
  users.Add(std::string(caller.user));
  return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> CheckOwn(Services& services, const RequestContext& context,
                                              const std::string& job_id) {
  if (context.caller.SeesAllJobs()) co_return absl::OkStatus();
  v1::GetJobRequest request;
  request.set_job_id(job_id);
  request.set_view(v1::BASIC);
  const auto answer = co_await CallService(services.ledger->async(), &Ledger::GetJob,
                                           std::move(request), context, kReadTimeout);
  if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
  co_return answer.response.user_id() == context.caller.user ? absl::OkStatus() : NotYourJob();
}

}  // namespace tms::gateway
