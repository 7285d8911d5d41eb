#include "services/ledger/access.h"

#include <algorithm>

#include "common/base/status.h"
#include "services/ledger/audit_checks.h"

namespace tms::ledger {
namespace {

absl::Status Deny(std::string_view reason, std::string_view message) {
  return MakeStatus(absl::StatusCode::kPermissionDenied, reason, message);
}

absl::Status NeedRole(std::string_view roles) {
  return Deny("ROLE_REQUIRED", "needs role " + std::string(roles));
}

bool IsAuditor(const rpc::Caller& caller) {
  return caller.Has(rpc::kAuditor) || caller.Has(rpc::kAdmin);
}

absl::Status CheckReads(const rpc::Caller& caller) {
  if (SeesAllJobs(caller) || caller.Has(rpc::kViewer) || caller.Has(rpc::kOperator)) {
    return absl::OkStatus();
  }
  return NeedRole("viewer, operator, auditor or admin");
}

absl::Status Narrow(const rpc::Caller& caller, std::vector<std::string>& user_ids,
                    std::string_view reason, std::string_view message) {
  TMS_RETURN_IF_ERROR(CheckReads(caller));
  if (SeesAllJobs(caller)) return absl::OkStatus();
  const bool only_own = std::ranges::all_of(
      user_ids, [&caller](const std::string& user) { return user == caller.user; });
  if (!only_own) return Deny(reason, message);
  user_ids = {caller.user};
  return absl::OkStatus();
}

}  // namespace

bool SeesAllJobs(const rpc::Caller& caller) { return !caller.IsPerson() || IsAuditor(caller); }

absl::Status CheckMayRead(const rpc::Caller& caller, std::string_view user_of_job) {
  TMS_RETURN_IF_ERROR(CheckReads(caller));
  if (SeesAllJobs(caller) || caller.user == user_of_job) return absl::OkStatus();
  return Deny("NOT_YOUR_JOB", "the job is another user's; auditors and administrators see all");
}

absl::Status NarrowUsers(const rpc::Caller& caller, std::vector<std::string>& user_ids) {
  return Narrow(caller, user_ids, "NOT_YOUR_JOB", "user_ids: you see your own jobs only");
}

absl::Status NarrowAuditUsers(const rpc::Caller& caller, std::vector<std::string>& user_ids) {
  return Narrow(caller, user_ids, "NOT_YOUR_RECORD", "user_ids: you see your own records only");
}

absl::Status CheckMayUpdate(const rpc::Caller& caller) {
  return caller.IsPerson() && !caller.Has(rpc::kAdmin) ? NeedRole("admin") : absl::OkStatus();
}

absl::Status MarkImported(const rpc::Caller& caller, AuditRecord& record) {
  TMS_RETURN_IF_ERROR(CheckMayUpdate(caller));
  const bool of_spool = record.action == "SPOOL_RETRY" || record.action == "SPOOL_DROP";
  if (of_spool && caller.IsPerson() && record.user_id == caller.user) return absl::OkStatus();
  Violations violations;
  if (!record.record_key.starts_with(kImportKeyPrefix)) {
    violations.Add("record.record_key", "must begin with " + std::string(kImportKeyPrefix) +
                                            ": only records of the replaced system are taken here");
  }
  record.detail =
      "imported" + (caller.IsPerson() ? " by " + caller.user : "") + ": " + record.detail;
  return violations.ToStatus();
}

}  // namespace tms::ledger
