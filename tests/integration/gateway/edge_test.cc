// What holds for every route.
#include <gmock/gmock.h>

#include "common/runtime/logging.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

using test::RawHttpClient;
using test::RawResponse;
using testing::IsEmpty;

class Edge : public GatewayTest {
 protected:
  RawResponse Exchange(std::string_view raw) { return RawHttpClient(port_).Exchange(raw); }
};

TEST_F(Edge, EveryAnswerHasTheCommonHeaders) {
  for (const auto& response :
       {Get("/healthz"), Get("/nothing"), Exchange("GET / HTTP/1.1\r\n\r\n")}) {
    EXPECT_EQ(response.Header("x-correlation-id").size(), 36u);
    EXPECT_EQ(response.Header("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.Header("cache-control"), "no-store");
  }
}

TEST_F(Edge, AWellFormedCorrelationIdIsKept) {
  EXPECT_EQ(Exchange(Raw("GET", "/healthz", "", "X-Correlation-Id: my.id-1\r\n"))
                .Header("x-correlation-id"),
            "my.id-1");
  EXPECT_EQ(Exchange(Raw("GET", "/healthz", "", "X-Correlation-Id: my id\r\n"))
                .Header("x-correlation-id")
                .size(),
            36u);
}

TEST_F(Edge, S16PathsAndMethodsThatAreNotThere) {
  EXPECT_EQ(Get("/api/v1/nothing").status, 404);
  EXPECT_EQ(Get("/api/v1/jobs/").status, 404);
  EXPECT_EQ(Get("/api/v1//jobs").status, 400);
  EXPECT_EQ(Get("/api/v1/%2e%2e/jobs").status, 400);
  EXPECT_EQ(Get("/api/v1/jobs/%00").status, 400);
  const RawResponse trace = Exchange(Raw("TRACE", "/api/v1/jobs/1", ""));
  EXPECT_EQ(trace.status, 405);
  EXPECT_EQ(trace.Header("allow"), "GET, PATCH");
}

TEST_F(Edge, S18ABodyMustBeSentAsJson) {
  for (const char* type :
       {"", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n"}) {
    EXPECT_EQ(Exchange(Raw("POST", "/api/v1/actions", "{}", type)).status, 415) << type;
  }
  EXPECT_EQ(Exchange(Raw("POST", "/api/v1/actions", "{}",
                         "Content-Type: Application/JSON; charset=utf-8\r\n"))
                .status,
            200);
}

TEST_F(Edge, S18AChangeMustSayThatItComesFromUs) {
  const RawResponse response =
      Exchange("POST /api/v1/actions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n" +
               cookie_ + "Content-Type: application/json\r\n\r\n{}");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(Json(response).at("reason"), "ORIGIN_MISSING");
  EXPECT_THAT(action_.script.seen(), IsEmpty());
}

TEST_F(Edge, S18OtherSitesAndHostsAreRefused) {
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_EQ(Exchange(Raw("POST", "/api/v1/actions", "{}", json + "Origin: http://evil.example\r\n"))
                .status,
            403);
  EXPECT_EQ(Exchange(Raw("PATCH", "/api/v1/jobs/1", "{}", json + "Sec-Fetch-Site: cross-site\r\n"))
                .status,
            403);
  EXPECT_EQ(Exchange("GET /api/v1/jobs HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 403);
  EXPECT_THAT(action_.script.seen(), IsEmpty());
  EXPECT_THAT(ledger_.script.seen(), IsEmpty());
}

TEST_F(Edge, BodiesAreLimitedByTheirRoute) {
  EXPECT_EQ(Exchange(Raw("GET", "/api/v1/jobs", "{}")).status, 413);
  const std::string large(65 * 1024, ' ');
  EXPECT_EQ(SendJson("PATCH", "/api/v1/jobs/1", large).status, 413);
  EXPECT_EQ(SendJson("POST", "/api/v1/actions", large + "{}").status, 200);
  const RawResponse response = Exchange(
      "POST /api/v1/actions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
      cookie_ + "Origin: http://localhost\r\nContent-Length: 16777217\r\n\r\n");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(Json(response).at("reason"), "BODY_TOO_LARGE");
}

TEST_F(Edge, S14WhatTheServerRefusesIsAProblemToo) {
  const RawResponse response = Exchange(
      "POST /api/v1/actions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.Header("content-type"), "application/problem+json");
  EXPECT_EQ(Json(response).at("reason"), "MALFORMED_REQUEST");
}

TEST_F(Edge, S13TheAccessLogNamesTheRouteButNothingOfBodyOrQuery) {
  log::Configure({.level = "info"});
  testing::internal::CaptureStderr();
  SendJson("POST", "/api/v1/actions", R"({"bearer_token":"s3cret"})");
  SendJson("POST", "/api/v1/actions", R"({"bearer_token":"s3cret)");
  SendJson("POST", "/api/v1/actions", R"({"timeout":"s3cret"})");
  Get("/api/v1/jobs?cid=s3cret&s3cret=1");
  Get("/api/v1/jobs/s3cret");
  Get("/s3cret");
  Exchange("s3cret\r\n");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("s3cret"), std::string::npos) << log;
  EXPECT_NE(log.find("method=GET route=/api/v1/jobs/{id} status=200"), std::string::npos) << log;
  EXPECT_NE(log.find("user=ann"), std::string::npos) << log;
}

TEST_F(Edge, ReadinessSaysWhatIsAway) {
  EXPECT_EQ(Json(Get("/readyz")).at("status"), "ready");
  ledger_server_->SetServing(false);
  const RawResponse degraded = Get("/readyz");
  EXPECT_EQ(degraded.status, 200);
  EXPECT_EQ(Json(degraded).at("status"), "degraded");
  EXPECT_EQ(Json(degraded).at("job_ledger_service"), "NOT_SERVING");
  action_server_->Shutdown(absl::Seconds(1));
  const RawResponse away = Get("/readyz");
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(Json(away).at("action_service"), "UNREACHABLE");
  EXPECT_EQ(Get("/healthz").status, 200);
}

}  // namespace
}  // namespace tms::gateway
