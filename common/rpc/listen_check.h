// Whether an address is free, before anything is made that only its holder should make.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tms::rpc {

// Tries to listen on `address` (HOST:PORT, as in ServerOptions) and lets it go again. UNAVAILABLE
// if another process has it or it is not ours. Port 0 is always free.
absl::Status CheckCanListen(const std::string& address);

}  // namespace tms::rpc
