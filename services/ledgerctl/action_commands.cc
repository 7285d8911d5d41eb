#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/rpc/status.h"
#include "services/ledgerctl/commands.h"
#include "common/runtime/hidden_input.h"
#include "services/ledgerctl/listing.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"
#include "services/ledgerctl/set_action_input.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::action::v1;
using tms::ledger::v1::Job;

// The longest call (120 s), and some time in the cluster's queue and for the record.
constexpr absl::Duration kActionDeadline = absl::Seconds(150);

struct SetActionFlags {
  std::string cluster;
  std::string action;
  InputSources sources;
  std::string request_id;
  std::string batch_id;
  std::string timeout;
  std::string rerun_of;
  bool accept_possible_repeat = false;
  bool no_wait = false;
  bool json = false;
};

absl::StatusOr<api::SetActionRequest> MakeRequest(const Session& session,
                                                  const SetActionFlags& flags) {
  api::SetActionRequest request;
  request.set_user_id(session.user());
  if (flags.cluster.find("://") == std::string::npos) {
    request.set_cluster(flags.cluster);
  } else {
    request.set_cluster_url(flags.cluster);
  }
  request.set_action(flags.action);
  request.set_request_id(flags.request_id.empty() ? NewUuidV7(absl::Now()) : flags.request_id);
  request.set_batch_id(flags.batch_id);
  request.set_rerun_of(flags.rerun_of);
  request.set_accept_possible_repeat(flags.accept_possible_repeat);
  if (!flags.timeout.empty()) {
    TMS_ASSIGN_OR_RETURN(const absl::Duration timeout, ParsePositiveDuration(flags.timeout));
    *request.mutable_timeout() = ToProto(timeout);
  }
  InputSources sources = flags.sources;
  sources.token_variable = std::getenv(kTokenVariable);
  std::optional<HiddenInput> hidden;
  if (sources.token_file.empty() && sources.token_variable == nullptr) {
    hidden.emplace("Bearer token: ");
  }
  TMS_ASSIGN_OR_RETURN(const SetActionInput input, ReadInput(sources, std::cin));
  request.set_bearer_token(std::string(input.token.Reveal()));
  request.mutable_cids()->Assign(input.cids.begin(), input.cids.end());
  return request;
}

int Report(const api::SetActionResponse& response, const SetActionFlags& flags) {
  const Job& job = response.job();
  if (response.deduplicated()) std::cerr << "This request was made before; its job:\n";
  std::cout << (flags.json ? ToJson(job) + "\n" : JobDetails(job));
  if (job.status() == Job::SUCCESS) return kDone;
  if (job.status() == Job::IN_PROGRESS) {
    if (flags.no_wait) return kDone;
    std::cerr << "ledgerctl: set-action: still in progress at the deadline\n";
  }
  return kFailed;
}

int SetAction(Session& session, const SetActionFlags& flags) {
  const auto request = MakeRequest(session, flags);
  if (!request.ok()) return Session::RefuseUsage(request.status());
  std::cerr << "request id: " << request->request_id() << "\n";
  const auto context = session.NewCall(kActionDeadline);
  api::SetActionResponse response;
  const auto status = flags.no_wait
                          ? session.action().SubmitAction(context.get(), *request, &response)
                          : session.action().SetAction(context.get(), *request, &response);
  if (status.ok()) return Report(response, flags);
  const int exit_code = Session::Fail("set-action", status);
  std::cerr << (rpc::HasOurDomain(status)
                    ? "The cluster was not called.\n"
                    : "Whether the cluster was called is not known. To find out, ask again with "
                      "--request-id " +
                          request->request_id() + "\n");
  return exit_code;
}

int ListClusters(Session& session, bool json) {
  api::ListClustersResponse response;
  const auto status = session.action().ListClusters(session.NewCall().get(), {}, &response);
  if (!status.ok()) return Session::Fail("ListClusters", status);
  Listing listing({{.header = "CLUSTER"},
                   {.header = "BASE URL"},
                   {.header = "TIMEOUT", .right_aligned = true},
                   {.header = "AT MOST", .right_aligned = true},
                   {.header = "DESCRIPTION", .min_width = 12, .drop_rank = 1}},
                  json);
  for (const auto& cluster : response.clusters()) {
    listing.Add(cluster, {cluster.name(), cluster.base_url(),
                          FormatSeconds(FromProto(cluster.default_timeout())),
                          FormatSeconds(FromProto(cluster.max_timeout())), cluster.description()});
  }
  listing.Flush();
  return kDone;
}

int ListActions(Session& session, bool json) {
  api::ListActionsResponse response;
  const auto status = session.action().ListActions(session.NewCall().get(), {}, &response);
  if (!status.ok()) return Session::Fail("ListActions", status);
  Listing listing({{.header = "CODE", .right_aligned = true},
                   {.header = "ACTION"},
                   {.header = "ALSO", .min_width = 12, .drop_rank = 2},
                   {.header = "DESCRIPTION", .min_width = 12, .drop_rank = 1}},
                  json);
  for (const auto& action : response.actions()) {
    std::string aliases;
    for (const auto& alias : action.aliases()) aliases += (aliases.empty() ? "" : ", ") + alias;
    listing.Add(action,
                {std::to_string(action.code()), action.name(), aliases, action.description()});
  }
  listing.Flush();
  return kDone;
}

void AddSetActionCommand(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "set-action",
      "Run one Set Action and show its job.\n"
      "The bearer token comes from --token-file, from TMS_BEARER_TOKEN or from standard input,\n"
      "never from the command line, where others could read it.");
  auto flags = std::make_shared<SetActionFlags>();
  command->add_option("CLUSTER", flags->cluster, "Name or base URL of a configured cluster")
      ->required();
  command->add_option("ACTION", flags->action, "Name of the action, such as T-Enable")->required();
  command->add_option("CID", flags->sources.cids,
                      "Customer ids; without any, and with the token from elsewhere, one a line "
                      "from standard input");
  command->add_option("--cids-file", flags->sources.cids_file, "File with one customer id a line");
  command->add_option("--token-file", flags->sources.token_file, "File that holds the token");
  command->add_option("--request-id", flags->request_id,
                      "Key that makes it safe to ask again; made and shown if not given");
  command->add_option("--batch-id", flags->batch_id, "Free label that groups jobs");
  command->add_option("--timeout", flags->timeout,
                      "Total time for the call, such as 45s; by default the cluster's");
  command->add_option("--rerun-of", flags->rerun_of, "Id of the job that this one repeats");
  command->add_flag("--accept-possible-repeat", flags->accept_possible_repeat,
                    "Go ahead although the ledger is away and cannot tell a repeat");
  command->add_flag("--no-wait", flags->no_wait, "Return as soon as the start is recorded");
  command->add_flag("--json", flags->json, "The job as one JSON object");
  command->callback([&session, flags] {
    session.command = [&session, flags] { return SetAction(session, *flags); };
  });
}

void AddListing(CLI::App& app, Session& session, const std::string& name, const std::string& help,
                int (*run)(Session&, bool json)) {
  CLI::App* command = app.add_subcommand(name, help);
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object a line");
  command->callback([&session, json, run] {
    session.command = [&session, json, run] { return run(session, *json); };
  });
}

}  // namespace

void AddActionCommands(CLI::App& app, Session& session) {
  AddSetActionCommand(app, session);
  AddListing(app, session, "clusters", "The configured clusters", ListClusters);
  AddListing(app, session, "actions", "The configured actions", ListActions);
}

}  // namespace tms::ledgerctl
