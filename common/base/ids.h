// Random bytes and identifiers, from the kernel's generator.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace tms {

// `size` bytes that nobody can guess. Ends the process if the kernel has none to give.
std::string RandomBytes(size_t size);

// UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits; 36 characters,
// lower case. Sorts by time of making, to the millisecond.
std::string NewUuidV7(absl::Time now);

}  // namespace tms
