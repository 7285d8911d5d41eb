// What Prometheus reads, over a real connection.
#include "services/gateway/metrics.h"

#include <gmock/gmock.h>

#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

using test::RawHttpClient;
using test::RawResponse;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MetricsTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    metrics_port_ = metrics_server_.Listen("127.0.0.1", 0).value();
  }
  void TearDown() override {
    boost::asio::co_spawn(threads_, metrics_server_.Stop(absl::ZeroDuration()),
                          boost::asio::use_future)
        .get();
    GatewayTest::TearDown();
  }

  RawResponse Ask(const std::string& line) {
    return RawHttpClient(metrics_port_).Exchange(line + " HTTP/1.1\r\nHost: prometheus\r\n\r\n");
  }
  std::string Text() { return Ask("GET /metrics").body; }
  static std::string Requests(std::string_view method, std::string_view route,
                              std::string_view status, int count) {
    return "tms_gateway_http_requests_total{method=\"" + std::string(method) + "\",route=\"" +
           std::string(route) + "\",status=\"" + std::string(status) + "\"} " +
           std::to_string(count) + "\n";
  }

  MetricsHandler metrics_handler_{metrics_, [this]() -> Levels {
                                    return {.sessions = sessions_.live(),
                                            .watches = streams_.watches.taken(),
                                            .exports = streams_.exports.taken(),
                                            .audit_waiting = 3,
                                            .audit_lost = audit_lost_};
                                  }};
  http::Server metrics_server_{threads_.get_executor(), http::ServerOptions(), metrics_handler_};
  std::atomic<size_t> audit_lost_ = 0;
  uint16_t metrics_port_ = 0;
};

TEST_F(MetricsTest, RequestsAreCountedAndTimedByRouteAndClassOfStatus) {
  EXPECT_EQ(Get("/api/v1/jobs").status, 200);
  EXPECT_EQ(Get("/api/v1/jobs?page_size=5").status, 200);
  EXPECT_EQ(Get("/api/v1/jobs?nonsense=5").status, 400);
  EXPECT_EQ(Get("/api/v1/nothing").status, 404);
  EXPECT_EQ(Get("/app/main.js").status, 200);
  EXPECT_EQ(Get("/").status, 200);
  cookie_.clear();
  EXPECT_EQ(Get("/api/v1/jobs").status, 401);
  EXPECT_EQ(RawHttpClient(port_).Exchange("nonsense\r\n\r\n").status, 400);
  EXPECT_THAT(
      Text(),
      AllOf(HasSubstr(Requests("GET", "/api/v1/jobs", "2xx", 2)),
            HasSubstr(Requests("GET", "/api/v1/jobs", "4xx", 2)),
            HasSubstr(Requests("-", "-", "4xx", 2)), HasSubstr(Requests("GET", "(page)", "2xx", 2)),
            HasSubstr("tms_gateway_http_request_duration_seconds_count{method=\"GET\","
                      "route=\"/api/v1/jobs\"} 4\n"),
            HasSubstr("tms_gateway_http_request_duration_seconds_bucket{method=\"GET\","
                      "route=\"/api/v1/jobs\",le=\"+Inf\"} 4\n")));
}

TEST_F(MetricsTest, LoginsAreCountedByResult) {
  accounts_.push_back(
      {.user = "pat", .password_hash = *HashPassword("correct horse"), .roles = {Role::kViewer}});
  SetAccounts(accounts_);
  const auto log_in = [&](const std::string& password) {
    return SendJson("POST", "/api/login", R"({"username":"pat","password":")" + password + "\"}")
        .status;
  };
  EXPECT_EQ(log_in("correct horse"), 200);
  int failed = 0;
  while (log_in("wrong") == 401) ASSERT_LT(++failed, 10);
  EXPECT_THAT(Text(), AllOf(HasSubstr("tms_gateway_logins_total{result=\"ok\"} 1\n"),
                            HasSubstr("tms_gateway_logins_total{result=\"failed\"} " +
                                      std::to_string(failed) + "\n"),
                            HasSubstr("tms_gateway_logins_total{result=\"throttled\"} 1\n"),
                            HasSubstr("tms_gateway_logins_total{result=\"busy\"} 0\n")));
}

