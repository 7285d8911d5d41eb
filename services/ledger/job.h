// What the ledger knows about one Set Action, free of storage and wire formats.
//
// The enums' values and words are those of the proto (tms/ledger/v1/job.proto explains them); the
// words are also what the database holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace tms::ledger {

enum class JobStatus { kInProgress = 1, kSuccess = 2, kFailed = 3 };

enum class FailureReason {
  kNone = 0,
  kNotCalled = 1,
  kConnectError = 2,
  kTimeout = 3,
  kConnectionLost = 4,
  kHttpError = 5,
  kInvalidResponse = 6,
  kRejected = 7,
  kInterrupted = 8,
};

enum class Effect { kUnspecified = 0, kApplied = 1, kNotApplied = 2, kUnknown = 3 };

// Rank of who says how a job ended; a higher one replaces a lower one.
enum class OutcomeSource { kNone = 0, kPresumed = 1, kResolved = 2, kTold = 3 };

// The proto's word for a value, for instance "IN_PROGRESS"; empty for none/unspecified.
std::string_view ToWord(JobStatus status);
std::string_view ToWord(FailureReason reason);
std::string_view ToWord(Effect effect);
std::string_view ToWord(OutcomeSource source);
// The value of a word; nothing for a word that is none. An empty word is none/unspecified.
std::optional<JobStatus> JobStatusFromWord(std::string_view word);
std::optional<FailureReason> FailureReasonFromWord(std::string_view word);
std::optional<Effect> EffectFromWord(std::string_view word);
std::optional<OutcomeSource> OutcomeSourceFromWord(std::string_view word);

// How a job stands: the part of it that transitions decide on.
struct Outcome {
  JobStatus status = JobStatus::kInProgress;
  std::optional<int> http_status;
  FailureReason failure_reason = FailureReason::kNone;
  Effect effect = Effect::kUnspecified;
  std::optional<std::string> error_message;
  OutcomeSource source = OutcomeSource::kNone;
  // The owner's truth contradicted what a person had settled.
  bool conflict = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// What is known when an action begins.
struct JobStart {
  std::string user_id;
  std::string batch_id;
  int action_code = 0;
  std::string action_name;
  std::string cluster;
  std::string cluster_url;
  std::vector<std::string> cids;
  std::string request_id;
  std::string fingerprint;
  absl::Duration timeout;
  std::string source_ip;
  std::string rerun_of;
  bool spooled = false;
};

// How an action ended, told by the process that made the call.
struct JobFinish {
  Outcome outcome;
  std::optional<std::string> response_summary;
  bool response_summary_cut = false;
  std::optional<absl::Duration> elapsed;
};

// One fact about a job, told by its owner; keyed by (job_id, event_seq), applied once.
struct OwnerEvent {
  std::string job_id;
  int64_t event_seq = 0;
  absl::Time occurred_at;
  std::string owner;
  int64_t incarnation = 0;
  std::variant<JobStart, JobFinish> fact;
  // The URI in the certificate of whoever told it; empty without certificates.
  std::string teller = "";
};

// A job as it is stored.
struct Job {
  std::string job_id;
  int64_t number = 0;
  std::string user_id;
  std::string batch_id;
  int action_code = 0;
  std::string action_name;
  std::string cluster;
  std::string cluster_url;
  Outcome outcome;
  absl::Time created_at;
  absl::Time updated_at;
  std::optional<absl::Time> finished_at;
  // Unset on rows of the replaced system.
  std::optional<absl::Duration> timeout;
  std::optional<absl::Duration> elapsed;
  int customer_count = 0;
  std::string request_id;
  std::string source_ip;
  std::string owner;
  int64_t incarnation = 0;
  std::string rerun_of;
  std::string twin_of;
  // Grows by one with each change; its text is the etag.
  int64_t version = 1;

  // Filled in the FULL view only.
  std::vector<std::string> reruns;
  std::string request_payload;
  bool request_payload_cut = false;
  std::optional<std::string> response_summary;
  bool response_summary_cut = false;
};

enum class Verdict {
  kApplied = 1,
  kReplayed = 2,
  kDuplicateOf = 3,
  kConflict = 4,
  kRejected = 5,
  kUnknownJob = 6,
  kInvalid = 7,
};
std::string_view ToWord(Verdict verdict);
std::optional<Verdict> VerdictFromWord(std::string_view word);

enum class HistoryKind { kStarted = 1, kFinished = 2, kPresumed = 3, kResolved = 4, kMigrated = 5 };
std::string_view ToWord(HistoryKind kind);
std::optional<HistoryKind> HistoryKindFromWord(std::string_view word);

// One line of a job's history.
struct HistoryEvent {
  int64_t number = 0;
  std::string job_id;
  HistoryKind kind = HistoryKind::kStarted;
  // The owner's number; 0 for events that are the ledger's own.
  int64_t event_seq = 0;
  absl::Time occurred_at;
  absl::Time recorded_at;
  // `owner/incarnation`, a person's user id, or `ledger`.
  std::string actor;
  Verdict verdict = Verdict::kApplied;
  std::string detail;
  // As it stood after this event.
  Outcome outcome;
};

}  // namespace tms::ledger
