#include <map>
#include <numeric>
#include <random>

#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kManyRows = 10'000;

// Jobs of random kinds and fates, spread over two months.
class RandomJobs {
 public:
  RandomJobs(JobStoreContract& test, unsigned seed) : test_(test), random_(seed) {}

  // Starts a job; ends, presumes or leaves it, and sometimes tells the truth later.
  void Add(int index) {
    test_.clock_.Advance(absl::Minutes(Below(1'000)));
    OwnerEvent event = test_.Started("job-" + std::to_string(index));
    JobStart& start = JobStoreContract::StartOf(event);
    start.user_id = "user-" + std::to_string(Below(3));
    start.cluster = Below(4) == 0 ? "" : "cluster-" + std::to_string(Below(2));
    start.action_code = 1 + Below(2);
    Job job = test_.RecordExpecting(Verdict::kApplied, event);
    const int fate = Below(4);
    if (fate == 1) job = *test_.Presume(job.job_id);
    if (fate >= 1 && Below(3) != 0) job = Finish(job.job_id);
    jobs_.push_back(job);
  }

  const std::vector<Job>& jobs() const { return jobs_; }

 private:
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  Job Finish(const std::string& job_id) {
    OwnerEvent event = test_.Finished(
        job_id, Below(2) == 0
                    ? JobStoreContract::Success()
                    : JobStoreContract::Failed(FailureReason::kTimeout, Effect::kUnknown));
    std::optional<absl::Duration>& elapsed = JobStoreContract::FinishOf(event).elapsed;
    elapsed.reset();
    if (Below(5) != 0) elapsed = absl::Milliseconds(Below(130'000));
    return test_.RecordExpecting(Verdict::kApplied, event);
  }

  JobStoreContract& test_;
  std::mt19937 random_;
  std::vector<Job> jobs_;
};

// A row's dimensions as one text, and what is counted as numbers.
using Counts = std::map<std::string, std::vector<int64_t>>;

std::string BucketText(absl::Time time, StatsBucket bucket) {
  const char* format = bucket == StatsBucket::kMonth ? "%Y-%m"
                       : bucket == StatsBucket::kDay ? "%Y-%m-%d"
                                                     : "%Y-%m-%dT%H";
  return absl::FormatTime(format, time, absl::UTCTimeZone());
}

template <typename T>
bool In(const std::vector<T>& values, const T& value) {
  return values.empty() || std::ranges::count(values, value) > 0;
}

bool InRange(const Job& job, const StatsQuery& query) {
  const std::string bucket = BucketText(job.created_at, query.bucket);
  if (query.created_after && bucket < BucketText(*query.created_after, query.bucket)) return false;
  return !query.created_before ||
         bucket <= BucketText(*query.created_before - absl::Microseconds(1), query.bucket);
}

std::string DimensionText(const Job& job, const StatsQuery& query) {
  std::string text;
  for (const StatsDimension dimension : query.group_by) {
    if (dimension == StatsDimension::kStatus) text += ToWord(job.outcome.status);
    if (dimension == StatsDimension::kFailureReason) text += ToWord(job.outcome.failure_reason);
    if (dimension == StatsDimension::kEffect) text += ToWord(job.outcome.effect);
    if (dimension == StatsDimension::kCluster) text += job.cluster;
    if (dimension == StatsDimension::kAction) text += std::to_string(job.action_code);
    if (dimension == StatsDimension::kUser) text += job.user_id;
    if (dimension == StatsDimension::kTime) text += BucketText(job.created_at, query.bucket);
    text += "|";
  }
  return text;
}

// The answer by looking at every job.
Counts Expected(const std::vector<Job>& jobs, const StatsQuery& query) {
  Counts counts;
  for (const Job& job : jobs) {
    if (!In(query.user_ids, job.user_id) || !In(query.clusters, job.cluster) ||
        !In(query.action_codes, job.action_code) || !In(query.statuses, job.outcome.status) ||
        !In(query.failure_reasons, job.outcome.failure_reason) ||
        !In(query.effects, job.outcome.effect) || !InRange(job, query)) {
      continue;
    }
    auto& numbers = counts.try_emplace(DimensionText(job, query), 3 + kDurationCells).first->second;
    ++numbers[0];
    if (!job.elapsed.has_value()) continue;
    const int64_t millis = absl::ToInt64Milliseconds(*job.elapsed);
    size_t cell = 0;
    while (cell < std::size(kDurationBoundsMs) && millis > kDurationBoundsMs[cell]) ++cell;
    ++numbers[1];
    numbers[2] += millis;
    ++numbers[3 + cell];
  }
  return counts;
}

// The store's rows, read as a job of that kind would be.
Counts Actual(const std::vector<StatsRow>& rows, const StatsQuery& query) {
  Counts counts;
  for (const StatsRow& row : rows) {
    Job job;
    job.outcome.status = row.status.value_or(JobStatus::kInProgress);
    job.outcome.failure_reason = row.failure_reason.value_or(FailureReason::kNone);
    job.outcome.effect = row.effect.value_or(Effect::kUnspecified);
    job.cluster = row.cluster.value_or("");
    job.action_code = row.action_code.value_or(0);
    job.user_id = row.user_id.value_or("");
    job.created_at = row.bucket_start.value_or(absl::UnixEpoch());
    std::vector<int64_t> numbers{row.job_count, row.timed_job_count,
                                 absl::ToInt64Milliseconds(row.duration_sum)};
    numbers.insert(numbers.end(), row.duration_counts.begin(), row.duration_counts.end());
    const auto [place, is_new] = counts.emplace(DimensionText(job, query), numbers);
    EXPECT_TRUE(is_new) << "two rows for " << place->first;
  }
  return counts;
}

TEST_P(JobStoreContract, StatisticsAgreeWithACountOverAllJobs) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomJobs jobs(*this, seed);
  const absl::Time start = clock_.Now();
  for (int i = 0; i < 150; ++i) jobs.Add(i);
  const auto check = [&](const StatsQuery& query) {
    const auto rows = store().GetStats(query, kManyRows);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(Actual(*rows, query), Expected(jobs.jobs(), query));
  };
  using enum StatsDimension;
  const std::vector<std::vector<StatsDimension>> groups = {
      {},         {kStatus},        {kTime},
      {kCluster}, {kUser, kEffect}, {kTime, kStatus, kFailureReason, kEffect},
      {kAction},  {kUser, kTime},   {kStatus, kFailureReason, kEffect, kCluster, kAction, kUser}};
  for (const auto& group_by : groups) {
    for (const StatsBucket bucket : {StatsBucket::kHour, StatsBucket::kDay, StatsBucket::kMonth}) {
      check({.group_by = group_by, .bucket = bucket});
      check({.group_by = group_by,
             .bucket = bucket,
             .created_after = start + absl::Hours(30) + absl::Minutes(20),
             .created_before = start + absl::Hours(24 * 45) + absl::Seconds(1)});
      check({.group_by = group_by,
             .bucket = bucket,
             .created_before = start + absl::Hours(24 * 20),
             .user_ids = {"user-1"},
             .clusters = {"cluster-0", ""},
             .action_codes = {1}});
      check({.group_by = group_by,
             .bucket = bucket,
             .statuses = {JobStatus::kFailed, JobStatus::kInProgress},
             .effects = {Effect::kUnknown, Effect::kUnspecified}});
    }
  }
}

TEST_P(JobStoreContract, StatisticsOfAnEmptyLedgerHaveNoRows) {
  EXPECT_THAT(*store().GetStats({.group_by = {StatsDimension::kStatus}}, kManyRows), IsEmpty());
}

TEST_P(JobStoreContract, StatisticsComeInTheOrderOfTheirDimensions) {
  for (const char* id : {"b", "a", "c"}) {
    OwnerEvent event = Started(id);
    StartOf(event).user_id = id;
    RecordExpecting(Verdict::kApplied, event);
    clock_.Advance(absl::Hours(24));
  }
  MakeJob(Started("d"), Success());
  const auto rows =
      store().GetStats({.group_by = {StatsDimension::kStatus, StatsDimension::kUser}}, kManyRows);
  ASSERT_TRUE(rows.ok());
  std::vector<std::string> order;
  for (const StatsRow& row : *rows) order.push_back(*row.user_id);
  EXPECT_THAT(order, ::testing::ElementsAre("a", "b", "c", "ann"));
}

TEST_P(JobStoreContract, StatisticsBeyondTheLimitAreRefused) {
  for (const char* id : {"a", "b", "c"}) {
    OwnerEvent event = Started(id);
    StartOf(event).user_id = id;
    MakeJob(event, Success());
  }
  const StatsQuery query{.group_by = {StatsDimension::kUser}};
  EXPECT_THAT(*store().GetStats(query, 3), SizeIs(3));
  EXPECT_EQ(store().GetStats(query, 2).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_P(JobStoreContract, ReplaysAndRefusalsAreNotCounted) {
  const OwnerEvent started = StartedWithRequest("a", "request", "content");
  MakeJob(started, Success());
  RecordExpecting(Verdict::kReplayed, started);
  RecordExpecting(Verdict::kReplayed, Finished("a", Success()));
  RecordExpecting(Verdict::kDuplicateOf, StartedWithRequest("b", "request", "content"));
  const auto rows = store().GetStats({}, kManyRows);
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_EQ(rows->front().job_count, 1);
  EXPECT_EQ(rows->front().timed_job_count, 1);
}

}  // namespace
}  // namespace tms::ledger
