#include "services/ledger/sqlite/legacy_job.h"

#include <limits>
#include <utility>

#include "common/base/digest.h"
#include "common/base/text.h"
#include "services/ledger/sqlite/legacy_time.h"

namespace tms::ledger {
namespace {

using sqlite::ValueType;

constexpr std::string_view kNotUnderstood = "not understood";
constexpr std::string_view kMissing = "missing";
constexpr std::string_view kNotText = "not text in UTF-8";
constexpr std::string_view kSkippedTime = "a local time that the clock skipped";
constexpr std::string_view kFinerTime = "finer than a microsecond";

// Converts one row column by column.
class Converter {
 public:
  Converter(const LegacyJob& legacy, const absl::TimeZone& zone) : legacy_(legacy), zone_(zone) {}

  MigratedJob Convert(absl::Time fallback) {
    Job& job = result_.job;
    job.job_id = Text(kLegacyJobId);
    job.user_id = Text(kLegacyUserId);
    job.action_code = Number(kLegacyActionCode).value_or(0);
    job.action_name = Text(kLegacyActionName);
    result_.batch_id = NonEmptyText(kLegacyBatchId);
    result_.cluster_url = NonEmptyText(kLegacyClusterUrl);
    result_.request_payload = OptionalText(kLegacyRequestPayload);
    job.response_summary = OptionalText(kLegacyResponseSummary);
    job.outcome.status = Status();
    if (!IsNull(kLegacyHttpStatus)) job.outcome.http_status = Number(kLegacyHttpStatus);
    job.outcome.error_message = OptionalText(kLegacyErrorMessage);
    Times(fallback);
    return std::move(result_);
  }

 private:
  const LegacyValue& Value(LegacyColumn column) const {
    return legacy_.values[static_cast<size_t>(column)];
  }
  bool IsNull(LegacyColumn column) const { return Value(column).type == ValueType::kNull; }
  void Note(LegacyColumn column, std::string_view what) {
    result_.oddities.push_back({.column = column, .what = what});
  }

  std::optional<std::string> OptionalText(LegacyColumn column) {
    if (IsNull(column)) return std::nullopt;
    LegacyText text = ToText(Value(column));
    if (!text.exact) Note(column, kNotText);
    return std::move(text.text);
  }

  // Of columns that may not be NULL with us.
  std::string Text(LegacyColumn column) {
    if (IsNull(column)) Note(column, kMissing);
    return OptionalText(column).value_or("");
  }

  // Text that is absent is NULL with us, never empty.
  std::optional<std::string> NonEmptyText(LegacyColumn column) {
    std::optional<std::string> text = OptionalText(column);
    if (text.has_value() && text->empty()) return std::nullopt;
    return text;
  }

  std::optional<int> Number(LegacyColumn column) {
    const LegacyValue& value = Value(column);
    if (value.type == ValueType::kInteger && value.number >= std::numeric_limits<int>::min() &&
        value.number <= std::numeric_limits<int>::max()) {
      return static_cast<int>(value.number);
    }
    Note(column, value.type == ValueType::kNull ? kMissing : kNotUnderstood);
    return std::nullopt;
  }

  // A status that says nothing leaves the outcome open; the sweep then ends the job as INTERRUPTED,
  // effect UNKNOWN, which is what is known of it.
  JobStatus Status() {
    const LegacyValue& value = Value(kLegacyStatus);
    if (value.type == ValueType::kText) {
      for (const JobStatus status :
           {JobStatus::kSuccess, JobStatus::kFailed, JobStatus::kInProgress}) {
        if (EqualsIgnoreCaseAscii(Trim(value.text), ToWord(status))) return status;
      }
    }
    Note(kLegacyStatus, IsNull(kLegacyStatus) ? kMissing : kNotUnderstood);
    return JobStatus::kInProgress;
  }

  std::optional<absl::Time> Time(LegacyColumn column) {
    const LegacyValue& value = Value(column);
    const std::optional<LegacyTime> time =
        value.type == ValueType::kText ? ParseLegacyTime(value.text) : std::nullopt;
    if (!time.has_value()) {
      Note(column, IsNull(column) ? kMissing : kNotUnderstood);
      return std::nullopt;
    }
    const UtcTime utc = ToUtc(*time, zone_);
    if (utc.skipped) Note(column, kSkippedTime);
    if (time->finer) Note(column, kFinerTime);
    result_.ambiguous_time = result_.ambiguous_time || utc.ambiguous;
    return utc.time;
  }

  void Times(absl::Time fallback) {
    Job& job = result_.job;
    job.created_at = Time(kLegacyCreatedAt).value_or(fallback);
    std::optional<absl::Time> updated_at;
    if (!IsNull(kLegacyUpdatedAt)) updated_at = Time(kLegacyUpdatedAt);
    job.updated_at = updated_at.value_or(job.created_at);
    if (job.outcome.status != JobStatus::kInProgress) job.finished_at = updated_at;
  }

  const LegacyJob& legacy_;
  const absl::TimeZone& zone_;
  MigratedJob result_;
};

}  // namespace

std::string ToLiteral(const LegacyValue& value) {
  switch (value.type) {
    case ValueType::kNull:
      return "NULL";
    case ValueType::kInteger:
      return std::to_string(value.number);
    case ValueType::kBlob:
      return "X'" + HexEncode(value.text) + "'";
    case ValueType::kText:
      break;
  }
  // A text that is not one is shown by its bytes.
  if (!IsValidUtf8(value.text)) return "CAST(X'" + HexEncode(value.text) + "' AS TEXT)";
  std::string literal = "'";
  for (const char c : value.text) {
    literal += c;
    if (c == '\'') literal += c;
  }
  return literal + "'";
}

LegacyText ToText(const LegacyValue& value) {
  if (value.type == ValueType::kText && IsValidUtf8(value.text)) return {.text = value.text};
  return {.text = RepairUtf8(value.text), .exact = false};
}

MigratedJob ConvertLegacyJob(const LegacyJob& legacy, const absl::TimeZone& zone,
                             absl::Time fallback) {
  return Converter(legacy, zone).Convert(fallback);
}

std::string DigestOf(const LegacyJob& legacy) {
  PartsEncoder parts;
  for (size_t i = 0; i < legacy.values.size(); ++i) {
    const LegacyValue& value = legacy.values[i];
    parts.Add(kLegacyColumnNames[i]).Add(static_cast<int>(value.type)).Add(value.text);
  }
  return Sha256(parts.bytes());
}

}  // namespace tms::ledger
