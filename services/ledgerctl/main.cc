#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "common/runtime/options.h"
#include "common/service/grpc_log.h"
#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/session.h"

namespace {

constexpr char kFooter[] =
    "Exit codes: 0 done; 1 the action ended FAILED (or was still running at the deadline), the\n"
    "service answered with an error, or the history is wrong; 2 the command line is wrong.\n"
    "Times are shown in UTC. The options of `ledgerctl --help` may stand before or after the "
    "command;\n"
    "each is also an environment variable (TMS_…) and a key of the file named by --config.";

std::string LoginName() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "";
}

}  // namespace

int main(int argc, char** argv) {
  tms::ledgerctl::GlobalOptions global{.user = LoginName()};
  tms::Options options("ledgerctl", "Set Actions and their jobs, from the command line.");
  options.AddAddress("--ledger", global.ledger, "The job ledger service");
  options.AddAddress("--action", global.action, "The action service");
  global.tls.AddTo(options);
  options.Add("--user", global.user, "Who you are");
  options.Add("--deadline", global.deadline,
              "Give up a call after this time; 0: 10s for questions, 150s for set-action",
              absl::ZeroDuration(), absl::Hours(1));

  tms::ledgerctl::Session session(global);
  CLI::App& app = options.app();
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  AddJobsCommands(app, session);
  AddActionCommands(app, session);
  AddAuditCommands(app, session);
  AddImportAuditCommand(app, session);
  AddHistoryCommands(app, session);
  AddStatsCommand(app, session);
  AddSpoolCommands(app, session);
  AddHealthCommand(app, session);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;
  tms::RouteGrpcLog();
  if (const absl::Status begun = session.Begin(); !begun.ok()) {
    return tms::ledgerctl::Session::RefuseUsage(begun);
  }
  return session.command();
}
