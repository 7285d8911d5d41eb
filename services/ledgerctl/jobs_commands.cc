#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "common/base/status.h"
#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/job_filter.h"
#include "services/ledgerctl/listing.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::ledger::v1;

constexpr int kMaxPageSize = 500;  // The ledger's.
// A watch has no end of its own; --deadline gives it one.
constexpr absl::Duration kWatchDeadline = absl::Hours(24 * 365);

struct ListFlags {
  FilterFlags filter;
  int limit = 50;
  bool all = false;
  bool json = false;
  bool wide = false;
};

int ListJobs(Session& session, const ListFlags& flags) {
  api::ListJobsRequest request;
  const auto filter = MakeFilter(flags.filter, absl::Now());
  if (!filter.ok()) return Session::RefuseUsage(filter.status());
  *request.mutable_filter() = *filter;

  Listing listing(JobColumns(), flags.json, flags.wide);
  int left = flags.limit;
  bool any = false;
  do {
    request.set_page_size(flags.all ? kMaxPageSize : std::min(left, kMaxPageSize));
    api::ListJobsResponse response;
    const auto status = session.ledger().ListJobs(session.NewCall().get(), request, &response);
    if (!status.ok()) return Session::Fail("ListJobs", status);
    for (const api::Job& job : response.jobs()) listing.Add(job, JobCells(job));
    // An empty page says nothing about widths: go on until there are rows.
    if (response.jobs_size() > 0 || response.next_page_token().empty()) listing.Flush();
    any = any || response.jobs_size() > 0;
    left -= response.jobs_size();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && (flags.all || left > 0));

  if (!any) std::cerr << "(no job matches)\n";
  if (!request.page_token().empty()) std::cerr << "(there are more: --all or --limit)\n";
  if (listing.columns_dropped()) std::cerr << "(no room for all columns: --wide)\n";
  return kDone;
}

int GetJob(Session& session, const std::string& job_id, bool json) {
  api::GetJobRequest request;
  request.set_job_id(job_id);
  api::Job job;
  const auto status = session.ledger().GetJob(session.NewCall().get(), request, &job);
  if (!status.ok()) return Session::Fail("GetJob", status);
  std::cout << (json ? ToJson(job) + "\n" : JobDetails(job));
  return kDone;
}

