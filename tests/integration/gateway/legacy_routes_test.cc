// The replaced dashboard's routes.
#include <gmock/gmock.h>

#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

namespace v1 = tms::action::v1;
using test::RawResponse;
using testing::ElementsAre;
using testing::IsEmpty;
using tms::ledger::v1::Job;

constexpr std::string_view kFetch = R"({"url":"https://c1.example","token":"s3cret","isPost":true,)"
                                    R"("postData":{"action":"T-Enable","cids":["a",1234567]}})";

class LegacyRoutes : public GatewayTest {
 protected:
  static v1::SetActionResponse Outcome(Job::Status status, Job::FailureReason reason,
                                       int http_status, std::string body,
                                       std::string message = "") {
    v1::SetActionResponse response;
    Job& job = *response.mutable_job();
    job.set_job_id("j1");
    job.set_status(status);
    job.set_failure_reason(reason);
    if (http_status != 0) job.set_http_status(http_status);
    if (!message.empty()) job.set_error_message(message);
    response.set_response_body(std::move(body));
    return response;
  }
  RawResponse Fetch(const v1::SetActionResponse& outcome) {
    action_.script.SetResponse(outcome);
    return SendJson("POST", "/proxy_fetch", kFetch);
  }
  void ExpectError(const RawResponse& response, int status, std::string_view json) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(boost::json::parse(response.body),
              boost::json::parse(boost::json::string_view(json.data(), json.size())));
  }
};

TEST_F(LegacyRoutes, ProxyFetchRunsTheActionAndPassesTheAnswerOnAsItCame) {
  const std::string body = R"({"message":"Sending","success":true ,"n":1.50})";
  const RawResponse response =
      Fetch(Outcome(Job::SUCCESS, Job::FAILURE_REASON_UNSPECIFIED, 200, body));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            "{\"status\":\"success\",\"data\":" + body + ",\"httpStatus\":200,\"job_id\":\"j1\"}");
  const auto request = action_.script.seen().at(0).As<v1::SetActionRequest>();
  EXPECT_EQ(request.cluster_url(), "https://c1.example");
  EXPECT_EQ(request.bearer_token(), "s3cret");
  EXPECT_EQ(request.action(), "T-Enable");
  EXPECT_THAT(request.cids(), ElementsAre("a", "1234567"));
  EXPECT_EQ(request.user_id(), "ann");
}

TEST_F(LegacyRoutes, AClustersNoIsASuccessfulFetch) {
  const RawResponse response =
      Fetch(Outcome(Job::FAILED, Job::REJECTED, 200, R"({"success":false,"message":"no"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Json(response).at("data").at("message"), "no");
}

TEST_F(LegacyRoutes, EachOtherOutcomeHasItsForm) {
  ExpectError(Fetch(Outcome(Job::FAILED, Job::HTTP_ERROR, 401, R"({"message":"Invalid"})",
                            "API returned status 401: Invalid")),
              401,
              R"({"status":"error","message":"API returned status 401: Invalid",
                  "httpStatus":401,"job_id":"j1"})");
  ExpectError(Fetch(Outcome(Job::FAILED, Job::HTTP_ERROR, 503, "", "API returned status 503: x")),
              503,
              R"({"status":"error","message":"API returned status 503: x","httpStatus":503,
                  "job_id":"j1"})");
  ExpectError(Fetch(Outcome(Job::FAILED, Job::INVALID_RESPONSE, 200, "<html>",
                            "Invalid JSON response: <html>")),
              500,
              R"({"status":"error","message":"Invalid JSON response: <html>","httpStatus":200,
                  "job_id":"j1"})");
  ExpectError(Fetch(Outcome(Job::FAILED, Job::TIMEOUT, 0, "", "Request timeout after 30s")), 408,
              R"({"status":"error","message":"Request timeout","httpStatus":408,"job_id":"j1"})");
  ExpectError(Fetch(Outcome(Job::FAILED, Job::CONNECT_ERROR, 0, "", "refused")), 500,
              R"({"status":"error","message":"refused","httpStatus":500,"job_id":"j1"})");
}

TEST_F(LegacyRoutes, S07AUrlOfNoClusterIsForbiddenAndWhatIsWrongIsABadRequest) {
  Violations url;
  url.Add("cluster_url", "not the base URL of a configured cluster");
  action_.script.SetStatus(rpc::ToGrpc(url.ToStatus(), "id"));
  EXPECT_EQ(SendJson("POST", "/proxy_fetch", kFetch).status, 403);
  EXPECT_THAT(audit_.actions(), testing::ElementsAre("!ACCESS_DENIED"));
  Violations action;
  action.Add("action", "unknown action");
  action_.script.SetStatus(rpc::ToGrpc(action.ToStatus(), "id"));
  const RawResponse wrong = SendJson("POST", "/proxy_fetch", kFetch);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Json(wrong).at("status"), "error");
  EXPECT_FALSE(Json(wrong).contains("job_id"));
  EXPECT_EQ(SendJson("POST", "/proxy_fetch", "{").status, 400);
}

TEST_F(LegacyRoutes, WithoutAConnectionNothingWasCalledForSure) {
  action_server_->Shutdown(absl::Seconds(1));
  // Until the connection's end has been noticed, nobody can say.
  RawResponse response;
  do {
    response = SendJson("POST", "/proxy_fetch", kFetch);
    EXPECT_EQ(response.status, 503);
  } while (response.body.find("may have been called") != response.body.npos);
  EXPECT_EQ(Json(response).at("message"),
            "the action service can't be reached; nothing was called");
  EXPECT_FALSE(Json(response).contains("job_id"));
}

