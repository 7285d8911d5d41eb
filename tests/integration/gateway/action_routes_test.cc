#include <gmock/gmock.h>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

namespace v1 = tms::action::v1;
using test::RawResponse;
using testing::ElementsAre;
using testing::IsEmpty;
using tms::ledger::v1::Job;

constexpr std::string_view kBody =
    R"({"cluster":"c1","action":"T-Enable","cids":["a","b"],"bearer_token":"s3cret"})";

class ActionRoutes : public GatewayTest {};

TEST_F(ActionRoutes, AnActionIsSentInTheCallersNameAndAnsweredWithItsJob) {
  v1::SetActionResponse scripted;
  scripted.mutable_job()->set_job_id("job-1");
  scripted.mutable_job()->set_status(Job::FAILED);
  scripted.set_recorded_in(v1::SetActionResponse::LEDGER);
  scripted.set_response_body("not ours to pass on");
  action_.script.SetResponse(scripted);
  const auto response = SendJson("POST", "/api/v1/actions", kBody);
  EXPECT_EQ(response.status, 200);
  const auto json = Json(response);
  EXPECT_EQ(json.at("job").at("job_id"), "job-1");
  EXPECT_EQ(json.at("job").at("status"), "FAILED");
  EXPECT_EQ(json.at("deduplicated"), false);
  EXPECT_EQ(json.at("recorded_in"), "LEDGER");
  EXPECT_EQ(json.size(), 3u);

  const auto seen = action_.script.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].method, "SetAction");
  const auto request = seen[0].As<v1::SetActionRequest>();
  EXPECT_EQ(request.user_id(), "ann");
  EXPECT_EQ(request.source_ip(), "127.0.0.1");
  EXPECT_EQ(request.bearer_token(), "s3cret");
  EXPECT_THAT(request.cids(), ElementsAre("a", "b"));
  EXPECT_EQ(seen[0].context.user, "ann");
  EXPECT_THAT(seen[0].context.roles, ElementsAre("admin", "operator"));
  EXPECT_EQ(seen[0].context.correlation_id, response.Header("x-correlation-id"));
  EXPECT_GT(seen[0].context.time_left, absl::Seconds(125));
}

TEST_F(ActionRoutes, WaitFalseOnlySubmits) {
  EXPECT_EQ(SendJson("POST", "/api/v1/actions?wait=false", kBody).status, 200);
  EXPECT_EQ(action_.script.seen()[0].method, "SubmitAction");
  EXPECT_EQ(SendJson("POST", "/api/v1/actions?wait=true", kBody).status, 200);
  EXPECT_EQ(action_.script.seen()[1].method, "SetAction");
}

TEST_F(ActionRoutes, TheDeadlineFollowsTheTimeout) {
  SendJson("POST", "/api/v1/actions", R"({"timeout":"2s"})");
  SendJson("POST", "/api/v1/actions", R"({"timeout":"-9999999s"})");
  SendJson("POST", "/api/v1/actions", R"({"timeout":"9999999s"})");
  const auto seen = action_.script.seen();
  EXPECT_LT(seen[0].context.time_left, absl::Seconds(19));
  EXPECT_GT(seen[1].context.time_left, absl::ZeroDuration());
  EXPECT_LT(seen[2].context.time_left, absl::Seconds(136));
}

