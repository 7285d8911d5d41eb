// What a store tells those who watch it.
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> IdsOf(const std::vector<JobChange>& changes) {
  std::vector<std::string> ids;
  for (const JobChange& change : changes) ids.push_back(change.job.job_id);
  return ids;
}

// Collects what a store announces.
class Listener {
 public:
  explicit Listener(JobStore& store) : store_(store) {
    store_.SetChangeListener([this](std::vector<JobChange> changes) {
      absl::MutexLock lock(&mutex_);
      for (JobChange& change : changes) heard_.push_back(std::move(change));
    });
  }
  ~Listener() { store_.SetChangeListener(nullptr); }
  std::vector<JobChange> heard() {
    absl::MutexLock lock(&mutex_);
    return heard_;
  }

 private:
  JobStore& store_;
  absl::Mutex mutex_;
  std::vector<JobChange> heard_ ABSL_GUARDED_BY(mutex_);
};

TEST_P(JobStoreContract, AnnouncesEachChangeBeforeItsAnswerAsTheJobIsThen) {
  Listener listener(store());
  const Job started = RecordExpecting(Verdict::kApplied, Started("a"));
  ASSERT_EQ(listener.heard().size(), 1u);
  EXPECT_EQ(listener.heard()[0].job.outcome.status, JobStatus::kInProgress);
  EXPECT_EQ(listener.heard()[0].job.number, started.number);
  ASSERT_TRUE(Presume("a").ok());
  ASSERT_TRUE(Resolve("a", Failed(FailureReason::kNone, Effect::kNotApplied)).ok());
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  RecordExpecting(Verdict::kApplied, Started("b"));
  ASSERT_TRUE(Settle("owner-1", 2).ok());
  const auto heard = listener.heard();
  EXPECT_THAT(IdsOf(heard), ElementsAre("a", "a", "a", "a", "b", "b"));
  EXPECT_EQ(heard[2].job.outcome.source, OutcomeSource::kResolved);
  EXPECT_EQ(heard[3].job.version, 4);
  EXPECT_EQ(heard[5].job.outcome.failure_reason, FailureReason::kInterrupted);
  for (size_t i = 1; i < heard.size(); ++i) {
    EXPECT_GT(heard[i].position.number, heard[i - 1].position.number);
  }
  EXPECT_EQ(*store().LastPosition(), heard.back().position);
}

TEST_P(JobStoreContract, AnnouncesNothingThatChangesNothing) {
  MakeJob(Started("a"), Success());
  Listener listener(store());
  RecordExpecting(Verdict::kReplayed, Started("a"));
  OwnerEvent later = Finished("a", Failed(FailureReason::kTimeout, Effect::kUnknown));
  later.event_seq = 3;
  RecordExpecting(Verdict::kRejected, later);
  ASSERT_TRUE(Presume("a").ok());
  EXPECT_THAT(listener.heard(), IsEmpty());
}

TEST_P(JobStoreContract, ListsEachJobOnceAtItsLastChange) {
  RecordExpecting(Verdict::kApplied, Started("a"));
  const HistoryPosition before = *store().LastPosition();
  MakeJob(Started("b"), Success());
  RecordExpecting(Verdict::kApplied, Finished("a", Success()));
  const auto all = store().ListChanges({}, 0, 10);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(IdsOf(all->changes), ElementsAre("b", "a"));
  EXPECT_EQ(all->changes[1].job.outcome.status, JobStatus::kSuccess);
  EXPECT_EQ(all->changes[1].position, *store().LastPosition());
  EXPECT_EQ(all->examined, *store().LastPosition());
  EXPECT_THAT(IdsOf(store().ListChanges({}, before.number, 10)->changes), ElementsAre("b", "a"));
  EXPECT_THAT(store().ListChanges({}, all->examined.number, 10)->changes, IsEmpty());
}

TEST_P(JobStoreContract, ListsChangesInPartsWithoutGapOrRepeat) {
  std::vector<std::string> wanted;
  for (int i = 0; i < 7; ++i) {
    wanted.push_back("job-" + std::to_string(i));
    RecordExpecting(Verdict::kApplied, Started(wanted.back()));
  }
  std::vector<std::string> found;
  int64_t after = 0;
  for (int parts = 0; parts < 10; ++parts) {
    const auto page = store().ListChanges({}, after, 3);
    ASSERT_TRUE(page.ok());
    for (const std::string& id : IdsOf(page->changes)) found.push_back(id);
    after = page->examined.number;
  }
  EXPECT_EQ(found, wanted);
}

TEST_P(JobStoreContract, ListsChangesOfTheSameJobsAsTheListDoes) {
  MakeJob(Started("ok"), Success());
  Outcome refused = Failed(FailureReason::kHttpError, Effect::kNotApplied);
  refused.http_status = 401;
  clock_.Advance(absl::Seconds(10));
  const absl::Time middle = clock_.Now();
  OwnerEvent other = StartedWithRequest("other", "request", "content");
  StartOf(other).user_id = "bob";
  StartOf(other).cluster = "west";
  StartOf(other).action_code = 5;
  StartOf(other).batch_id = "batch";
  StartOf(other).cids = {"cid-9"};
  MakeJob(other, refused);
  RecordExpecting(Verdict::kApplied, Started("open"));
  const JobFilter filters[] = {{},
                               {.user_ids = {"bob", "eve"}},
                               {.statuses = {JobStatus::kInProgress}},
                               {.failure_reasons = {FailureReason::kHttpError}},
                               {.effects = {Effect::kApplied}},
                               {.action_codes = {5}},
                               {.clusters = {"west"}},
                               {.cid = "cid-9"},
                               {.cid = "cid-1"},
                               {.batch_id = "batch"},
                               {.request_id = "request"},
                               {.http_status = 401},
                               {.created_after = middle},
                               {.created_before = middle},
                               {.user_ids = {"bob"}, .statuses = {JobStatus::kSuccess}}};
  for (const JobFilter& filter : filters) {
    const auto page = store().ListChanges(filter, 0, 10);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_THAT(IdsOf(page->changes), UnorderedElementsAreArray(List(filter)))
        << "filter " << &filter - filters;
  }
}

TEST_P(JobStoreContract, KnowsThePositionsOfItsOwnHistoryAlone) {
  const HistoryPosition beginning = *store().LastPosition();
  EXPECT_EQ(beginning.number, 0);
  RecordExpecting(Verdict::kApplied, Started("a"));
  const HistoryPosition first = *store().LastPosition();
  EXPECT_TRUE(*store().HasPosition(beginning));
  EXPECT_TRUE(*store().HasPosition(first));
  EXPECT_FALSE(*store().HasPosition({first.number + 1, first.hash}));
  EXPECT_FALSE(*store().HasPosition({first.number, std::string(32, 'x')}));
  EXPECT_FALSE(*store().HasPosition({0, first.hash}));
  const std::string epoch = store().Epoch();
  Reopen();
  EXPECT_TRUE(*store().HasPosition(first));
  EXPECT_EQ(store().Epoch(), epoch);
  EXPECT_FALSE(epoch.empty());
}

}  // namespace
}  // namespace tms::ledger
