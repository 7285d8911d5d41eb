#include <CLI/CLI.hpp>
#include <memory>

#include "common/base/status.h"
#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/job_filter.h"
#include "services/ledgerctl/listing.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

using tms::ledger::v1::GetJobStatsRequest;
using tms::ledger::v1::GetJobStatsResponse;

struct StatsFlags {
  FilterFlags filter;
  std::vector<std::string> group_by = {"STATUS", "FAILURE_REASON", "EFFECT"};
  std::string bucket;
  bool json = false;
};

absl::StatusOr<GetJobStatsRequest> MakeRequest(const StatsFlags& flags) {
  TMS_ASSIGN_OR_RETURN(const auto filter, MakeFilter(flags.filter, absl::Now()));
  GetJobStatsRequest request;
  for (const std::string& name : flags.group_by) {
    TMS_ASSIGN_OR_RETURN(const int value,
                         ParseEnumValue(*GetJobStatsRequest::Dimension_descriptor(), name));
    request.add_group_by(static_cast<GetJobStatsRequest::Dimension>(value));
  }
  if (!flags.bucket.empty()) {
    TMS_ASSIGN_OR_RETURN(const int value,
                         ParseEnumValue(*GetJobStatsRequest::Bucket_descriptor(), flags.bucket));
    request.set_bucket(static_cast<GetJobStatsRequest::Bucket>(value));
  }
  *request.mutable_user_ids() = filter.user_ids();
  *request.mutable_statuses() = filter.statuses();
  *request.mutable_failure_reasons() = filter.failure_reasons();
  *request.mutable_effects() = filter.effects();
  *request.mutable_action_codes() = filter.action_codes();
  *request.mutable_clusters() = filter.clusters();
  if (filter.has_created_after()) *request.mutable_created_after() = filter.created_after();
  if (filter.has_created_before()) *request.mutable_created_before() = filter.created_before();
  return request;
}

int ShowStats(Session& session, const StatsFlags& flags) {
  const auto request = MakeRequest(flags);
  if (!request.ok()) return Session::RefuseUsage(request.status());
  GetJobStatsResponse response;
  const auto status = session.ledger().GetJobStats(session.NewCall().get(), *request, &response);
  if (!status.ok()) return Session::Fail("GetJobStats", status);
  Listing listing(StatsColumns(*request), flags.json);
  for (const auto& row : response.rows()) listing.Add(row, StatsCells(*request, response, row));
  listing.Flush();
  return kDone;
}

}  // namespace

void AddStatsCommand(CLI::App& app, Session& session) {
  CLI::App* stats = app.add_subcommand("stats", "Counts and durations of jobs");
  auto flags = std::make_shared<StatsFlags>();
  stats
      ->add_option("--group-by", flags->group_by,
                   EnumNames(*GetJobStatsRequest::Dimension_descriptor()))
      ->delimiter(',');
  stats->add_option("--bucket", flags->bucket,
                    EnumNames(*GetJobStatsRequest::Bucket_descriptor()) +
                        "; without it the ledger chooses by the range");
  AddStatsFilterFlags(*stats, flags->filter);
  stats->add_flag("--json", flags->json, "One JSON object a line");
  stats->callback([&session, flags] {
    session.command = [&session, flags] { return ShowStats(session, *flags); };
  });
}

}  // namespace tms::ledgerctl