TEST_F(ActionRoutes, TwentySevenThousandCustomersFit) {
  std::string body = R"({"cluster":"c1","action":"T-Enable","bearer_token":"t","cids":[)";
  for (int i = 0; i < 27'682; ++i) {
    body += (i > 0 ? ",\"" : "\"") + std::string(26, 'c') + std::to_string(100'000 + i) + "\"";
  }
  EXPECT_EQ(SendJson("POST", "/api/v1/actions", body + "]}").status, 200);
  EXPECT_EQ(action_.script.seen()[0].As<v1::SetActionRequest>().cids_size(), 27'682);
}

TEST_F(ActionRoutes, WhatIsWrongIsNamedAndNothingIsCalled) {
  const auto session_fields =
      SendJson("POST", "/api/v1/actions", R"({"user_id":"bob","source_ip":"1.2.3.4"})");
  EXPECT_EQ(session_fields.status, 400);
  EXPECT_THAT(ErrorFields(session_fields), ElementsAre("user_id", "source_ip"));
  EXPECT_THAT(ErrorFields(SendJson("POST", "/api/v1/actions", R"({"cid":"a"})")),
              ElementsAre("cid"));
  EXPECT_THAT(ErrorFields(SendJson("POST", "/api/v1/actions?wait=no", kBody)), ElementsAre("wait"));
  EXPECT_THAT(ErrorFields(SendJson("POST", "/api/v1/actions?dry_run=true", kBody)),
              ElementsAre("dry_run"));
  EXPECT_EQ(SendJson("POST", "/api/v1/actions", "{").status, 400);
  EXPECT_EQ(SendJson("POST", "/api/v1/actions", "").status, 400);
  EXPECT_THAT(action_.script.seen(), IsEmpty());
}

TEST_F(ActionRoutes, TheServicesErrorsKeepTheirReasonAndFields) {
  Violations violations;
  violations.Add("cids[1]", "too long");
  action_.script.SetStatus(rpc::ToGrpc(violations.ToStatus(), "id"));
  EXPECT_THAT(ErrorFields(SendJson("POST", "/api/v1/actions", kBody)), ElementsAre("cids[1]"));

  action_.script.SetStatus(rpc::ToGrpc(
      MakeStatus(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", "used before"), "id"));
  const auto reused = SendJson("POST", "/api/v1/actions", kBody);
  EXPECT_EQ(reused.status, 409);
  EXPECT_EQ(Json(reused).at("code"), "ALREADY_EXISTS");
  EXPECT_EQ(Json(reused).at("reason"), "REQUEST_ID_REUSED");
  EXPECT_EQ(Json(reused).at("detail"), "used before");
}

TEST_F(ActionRoutes, WithoutAnAnswerOfTheServiceTheOutcomeIsUnknown) {
  action_.script.SetStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "ipv4:10.0.0.1: reset"));
  const auto lost = SendJson("POST", "/api/v1/actions", kBody);
  EXPECT_EQ(lost.status, 503);
  EXPECT_EQ(Json(lost).at("reason"), "OUTCOME_UNKNOWN");
  EXPECT_EQ(lost.body.find("10.0.0.1"), std::string::npos);
}

TEST_F(ActionRoutes, WithoutAConnectionNothingWasCalledForSure) {
  action_server_->Shutdown(absl::Seconds(1));
  // Until the connection's end has been noticed, nobody can say.
  RawResponse response;
  do {
    response = SendJson("POST", "/api/v1/actions", kBody);
    EXPECT_EQ(response.status, 503);
  } while (Json(response).at("reason") == "OUTCOME_UNKNOWN");
  EXPECT_EQ(Json(response).at("reason"), "ACTION_SERVICE_UNREACHABLE");
}

TEST_F(ActionRoutes, AClientThatGoesDoesNotCancelTheAction) {
  absl::Notification called, release, ended;
  bool cancelled = true;
  action_.script.SetAnswer([&](grpc::CallbackServerContext* context, auto*) {
    called.Notify();
    release.WaitForNotification();
    cancelled = context->IsCancelled();
    ended.Notify();
    return grpc::Status::OK;
  });
  {
    test::RawHttpClient client(port_);
    client.Send(Raw("POST", "/api/v1/actions", kBody, "Content-Type: application/json\r\n"));
    called.WaitForNotification();
  }
  // Time for the gateway to notice, if it looked.
  EXPECT_EQ(Get("/healthz").status, 200);
  release.Notify();
  ended.WaitForNotification();
  EXPECT_FALSE(cancelled);
}

TEST_F(ActionRoutes, AFormGetsWhatItNeeds) {
  v1::ListClustersResponse clusters;
  clusters.add_clusters()->set_name("c1");
  action_.script.SetResponse(clusters);
  EXPECT_EQ(Json(Get("/api/v1/clusters")).at("clusters").at(0).at("name"), "c1");
  v1::ListActionsResponse actions;
  actions.add_actions()->set_code(3);
  action_.script.SetResponse(actions);
  EXPECT_EQ(Json(Get("/api/v1/actions")).at("actions").at(0).at("code"), 3);
  EXPECT_EQ(boost::json::parse(Get("/api/v1/me").body),
            boost::json::parse(R"({"user_id":"ann","roles":["admin","operator"]})"));
  EXPECT_EQ(Get("/api/v1/me?x=1").status, 400);
}

}  // namespace
}  // namespace tms::gateway