TEST_F(LegacyRoutes, WhatIsNoSetActionIsNotServed) {
  for (const char* body : {R"({"url":"https://c1.example","token":"t"})",
                           R"({"url":"u","token":"t","isPost":true,"postData":{"x":1}})",
                           R"({"url":"u","isPost":false,"postData":{"action":"a","cids":[]}})"}) {
    const RawResponse response = SendJson("POST", "/proxy_fetch", body);
    EXPECT_EQ(response.status, 501) << body;
    EXPECT_EQ(Json(response).at("success"), false);
    EXPECT_EQ(Json(response).at("status"), "error");
  }
  EXPECT_EQ(Get("/api/batches").status, 501);
  EXPECT_EQ(SendJson("POST", "/api/generate_token", "{}").status, 501);
  EXPECT_EQ(Get("/api/v1/nothing").status, 404);
  EXPECT_THAT(action_.script.seen(), IsEmpty());
}

TEST_F(LegacyRoutes, MyJobsAreMyOwnWithNullsWhereNothingIsKnown) {
  tms::ledger::v1::ListJobsResponse list;
  Job* job = list.add_jobs();
  job->set_job_id("j1");
  job->set_user_id("ann");
  job->set_action_code(3);
  job->set_action_name("T-Enable");
  job->set_cluster_url("https://c1.example");
  job->set_status(Job::IN_PROGRESS);
  job->set_customer_count(2);
  job->mutable_created_at()->set_seconds(1'800'000'000);
  ledger_.script.SetResponse(list);
  EXPECT_EQ(boost::json::parse(Get("/api/jobs/mine?limit=7").body), boost::json::parse(R"({
    "success":true,"user_id":"ann","job_count":1,"jobs":[{"job_id":"j1","user_id":"ann",
    "action_code":3,"action_name":"T-Enable","cluster_url":"https://c1.example",
    "created_at":"2027-01-15T08:00:00.000000Z","status":"IN_PROGRESS","http_status":null,
    "error_message":null,"customer_count":2}]})"));
  const auto request = ledger_.script.seen().at(0).As<tms::ledger::v1::ListJobsRequest>();
  EXPECT_THAT(request.filter().user_ids(), ElementsAre("ann"));
  EXPECT_EQ(request.page_size(), 7);
}

TEST_F(LegacyRoutes, CustomersAreSorted) {
  tms::ledger::v1::ListJobCustomersResponse customers;
  for (const char* cid : {"c", "a", "b"}) customers.add_cids(cid);
  ledger_.script.SetResponse(customers);
  EXPECT_EQ(boost::json::parse(Get("/api/jobs/j1/customers").body), boost::json::parse(R"({
    "success":true,"job_id":"j1","customer_count":3,"customers":["a","b","c"]})"));
}

TEST_F(LegacyRoutes, AMissingJobIsToldInTheOldForm) {
  ledger_.script.SetStatus(
      rpc::ToGrpc(MakeStatus(absl::StatusCode::kNotFound, "JOB_NOT_FOUND", "no such job"), "id"));
  const RawResponse response = Get("/api/jobs/j1");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(Json(response).at("success"), false);
  EXPECT_EQ(Json(response).at("message"), "no such job");
}

TEST_F(LegacyRoutes, TheAuditOfACustomerHasRecordsAndJobsNewestFirst) {
  ledger_.script.SetAnswer([](auto*, google::protobuf::Message* message) {
    if (auto* audit = dynamic_cast<tms::ledger::v1::ListAuditResponse*>(message)) {
      auto* record = audit->add_records();
      record->set_number(7);
      record->set_user_id("old");
      record->set_action("PE-Enable");
      record->set_success(true);
      record->add_customer_ids("c9");
      record->mutable_occurred_at()->set_seconds(100);
    }
    if (auto* jobs = dynamic_cast<tms::ledger::v1::ListJobsResponse*>(message)) {
      for (const char* owner : {"owner", ""}) {
        Job* job = jobs->add_jobs();
        job->set_job_id("j1");
        job->set_owner(owner);
        job->set_user_id("ann");
        job->set_status(Job::FAILED);
        job->set_action_name("T-Enable");
        job->set_error_message("no");
        job->mutable_created_at()->set_seconds(200);
        job->mutable_elapsed()->set_seconds(2);
      }
    }
    if (auto* cids = dynamic_cast<tms::ledger::v1::ListJobCustomersResponse*>(message)) {
      cids->add_cids("c9");
    }
    return grpc::Status::OK;
  });
  EXPECT_EQ(boost::json::parse(Get("/api/audit/customer/c9").body), boost::json::parse(R"({
    "success":true,"customer_id":"c9","count":2,"records":[
      {"id":"j1","user_id":"ann","action_type":"T-Enable","customer_ids":["c9"],
       "timestamp":"1970-01-01T00:03:20.000000Z","ip_address":"","status":"failure",
       "error_message":"no","duration_ms":2000},
      {"id":7,"user_id":"old","action_type":"PE-Enable","customer_ids":["c9"],
       "timestamp":"1970-01-01T00:01:40.000000Z","ip_address":"","status":"success",
       "error_message":null,"duration_ms":null}]})"));
}

TEST_F(LegacyRoutes, ListsOfTheForm) {
  v1::ListClustersResponse clusters;
  clusters.add_clusters()->set_name("c1");
  action_.script.SetResponse(clusters);
  EXPECT_EQ(boost::json::parse(Get("/api/clusters").body), boost::json::parse(R"({"success":true,
    "count":1,"data":[{"code":"c1","name":"c1","description":""}]})"));
  EXPECT_EQ(Get("/api/devices").body, R"({"success":true,"data":[],"count":0})");
}

}  // namespace
}  // namespace tms::gateway
