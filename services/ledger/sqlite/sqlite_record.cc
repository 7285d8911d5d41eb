// Events of owners: what a STARTED and a FINISHED do.
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/job_transitions.h"
#include "services/ledger/sqlite/cids_digest.h"
#include "services/ledger/sqlite/event_digest.h"
#include "services/ledger/sqlite/owner_identities.h"
#include "services/ledger/sqlite/request_payload.h"
#include "services/ledger/sqlite/sqlite_rows.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Payloads up to this size are stored as they are, for people who look at the row; larger ones are
// built from the cids when they are read, so that a fleet's cids are not stored twice.
constexpr size_t kMaxStoredPayloadCids = 100;

// Refused events of one job, or without a job of one owner, that get a row in the history; what an
// owner out of order sends beyond that is only counted, so that it can't fill the disk.
constexpr int64_t kMaxStoredRefusals = 16;

constexpr char kSelectTold[] =
    "SELECT verdict, detail, earlier_job_id, content_digest FROM job_events "
    "WHERE job_id = ?1 AND event_seq = ?2 AND actor = ?3 ORDER BY number DESC";
constexpr char kSelectClaim[] =
    "SELECT number, fingerprint FROM jobs INDEXED BY jobs_request_claim "
    "WHERE user_id = ?1 AND request_claim = ?2";
constexpr char kInsertJob[] =
    "INSERT INTO jobs(job_id, created_at, user_id, status, action_code, action_name, cluster, "
    "batch_id, request_id, updated_at, timeout_ms, customer_count, request_claim, fingerprint, "
    "owner, incarnation, rerun_of, twin_of, source_ip, cluster_url, request_payload) "
    "VALUES(?1, ?2, ?3, 'IN_PROGRESS', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
    "?17, ?18, ?19, ?20)";
constexpr char kCountRefusal[] =
    "INSERT INTO job_refusals(job_id, count) VALUES(?1, 1) "
    "ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count";
constexpr char kInsertCid[] = "INSERT INTO job_cids(job_number, position, cid) VALUES(?1, ?2, ?3)";

// One attempt to apply one event.
class Recorder {
 public:
  Recorder(WriteContext& context, const PreparedEvent& prepared)
      : context_(context), prepared_(prepared), event_(prepared.event) {}

  absl::StatusOr<RecordResult> Record();

 private:
  struct Answer {
    Verdict verdict;
    std::string detail;
    std::string earlier_job_id;
    bool same_content;
  };

  absl::StatusOr<RecordResult> Start(const JobStart& start);
  absl::StatusOr<RecordResult> StartNew(const JobStart& start, const std::string& twin_of);
  absl::StatusOr<RecordResult> Finish(const JobFinish& finish);
  absl::StatusOr<bool> MustHaveRow(const JobStart* start);

  // What the owner was answered when it sent this event before.
  absl::StatusOr<std::optional<Answer>> FindAnswer();
  absl::StatusOr<RecordResult> AnswerAgain(const Answer& answer);
  absl::StatusOr<RecordResult> Reject(const Job& job, std::string why);
  // Adds the refusal to the history, unless it has enough of those of `key`, which is a job's or an
  // owner's id.
  absl::Status AppendRefusal(const std::string& key, std::string& detail, const Job& job);
  absl::StatusOr<RecordResult> RejectFenced(int64_t fence);
  absl::StatusOr<RecordResult> RejectForged();

  absl::Status InsertJob(const JobStart& start, Job& job);
  absl::Status AppendEvent(Verdict verdict, const std::string& detail, const Job& job);

  WriteContext& context_;
  const PreparedEvent& prepared_;
  const OwnerEvent& event_;
  // In whose name the history has it.
  const std::string* actor_ = &event_.owner;
};

absl::StatusOr<RecordResult> Recorder::Record() {
  TMS_ASSIGN_OR_RETURN(const bool may,
                       MaySpeakFor(context_.connection, event_.owner, event_.teller));
  if (!may) return RejectForged();
  const auto* start = std::get_if<JobStart>(&event_.fact);
  if (start != nullptr && !start->spooled) {
    TMS_ASSIGN_OR_RETURN(const int64_t fence, FenceOf(context_.connection, event_.owner));
    if (event_.incarnation < fence) return RejectFenced(fence);
  }
  TMS_ASSIGN_OR_RETURN(const std::optional<Answer> answer, FindAnswer());
  if (answer.has_value()) {
    TMS_ASSIGN_OR_RETURN(const bool must_have_row, MustHaveRow(start));
    if (!must_have_row) return AnswerAgain(*answer);
  }
  return start != nullptr ? Start(*start) : Finish(std::get<JobFinish>(event_.fact));
}

// A start that was refused, went by the spool all the same, and may have been called by now, must
// have its row.
absl::StatusOr<bool> Recorder::MustHaveRow(const JobStart* start) {
  if (start == nullptr || !start->spooled) return false;
  TMS_ASSIGN_OR_RETURN(const std::optional<Job> job, FindJob(context_.connection, event_.job_id));
  return !job.has_value();
}

