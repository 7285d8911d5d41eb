// Where `set-action` takes its secret and its customers from.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace tms::ledgerctl {

// The environment variable that may hold the token.
inline constexpr char kTokenVariable[] = "TMS_BEARER_TOKEN";

struct SetActionInput {
  Secret token;
  std::vector<std::string> cids;
};

struct InputSources {
  // File with the token; empty: not given.
  std::string token_file;
  // Value of kTokenVariable; nullptr: not set.
  const char* token_variable = nullptr;
  // As typed.
  std::vector<std::string> cids;
  // File with one cid a line; empty: not given.
  std::string cids_file;
};

// The token comes from its file, else from the environment, else it is the first line of `in`;
// trimmed.
// The cids are those typed and those of their file; if there are neither, and the token came from
// elsewhere, one a line from `in`. Errors: INVALID_ARGUMENT that says what is missing or
// unreadable.
absl::StatusOr<SetActionInput> ReadInput(const InputSources& sources, std::istream& in);

}  // namespace tms::ledgerctl
