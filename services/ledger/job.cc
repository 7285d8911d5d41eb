#include "services/ledger/job.h"

#include <utility>

namespace tms::ledger {
namespace {

template <typename Enum>
using Entry = std::pair<Enum, std::string_view>;

constexpr Entry<JobStatus> kStatuses[] = {
    {JobStatus::kInProgress, "IN_PROGRESS"},
    {JobStatus::kSuccess, "SUCCESS"},
    {JobStatus::kFailed, "FAILED"},
};

constexpr Entry<FailureReason> kFailureReasons[] = {
    {FailureReason::kNone, ""},
    {FailureReason::kNotCalled, "NOT_CALLED"},
    {FailureReason::kConnectError, "CONNECT_ERROR"},
    {FailureReason::kTimeout, "TIMEOUT"},
    {FailureReason::kConnectionLost, "CONNECTION_LOST"},
    {FailureReason::kHttpError, "HTTP_ERROR"},
    {FailureReason::kInvalidResponse, "INVALID_RESPONSE"},
    {FailureReason::kRejected, "REJECTED"},
    {FailureReason::kInterrupted, "INTERRUPTED"},
};

constexpr Entry<Effect> kEffects[] = {
    {Effect::kUnspecified, ""},
    {Effect::kApplied, "APPLIED"},
    {Effect::kNotApplied, "NOT_APPLIED"},
    {Effect::kUnknown, "UNKNOWN"},
};

constexpr Entry<OutcomeSource> kOutcomeSources[] = {
    {OutcomeSource::kNone, ""},
    {OutcomeSource::kPresumed, "PRESUMED"},
    {OutcomeSource::kResolved, "RESOLVED"},
    {OutcomeSource::kTold, "TOLD"},
};

constexpr Entry<Verdict> kVerdicts[] = {
    {Verdict::kApplied, "APPLIED"},          {Verdict::kReplayed, "REPLAYED"},
    {Verdict::kDuplicateOf, "DUPLICATE_OF"}, {Verdict::kConflict, "CONFLICT"},
    {Verdict::kRejected, "REJECTED"},        {Verdict::kUnknownJob, "UNKNOWN_JOB"},
    {Verdict::kInvalid, "INVALID"},
};

constexpr Entry<HistoryKind> kHistoryKinds[] = {
    {HistoryKind::kStarted, "STARTED"},   {HistoryKind::kFinished, "FINISHED"},
    {HistoryKind::kPresumed, "PRESUMED"}, {HistoryKind::kResolved, "RESOLVED"},
    {HistoryKind::kMigrated, "MIGRATED"},
};

template <typename Enum, size_t N>
std::string_view WordOf(const Entry<Enum> (&entries)[N], Enum value) {
  for (const auto& [candidate, word] : entries) {
    if (candidate == value) return word;
  }
  return {};
}

template <typename Enum, size_t N>
std::optional<Enum> ValueOf(const Entry<Enum> (&entries)[N], std::string_view word) {
  for (const auto& [value, candidate] : entries) {
    if (candidate == word) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToWord(JobStatus status) { return WordOf(kStatuses, status); }
std::string_view ToWord(FailureReason reason) { return WordOf(kFailureReasons, reason); }
std::string_view ToWord(Effect effect) { return WordOf(kEffects, effect); }
std::string_view ToWord(OutcomeSource source) { return WordOf(kOutcomeSources, source); }
std::string_view ToWord(Verdict verdict) { return WordOf(kVerdicts, verdict); }
std::string_view ToWord(HistoryKind kind) { return WordOf(kHistoryKinds, kind); }

std::optional<JobStatus> JobStatusFromWord(std::string_view word) {
  return ValueOf(kStatuses, word);
}
std::optional<FailureReason> FailureReasonFromWord(std::string_view word) {
  return ValueOf(kFailureReasons, word);
}
std::optional<Effect> EffectFromWord(std::string_view word) { return ValueOf(kEffects, word); }
std::optional<OutcomeSource> OutcomeSourceFromWord(std::string_view word) {
  return ValueOf(kOutcomeSources, word);
}
std::optional<Verdict> VerdictFromWord(std::string_view word) { return ValueOf(kVerdicts, word); }
std::optional<HistoryKind> HistoryKindFromWord(std::string_view word) {
  return ValueOf(kHistoryKinds, word);
}

}  // namespace tms::ledger
