// Which of the dashboard's modules a page needs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/web_files.h"

namespace tms::gateway {

// The paths of the modules `entries` and of all that they import by `from "./…"`, directly or
// through others: each once, the fewest imports away first. What `import()` loads later is not
// among them, nor is what is not in `files`.
std::vector<std::string> ModulesOf(std::span<const WebFile> files,
                                   std::vector<std::string> entries);

}  // namespace tms::gateway
