#include "services/ledger/ledger.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/runtime/logging.h"
#include "services/ledger/checks.h"

namespace tms::ledger {
namespace {

// Of a job whose row names none, as those of the replaced system.
constexpr absl::Duration kUsualTimeout = absl::Seconds(30);

constexpr char kSettledMessage[] =
    "the service that made the call restarted before it reported an outcome: the outcome is "
    "unknown, check the cluster before repeating the action";

template <typename Values>
void AddAll(PartsEncoder& parts, const Values& values) {
  parts.Add(static_cast<long long>(values.size()));
  for (const auto& value : values) {
    if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
      parts.Add(std::string_view(value));
    } else {
      parts.Add(static_cast<long long>(value));
    }
  }
}

void AddTime(PartsEncoder& parts, const std::optional<absl::Time>& time) {
  parts.Add(time ? std::to_string(absl::ToUnixMicros(*time)) : std::string());
}

// The same bytes for the same filter, others for any other.
std::string Encode(const JobFilter& filter) {
  PartsEncoder parts;
  AddAll(parts, filter.user_ids);
  AddAll(parts, filter.statuses);
  AddAll(parts, filter.failure_reasons);
  AddAll(parts, filter.effects);
  AddAll(parts, filter.action_codes);
  AddAll(parts, filter.clusters);
  parts.Add(filter.cid).Add(filter.batch_id).Add(filter.request_id);
  parts.Add(filter.http_status ? std::to_string(*filter.http_status) : std::string());
  AddTime(parts, filter.created_after);
  AddTime(parts, filter.created_before);
  return parts.bytes();
}

absl::Status CheckJobId(const std::string& job_id) {
  Violations violations;
  CheckText("job_id", job_id, 1, kMaxNameCharacters, violations);
  return violations.ToStatus();
}

absl::Status CheckPageOfJob(const std::string& job_id, const PageRequest& page) {
  Violations violations;
  CheckText("job_id", job_id, 1, kMaxNameCharacters, violations);
  CheckPageSize(page.page_size, violations);
  return violations.ToStatus();
}

// The finest bucket that cuts what is asked for into at most kMaxBuckets; months where the range
// has no beginning.
StatsBucket ChooseBucket(const StatsQuery& query, absl::Time now) {
  const bool keeps_time = std::find(query.group_by.begin(), query.group_by.end(),
                                    StatsDimension::kTime) != query.group_by.end();
  if (!keeps_time) return StatsBucket::kHour;
  if (!query.created_after) return StatsBucket::kMonth;
  // Rounding outwards adds up to one bucket at each end.
  const absl::Duration range = query.created_before.value_or(now) - *query.created_after;
  if (range <= (kMaxBuckets - 2) * absl::Hours(1)) return StatsBucket::kHour;
  if (range <= (kMaxBuckets - 2) * absl::Hours(24)) return StatsBucket::kDay;
  return StatsBucket::kMonth;
}

}  // namespace

size_t RowsOf(const OwnerEvent& event) {
  const auto* start = std::get_if<JobStart>(&event.fact);
  return 1 + (start == nullptr ? 0 : start->cids.size());
}

Ledger::Ledger(JobStore& store, Sweeper& sweeper, const Clock& clock)
    : store_(store),
      sweeper_(sweeper),
      clock_(clock),
      tokens_(store.PageTokenKey()),
      budget_(kMaxRowsInStore) {}

void Ledger::Record(OwnerEvent event, JobStore::RecordDone done) {
  if (const absl::Status checked = CheckEvent(event); !checked.ok()) {
    done(RecordResult{.verdict = Verdict::kInvalid, .detail = std::string(Message(checked))});
    return;
  }
  if (auto* finish = std::get_if<JobFinish>(&event.fact)) TidyFinish(*finish);
  const absl::Duration received_at = clock_.SinceBoot();
  const size_t rows = RowsOf(event);
  auto recorded = [this, received_at, rows, done = std::move(done)](auto result) {
    if (result.ok() && result->job) Track(*result->job, received_at);
    budget_.Release(rows);
    done(std::move(result));
  };
  budget_.Acquire(rows, [this, event = std::move(event), recorded = std::move(recorded)]() mutable {
    store_.Record(std::move(event), std::move(recorded));
  });
}

void Ledger::Track(const Job& job, absl::Duration received_at) {
  if (job.outcome.status == JobStatus::kInProgress) {
    sweeper_.Watch(job.job_id, job.timeout.value_or(kUsualTimeout), received_at);
  } else {
    sweeper_.Forget(job.job_id);
  }
}

void Ledger::UpdateJob(JobUpdate update, JobStore::UpdateDone done) {
  if (absl::Status checked = CheckUpdate(update); !checked.ok()) {
    done(std::move(checked));
    return;
  }
  Resolution resolution{.job_id = update.job_id,
                        .version = VersionOf(update.etag),
                        .overdue = sweeper_.IsOverdue(update.job_id),
                        .user_id = update.user_id,
                        .reason = std::string(Trim(update.reason))};
  resolution.claim = [update = std::move(update)](const Job& job) {
    return MakeClaim(job.outcome, update);
  };
  store_.Resolve(std::move(resolution), [this, done = std::move(done)](absl::StatusOr<Job> job) {
    if (job.ok()) sweeper_.Forget(job->job_id);
    done(std::move(job));
  });
}

