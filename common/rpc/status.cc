#include "common/rpc/status.h"

#include <optional>

#include "absl/status/status.h"
#include "common/base/status.h"
#include "google/rpc/status.pb.h"

namespace tms::rpc {
namespace {

bool IsInternal(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

std::string ReasonOrCode(const absl::Status& status) {
  std::string reason = Reason(status);
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

google::rpc::Status ParseDetails(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  return details;
}

template <typename Detail>
std::optional<Detail> FindDetail(const google::rpc::Status& details) {
  Detail detail;
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status, std::string_view correlation_id) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = IsInternal(status.code()) ? "internal error, see correlation id " +
                                                              std::string(correlation_id)
                                                        : PublicMessage(status);
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_domain(kErrorDomain);
  info.set_reason(ReasonOrCode(status));
  (*info.mutable_metadata())["correlation_id"] = std::string(correlation_id);
  details.add_details()->PackFrom(info);
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : GetViolations(status)) {
    auto* field = bad_request.add_field_violations();
    field->set_field(violation.field);
    field->set_description(violation.description);
  }
  if (bad_request.field_violations_size() > 0) details.add_details()->PackFrom(bad_request);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      details.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const google::rpc::Status details = ParseDetails(status);
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (const auto bad_request = FindDetail<google::rpc::BadRequest>(details)) {
    Violations violations;
    for (const auto& field : bad_request->field_violations()) {
      violations.Add(field.field(), field.description());
    }
    if (!violations.empty() && code == absl::StatusCode::kInvalidArgument) {
      return violations.ToStatus();
    }
  }
  const auto info = FindDetail<google::rpc::ErrorInfo>(details);
  if (!info || info->domain() != kErrorDomain) return MakeStatus(code, status.error_message());
  return MakeStatus(code, info->reason(), status.error_message());
}

bool HasOurDomain(const grpc::Status& status) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(ParseDetails(status));
  return info && info->domain() == kErrorDomain;
}

}  // namespace tms::rpc
