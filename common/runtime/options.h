// Command lines: every flag is also an environment variable (TMS_…) and a key of the file given by
// --config (TOML: `key = "value"`). Precedence: flag, environment, file, default.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/host_port.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tms {

// The flags of one program. Owned by main, used by one thread, before others start.
//
// Bind each flag to a variable that holds its default, then Parse. Variables must outlive this.
class Options {
 public:
  // Adds --help, --version, --config and the logging flags (--log-format, --log-level).
  Options(const std::string& program, const std::string& description);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // `flag` is written `--ack-wait`; its environment variable is then TMS_ACK_WAIT, its key
  // `ack-wait`. The returned option is for further checks (->required(), ->check(…)).
  CLI::Option* Add(const std::string& flag, std::string& value, const std::string& help);
  CLI::Option* Add(const std::string& flag, int& value, const std::string& help, int min, int max);
  CLI::Option* Add(const std::string& flag, bool& value, const std::string& help);
  CLI::Option* Add(const std::string& flag, std::vector<std::string>& values,
                   const std::string& help);
  // Written `250ms`, `1.5s`, `2m`, `1h`; must lie in [min, max].
  CLI::Option* Add(const std::string& flag, absl::Duration& value, const std::string& help,
                   absl::Duration min, absl::Duration max);
  // Written `HOST:PORT`, `[IPv6]:PORT`; PORT 0 lets the system choose where a server listens.
  CLI::Option* AddAddress(const std::string& flag, std::string& value, const std::string& help);

  // For subcommands and anything else that CLI11 offers.
  CLI::App& app() { return *app_; }

  // Reads the command line and sets up logging. Returns the exit code if the program must end now:
  // 0 after --help or --version, 2 after a bad value (one line on stderr names it).
  std::optional<int> Parse(int argc, const char* const* argv);

 private:
  std::unique_ptr<CLI::App> app_;
  std::string log_format_ = "text";
  std::string log_level_ = "info";
};

}  // namespace tms
