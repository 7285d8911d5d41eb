#include "services/ledgerctl/job_filter.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "common/base/status.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

using tms::ledger::v1::Job;
using tms::ledger::v1::JobFilter;

absl::Status Named(std::string_view flag, const absl::Status& status) {
  return MakeStatus(status.code(), std::string(flag) + ": " + std::string(Message(status)));
}

// Appends the value of each text to `values`, an enum field.
template <typename Field>
absl::Status ParseEach(std::string_view flag, const std::vector<std::string>& texts,
                       const google::protobuf::EnumDescriptor& type, Field* values) {
  for (const std::string& text : texts) {
    const auto value = ParseEnumValue(type, text);
    if (!value.ok()) return Named(flag, value.status());
    values->Add(*value);
  }
  return absl::OkStatus();
}

absl::Status ParseTime(std::string_view flag, const std::string& text, absl::Time now,
                       google::protobuf::Timestamp* (JobFilter::*field)(), JobFilter& filter) {
  if (text.empty()) return absl::OkStatus();
  const auto time = ParseMoment(text, now);
  if (!time.ok()) return Named(flag, time.status());
  *(filter.*field)() = ToProto(*time);
  return absl::OkStatus();
}

}  // namespace

void AddStatsFilterFlags(CLI::App& command, FilterFlags& flags) {
  const auto add = [&command](const char* flag, auto& values, const std::string& help) {
    command.add_option(flag, values, help)->delimiter(',');
  };
  command.add_option("--user-id", flags.user_ids, "Jobs of this user (repeatable)");
  add("--status", flags.statuses, EnumNames(*Job::Status_descriptor()));
  add("--failure-reason", flags.failure_reasons, EnumNames(*Job::FailureReason_descriptor()));
  add("--effect", flags.effects, EnumNames(*Job::Effect_descriptor()));
  add("--action-code", flags.action_codes, "Code of the action; `actions` lists them");
  add("--cluster", flags.clusters, "Name of the cluster; `clusters` lists them");
  command.add_option("--created-after", flags.created_after,
                     "Not before this time: RFC 3339, a date (UTC), or an age such as 90m, 7d");
  command.add_option("--created-before", flags.created_before, "Before this time");
}

void AddFilterFlags(CLI::App& command, FilterFlags& flags) {
  AddStatsFilterFlags(command, flags);
  command.add_option("--cid", flags.cid, "Jobs that have this customer");
  command.add_option("--batch-id", flags.batch_id, "Jobs of this batch");
  command.add_option("--request-id", flags.request_id, "Jobs made for this request id");
  command.add_option("--http-status", flags.http_status, "What the cluster answered");
}

absl::StatusOr<JobFilter> MakeFilter(const FilterFlags& flags, absl::Time now) {
  JobFilter filter;
  filter.mutable_user_ids()->Assign(flags.user_ids.begin(), flags.user_ids.end());
  filter.mutable_action_codes()->Assign(flags.action_codes.begin(), flags.action_codes.end());
  filter.mutable_clusters()->Assign(flags.clusters.begin(), flags.clusters.end());
  filter.set_cid(flags.cid);
  filter.set_batch_id(flags.batch_id);
  filter.set_request_id(flags.request_id);
  if (flags.http_status) filter.set_http_status(*flags.http_status);
  TMS_RETURN_IF_ERROR(
      ParseEach("--status", flags.statuses, *Job::Status_descriptor(), filter.mutable_statuses()));
  TMS_RETURN_IF_ERROR(ParseEach("--failure-reason", flags.failure_reasons,
                                *Job::FailureReason_descriptor(),
                                filter.mutable_failure_reasons()));
  TMS_RETURN_IF_ERROR(
      ParseEach("--effect", flags.effects, *Job::Effect_descriptor(), filter.mutable_effects()));
  TMS_RETURN_IF_ERROR(ParseTime("--created-after", flags.created_after, now,
                                &JobFilter::mutable_created_after, filter));
  TMS_RETURN_IF_ERROR(ParseTime("--created-before", flags.created_before, now,
                                &JobFilter::mutable_created_before, filter));
  return filter;
}

}  // namespace tms::ledgerctl