absl::StatusOr<std::optional<Recorder::Answer>> Recorder::FindAnswer() {
  std::optional<Answer> answer;
  const auto read = [&](const Row& row) {
    const bool same = row.Text(3) == prepared_.content_digest.bytes;
    if (same || !answer.has_value()) {
      answer = Answer{.verdict = VerdictFromWord(row.Text(0)).value_or(Verdict::kRejected),
                      .detail = row.Text(1),
                      .earlier_job_id = row.Text(2),
                      .same_content = same};
    }
    return !same;
  };
  TMS_RETURN_IF_ERROR(
      context_.connection.Visit(kSelectTold, read, event_.job_id, event_.event_seq, event_.owner));
  return answer;
}

absl::StatusOr<RecordResult> Recorder::AnswerAgain(const Answer& answer) {
  const std::string& job_id = answer.earlier_job_id.empty() ? event_.job_id : answer.earlier_job_id;
  TMS_ASSIGN_OR_RETURN(Job job, GetJobRow(context_.connection, job_id));
  if (!answer.same_content) {
    return Reject(job, "event_seq " + std::to_string(event_.event_seq) +
                           " was used before for another event");
  }
  const Verdict verdict = answer.verdict == Verdict::kApplied ? Verdict::kReplayed : answer.verdict;
  return RecordResult{.verdict = verdict, .job = std::move(job), .detail = answer.detail};
}

absl::StatusOr<RecordResult> Recorder::Start(const JobStart& start) {
  TMS_ASSIGN_OR_RETURN(const std::optional<Job> same_id,
                       FindJob(context_.connection, event_.job_id));
  if (same_id.has_value()) return Reject(*same_id, "the job was started before");
  if (start.request_id.empty()) return StartNew(start, "");

  std::string fingerprint;
  const auto read = [&](const Row& row) {
    fingerprint = row.Text(1);
    return row.Int(0);
  };
  TMS_ASSIGN_OR_RETURN(
      const std::optional<int64_t> holder,
      context_.connection.ReadOne(kSelectClaim, read, start.user_id, start.request_id));
  if (!holder.has_value()) return StartNew(start, "");
  TMS_ASSIGN_OR_RETURN(std::optional<Job> earlier, FindJobByNumber(context_.connection, *holder));
  if (start.spooled) return StartNew(start, earlier->job_id);

  const bool same = fingerprint == start.fingerprint;
  const Verdict verdict = same ? Verdict::kDuplicateOf : Verdict::kConflict;
  const std::string detail = same ? "the request_id was used before for the same request"
                                  : "the request_id was used before for another request";
  TMS_RETURN_IF_ERROR(AppendEvent(verdict, detail, *earlier));
  return RecordResult{.verdict = verdict, .job = std::move(earlier), .detail = detail};
}

absl::StatusOr<RecordResult> Recorder::StartNew(const JobStart& start, const std::string& twin_of) {
  Job job{.job_id = event_.job_id,
          .user_id = start.user_id,
          .batch_id = start.batch_id,
          .action_code = start.action_code,
          .action_name = start.action_name,
          .cluster = start.cluster,
          .cluster_url = start.cluster_url,
          .created_at = event_.occurred_at,
          .updated_at = context_.now,
          .timeout = start.timeout,
          .customer_count = static_cast<int>(start.cids.size()),
          .request_id = start.request_id,
          .source_ip = start.source_ip,
          .owner = event_.owner,
          .incarnation = event_.incarnation,
          .rerun_of = start.rerun_of,
          .twin_of = twin_of};
  TMS_RETURN_IF_ERROR(InsertJob(start, job));
  TMS_RETURN_IF_ERROR(AppendEvent(Verdict::kApplied, start.spooled ? "spooled" : "", job));
  return RecordResult{.verdict = Verdict::kApplied, .job = std::move(job)};
}

absl::Status Recorder::InsertJob(const JobStart& start, Job& job) {
  Connection& connection = context_.connection;
  const std::string_view claim = job.twin_of.empty() ? std::string_view(job.request_id) : "";
  const sqlite::Blob fingerprint{start.fingerprint};
  TMS_RETURN_IF_ERROR(connection.Run(
      kInsertJob, job.job_id, FormatTimestamp(job.created_at), job.user_id, job.action_code,
      job.action_name, NullIfEmpty(job.cluster), NullIfEmpty(job.batch_id),
      NullIfEmpty(job.request_id), FormatTimestamp(job.updated_at),
      absl::ToInt64Milliseconds(start.timeout), job.customer_count, NullIfEmpty(claim), fingerprint,
      job.owner, job.incarnation, NullIfEmpty(job.rerun_of), NullIfEmpty(job.twin_of),
      NullIfEmpty(job.source_ip), NullIfEmpty(job.cluster_url), prepared_.request_payload));
  job.number = connection.last_row_id();
  int64_t position = 0;
  for (const std::string& cid : start.cids) {
    TMS_RETURN_IF_ERROR(connection.Run(kInsertCid, job.number, ++position, cid));
  }
  return absl::OkStatus();
}