int ListHistory(Session& session, const std::string& job_id, bool json) {
  api::ListJobEventsRequest request;
  request.set_job_id(job_id);
  request.set_page_size(kMaxPageSize);
  Listing listing(HistoryColumns(), json);
  do {
    api::ListJobEventsResponse response;
    const auto status = session.ledger().ListJobEvents(session.NewCall().get(), request, &response);
    if (!status.ok()) return Session::Fail("ListJobEvents", status);
    for (const auto& event : response.events()) listing.Add(event, HistoryCells(event));
    listing.Flush();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int ListCustomers(Session& session, const std::string& job_id) {
  api::ListJobCustomersRequest request;
  request.set_job_id(job_id);
  request.set_page_size(kMaxPageSize);
  do {
    api::ListJobCustomersResponse response;
    const auto status =
        session.ledger().ListJobCustomers(session.NewCall().get(), request, &response);
    if (!status.ok()) return Session::Fail("ListJobCustomers", status);
    for (const std::string& cid : response.cids()) std::cout << cid << '\n';
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

struct WatchFlags {
  FilterFlags filter;
  std::string resume;
  int count = 0;
  bool json = false;
};

int WatchJobs(Session& session, const WatchFlags& flags) {
  api::WatchJobsRequest request;
  const auto filter = MakeFilter(flags.filter, absl::Now());
  if (!filter.ok()) return Session::RefuseUsage(filter.status());
  *request.mutable_filter() = *filter;
  request.set_resume_token(flags.resume);

  const auto call = session.NewCall(kWatchDeadline);
  const auto stream = session.ledger().WatchJobs(call.get(), request);
  Listing listing(JobColumns(), flags.json);
  api::WatchJobsResponse response;
  int left = flags.count;
  while (stream->Read(&response)) {
    request.set_resume_token(response.resume_token());
    if (!response.has_job()) continue;
    listing.Add(response.job(), JobCells(response.job()));
    listing.Flush();
    std::cout.flush();
    if (flags.count > 0 && --left == 0) break;
  }
  const bool enough = flags.count > 0 && left == 0;
  if (enough) call->TryCancel();
  std::cerr << "(to go on: --resume " << request.resume_token() << ")\n";
  const auto status = stream->Finish();
  return enough ? kDone : Session::Fail("WatchJobs", status);
}

struct UpdateFlags {
  std::string job_id;
  std::optional<std::string> status;
  std::optional<std::string> effect;
  std::optional<int> http_status;
  std::optional<std::string> error_message;
  std::string reason;
  std::string etag;
};

absl::StatusOr<api::UpdateJobRequest> MakeUpdate(const UpdateFlags& flags) {
  api::UpdateJobRequest request;
  api::Job& job = *request.mutable_job();
  job.set_job_id(flags.job_id);
  request.set_reason(flags.reason);
  request.set_etag(flags.etag);
  if (flags.status) {
    TMS_ASSIGN_OR_RETURN(const int value,
                         ParseEnumValue(*api::Job::Status_descriptor(), *flags.status));
    job.set_status(static_cast<api::Job::Status>(value));
    request.mutable_update_mask()->add_paths("status");
  }
  if (flags.effect) {
    TMS_ASSIGN_OR_RETURN(const int value,
                         ParseEnumValue(*api::Job::Effect_descriptor(), *flags.effect));
    job.set_effect(static_cast<api::Job::Effect>(value));
    request.mutable_update_mask()->add_paths("effect");
  }
  if (flags.http_status) {
    job.set_http_status(*flags.http_status);
    request.mutable_update_mask()->add_paths("http_status");
  }
  if (flags.error_message) {
    job.set_error_message(*flags.error_message);
    request.mutable_update_mask()->add_paths("error_message");
  }
  if (request.update_mask().paths().empty()) {
    return MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "nothing to change: give --status, --effect, --http-status or --error-message");
  }
  return request;
}

int UpdateJob(Session& session, const UpdateFlags& flags, bool json) {
  auto request = MakeUpdate(flags);
  if (!request.ok()) return Session::RefuseUsage(request.status());
  api::Job job;
  if (request->etag().empty()) {
    api::GetJobRequest get;
    get.set_job_id(flags.job_id);
    get.set_view(api::BASIC);
    const auto status = session.ledger().GetJob(session.NewCall().get(), get, &job);
    if (!status.ok()) return Session::Fail("GetJob", status);
    std::cerr << "before:\n" << JobDetails(job) << "\n";
    request->set_etag(job.etag());
  }
  const auto status = session.ledger().UpdateJob(session.NewCall().get(), *request, &job);
  if (!status.ok()) return Session::Fail("UpdateJob", status);
  std::cout << (json ? ToJson(job) + "\n" : JobDetails(job));
  return kDone;
}

void AddListCommand(CLI::App& jobs, Session& session) {
  CLI::App* list = jobs.add_subcommand("list", "Jobs that match every given filter, newest first");
  auto flags = std::make_shared<ListFlags>();
  AddFilterFlags(*list, flags->filter);
  list->add_option("--limit", flags->limit, "Most jobs to show")->check(CLI::Range(1, 1'000'000));
  list->add_flag("--all", flags->all, "Every job, whatever --limit says");
  list->add_flag("--json", flags->json, "One JSON object a line");
  list->add_flag("--wide", flags->wide,
                 "Every column whole, also where the terminal is too narrow");
  list->callback([&session, flags] {
    session.command = [&session, flags] { return ListJobs(session, *flags); };
  });
}

void AddWatchCommand(CLI::App& jobs, Session& session) {
  CLI::App* watch = jobs.add_subcommand("watch", "Changes of jobs as they happen, one a line");
  auto flags = std::make_shared<WatchFlags>();
  AddFilterFlags(*watch, flags->filter);
  watch->add_option("--resume", flags->resume, "Go on behind this token of an earlier watch");
  watch->add_option("--count", flags->count, "End after so many changes")
      ->check(CLI::Range(1, 1'000'000));
  watch->add_flag("--json", flags->json, "One JSON object a line");
  watch->callback([&session, flags] {
    session.command = [&session, flags] { return WatchJobs(session, *flags); };
  });
}

void AddUpdateCommand(CLI::App& jobs, Session& session) {
  CLI::App* update = jobs.add_subcommand("update", "Settle a job whose outcome is not known");
  auto flags = std::make_shared<UpdateFlags>();
  auto json = std::make_shared<bool>(false);
  update->add_option("ID", flags->job_id, "Job")->required();
  update->add_option("--status", flags->status, "SUCCESS or FAILED");
  update->add_option("--effect", flags->effect, EnumNames(*api::Job::Effect_descriptor()));
  update->add_option("--http-status", flags->http_status, "What the cluster answered");
  update->add_option("--error-message", flags->error_message, "One line for people");
  update->add_option("--reason", flags->reason, "Why, for the history: 3 to 1,000 characters")
      ->required();
  update->add_option("--etag", flags->etag,
                     "Version that you saw; without it the job is read and shown first");
  update->add_flag("--json", *json, "The job as one JSON object");
  update->callback([&session, flags, json] {
    session.command = [&session, flags, json] { return UpdateJob(session, *flags, *json); };
  });
}

// A command whose only argument is a job's id.
void AddJobCommand(CLI::App& jobs, Session& session, const std::string& name,
                   const std::string& help, bool can_json,
                   int (*run)(Session&, const std::string& job_id, bool json)) {
  CLI::App* command = jobs.add_subcommand(name, help);
  auto job_id = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("ID", *job_id, "Job")->required();
  if (can_json) command->add_flag("--json", *json, "One JSON object a line");
  command->callback([&session, job_id, json, run] {
    session.command = [&session, job_id, json, run] { return run(session, *job_id, *json); };
  });
}

}  // namespace

void AddJobsCommands(CLI::App& app, Session& session) {
  CLI::App* jobs = app.add_subcommand("jobs", "Ask the ledger for jobs, or settle one");
  jobs->require_subcommand(1);
  AddListCommand(*jobs, session);
  AddJobCommand(*jobs, session, "get", "Everything known of one job", true, GetJob);
  AddJobCommand(*jobs, session, "history", "What happened to one job, oldest first", true,
                ListHistory);
  AddJobCommand(*jobs, session, "customers", "Customer ids of one job, one a line", false,
                [](Session& s, const std::string& id, bool) { return ListCustomers(s, id); });
  AddWatchCommand(*jobs, session);
  AddUpdateCommand(*jobs, session);
}

}  // namespace tms::ledgerctl
