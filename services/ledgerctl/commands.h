// The subcommands. Each function adds its own to the command line; when one is chosen, it sets
// `session.command`. The app and the session must outlive the parsing and the command.
#pragma once

#include "services/ledgerctl/session.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tms::ledgerctl {

// jobs list, get, history, customers, update.
void AddJobsCommands(CLI::App& app, Session& session);
// set-action, clusters, actions.
void AddActionCommands(CLI::App& app, Session& session);
// stats.
void AddStatsCommand(CLI::App& app, Session& session);
// audit list.
void AddAuditCommands(CLI::App& app, Session& session);
// import-audit.
void AddImportAuditCommand(CLI::App& app, Session& session);
// verify, export-events; they read a ledger's file and need no service.
void AddHistoryCommands(CLI::App& app, Session& session);
// spool state, dead-letters, retry, drop.
void AddSpoolCommands(CLI::App& app, Session& session);
// health.
void AddHealthCommand(CLI::App& app, Session& session);

}  // namespace tms::ledgerctl
