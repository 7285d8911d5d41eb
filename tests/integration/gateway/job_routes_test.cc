#include <gmock/gmock.h>

#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

namespace v1 = tms::ledger::v1;
using testing::ElementsAre;
using testing::IsEmpty;

class JobRoutes : public GatewayTest {
 protected:
  SeenCall LastCall() { return ledger_.script.seen().back(); }
};

TEST_F(JobRoutes, AListTakesEveryFilter) {
  v1::ListJobsResponse scripted;
  scripted.add_jobs()->set_job_id("job-1");
  scripted.set_next_page_token("next");
  ledger_.script.SetResponse(scripted);
  const auto response =
      Get("/api/v1/jobs?user_ids=ann&statuses=FAILED&statuses=SUCCESS&failure_reasons=TIMEOUT"
          "&effects=UNKNOWN&action_codes=3&clusters=c1&cid=a%2Cb&batch_id=b&request_id=r"
          "&http_status=401&created_after=2026-01-01T00:00:00Z&created_before=2026-02-01T00:00:00Z"
          "&page_size=7&page_token=p");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"), "application/json");
  EXPECT_EQ(Json(response).at("jobs").at(0).at("job_id"), "job-1");
  EXPECT_EQ(Json(response).at("next_page_token"), "next");
  const auto request = LastCall().As<v1::ListJobsRequest>();
  const v1::JobFilter& filter = request.filter();
  EXPECT_THAT(filter.user_ids(), ElementsAre("ann"));
  EXPECT_THAT(filter.statuses(), ElementsAre(v1::Job::FAILED, v1::Job::SUCCESS));
  EXPECT_THAT(filter.failure_reasons(), ElementsAre(v1::Job::TIMEOUT));
  EXPECT_THAT(filter.effects(), ElementsAre(v1::Job::UNKNOWN));
  EXPECT_THAT(filter.action_codes(), ElementsAre(3));
  EXPECT_THAT(filter.clusters(), ElementsAre("c1"));
  EXPECT_EQ(filter.cid(), "a,b");
  EXPECT_EQ(filter.batch_id(), "b");
  EXPECT_EQ(filter.request_id(), "r");
  EXPECT_EQ(filter.http_status(), 401);
  EXPECT_EQ(filter.created_before().seconds() - filter.created_after().seconds(), 31 * 86'400);
  EXPECT_EQ(request.page_size(), 7);
  EXPECT_EQ(request.page_token(), "p");
  EXPECT_LT(LastCall().context.time_left, absl::Seconds(11));
}

TEST_F(JobRoutes, AnUnknownParameterIsNamedAndNothingIsAsked) {
  const auto response = Get("/api/v1/jobs?user=ann&page_size=x");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(ErrorFields(response), ElementsAre("user", "page_size"));
  EXPECT_THAT(ledger_.script.seen(), IsEmpty());
}

TEST_F(JobRoutes, OneJobItsHistoryAndItsCustomers) {
  EXPECT_EQ(Get("/api/v1/jobs/job%201?view=BASIC").status, 200);
  EXPECT_EQ(LastCall().As<v1::GetJobRequest>().job_id(), "job 1");
  EXPECT_EQ(LastCall().As<v1::GetJobRequest>().view(), v1::BASIC);
  EXPECT_EQ(Get("/api/v1/jobs/1/events?page_size=5").status, 200);
  EXPECT_EQ(LastCall().method, "ListJobEvents");
  EXPECT_EQ(LastCall().As<v1::ListJobEventsRequest>().page_size(), 5);
  EXPECT_EQ(Get("/api/v1/jobs/1/customers?page_token=t").status, 200);
  EXPECT_EQ(LastCall().method, "ListJobCustomers");
  EXPECT_EQ(LastCall().As<v1::ListJobCustomersRequest>().page_token(), "t");
  EXPECT_EQ(LastCall().As<v1::ListJobCustomersRequest>().job_id(), "1");
  EXPECT_THAT(ErrorFields(Get("/api/v1/jobs/1?job_id=2")), ElementsAre("job_id"));
}

TEST_F(JobRoutes, StatisticsTakeTheirDimensions) {
  EXPECT_EQ(Get("/api/v1/jobs:stats?group_by=STATUS&group_by=TIME&bucket=DAY&clusters=c1").status,
            200);
  const auto request = LastCall().As<v1::GetJobStatsRequest>();
  EXPECT_THAT(request.group_by(),
              ElementsAre(v1::GetJobStatsRequest::STATUS, v1::GetJobStatsRequest::TIME));
  EXPECT_THAT(request.clusters(), ElementsAre("c1"));
}

TEST_F(JobRoutes, AnUpdateChangesTheFieldsThatAreGiven) {
  const auto response = SendJson(
      "PATCH", "/api/v1/jobs/1",
      R"({"status":"FAILED","http_status":null,"reason":"asked the cluster","etag":"e1"})");
  EXPECT_EQ(response.status, 200);
  const auto request = LastCall().As<v1::UpdateJobRequest>();
  EXPECT_EQ(request.job().job_id(), "1");
  EXPECT_EQ(request.job().status(), v1::Job::FAILED);
  EXPECT_FALSE(request.job().has_http_status());
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("status", "http_status"));
  EXPECT_EQ(request.reason(), "asked the cluster");
  EXPECT_EQ(request.etag(), "e1");
}

TEST_F(JobRoutes, AnUpdateMayNameItsMask) {
  SendJson("PATCH", "/api/v1/jobs/1",
           R"({"effect":"APPLIED","update_mask":"effect,error_message","reason":"seen"})");
  const auto request = LastCall().As<v1::UpdateJobRequest>();
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("effect", "error_message"));
}

TEST_F(JobRoutes, AMalformedUpdateIsNotSent) {
  EXPECT_THAT(ErrorFields(SendJson("PATCH", "/api/v1/jobs/1", R"({"reason":1})")),
              ElementsAre("reason"));
  EXPECT_THAT(ErrorFields(SendJson("PATCH", "/api/v1/jobs/1", R"({"status":"failed"})")),
              ElementsAre("status"));
  EXPECT_THAT(ErrorFields(SendJson("PATCH", "/api/v1/jobs/1?reason=x", "{}")),
              ElementsAre("reason"));
  EXPECT_THAT(ledger_.script.seen(), IsEmpty());
}

TEST_F(JobRoutes, TheLedgersErrorsAreProblems) {
  ledger_.script.SetStatus(
      rpc::ToGrpc(MakeStatus(absl::StatusCode::kNotFound, "JOB_NOT_FOUND", "no such job"), "id"));
  const auto missing = Get("/api/v1/jobs/1");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.Header("content-type"), "application/problem+json");
  EXPECT_EQ(Json(missing).at("correlation_id").as_string().c_str(),
            missing.Header("x-correlation-id"));
  ledger_.script.SetStatus(rpc::ToGrpc(MakeStatus(absl::StatusCode::kInternal, "disk"), "id"));
  const auto broken = Get("/api/v1/jobs/1");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("disk"), std::string::npos);
}

TEST_F(JobRoutes, WhileTheLedgerIsAwayReadsAre503) {
  ledger_server_->Shutdown(absl::Seconds(1));
  const auto response = Get("/api/v1/jobs");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(Json(response).at("code"), "UNAVAILABLE");
  EXPECT_EQ(response.body.find("127.0.0.1"), std::string::npos);
}

}  // namespace
}  // namespace tms::gateway
