#include "services/ledger/audit_proto.h"

#include "common/base/status.h"
#include "services/ledger/time_proto.h"

namespace tms::ledger {

absl::StatusOr<AuditRecord> FromProto(const v1::RecordAuditRequest& request) {
  const v1::AuditRecord& message = request.record();
  Violations violations;
  AuditRecord record{.user_id = message.user_id(),
                     .action = message.action(),
                     .target = message.target(),
                     .source_ip = message.source_ip(),
                     .success = message.success(),
                     .detail = message.detail(),
                     .customer_ids = {message.customer_ids().begin(), message.customer_ids().end()},
                     .record_key = message.record_key()};
  if (message.has_occurred_at()) {
    record.occurred_at = TimeFromProto("record.occurred_at", message.occurred_at(), violations);
  }
  if (message.has_error_message()) record.error_message = message.error_message();
  if (message.has_elapsed()) {
    record.elapsed = absl::Trunc(DurationFromProto("record.elapsed", message.elapsed(), violations),
                                 absl::Milliseconds(1));
  }
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return record;
}

absl::StatusOr<AuditFilter> FromProto(const v1::ListAuditRequest& request) {
  Violations violations;
  AuditFilter filter{.user_ids = {request.user_ids().begin(), request.user_ids().end()},
                     .actions = {request.actions().begin(), request.actions().end()},
                     .customer_id = request.customer_id()};
  if (request.has_occurred_after()) {
    filter.occurred_after = TimeFromProto("occurred_after", request.occurred_after(), violations);
  }
  if (request.has_occurred_before()) {
    filter.occurred_before =
        TimeFromProto("occurred_before", request.occurred_before(), violations);
  }
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return filter;
}

void ToProto(const AuditRecord& record, v1::AuditRecord& message) {
  message.set_number(record.number);
  ToProto(record.occurred_at, *message.mutable_occurred_at());
  message.set_user_id(record.user_id);
  message.set_action(record.action);
  message.set_target(record.target);
  message.set_source_ip(record.source_ip);
  message.set_success(record.success);
  message.set_detail(record.detail);
  for (const std::string& id : record.customer_ids) message.add_customer_ids(id);
  if (record.error_message) message.set_error_message(*record.error_message);
  if (record.elapsed) ToProto(*record.elapsed, *message.mutable_elapsed());
  message.set_record_key(record.record_key);
}

}  // namespace tms::ledger
