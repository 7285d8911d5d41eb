// Whose owners are whose: an owner's id belongs to the identity that named it
// first.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"

namespace tms::ledger {

// Whether `teller`, the URI of a certificate, may speak for `owner`; if nobody
// has, it alone may from now on. An empty one is believed: there are no
// certificates. In the writer's transaction; a refusal is logged.
absl::StatusOr<bool> MaySpeakFor(sqlite::Connection& connection, const std::string& owner,
                                 const std::string& teller);

// Takes their owners from identities that are not among `kept`: each is its
// next teller's.
absl::Status ReleaseOwners(sqlite::Connection& connection, const std::vector<std::string>& kept);

}  // namespace tms::ledger
