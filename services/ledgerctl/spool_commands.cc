#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/listing.h"
#include "services/ledgerctl/messages.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::action::v1;
using Resolution = api::ResolveDeadLetterRequest;

int ShowState(Session& session) {
  api::SpoolState state;
  const auto status = session.action().GetSpoolState(session.NewCall().get(), {}, &state);
  if (!status.ok()) return Session::Fail("GetSpoolState", status);
  std::cout << ToJson(state) << '\n';
  return kDone;
}

std::string EventName(const api::DeadLetter& letter) {
  return letter.event().has_started() ? "STARTED" : "FINISHED";
}

int ListDeadLetters(Session& session, bool json) {
  Listing listing({{.header = "POSITION", .right_aligned = true},
                   {.header = "SET ASIDE"},
                   {.header = "JOB"},
                   {.header = "EVENT"},
                   {.header = "VERDICT"},
                   {.header = "WHY", .min_width = 12}},
                  json);
  api::ListDeadLettersRequest request;
  do {
    api::ListDeadLettersResponse page;
    const auto status = session.action().ListDeadLetters(session.NewCall().get(), request, &page);
    if (!status.ok()) return Session::Fail("ListDeadLetters", status);
    for (const auto& letter : page.dead_letters()) {
      listing.Add(letter, {std::to_string(letter.position()), ShortTime(letter.buried_at()),
                           letter.job_id(), EventName(letter), letter.verdict(), letter.detail()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  listing.Flush();
  return kDone;
}

struct ResolveFlags {
  int64_t position = 0;
  std::string reason;
};

// `STARTED of job 01a2…, which the ledger answered INVALID (cids: …)`
std::string Describe(const api::DeadLetter& letter) {
  std::string text = EventName(letter) + " of job " + letter.job_id() +
                     ", which the ledger answered " + letter.verdict();
  if (!letter.detail().empty()) text += " (" + letter.detail() + ")";
  return text;
}

// What only the action service has seen becomes part of the ledger's audit history too.
grpc::Status Audit(Session& session, const ResolveFlags& flags, const std::string& what,
                   const api::DeadLetter& letter) {
  tms::ledger::v1::RecordAuditRequest request;
  auto& record = *request.mutable_record();
  record.set_user_id(session.user().empty() ? "ledgerctl" : session.user());
  record.set_action("SPOOL_" + what);
  record.set_target(letter.job_id());
  record.set_success(true);
  record.set_detail(flags.reason + "; " + Describe(letter));
  tms::ledger::v1::RecordAuditResponse response;
  return session.ledger().RecordAudit(session.NewCall().get(), request, &response);
}

int Resolve(Session& session, const ResolveFlags& flags, Resolution::Action action) {
  Resolution request;
  request.set_position(flags.position);
  request.set_action(action);
  request.set_reason(flags.reason);
  api::ResolveDeadLetterResponse response;
  const auto status =
      session.action().ResolveDeadLetter(session.NewCall().get(), request, &response);
  if (!status.ok()) return Session::Fail("ResolveDeadLetter", status);
  const std::string what = Resolution::Action_Name(action);
  int exit_code = kDone;
  for (const api::DeadLetter& letter : response.dead_letters()) {
    std::cout << what << ": " << Describe(letter) << '\n';
    const auto audited = Audit(session, flags, what, letter);
    if (!audited.ok()) exit_code = Session::Fail("done, but not audited: RecordAudit", audited);
  }
  return exit_code;
}

void AddResolution(CLI::App& spool, Session& session, const std::string& name,
                   const std::string& help, Resolution::Action action) {
  CLI::App* command = spool.add_subcommand(name, help);
  auto flags = std::make_shared<ResolveFlags>();
  command->add_option("POSITION", flags->position, "As `spool dead-letters` shows it")->required();
  command
      ->add_option("--reason", flags->reason,
                   "Why, for the audit history and the service's log: 3 to 1,000 characters")
      ->required();
  command->callback([&session, flags, action] {
    session.command = [&session, flags, action] { return Resolve(session, *flags, action); };
  });
}

}  // namespace

void AddSpoolCommands(CLI::App& app, Session& session) {
  CLI::App* spool = app.add_subcommand(
      "spool", "What the action service holds that the ledger has not confirmed");
  spool->require_subcommand(1);
  spool->fallthrough();
  spool->add_subcommand("state", "How much it is, as one JSON object")->callback([&session] {
    session.command = [&session] { return ShowState(session); };
  });
  CLI::App* list =
      spool->add_subcommand("dead-letters", "Events that the ledger has refused for good");
  auto json = std::make_shared<bool>(false);
  list->add_flag("--json", *json, "One JSON object a line");
  list->callback([&session, json] {
    session.command = [&session, json] { return ListDeadLetters(session, *json); };
  });
  AddResolution(*spool, session, "retry",
                "Tell the ledger all dead letters of that one's job again, in the job's order; the "
                "cluster is not called",
                Resolution::RETRY);
  AddResolution(*spool, session, "drop", "Forget a dead letter for good", Resolution::DROP);
}

}  // namespace tms::ledgerctl
