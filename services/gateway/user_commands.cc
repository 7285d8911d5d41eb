#include "services/gateway/user_commands.h"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/runtime/hidden_input.h"
#include "services/gateway/password.h"
#include "services/gateway/user_database.h"

namespace tms::gateway {
namespace {

constexpr char kRolesHelp[] =
    "viewer (reads own jobs), operator (runs actions, reads own jobs), auditor (reads all jobs), "
    "admin (everything); repeatable";

std::string LoginName() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

// One line of standard input, not shown where that is a terminal.
absl::StatusOr<Secret> AskPassword(const char* prompt) {
  std::string line;
  {
    const HiddenInput hidden(prompt);
    std::getline(std::cin, line);
  }
  Secret password(line);
  Secret(std::move(line)).Wipe();
  if (password.Reveal().size() < kMinPasswordBytes ||
      password.Reveal().size() > kMaxPasswordBytes) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "a password has 8 to 1,024 bytes; it is one line of standard input");
  }
  return password;
}

absl::StatusOr<std::string> AskAndHash() {
  TMS_ASSIGN_OR_RETURN(const Secret password, AskPassword("Password: "));
  if (isatty(STDIN_FILENO) != 0) {
    TMS_ASSIGN_OR_RETURN(const Secret again, AskPassword("Again: "));
    if (again.Reveal() != password.Reveal()) {
      return MakeStatus(absl::StatusCode::kInvalidArgument, "the two are not the same");
    }
  }
  return HashPassword(password.Reveal());
}

absl::StatusOr<Roles> RolesOf(const std::vector<std::string>& names) {
  Roles roles;
  for (const std::string& name : names) {
    const std::optional<Role> role = ParseRole(name);
    if (!role.has_value()) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        name + " is no role: viewer, operator, auditor or admin");
    }
    roles.Add(*role);
  }
  return roles;
}

using DatabaseOr = absl::StatusOr<std::unique_ptr<UserDatabase>>;

DatabaseOr OpenDatabase(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return MakeStatus(absl::StatusCode::kUnavailable, directory + ": " + error.message());
  return UserDatabase::Open(directory, LoginName());
}

absl::Status Add(const std::string& directory, const UserCommand& command) {
  TMS_ASSIGN_OR_RETURN(const Roles roles, RolesOf(command.roles));
  TMS_ASSIGN_OR_RETURN(const std::string hash, AskAndHash());
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  return database->Add(command.user, hash, roles);
}

absl::Status ChangePassword(const std::string& directory, const UserCommand& command) {
  TMS_ASSIGN_OR_RETURN(const std::string hash, AskAndHash());
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  return database->SetPassword(command.user, hash);
}

absl::Status ChangeRoles(const std::string& directory, const UserCommand& command) {
  TMS_ASSIGN_OR_RETURN(const Roles roles, RolesOf(command.roles));
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  return database->SetRoles(command.user, roles);
}

absl::Status Disable(const std::string& directory, const UserCommand& command) {
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  return database->SetDisabled(command.user, true);
}

absl::Status Enable(const std::string& directory, const UserCommand& command) {
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  return database->SetDisabled(command.user, false);
}

absl::Status List(const std::string& directory, const UserCommand&) {
  TMS_ASSIGN_OR_RETURN(const auto database, OpenDatabase(directory));
  TMS_ASSIGN_OR_RETURN(const auto accounts, database->List());
  for (const Account& account : accounts) {
    std::cout << account.user << "\t" << JoinRoles(account.roles) << "\t"
              << (account.disabled ? "disabled" : "enabled") << "\n";
  }
  return absl::OkStatus();
}

using Work = absl::Status (*)(const std::string&, const UserCommand&);

CLI::App* AddOne(CLI::App& parent, UserCommand& command, const char* name, const char* help,
                 Work work) {
  CLI::App* app = parent.add_subcommand(name, help);
  app->callback([&command, work] {
    command.run = [&command, work](const std::string& directory) {
      const absl::Status status = work(directory, command);
      if (status.ok()) return 0;
      std::cerr << "gateway: " << Message(status) << "\n";
      return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
    };
  });
  return app;
}

}  // namespace

void AddUserCommands(CLI::App& app, UserCommand& command) {
  CLI::App* user = app.add_subcommand(
      "user", "Manages the accounts in --data; a running gateway takes changes over within 5 s");
  user->require_subcommand(1);
  CLI::App* add = AddOne(*user, command, "add",
                         "Adds an account; its password is one line of "
                         "standard input, not shown on a terminal",
                         Add);
  CLI::App* role = AddOne(*user, command, "role", "Replaces the roles of an account", ChangeRoles);
  CLI::App* others[] = {
      AddOne(*user, command, "passwd", "Replaces a password; ends the account's sessions",
             ChangePassword),
      AddOne(*user, command, "disable", "Keeps an account out; ends its sessions", Disable),
      AddOne(*user, command, "enable", "Lets an account in again", Enable)};
  AddOne(*user, command, "list", "Prints the accounts with their roles", List);
  for (CLI::App* one : {add, role, others[0], others[1], others[2]}) {
    one->add_option("name", command.user, "Name of the account")->required();
  }
  for (CLI::App* one : {add, role}) {
    one->add_option("--role", command.roles, kRolesHelp)->required()->delimiter(',');
  }
}

}  // namespace tms::gateway
