#include <algorithm>

#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(JobStoreContract, NewestComeFirstAndNumbersBreakTies) {
  const absl::Time now = clock_.Now();
  OwnerEvent late_arrival = Started("old");
  late_arrival.occurred_at = now - absl::Hours(1);
  for (const char* id : {"a", "b"}) RecordExpecting(Verdict::kApplied, Started(id));
  RecordExpecting(Verdict::kApplied, late_arrival);
  clock_.Advance(absl::Microseconds(1));
  RecordExpecting(Verdict::kApplied, Started("c"));
  EXPECT_THAT(List({}), ElementsAre("c", "b", "a", "old"));
}

TEST_P(JobStoreContract, PagesMeetEveryJobOnceAlsoAmongEqualTimes) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    if (i % 10 == 0) clock_.Advance(absl::Seconds(1));
    RecordExpecting(Verdict::kApplied, Started("job-" + std::to_string(i)));
    expected.insert(expected.begin(), "job-" + std::to_string(i));
  }
  for (const int limit : {1, 7, 25, 26}) EXPECT_EQ(List({}, limit), expected);
  JobFilter filter{.user_ids = {"ann"}, .created_before = clock_.Now() + absl::Seconds(1)};
  EXPECT_EQ(List(filter, 7), expected);
}

TEST_P(JobStoreContract, OldestFirstIsTheSameListFromItsOtherEnd) {
  const absl::Time start = clock_.Now();
  for (int i = 0; i < 25; ++i) {
    if (i % 10 == 0) clock_.Advance(absl::Seconds(1));
    RecordExpecting(Verdict::kApplied, Started("job-" + std::to_string(i)));
  }
  for (const JobFilter& filter : {JobFilter{}, JobFilter{.user_ids = {"ann"}},
                                  JobFilter{.created_after = start + absl::Seconds(2)},
                                  JobFilter{.created_before = start + absl::Seconds(3)},
                                  JobFilter{.statuses = {JobStatus::kInProgress},
                                  .created_after = start + absl::Seconds(2),
                                  .created_before = start + absl::Seconds(3)}}) {
    std::vector<std::string> expected = List(filter);
    EXPECT_FALSE(expected.empty());
    std::ranges::reverse(expected);
    for (const int limit : {1, 7, 100}) {
      EXPECT_EQ(List(filter, limit, JobOrder::kOldestFirst), expected);
    }
  }
}

TEST_P(JobStoreContract, LastFullPageHasNoSuccessor) {
  for (const char* id : {"a", "b"}) RecordExpecting(Verdict::kApplied, Started(id));
  const auto page = store().ListJobs({}, JobOrder::kNewestFirst, std::nullopt, 2);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->jobs.size(), 2u);
  EXPECT_FALSE(page->next.has_value());
}

TEST_P(JobStoreContract, JobsMadeWhilePagingAreNotReturnedTwice) {
  for (const char* id : {"a", "b", "c"}) RecordExpecting(Verdict::kApplied, Started(id));
  const auto first = store().ListJobs({}, JobOrder::kNewestFirst, std::nullopt, 2);
  ASSERT_TRUE(first.ok());
  clock_.Advance(absl::Seconds(1));
  RecordExpecting(Verdict::kApplied, Started("d"));
  const auto second = store().ListJobs({}, JobOrder::kNewestFirst, first->next, 2);
  ASSERT_TRUE(second.ok());
  ASSERT_EQ(second->jobs.size(), 1u);
  EXPECT_EQ(second->jobs[0].job_id, "a");
}

