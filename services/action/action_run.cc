#include "services/action/action_run.h"

#include "common/runtime/logging.h"

namespace tms::action {
namespace {

using ledger::v1::Job;
using ledger::v1::JobFinished;

constexpr char kTag[] = "SET_ACTION";

}  // namespace

void ActionRun::LogStart() const {
  log::Info(kTag, "set_action_start",
            {{"user", request.user_id},
             {"action", request.action_name},
             {"cid_count", cid_count},
             {"cluster", request.cluster->name},
             {"job_id", job_id},
             {"correlation_id", request.correlation_id}});
}

void ActionRun::LogOutcome(const JobFinished& finished, absl::Duration elapsed) const {
  const std::string http_status =
      finished.has_http_status() ? std::to_string(finished.http_status()) : "";
  const auto elapsed_ms = absl::ToInt64Milliseconds(elapsed);
  if (finished.status() == Job::SUCCESS) {
    log::Info(kTag, "set_action_done",
              {{"user", request.user_id},
               {"action", request.action_name},
               {"cid_count", cid_count},
               {"cluster", request.cluster->name},
               {"job_id", job_id},
               {"correlation_id", request.correlation_id},
               {"http_status", http_status},
               {"effect", Job::Effect_Name(finished.effect())},
               {"elapsed_ms", elapsed_ms}});
    return;
  }
  log::Warning(kTag, "set_action_error",
               {{"user", request.user_id},
                {"action", request.action_name},
                {"cid_count", cid_count},
                {"cluster", request.cluster->name},
                {"job_id", job_id},
                {"correlation_id", request.correlation_id},
                {"http_status", http_status},
                {"failure_reason", Job::FailureReason_Name(finished.failure_reason())},
                {"effect", Job::Effect_Name(finished.effect())},
                {"elapsed_ms", elapsed_ms},
                {"error", finished.error_message()}});
}

ClusterCall ActionRun::MakeCall() {
  return {.cluster = request.cluster,
          .action = request.action_name,
          .cids = std::move(request.cids),
          .bearer_token = std::move(request.bearer_token),
          .timeout = request.timeout,
          .deadline = deadline};
}

}  // namespace tms::action
