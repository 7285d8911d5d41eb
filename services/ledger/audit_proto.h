// Audit records between the wire's messages and the domain's types; as proto_convert.h.
#pragma once

#include "absl/status/statusor.h"
#include "services/ledger/audit_record.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::ledger {

absl::StatusOr<AuditRecord> FromProto(const v1::RecordAuditRequest& request);
absl::StatusOr<AuditFilter> FromProto(const v1::ListAuditRequest& request);
void ToProto(const AuditRecord& record, v1::AuditRecord& message);

}  // namespace tms::ledger
