#include "tests/bench/store_reads.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <vector>

#include "tests/bench/bench_store.h"
#include "tests/bench/meter.h"

namespace tms::ledger {
namespace {

void Time(const char* what, const std::function<size_t()>& call) {
  constexpr int kRounds = 21;
  std::vector<double> millis, cpu_millis;
  size_t size = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto start = SteadyClock::now();
    const double cpu = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
    size = call();
    millis.push_back(SecondsSince(start) * 1'000);
    cpu_millis.push_back((CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1'000);
  }
  std::ranges::sort(millis);
  std::ranges::sort(cpu_millis);
  std::printf("%-44s p50 %7.2f ms (CPU %7.2f ms)   worst %7.2f ms   %zu rows\n", what,
              millis[kRounds / 2], cpu_millis[kRounds / 2], millis.back(), size);
}

void MeasureLists(JobStore& store) {
  constexpr int kPage = 50;
  const auto list = [&](const char* what, const JobFilter& filter) {
    Time(what, [&] {
      const auto page = store.ListJobs(filter, JobOrder::kNewestFirst, std::nullopt, kPage);
      Check(page.status());
      return page->jobs.size();
    });
  };
  const auto day = [](int month) {
    return absl::FromCivil(absl::CivilDay(2026, month, 1), absl::UTCTimeZone());
  };
  list("list", {});
  list("list user", {.user_ids = {"user7@example.com"}});
  list("list user FAILED", {.user_ids = {"user7@example.com"}, .statuses = {JobStatus::kFailed}});
  list("list two users, action, cluster", {.user_ids = {"user7@example.com", "user8@example.com"},
                                           .action_codes = {3},
                                           .clusters = {"cluster-1"}});
  list("list unknown user", {.user_ids = {"nobody", "no-one"}});
  list("list IN_PROGRESS", {.statuses = {JobStatus::kInProgress}});
  list("list FAILED", {.statuses = {JobStatus::kFailed}});
  list("list TIMEOUT", {.failure_reasons = {FailureReason::kTimeout}});
  list("list effect UNKNOWN", {.effects = {Effect::kUnknown}});
  list("list http_status 401", {.http_status = 401});
  list("list http_status 503 (none)", {.http_status = 503});
  list("list cluster", {.clusters = {"cluster-1"}});
  list("list batch", {.batch_id = "batch-7"});
  list("list cid", {.cid = "0123456789abcdef0123456710000007"});
  list("list cid, unknown", {.cid = "nobody"});
  list("list cid of every hundredth job", {.cid = "everywhere"});
  list("list of a month", {.created_after = day(3), .created_before = day(4)});
  const auto first = store.ListJobs({}, JobOrder::kNewestFirst, std::nullopt, 1);
  Check(first.status());
  const std::string job_id = first->jobs.at(0).job_id;
  Time("get job, full", [&] {
    Check(store.GetJob(job_id, true).status());
    return size_t{1};
  });
}

void MeasureStats(JobStore& store) {
  const auto stats = [&](const char* what, const StatsQuery& query) {
    Time(what, [&] {
      const auto rows = store.GetStats(query, 10'000);
      Check(rows.status());
      return rows->size();
    });
  };
  using enum StatsDimension;
  const auto day = [](int month, int number) {
    return absl::FromCivil(absl::CivilDay(2026, month, number), absl::UTCTimeZone());
  };
  stats("stats total", {.bucket = StatsBucket::kHour});
  stats("stats by status, year in months",
        {.group_by = {kTime, kStatus}, .bucket = StatsBucket::kMonth});
  stats("stats by status, year in days",
        {.group_by = {kTime, kStatus}, .bucket = StatsBucket::kDay});
  stats("stats by status, two weeks in hours", {.group_by = {kTime, kStatus},
                                                .bucket = StatsBucket::kHour,
                                                .created_after = day(6, 1),
                                                .created_before = day(6, 15)});
  stats("stats by user", {.group_by = {kUser}, .bucket = StatsBucket::kHour});
  stats("stats by user, a month in days", {.group_by = {kUser, kTime},
                                           .bucket = StatsBucket::kDay,
                                           .created_after = day(6, 1),
                                           .created_before = day(7, 1)});
  stats("stats of one user by status, year in days", {.group_by = {kTime, kStatus},
                                                      .bucket = StatsBucket::kDay,
                                                      .user_ids = {"user7@example.com"}});
  stats("stats by all but user and time, half a year",
        {.group_by = {kStatus, kFailureReason, kEffect, kCluster, kAction},
         .bucket = StatsBucket::kHour,
         .created_after = day(2, 10) + absl::Hours(3),
         .created_before = day(8, 9) + absl::Hours(7)});
}

}  // namespace

void MeasureReads(const std::string& dir) {
  const auto store = OpenStore(dir + "/jobs.db");
  MeasureLists(*store);
  MeasureStats(*store);
}

}  // namespace tms::ledger
