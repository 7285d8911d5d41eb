// What a caller who was let in may do: whose jobs it sees, what it changes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/rpc/caller.h"
#include "services/ledger/audit_record.h"

namespace tms::ledger {

// Services that act for themselves, auditors and admins; others see only their own jobs.
bool SeesAllJobs(const rpc::Caller& caller);

// PERMISSION_DENIED: NOT_YOUR_JOB, or ROLE_REQUIRED without any role that reads.
absl::Status CheckMayRead(const rpc::Caller& caller, std::string_view user_of_job);

// Makes the filter on users no wider than what the caller sees. PERMISSION_DENIED (as above) if it
// asks for others by name.
absl::Status NarrowUsers(const rpc::Caller& caller, std::vector<std::string>& user_ids);

// PERMISSION_DENIED (ROLE_REQUIRED) if the caller is a person without role admin.
absl::Status CheckMayUpdate(const rpc::Caller& caller);

// Likewise for audit records: who sees only their own jobs sees only the records of what they did
// themselves. PERMISSION_DENIED: NOT_YOUR_RECORD or ROLE_REQUIRED.
absl::Status NarrowAuditUsers(const rpc::Caller& caller, std::vector<std::string>& user_ids);

// For a record that comes from a ledgerctl: that may add what its person did to a spool
// (SPOOL_RETRY, SPOOL_DROP), what it takes over from the replaced system, under a key of such
// records, and nothing else. Marks the latter with who brought it, so that nobody takes it for what
// a gateway saw. A person needs role admin (PERMISSION_DENIED,
// ROLE_REQUIRED); INVALID_ARGUMENT names the field.
absl::Status MarkImported(const rpc::Caller& caller, AuditRecord& record);

}  // namespace tms::ledger
