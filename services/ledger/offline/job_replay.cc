#include "services/ledger/offline/job_replay.h"

#include "services/ledger/job_transitions.h"
#include "services/ledger/sqlite/cids_digest.h"
#include "services/ledger/sqlite/event_digest.h"
#include "services/ledger/sqlite/request_payload.h"

namespace tms::ledger {
namespace {

using Fault = std::optional<std::string>;

class Replay {
 public:
  explicit Replay(const StoredJob& stored) : stored_(stored), job_(stored.job) {}

  Fault Apply(const AppliedEvent& event);
  // After the last event.
  Fault Compare() const;

 private:
  Fault Begin(const AppliedEvent& event);
  Fault BeginStarted(const AppliedEvent& event) const;
  Fault Change(const AppliedEvent& event);
  static std::string At(const AppliedEvent& event, const std::string& what) {
    return "row " + std::to_string(event.number) + ": " + what;
  }

  const StoredJob& stored_;
  const Job& job_;
  Outcome outcome_;
  int64_t version_ = 0;
  bool migrated_ = false;
  absl::Time changed_at_;
  std::optional<AppliedEvent> told_;
};

Fault Replay::Apply(const AppliedEvent& event) {
  const Fault fault = version_ == 0 ? Begin(event) : Change(event);
  ++version_;
  outcome_ = event.outcome;
  changed_at_ = event.recorded_at;
  return fault;
}

Fault Replay::Begin(const AppliedEvent& event) {
  const sqlite::Blob cids_digest = CidsDigest(stored_.cids);
  if (!event.cids_digest.empty() && event.cids_digest != cids_digest.bytes) {
    return At(event, "the job's customers are not those that were recorded");
  }
  if (event.kind == HistoryKind::kMigrated) {
    migrated_ = true;
    return {};
  }
  if (event.kind != HistoryKind::kStarted) return At(event, "the job's history has no beginning");
  return BeginStarted(event);
}

Fault Replay::BeginStarted(const AppliedEvent& event) const {
  if (event.outcome != Outcome{}) return At(event, "a job begins without an outcome");
  const JobStart start{.user_id = job_.user_id,
                       .batch_id = job_.batch_id,
                       .action_code = job_.action_code,
                       .action_name = job_.action_name,
                       .cluster = job_.cluster,
                       .cluster_url = job_.cluster_url,
                       .request_id = job_.request_id,
                       .fingerprint = stored_.fingerprint,
                       .timeout = job_.timeout.value_or(absl::ZeroDuration()),
                       .source_ip = job_.source_ip,
                       .rerun_of = job_.rerun_of};
  if (EventDigest(start, CidsDigest(stored_.cids)).bytes != event.content_digest) {
    return At(event, "what jobs says of the request is not what was recorded");
  }
  if (job_.created_at != event.occurred_at || job_.owner != event.actor ||
      job_.incarnation != event.incarnation) {
    return At(event, "created_at, owner or incarnation is not what was recorded");
  }
  if (stored_.request_payload.has_value() &&
      *stored_.request_payload != RequestPayload(job_.action_name, stored_.cids)) {
    return At(event, "request_payload is not what was sent");
  }
  return {};
}

// An event names the outcome that it led to, which is also what it claimed, but for the conflict.
Fault Replay::Change(const AppliedEvent& event) {
  Outcome claim = event.outcome;
  claim.conflict = false;
  const TransitionDecision decision = Decide(outcome_, claim, /*overdue=*/true);
  if (decision.kind == TransitionDecision::Kind::kReject) {
    return At(event, "the job's rules do not allow it: " + decision.why);
  }
  if (decision.next != event.outcome) return At(event, "it led to another outcome");
  const bool told = event.kind == HistoryKind::kFinished;
  if (told != (event.outcome.source == OutcomeSource::kTold)) {
    return At(event, "it has another source than its kind");
  }
  if (told) told_ = event;
  return {};
}

Fault Replay::Compare() const {
  if (version_ == 0) return "nothing in the history began it";
  if (job_.outcome != outcome_) return "its outcome is not the one that its history leads to";
  if (job_.customer_count != std::ssize(stored_.cids)) return "customer_count is wrong";
  if (job_.version != version_) return "version is not the number of its changes";
  if (migrated_ && version_ == 1) return {};
  if (job_.updated_at != changed_at_) return "updated_at is not when it changed last";
  if (!told_.has_value()) return {};
  const JobFinish finish{.outcome = told_->outcome,
                         .response_summary = job_.response_summary,
                         .response_summary_cut = job_.response_summary_cut,
                         .elapsed = job_.elapsed};
  if (EventDigest(finish).bytes != told_->content_digest) {
    return At(*told_, "response_summary or elapsed_ms is not what was told");
  }
  if (job_.finished_at != told_->occurred_at) return At(*told_, "finished_at is not what was told");
  return {};
}

}  // namespace

std::optional<std::string> ReplayJob(const StoredJob& stored,
                                     const std::vector<AppliedEvent>& events) {
  Replay replay(stored);
  for (const AppliedEvent& event : events) {
    if (Fault fault = replay.Apply(event)) return fault;
  }
  return replay.Compare();
}

}  // namespace tms::ledger
