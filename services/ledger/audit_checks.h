// The ledger's limits on audit records. As checks.h, each is enforced here and nowhere else.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/status.h"
#include "services/ledger/audit_record.h"

namespace tms::ledger {

inline constexpr size_t kMaxAuditActionCharacters = 64;
inline constexpr size_t kMaxAuditTextCharacters = 8'192;
inline constexpr absl::Duration kMaxAuditElapsed = absl::Hours(24 * 365);

// Keys of records that were taken over from the replaced system begin so, and no others.
inline constexpr std::string_view kImportKeyPrefix = "audit_log/";

// OK, or INVALID_ARGUMENT; fields are named as in RecordAuditRequest.
absl::Status CheckAuditRecord(const AuditRecord& record);

// Fields are named as in ListAuditRequest.
void CheckAuditFilter(const AuditFilter& filter, Violations& violations);

}  // namespace tms::ledger