void Ledger::SettleOwner(std::string owner, int64_t incarnation, std::string teller,
                         SettleDone done) {
  Violations violations;
  CheckText("owner", owner, 1, kMaxNameCharacters, violations);
  if (incarnation < 1) violations.Add("incarnation", "must be 1 or more");
  if (absl::Status checked = violations.ToStatus(); !checked.ok()) {
    done(std::move(checked));
    return;
  }
  SettleMore({.owner = std::move(owner),
              .incarnation = incarnation,
              .message = kSettledMessage,
              .limit = kMaxJobsPerSweep,
              .teller = std::move(teller)},
             0, std::move(done));
}

void Ledger::SettleMore(OwnerSettlement settlement, int settled, SettleDone done) {
  store_.Settle(settlement, [this, settlement, settled,
                             done = std::move(done)](const absl::StatusOr<SettledJobs>& ended) {
    if (!ended.ok()) {
      done(ended.status());
      return;
    }
    for (const std::string& job_id : ended->job_ids) sweeper_.Forget(job_id);
    const int so_far = settled + static_cast<int>(ended->job_ids.size());
    if (ended->more) {
      SettleMore(settlement, so_far, done);
      return;
    }
    log::Warning("JOBS", "owner_settled",
                 {{"owner", settlement.owner},
                  {"incarnation", settlement.incarnation},
                  {"interrupted", so_far}});
    done(so_far);
  });
}

absl::StatusOr<Job> Ledger::GetJob(const std::string& job_id, bool full) {
  TMS_RETURN_IF_ERROR(CheckJobId(job_id));
  return store_.GetJob(job_id, full);
}

absl::StatusOr<JobList> Ledger::ListJobs(const JobFilter& filter, const PageRequest& page,
                                         JobOrder order) {
  constexpr std::string_view kMethod = "ListJobs";
  Violations violations;
  CheckFilter(filter, violations);
  CheckPageSize(page.page_size, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());

  // As ever for the usual order, so that tokens of an earlier version are good.
  const std::string query =
      Encode(filter) + (order == JobOrder::kOldestFirst ? "oldest first" : "");
  std::optional<JobKey> after;
  if (!page.page_token.empty()) {
    TMS_ASSIGN_OR_RETURN(const PagePosition position,
                         tokens_.Open(kMethod, query, page.page_token));
    after = JobKey{.created_at = absl::FromUnixMicros(position.time_us), .number = position.number};
  }
  TMS_ASSIGN_OR_RETURN(JobPage found,
                       store_.ListJobs(filter, order, after, EffectivePageSize(page.page_size)));
  JobList list{.jobs = std::move(found.jobs)};
  if (found.next) {
    list.next_page_token = tokens_.Seal(
        kMethod, query,
        {.time_us = absl::ToUnixMicros(found.next->created_at), .number = found.next->number});
  }
  return list;
}

absl::StatusOr<HistoryList> Ledger::ListEvents(const std::string& job_id, const PageRequest& page) {
  constexpr std::string_view kMethod = "ListJobEvents";
  TMS_RETURN_IF_ERROR(CheckPageOfJob(job_id, page));
  TMS_ASSIGN_OR_RETURN(const auto after, OpenNumber(kMethod, job_id, page.page_token));
  TMS_ASSIGN_OR_RETURN(HistoryPage found,
                       store_.ListEvents(job_id, after, EffectivePageSize(page.page_size)));
  return HistoryList{.events = std::move(found.events),
                     .next_page_token = SealNumber(kMethod, job_id, found.next)};
}

absl::StatusOr<CustomerList> Ledger::ListCustomers(const std::string& job_id,
                                                   const PageRequest& page) {
  constexpr std::string_view kMethod = "ListJobCustomers";
  TMS_RETURN_IF_ERROR(CheckPageOfJob(job_id, page));
  TMS_ASSIGN_OR_RETURN(const auto after, OpenNumber(kMethod, job_id, page.page_token));
  TMS_ASSIGN_OR_RETURN(CustomerPage found,
                       store_.ListCustomers(job_id, after, EffectivePageSize(page.page_size)));
  return CustomerList{.cids = std::move(found.cids),
                      .next_page_token = SealNumber(kMethod, job_id, found.next),
                      .total_size = found.total_size};
}

absl::StatusOr<Stats> Ledger::GetStats(StatsQuery query, std::optional<StatsBucket> bucket) {
  Violations violations;
  CheckStatsQuery(query, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  query.bucket = bucket ? *bucket : ChooseBucket(query, clock_.Now());
  auto rows = store_.GetStats(query, kMaxStatsRows);
  if (absl::IsResourceExhausted(rows.status())) {
    violations.Add("group_by", "the answer would have more than 10000 rows");
    return violations.ToStatus();
  }
  TMS_RETURN_IF_ERROR(rows.status());
  return Stats{.rows = *std::move(rows), .bucket = query.bucket};
}

absl::StatusOr<std::optional<int64_t>> Ledger::OpenNumber(std::string_view method,
                                                          const std::string& job_id,
                                                          const std::string& token) const {
  if (token.empty()) return std::nullopt;
  TMS_ASSIGN_OR_RETURN(const PagePosition position, tokens_.Open(method, job_id, token));
  return position.number;
}

std::string Ledger::SealNumber(std::string_view method, const std::string& job_id,
                               std::optional<int64_t> number) const {
  return number ? tokens_.Seal(method, job_id, {.number = *number}) : "";
}

}  // namespace tms::ledger