TEST_F(MetricsTest, CallsThatFailAreCountedByRpcAndCode) {
  EXPECT_EQ(Get("/api/v1/jobs").status, 200);
  ledger_.script.SetStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"));
  EXPECT_EQ(Get("/api/v1/jobs").status, 503);
  EXPECT_EQ(Get("/api/v1/jobs:stats").status, 503);
  ledger_.script.SetStatus(
      rpc::ToGrpc(MakeStatus(absl::StatusCode::kNotFound, "JOB_NOT_FOUND", "no job x"), "id"));
  EXPECT_EQ(Get("/api/v1/jobs/x").status, 404);
  const std::string text = Text();
  const auto failures = [](std::string_view code, std::string_view rpc) {
    return "tms_gateway_grpc_failures_total{code=\"" + std::string(code) +
           "\",rpc=\"tms.ledger.v1.JobLedgerService/" + std::string(rpc) + "\"} 1\n";
  };
  EXPECT_THAT(text, AllOf(HasSubstr(failures("UNAVAILABLE", "ListJobs")),
                          HasSubstr(failures("UNAVAILABLE", "GetJobStats")),
                          HasSubstr(failures("NOT_FOUND", "GetJob"))));
  EXPECT_THAT(text, Not(HasSubstr("code=\"OK\"")));
}

TEST_F(MetricsTest, LevelsAreWhatTheyAreNow) {
  LogIn("vic");
  audit_lost_ = 2;
  Text();
  audit_lost_ = 5;
  EXPECT_THAT(Text(), AllOf(HasSubstr("tms_gateway_sessions 2\n"),
                            HasSubstr("tms_gateway_open_streams{kind=\"watch\"} 0\n"),
                            HasSubstr("tms_gateway_open_streams{kind=\"export\"} 0\n"),
                            HasSubstr("tms_gateway_audit_records_waiting 3\n"),
                            HasSubstr("tms_gateway_audit_records_lost_total 5\n"),
                            HasSubstr("tms_gateway_build_info{")));
}

TEST_F(MetricsTest, ExportedRowsAreCounted) {
  tms::ledger::v1::ListJobsResponse page;
  for (int i = 0; i < 7; ++i) page.add_jobs()->set_job_id("j" + std::to_string(i));
  ledger_.script.SetResponse(page);
  EXPECT_EQ(Get("/api/v1/jobs:export?format=csv").status, 200);
  EXPECT_THAT(Text(), HasSubstr("tms_gateway_export_rows_total 7\n"));
}

TEST_F(MetricsTest, S13NothingThatSomebodySentBecomesALabel) {
  Get("/api/v1/jobs/canary");
  Get("/api/v1/jobs?cid=canary&user_ids=canary");
  Get("/canary");
  RawHttpClient(port_).Exchange(Raw("CANARY", "/api/v1/jobs", ""));
  SendJson("POST", "/api/login", R"({"username":"canary","password":"canary"})");
  SendJson("POST", "/api/v1/actions",
           R"({"cluster":"canary","action":"canary","cids":["canary"],"bearer_token":"canary"})");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("route=\"/api/v1/jobs/{id}\""));
  for (const char* secret : {"canary", "CANARY", "ann", "127.0.0.1"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
}

TEST_F(MetricsTest, NothingElseIsAnsweredThere) {
  const RawResponse text = Ask("GET /metrics");
  EXPECT_EQ(text.status, 200);
  EXPECT_EQ(text.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(Ask("GET /").status, 404);
  EXPECT_EQ(Ask("GET /api/v1/jobs").status, 404);
  EXPECT_EQ(Ask("POST /metrics").status, 405);
  EXPECT_EQ(Get("/metrics").status, 404) << "the page's port does not tell";
}

}  // namespace
}  // namespace tms::gateway
