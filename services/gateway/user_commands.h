// `gateway user …`: the accounts, from the command line.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tms::gateway {

// What the command line asked for. Owned by main, outlives the parsing.
struct UserCommand {
  std::string user;
  std::vector<std::string> roles;
  // Empty if no user command was given; returns the exit code. The argument is --data's directory.
  std::function<int(const std::string& directory)> run;
};

// Adds `user add|list|passwd|role|disable|enable` to `app`.
void AddUserCommands(CLI::App& app, UserCommand& command);

}  // namespace tms::gateway
