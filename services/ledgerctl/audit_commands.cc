#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "common/base/status.h"
#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/listing.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::ledger::v1;

constexpr int kMaxPageSize = 500;  // The ledger's.

struct AuditFlags {
  std::vector<std::string> user_ids;
  std::vector<std::string> actions;
  std::string cid;
  std::string occurred_after;
  std::string occurred_before;
  int limit = 50;
  bool all = false;
  bool json = false;
};

absl::Status ParseTime(std::string_view flag, const std::string& text, absl::Time now,
                       google::protobuf::Timestamp* (api::ListAuditRequest::*field)(),
                       api::ListAuditRequest& request) {
  if (text.empty()) return absl::OkStatus();
  const auto time = ParseMoment(text, now);
  if (!time.ok()) {
    return MakeStatus(time.status().code(),
                      std::string(flag) + ": " + std::string(Message(time.status())));
  }
  *(request.*field)() = ToProto(*time);
  return absl::OkStatus();
}

absl::StatusOr<api::ListAuditRequest> MakeRequest(const AuditFlags& flags, absl::Time now) {
  api::ListAuditRequest request;
  *request.mutable_user_ids() = {flags.user_ids.begin(), flags.user_ids.end()};
  *request.mutable_actions() = {flags.actions.begin(), flags.actions.end()};
  request.set_customer_id(flags.cid);
  TMS_RETURN_IF_ERROR(ParseTime("--occurred-after", flags.occurred_after, now,
                                &api::ListAuditRequest::mutable_occurred_after, request));
  TMS_RETURN_IF_ERROR(ParseTime("--occurred-before", flags.occurred_before, now,
                                &api::ListAuditRequest::mutable_occurred_before, request));
  return request;
}

int ListAudit(Session& session, const AuditFlags& flags) {
  auto request = MakeRequest(flags, absl::Now());
  if (!request.ok()) return Session::RefuseUsage(request.status());
  Listing listing(AuditColumns(), flags.json);
  int left = flags.limit;
  bool any = false;
  do {
    request->set_page_size(flags.all ? kMaxPageSize : std::min(left, kMaxPageSize));
    api::ListAuditResponse response;
    const auto status = session.ledger().ListAudit(session.NewCall().get(), *request, &response);
    if (!status.ok()) return Session::Fail("ListAudit", status);
    for (const api::AuditRecord& record : response.records()) {
      listing.Add(record, AuditCells(record));
    }
    if (response.records_size() > 0 || response.next_page_token().empty()) listing.Flush();
    any = any || response.records_size() > 0;
    left -= response.records_size();
    request->set_page_token(response.next_page_token());
  } while (!request->page_token().empty() && (flags.all || left > 0));

  if (!any) std::cerr << "(no record matches)\n";
  if (!request->page_token().empty()) std::cerr << "(there are more: --all or --limit)\n";
  return kDone;
}

}  // namespace

void AddAuditCommands(CLI::App& app, Session& session) {
  CLI::App* audit = app.add_subcommand("audit", "What people did");
  audit->require_subcommand(1);
  CLI::App* list =
      audit->add_subcommand("list", "Audit records that match every given filter, newest first");
  auto flags = std::make_shared<AuditFlags>();
  list->add_option("--user-id", flags->user_ids, "Records of this user (repeatable)");
  list->add_option("--audit-action", flags->actions, "What was done: LOGIN, UPDATE_JOB, …")
      ->delimiter(',');
  list->add_option("--cid", flags->cid, "Records that have this customer");
  list->add_option("--occurred-after", flags->occurred_after,
                   "Not before this time: RFC 3339, a date (UTC), or an age such as 90m, 7d");
  list->add_option("--occurred-before", flags->occurred_before, "Before this time");
  list->add_option("--limit", flags->limit, "Most records to show")
      ->check(CLI::Range(1, 1'000'000));
  list->add_flag("--all", flags->all, "Every record, whatever --limit says");
  list->add_flag("--json", flags->json, "One JSON object a line");
  list->callback([&session, flags] {
    session.command = [&session, flags] { return ListAudit(session, *flags); };
  });
}

}  // namespace tms::ledgerctl
