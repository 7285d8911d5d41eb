#include "common/base/status.h"

#include <optional>

#include "absl/strings/cord.h"

namespace tms {
namespace {

constexpr char kReasonUrl[] = "tms/reason";
constexpr char kPublicMessageUrl[] = "tms/public_message";
constexpr char kViolationsUrl[] = "tms/violations";
constexpr size_t kMaxViolations = 50;
// Of their texts. An error's metadata holds these three times, twice of it in base64, and clients
// of gRPC lose the whole error if it has more than 8 KiB.
constexpr size_t kMaxViolationBytes = 1'536;

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string> Payload(const absl::Status& status, const char* url) {
  auto payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, ToAbsl(message));
}

absl::Status MakeStatus(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(kReasonUrl, absl::Cord(ToAbsl(reason)));
  return status;
}

std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

std::string Reason(const absl::Status& status) { return Payload(status, kReasonUrl).value_or(""); }

absl::Status WithPublicMessage(absl::Status status, std::string_view text) {
  status.SetPayload(kPublicMessageUrl, absl::Cord(ToAbsl(text)));
  return status;
}

std::string PublicMessage(const absl::Status& status) {
  return Payload(status, kPublicMessageUrl).value_or(std::string(Message(status)));
}

void Violations::Add(std::string_view field, std::string_view description) {
  bytes_ += field.size() + description.size();
  const bool too_many = violations_.size() == kMaxViolations || bytes_ > kMaxViolationBytes;
  if (too_many && !violations_.empty()) return;
  violations_.push_back({std::string(field), std::string(description)});
}

absl::Status Violations::ToStatus() const {
  if (violations_.empty()) return absl::OkStatus();
  std::string message, packed;
  for (const FieldViolation& violation : violations_) {
    if (!message.empty()) message += "; ";
    message += violation.field + ": " + violation.description;
    // Field paths and descriptions are ours and hold no NUL, which ends each part.
    packed += violation.field + '\0' + violation.description + '\0';
  }
  absl::Status status = MakeStatus(absl::StatusCode::kInvalidArgument, "INVALID_FIELDS", message);
  status.SetPayload(kViolationsUrl, absl::Cord(std::move(packed)));
  return status;
}

std::vector<FieldViolation> GetViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const std::string packed = Payload(status, kViolationsUrl).value_or("");
  for (size_t at = 0; at < packed.size();) {
    const std::string field = packed.c_str() + at;
    at += field.size() + 1;
    const std::string description = packed.c_str() + at;
    at += description.size() + 1;
    violations.push_back({field, description});
  }
  return violations;
}

}  // namespace tms
