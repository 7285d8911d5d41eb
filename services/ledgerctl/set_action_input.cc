#include "services/ledgerctl/set_action_input.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

// Enough for 50,000 customer ids of 128 characters; a wrong file is not read to its end.
constexpr size_t kMaxInputBytes = 16 << 20;

absl::Status Refuse(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::StatusOr<std::string> ReadAll(std::istream& in, const std::string& name) {
  std::string text;
  char chunk[64 << 10];
  while (in.read(chunk, sizeof(chunk)) || in.gcount() > 0) {
    text.append(chunk, static_cast<size_t>(in.gcount()));
    if (text.size() > kMaxInputBytes) return Refuse(name + " holds more than 16 MiB");
  }
  if (in.bad()) return Refuse("cannot read " + name);
  return text;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Refuse("cannot open " + Sanitize(path));
  return ReadAll(file, Sanitize(path));
}

absl::StatusOr<Secret> ReadToken(const InputSources& sources, std::istream& in) {
  if (sources.token_file.empty() && sources.token_variable != nullptr) {
    return Secret(std::string(Trim(sources.token_variable)));
  }
  std::string text;
  if (sources.token_file.empty()) {
    std::getline(in, text);
  } else {
    TMS_ASSIGN_OR_RETURN(text, ReadFile(sources.token_file));
  }
  const Secret whole(std::move(text));
  return Secret(std::string(Trim(whole.Reveal())));
}

}  // namespace

absl::StatusOr<SetActionInput> ReadInput(const InputSources& sources, std::istream& in) {
  SetActionInput input;
  TMS_ASSIGN_OR_RETURN(input.token, ReadToken(sources, in));
  if (input.token.empty()) {
    return Refuse("no token: give it on standard input, by --token-file or in " +
                  std::string(kTokenVariable));
  }
  input.cids = sources.cids;
  const bool token_from_elsewhere =
      !sources.token_file.empty() || sources.token_variable != nullptr;
  std::string lines;
  if (!sources.cids_file.empty()) {
    TMS_ASSIGN_OR_RETURN(lines, ReadFile(sources.cids_file));
  } else if (input.cids.empty() && token_from_elsewhere) {
    TMS_ASSIGN_OR_RETURN(lines, ReadAll(in, "standard input"));
  }
  std::vector<std::string> more = ParseCidLines(lines);
  std::ranges::move(more, std::back_inserter(input.cids));
  if (input.cids.empty()) return Refuse("no customers: give their ids, or --cids-file");
  return input;
}

}  // namespace tms::ledgerctl
