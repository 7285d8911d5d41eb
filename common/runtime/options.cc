#include "common/runtime/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <iostream>
#include <string_view>

#include "common/runtime/logging.h"

#ifndef TMS_VERSION
#define TMS_VERSION "dev"
#endif

namespace tms {
namespace {

// `--ack-wait` → `TMS_ACK_WAIT`.
std::string EnvironmentName(const std::string& flag) {
  std::string name = "TMS_";
  for (const char c : flag.substr(2)) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// The command line with every option that only the environment sets written before it. CLI11 by
// itself lets a file win over the environment, the other way round than people expect.
std::vector<std::string> WithEnvironmentFirst(const CLI::App& app, int argc,
                                              const char* const* argv) {
  std::vector<std::string> given(argv + 1, argv + argc);
  std::vector<std::string> arguments;
  for (const CLI::Option* option : app.get_options()) {
    const char* value =
        option->get_envname().empty() ? nullptr : getenv(option->get_envname().c_str());
    const std::string flag = option->get_name();
    const bool on_command_line = std::ranges::any_of(given, [&](const std::string& argument) {
      return argument == flag || argument.starts_with(flag + "=");
    });
    if (value != nullptr && !on_command_line) arguments.push_back(flag + "=" + value);
  }
  arguments.insert(arguments.end(), given.begin(), given.end());
  std::ranges::reverse(arguments);  // the order in which CLI11 takes a vector
  return arguments;
}

CLI::Option* WithEnvironment(CLI::Option* option, const std::string& flag) {
  return option->envname(EnvironmentName(flag));
}

}  // namespace

Options::Options(const std::string& program, const std::string& description)
    : app_(std::make_unique<CLI::App>(description, program)) {
  app_->set_version_flag("--version", program + " " + TMS_VERSION);
  app_->set_config("--config", "", "Read options from this TOML file")->envname("TMS_CONFIG");
  app_->allow_config_extras(CLI::config_extras_mode::error);
  app_->option_defaults()->always_capture_default();
  WithEnvironment(app_->add_option("--log-format", log_format_, "Form of log lines on stderr")
                      ->check(CLI::IsMember({"text", "json"})),
                  "--log-format");
  WithEnvironment(app_->add_option("--log-level", log_level_, "Least level that is logged")
                      ->check(CLI::IsMember({"debug", "info", "warning", "error"})),
                  "--log-level");
  app_->footer(
      "Every option may also be given as environment variable (in brackets above) or as a key of "
      "the\n"
      "file named by --config. A bad value ends the program with exit code 2.");
}

Options::~Options() = default;

CLI::Option* Options::Add(const std::string& flag, std::string& value, const std::string& help) {
  return WithEnvironment(app_->add_option(flag, value, help), flag);
}

CLI::Option* Options::Add(const std::string& flag, int& value, const std::string& help, int min,
                          int max) {
  return WithEnvironment(app_->add_option(flag, value, help)->check(CLI::Range(min, max)), flag);
}

CLI::Option* Options::Add(const std::string& flag, bool& value, const std::string& help) {
  return WithEnvironment(app_->add_flag(flag, value, help), flag);
}

CLI::Option* Options::Add(const std::string& flag, std::vector<std::string>& values,
                          const std::string& help) {
  return WithEnvironment(app_->add_option(flag, values, help)->delimiter(','), flag);
}

CLI::Option* Options::Add(const std::string& flag, absl::Duration& value, const std::string& help,
                          absl::Duration min, absl::Duration max) {
  const auto parse = [&value, flag, min, max](const std::string& text) {
    absl::Duration parsed;
    if (!absl::ParseDuration(text, &parsed) || parsed < min || parsed > max) {
      throw CLI::ValidationError(flag, "must be a duration from " + absl::FormatDuration(min) +
                                           " to " + absl::FormatDuration(max) +
                                           ", such as 250ms or 1.5s");
    }
    value = parsed;
  };
  CLI::Option* option = app_->add_option_function<std::string>(flag, parse, help);
  return WithEnvironment(option->type_name("DURATION")->default_str(absl::FormatDuration(value)),
                         flag);
}

CLI::Option* Options::AddAddress(const std::string& flag, std::string& value,
                                 const std::string& help) {
  const auto check = [](const std::string& text) -> std::string {
    return ParseHostPort(text) ? "" : "must be HOST:PORT or [IPv6]:PORT, port 0 to 65535";
  };
  CLI::Option* option = app_->add_option(flag, value, help)->check(check)->type_name("ADDR:PORT");
  return WithEnvironment(option, flag);
}

std::optional<int> Options::Parse(int argc, const char* const* argv) {
  try {
    app_->parse(WithEnvironmentFirst(*app_, argc, argv));
  } catch (const CLI::Success& done) {  // --help, --version
    app_->exit(done);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string line = error.what();
    constexpr std::string_view kUnknownKey = "INI was not able to parse ";  // CLI11's words
    if (line.starts_with(kUnknownKey)) line.replace(0, kUnknownKey.size(), "unknown key ");
    const bool of_file = error.get_name() == "FileError" || error.get_name() == "ConfigError";
    if (of_file) line = "--config: " + line;
    std::ranges::replace(line, '\n', ' ');
    std::cerr << app_->get_name() << ": " << line << "\n";
    return 2;
  }
  log::Configure({.json = log_format_ == "json", .level = log_level_});
  return std::nullopt;
}

}  // namespace tms