TEST_P(JobStoreContract, CreatedAfterIsInclusiveAndCreatedBeforeExclusive) {
  const absl::Time start = clock_.Now();
  for (const char* id : {"a", "b", "c"}) {
    RecordExpecting(Verdict::kApplied, Started(id));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(List({.created_after = start + absl::Seconds(1)}), ElementsAre("c", "b"));
  EXPECT_THAT(List({.created_before = start + absl::Seconds(1)}), ElementsAre("a"));
  EXPECT_THAT(
      List({.created_after = start + absl::Seconds(1), .created_before = start + absl::Seconds(2)}),
      ElementsAre("b"));
}

// Jobs of every kind, and for each filter the ids that a plain look at each job would find.
class Catalogue {
 public:
  void Add(const Job& job, std::vector<std::string> cids) {
    entries_.insert(entries_.begin(), {job, std::move(cids)});
  }

  std::vector<std::string> Matching(const JobFilter& filter) const {
    std::vector<std::string> ids;
    for (const auto& [job, cids] : entries_) {
      if (Matches(filter, job, cids)) ids.push_back(job.job_id);
    }
    return ids;
  }

 private:
  template <typename T>
  static bool In(const std::vector<T>& values, const T& value) {
    return values.empty() || std::ranges::count(values, value) > 0;
  }
  static bool Matches(const JobFilter& filter, const Job& job,
                      const std::vector<std::string>& cids) {
    return In(filter.user_ids, job.user_id) && In(filter.statuses, job.outcome.status) &&
           In(filter.failure_reasons, job.outcome.failure_reason) &&
           In(filter.effects, job.outcome.effect) && In(filter.action_codes, job.action_code) &&
           In(filter.clusters, job.cluster) &&
           (filter.cid.empty() || std::ranges::count(cids, filter.cid) > 0) &&
           (filter.batch_id.empty() || filter.batch_id == job.batch_id) &&
           (filter.request_id.empty() || filter.request_id == job.request_id) &&
           (!filter.http_status || filter.http_status == job.outcome.http_status) &&
           (!filter.created_after || job.created_at >= *filter.created_after) &&
           (!filter.created_before || job.created_at < *filter.created_before);
  }

  std::vector<std::pair<Job, std::vector<std::string>>> entries_;
};

// A store filled with sixty of them, over thirty minutes.
class Mixture {
 public:
  explicit Mixture(JobStoreContract& test) : test_(test), start_(test.clock_.Now()) {
    for (int i = 0; i < 60; ++i) {
      Add(i);
      if (i % 2 == 0) test.clock_.Advance(absl::Minutes(1));
    }
  }

  absl::Time start() const { return start_; }

  void Check(const JobFilter& filter) {
    const std::vector<std::string> expected = catalogue_.Matching(filter);
    EXPECT_EQ(test_.List(filter, 100), expected);
    EXPECT_EQ(test_.List(filter, 3), expected);
  }

 private:
  void Add(int i) {
    OwnerEvent event = test_.Started("job-" + std::to_string(i));
    JobStart& start = JobStoreContract::StartOf(event);
    start.user_id = i % 3 == 0 ? "ann" : "bob";
    start.cluster = i % 4 == 0 ? "east" : "west";
    start.action_code = 1 + i % 5;
    start.batch_id = i % 6 == 0 ? "batch" : "";
    start.request_id = i % 7 == 0 ? "request-" + std::to_string(i) : "";
    start.cids = {"cid-" + std::to_string(i % 8), "everybody"};
    Job job = test_.RecordExpecting(Verdict::kApplied, event);
    if (i % 5 != 0) {
      job = test_.RecordExpecting(Verdict::kApplied, test_.Finished(job.job_id, End(i)));
    }
    catalogue_.Add(job, start.cids);
  }

  static Outcome End(int i) {
    if (i % 5 == 1) return JobStoreContract::Failed(FailureReason::kTimeout, Effect::kUnknown);
    if (i % 5 != 2) return JobStoreContract::Success();
    Outcome unauthorized = JobStoreContract::Failed(FailureReason::kHttpError, Effect::kNotApplied);
    unauthorized.http_status = 401;
    return unauthorized;
  }

  JobStoreContract& test_;
  const absl::Time start_;
  Catalogue catalogue_;
};

TEST_P(JobStoreContract, EachFilterFindsWhatItSays) {
  Mixture mixture(*this);
  mixture.Check({.user_ids = {"ann"}});
  mixture.Check({.user_ids = {"ann", "bob"}});
  mixture.Check({.statuses = {JobStatus::kInProgress}});
  mixture.Check({.statuses = {JobStatus::kFailed}});
  mixture.Check({.statuses = {JobStatus::kSuccess, JobStatus::kInProgress}});
  mixture.Check({.failure_reasons = {FailureReason::kTimeout}});
  mixture.Check({.failure_reasons = {FailureReason::kNone, FailureReason::kHttpError}});
  mixture.Check({.effects = {Effect::kUnknown}});
  mixture.Check({.effects = {Effect::kUnspecified, Effect::kApplied}});
  mixture.Check({.action_codes = {2}});
  mixture.Check({.action_codes = {1, 5}});
  mixture.Check({.clusters = {"east"}});
  mixture.Check({.clusters = {"east", "north"}});
  mixture.Check({.cid = "cid-3"});
  mixture.Check({.cid = "everybody"});
  mixture.Check({.cid = "nobody"});
  mixture.Check({.batch_id = "batch"});
  mixture.Check({.request_id = "request-14"});
  mixture.Check({.http_status = 401});
  mixture.Check({.http_status = 200});
  mixture.Check({.created_after = mixture.start() + absl::Minutes(5),
                 .created_before = mixture.start() + absl::Minutes(9)});
}

TEST_P(JobStoreContract, FiltersCombine) {
  Mixture mixture(*this);
  const absl::Time from = mixture.start() + absl::Minutes(10);
  for (const std::string user : {"", "ann", "bob"}) {
    for (const JobStatus status :
         {JobStatus::kInProgress, JobStatus::kSuccess, JobStatus::kFailed}) {
      JobFilter filter{.statuses = {status}, .clusters = {"west"}, .created_after = from};
      if (!user.empty()) filter.user_ids = {user};
      mixture.Check(filter);
      filter.cid = "cid-3";
      mixture.Check(filter);
      filter.cid = "";
      filter.batch_id = "batch";
      mixture.Check(filter);
      filter.batch_id = "";
      filter.effects = {Effect::kUnknown, Effect::kApplied};
      filter.action_codes = {2, 3, 4};
      mixture.Check(filter);
    }
  }
  mixture.Check({.effects = {Effect::kUnknown}, .http_status = 401});
}

TEST_P(JobStoreContract, FilterIsDataAndNeverSql) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  for (const char* text : {"' OR 1=1 --", "\"", "%", "]", "\\"}) {
    EXPECT_THAT(List({.user_ids = {text}}), IsEmpty());
    EXPECT_THAT(List({.clusters = {text, "x"}}), IsEmpty());
    EXPECT_THAT(List({.cid = text}), IsEmpty());
    EXPECT_THAT(List({.batch_id = text}), IsEmpty());
    EXPECT_THAT(List({.request_id = text}), IsEmpty());
  }
}

}  // namespace
}  // namespace tms::ledger
