#include "tests/unit/ledger/job_store_contract.h"

#include "absl/synchronization/notification.h"
#include "tests/unit/ledger/started.h"

namespace tms::ledger {
namespace {

// Calls `start(done)` and waits until `done` is called.
template <typename Result, typename Start>
absl::StatusOr<Result> Await(Start start) {
  absl::Notification called;
  absl::StatusOr<Result> result = absl::UnknownError("not called");
  start([&](absl::StatusOr<Result> answer) {
    result = std::move(answer);
    called.Notify();
  });
  called.WaitForNotification();
  return result;
}

}  // namespace

OwnerEvent JobStoreContract::Started(const std::string& job_id) const {
  return MakeStarted(job_id, clock_.Now());
}

OwnerEvent JobStoreContract::StartedWithRequest(const std::string& job_id,
                                                const std::string& request_id,
                                                const std::string& content) const {
  OwnerEvent event = Started(job_id);
  StartOf(event).request_id = request_id;
  StartOf(event).fingerprint = content;
  return event;
}

OwnerEvent JobStoreContract::Finished(const std::string& job_id, const Outcome& outcome) const {
  return {.job_id = job_id,
          .event_seq = 2,
          .occurred_at = clock_.Now(),
          .owner = "owner-1",
          .incarnation = 1,
          .fact = JobFinish{.outcome = outcome, .elapsed = absl::Milliseconds(280)}};
}

Outcome JobStoreContract::Success() {
  return {.status = JobStatus::kSuccess, .http_status = 200, .effect = Effect::kApplied};
}

Outcome JobStoreContract::Failed(FailureReason reason, Effect effect) {
  return {.status = JobStatus::kFailed,
          .failure_reason = reason,
          .effect = effect,
          .error_message = "it did not work"};
}

absl::StatusOr<RecordResult> JobStoreContract::Record(const OwnerEvent& event) {
  return Await<RecordResult>([&](auto done) { store().Record(event, done); });
}

absl::StatusOr<Job> JobStoreContract::Presume(const std::string& job_id) {
  return Await<Job>([&](auto done) { store().Presume(job_id, "no outcome was reported", done); });
}

absl::StatusOr<SettledJobs> JobStoreContract::Settle(const std::string& owner, int64_t incarnation,
                                                     int limit, const std::string& teller) {
  const OwnerSettlement settlement{.owner = owner,
                                   .incarnation = incarnation,
                                   .message = "the service restarted",
                                   .limit = limit,
                                   .teller = teller};
  return Await<SettledJobs>([&](auto done) { store().Settle(settlement, done); });
}

absl::StatusOr<Job> JobStoreContract::Resolve(const std::string& job_id, const Outcome& claim,
                                              bool overdue) {
  return Resolve({.job_id = job_id,
                  .version = Get(job_id).version,
                  .claim = [claim](const Job&) { return claim; },
                  .overdue = overdue,
                  .user_id = "admin",
                  .reason = "looked at the cluster",
                  .source_ip = "10.0.0.1"});
}

absl::StatusOr<Job> JobStoreContract::Resolve(Resolution resolution) {
  return Await<Job>([&](auto done) { store().Resolve(std::move(resolution), done); });
}

Job JobStoreContract::RecordExpecting(Verdict verdict, const OwnerEvent& event) {
  const absl::StatusOr<RecordResult> result = Record(event);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return {};
  EXPECT_EQ(ToWord(result->verdict), ToWord(verdict)) << result->detail;
  return result->job.value_or(Job());
}

Job JobStoreContract::MakeJob(const OwnerEvent& started, const Outcome& outcome) {
  RecordExpecting(Verdict::kApplied, started);
  OwnerEvent finished = Finished(started.job_id, outcome);
  finished.owner = started.owner;
  return RecordExpecting(Verdict::kApplied, finished);
}

Job JobStoreContract::Get(const std::string& job_id, bool full) {
  const absl::StatusOr<Job> job = store().GetJob(job_id, full);
  EXPECT_TRUE(job.ok()) << job.status();
  return job.value_or(Job());
}

std::vector<HistoryEvent> JobStoreContract::History(const std::string& job_id) {
  const auto page = store().ListEvents(job_id, std::nullopt, 100);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? page->events : std::vector<HistoryEvent>();
}

std::vector<std::string> JobStoreContract::List(const JobFilter& filter, int limit,
                                                JobOrder order) {
  std::vector<std::string> ids;
  std::optional<JobKey> after;
  do {
    const auto page = store().ListJobs(filter, order, after, limit);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) break;
    EXPECT_LE(page->jobs.size(), static_cast<size_t>(limit));
    for (const Job& job : page->jobs) ids.push_back(job.job_id);
    after = page->next;
  } while (after.has_value());
  return ids;
}

AuditResult JobStoreContract::Audit(const AuditRecord& record) {
  const auto result =
      Await<AuditResult>([&](auto done) { store().RecordAudit(record, std::move(done)); });
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(AuditResult());
}

std::vector<int64_t> JobStoreContract::AuditNumbers(const AuditFilter& filter, int limit) {
  std::vector<int64_t> numbers;
  std::optional<AuditKey> after;
  do {
    const auto page = store().ListAudit(filter, after, limit);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) break;
    EXPECT_LE(page->records.size(), static_cast<size_t>(limit));
    for (const AuditRecord& record : page->records) numbers.push_back(record.number);
    after = page->next;
  } while (after.has_value());
  return numbers;
}

}  // namespace tms::ledger
