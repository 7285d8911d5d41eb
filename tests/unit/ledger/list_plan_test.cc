#include "services/ledger/sqlite/list_plan.h"

#include <string>

#include "common/sqlite/connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/sqlite/schema.h"
#include "services/ledger/sqlite/sqlite_reads.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr bool kRare = true;

TEST(ListPlanTest, WithoutAFilterTimeLeads) {
  EXPECT_EQ(PlanList({}, !kRare), ListDriver::kCreated);
  EXPECT_EQ(PlanList({.user_ids = {"ann", "bob"}}, !kRare), ListDriver::kCreated);
  EXPECT_EQ(PlanList({.action_codes = {3}}, !kRare), ListDriver::kCreated);
  EXPECT_EQ(PlanList({.statuses = {JobStatus::kSuccess}}, !kRare), ListDriver::kCreated);
  EXPECT_EQ(PlanList({.http_status = 200}, !kRare), ListDriver::kCreated);
}

TEST(ListPlanTest, EachSelectiveFilterHasItsIndex) {
  EXPECT_EQ(PlanList({.user_ids = {"ann"}}, !kRare), ListDriver::kUser);
  EXPECT_EQ(PlanList({.clusters = {"east"}}, !kRare), ListDriver::kCluster);
  EXPECT_EQ(PlanList({.batch_id = "batch"}, !kRare), ListDriver::kBatch);
  EXPECT_EQ(PlanList({.request_id = "request"}, !kRare), ListDriver::kRequestId);
  EXPECT_EQ(PlanList({.http_status = 401}, !kRare), ListDriver::kHttpError);
  EXPECT_EQ(PlanList({.statuses = {JobStatus::kInProgress}}, !kRare), ListDriver::kInProgress);
  EXPECT_EQ(PlanList({.statuses = {JobStatus::kFailed}}, !kRare), ListDriver::kFailed);
  EXPECT_EQ(PlanList({.effects = {Effect::kUnknown}}, !kRare), ListDriver::kEffectUnknown);
}

TEST(ListPlanTest, ReasonOfAFailureMeansFailed) {
  EXPECT_EQ(PlanList({.failure_reasons = {FailureReason::kTimeout}}, !kRare), ListDriver::kFailed);
  EXPECT_EQ(PlanList({.failure_reasons = {FailureReason::kTimeout, FailureReason::kNone}}, !kRare),
            ListDriver::kCreated);
}

TEST(ListPlanTest, OnlyARareCidLeads) {
  EXPECT_EQ(PlanList({.cid = "cid"}, kRare), ListDriver::kCid);
  EXPECT_EQ(PlanList({.cid = "cid"}, !kRare), ListDriver::kCreated);
}

TEST(ListPlanTest, OneThatNamesFewerJobsGoesFirst) {
  JobFilter filter{.user_ids = {"ann"}, .statuses = {JobStatus::kFailed}, .clusters = {"east"}};
  EXPECT_EQ(PlanList(filter, !kRare), ListDriver::kUser);
  filter.http_status = 503;
  EXPECT_EQ(PlanList(filter, !kRare), ListDriver::kHttpError);
  filter.effects = {Effect::kUnknown};
  EXPECT_EQ(PlanList(filter, !kRare), ListDriver::kEffectUnknown);
  filter.cid = "cid";
  EXPECT_EQ(PlanList(filter, kRare), ListDriver::kCid);
  filter.batch_id = "batch";
  EXPECT_EQ(PlanList(filter, kRare), ListDriver::kBatch);
  filter.request_id = "request";
  EXPECT_EQ(PlanList(filter, kRare), ListDriver::kRequestId);
}

// What SQLite will do with the statement of `driver`, one line.
std::string QueryPlan(ListDriver driver, JobOrder order = JobOrder::kNewestFirst) {
  const TempDir dir;
  const std::string path = dir.File("jobs.db");
  auto connection = sqlite::Connection::Open(path, sqlite::OpenMode::kCreateOrWrite).value();
  EXPECT_TRUE(
      sqlite::Migrate(*connection, path, 0, LedgerSchema(), absl::UnixEpoch()).status().ok());
  const std::string explain = std::string("EXPLAIN QUERY PLAN ") + ListStatement(driver, order);
  std::string plan;
  const auto add = [&](const sqlite::Row& row) {
    plan += row.Text(3) + "; ";
    return true;
  };
  EXPECT_TRUE(connection->Visit(explain.c_str(), add).ok());
  return plan;
}

TEST(ListPlanTest, EveryStatementSeeksInItsIndexAndNeedsNoSorting) {
  const auto seeks = [](const std::string& index, const std::string& condition) {
    return AllOf(HasSubstr("SEARCH jobs USING INDEX " + index + " (" + condition),
                 Not(HasSubstr("TEMP B-TREE")));
  };
  for (const JobOrder order : {JobOrder::kNewestFirst, JobOrder::kOldestFirst}) {
    EXPECT_THAT(QueryPlan(ListDriver::kCreated, order),
                seeks("jobs_by_created", "created_at>? AND created_at<?"));
    EXPECT_THAT(QueryPlan(ListDriver::kUser, order),
                seeks("jobs_by_user", "user_id=? AND created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kCluster, order),
                seeks("jobs_by_cluster", "cluster=? AND created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kBatch, order),
                seeks("jobs_by_batch", "batch_id=? AND created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kRequestId, order),
                seeks("jobs_by_request", "request_id=? AND created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kHttpError, order),
                seeks("jobs_http_error", "http_status=? AND created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kInProgress, order),
                seeks("jobs_in_progress", "created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kFailed, order), seeks("jobs_failed", "created_at>?"));
    EXPECT_THAT(QueryPlan(ListDriver::kEffectUnknown, order),
                seeks("jobs_effect_unknown", "created_at>?"));
  }
}

TEST(ListPlanTest, FrequentCidIsLookedUpInEachJobByBoth) {
  EXPECT_THAT(QueryPlan(ListDriver::kCreated),
              HasSubstr("job_cids USING COVERING INDEX job_cids_by_cid (cid=? AND job_number=?)"));
}

TEST(ListPlanTest, JobsOfARareCidAreLookedUpByNumberAndSorted) {
  EXPECT_THAT(QueryPlan(ListDriver::kCid),
              AllOf(HasSubstr("SEARCH jobs USING INTEGER PRIMARY KEY"),
                    HasSubstr("job_cids USING COVERING INDEX job_cids_by_cid (cid=?")));
}

}  // namespace
}  // namespace tms::ledger
