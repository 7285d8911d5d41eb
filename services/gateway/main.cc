#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string_view>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/grpc_log.h"
#include "services/gateway/program.h"
#include "services/gateway/settings.h"
#include "services/gateway/user_commands.h"

namespace {

int Fail(std::string_view why) {
  std::cerr << "gateway: " << why << "\n";
  return 2;
}

int Serve(const tms::gateway::Settings& settings) {
  const absl::Status checked = CheckSettings(settings);
  if (!checked.ok()) return Fail(tms::Message(checked));
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  if (error) return Fail("--data: " + error.message());
  auto inputs = tms::gateway::ReadInputs(settings);
  if (!inputs.ok()) return Fail(tms::Message(inputs.status()));

  tms::gateway::Program program(settings, *std::move(inputs));
  const absl::Status started = program.Start();
  if (!started.ok()) return Fail(tms::Message(started));
  const int signal = tms::WaitForTermination();
  tms::log::Info("MAIN", "draining", {{"signal", signal}});
  tms::Watchdog watchdog(settings.drain_limit + tms::gateway::kUnwindLimit, 1);
  program.Drain();
  tms::log::Info("MAIN", "stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  // users.db is for nobody else's eyes, not even the group's.
  umask(S_IRWXG | S_IRWXO);
  tms::gateway::Settings settings;
  tms::gateway::UserCommand user_command;
  tms::Options options("gateway", "The dashboard, and HTTP for browsers and scripts: docs/api.md.");
  AddOptions(options, settings);
  options.app().fallthrough();
  AddUserCommands(options.app(), user_command);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;
  tms::RouteGrpcLog();
  if (user_command.run) return user_command.run(settings.data);
  return Serve(settings);
}