absl::StatusOr<RecordResult> Recorder::Finish(const JobFinish& finish) {
  TMS_ASSIGN_OR_RETURN(std::optional<Job> job, FindJob(context_.connection, event_.job_id));
  if (!job.has_value()) return RecordResult{.verdict = Verdict::kUnknownJob};
  if (job->owner != event_.owner) return Reject(*job, "the job belongs to another owner");
  Outcome claim = finish.outcome;
  claim.source = OutcomeSource::kTold;
  const TransitionDecision decision = Decide(job->outcome, claim, /*overdue=*/false);
  if (decision.kind == TransitionDecision::Kind::kReject) return Reject(*job, decision.why);

  const OutcomeChange change{.outcome = decision.next,
                             .finished_at = event_.occurred_at,
                             .elapsed = finish.elapsed,
                             .response_summary = finish.response_summary,
                             .response_summary_cut = finish.response_summary_cut};
  TMS_RETURN_IF_ERROR(ChangeOutcome(context_, change, *job));
  TMS_RETURN_IF_ERROR(AppendEvent(Verdict::kApplied, "", *job));
  return RecordResult{.verdict = Verdict::kApplied, .job = std::move(job)};
}

absl::StatusOr<RecordResult> Recorder::Reject(const Job& job, std::string why) {
  std::string detail = std::move(why);
  if (const auto* finish = std::get_if<JobFinish>(&event_.fact)) {
    const Outcome& told = finish->outcome;
    detail += "; told was " + std::string(ToWord(told.status));
    if (told.http_status.has_value()) detail += " " + std::to_string(*told.http_status);
    detail += " " + std::string(ToWord(told.failure_reason)) + " effect " +
              std::string(ToWord(told.effect)) + " " + told.error_message.value_or("");
  }
  TMS_RETURN_IF_ERROR(AppendRefusal(event_.job_id, detail, job));
  return RecordResult{.verdict = Verdict::kRejected, .job = job, .detail = std::move(detail)};
}

absl::Status Recorder::AppendRefusal(const std::string& key, std::string& detail, const Job& job) {
  const auto read = [](const Row& row) { return row.Int(0); };
  TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> count,
                       context_.connection.ReadOne(kCountRefusal, read, key));
  if (count > kMaxStoredRefusals) return absl::OkStatus();
  if (count == kMaxStoredRefusals) {
    detail += "; later refusals of this ";
    detail += key == event_.job_id ? "job" : "owner";
    detail += " are only counted";
  }
  return AppendEvent(Verdict::kRejected, detail, job);
}

absl::StatusOr<RecordResult> Recorder::RejectFenced(int64_t fence) {
  std::string why =
      "incarnation " + std::to_string(fence) + " of the owner has taken over: start nothing more";
  TMS_ASSIGN_OR_RETURN(const std::optional<Job> job, FindJob(context_.connection, event_.job_id));
  if (job.has_value()) return Reject(*job, std::move(why));
  TMS_RETURN_IF_ERROR(AppendRefusal(event_.owner, why, Job{.job_id = event_.job_id}));
  return RecordResult{.verdict = Verdict::kRejected, .detail = std::move(why)};
}

// It must not stand in the owner's name, nor be the owner's answer when that tells the same.
absl::StatusOr<RecordResult> Recorder::RejectForged() {
  actor_ = &event_.teller;
  std::string why = "the owner " + event_.owner + " belongs to another identity";
  TMS_ASSIGN_OR_RETURN(const std::optional<Job> job, FindJob(context_.connection, event_.job_id));
  if (job.has_value()) return Reject(*job, std::move(why));
  return RecordResult{.verdict = Verdict::kRejected, .detail = std::move(why)};
}

absl::Status Recorder::AppendEvent(Verdict verdict, const std::string& detail, const Job& job) {
  const bool start = std::holds_alternative<JobStart>(event_.fact);
  return AppendHistory(context_, {.job_id = event_.job_id,
                                  .kind = start ? HistoryKind::kStarted : HistoryKind::kFinished,
                                  .occurred_at = event_.occurred_at,
                                  .actor = *actor_,
                                  .verdict = verdict,
                                  .detail = detail,
                                  .job = job,
                                  .told = &prepared_,
                                  .earlier_job_id = job.job_id == event_.job_id ? "" : job.job_id});
}

}  // namespace

PreparedEvent Prepare(OwnerEvent event) {
  PreparedEvent prepared{.event = std::move(event)};
  if (const auto* start = std::get_if<JobStart>(&prepared.event.fact)) {
    prepared.cids_digest = CidsDigest(start->cids);
    prepared.content_digest = EventDigest(*start, prepared.cids_digest);
    if (start->cids.size() <= kMaxStoredPayloadCids) {
      prepared.request_payload = RequestPayload(start->action_name, start->cids);
    }
  } else {
    prepared.content_digest = EventDigest(std::get<JobFinish>(prepared.event.fact));
  }
  return prepared;
}

absl::StatusOr<RecordResult> RecordEvent(WriteContext& context, const PreparedEvent& prepared) {
  return Recorder(context, prepared).Record();
}

}  // namespace tms::ledger
