// The digest that stands in the history for the customers of a job or audit record. For the SQLite
// store alone.
#pragma once

#include <string>
#include <vector>

#include "common/base/digest.h"
#include "common/sqlite/connection.h"

namespace tms::ledger {

// SHA-256 over the ordered cids, each preceded by its length.
inline sqlite::Blob CidsDigest(const std::vector<std::string>& cids) {
  PartsEncoder parts;
  for (const std::string& cid : cids) parts.Add(cid);
  return {Sha256(parts.bytes())};
}

}  // namespace tms::ledger
