// The watch and the export.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <thread>

#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

namespace v1 = tms::ledger::v1;
using test::RawHttpClient;
using test::RawResponse;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

v1::WatchJobsResponse Change(std::string token, std::string job_id = "") {
  v1::WatchJobsResponse response;
  response.set_resume_token(std::move(token));
  if (!job_id.empty()) response.mutable_job()->set_job_id(std::move(job_id));
  return response;
}

class Watch : public GatewayTest {
 protected:
  // The whole stream, which the test makes sure ends.
  RawResponse All(std::string_view target, std::string_view headers = "") {
    return RawHttpClient(port_).Exchange(Raw("GET", target, "", headers));
  }
  void WaitUntil(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
  }
};

TEST_F(Watch, ChangesComeAsEventsWithTheirTokens) {
  ledger_.SetWatch({Change("t0"), Change("t1", "j1"), Change("t2", "j2")},
                   grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining"));
  const RawResponse response = All("/api/v1/jobs:watch?statuses=FAILED&user_ids=bob");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"), "text/event-stream");
  EXPECT_TRUE(response.complete);
  EXPECT_THAT(response.body, StartsWith("retry: "));
  EXPECT_THAT(response.body, HasSubstr("id: t0\nevent: bookmark\ndata: {}\n\n"));
  EXPECT_THAT(response.body, HasSubstr("id: t1\nevent: job\ndata: {\"job_id\":\"j1\""));
  EXPECT_THAT(response.body, HasSubstr("id: t2\nevent: job\n"));
  const auto requests = ledger_.watch_requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_THAT(requests[0].filter().user_ids(), testing::ElementsAre("bob"));
  EXPECT_EQ(requests[0].filter().statuses(0), v1::Job::FAILED);
}

TEST_F(Watch, OpeningItDoesNotProlongTheSession) {
  ledger_.SetWatch({}, grpc::Status(grpc::StatusCode::UNAVAILABLE, ""));
  clock_.Advance(absl::Minutes(14));
  EXPECT_EQ(All("/api/v1/jobs:watch").status, 200);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Get("/api/v1/jobs").status, 401);
}

TEST_F(Watch, TheLastEventIdResumes) {
  ledger_.SetWatch({}, grpc::Status(grpc::StatusCode::UNAVAILABLE, ""));
  All("/api/v1/jobs:watch?resume_token=old", "Last-Event-ID: new\r\n");
  All("/api/v1/jobs:watch?resume_token=old");
  EXPECT_EQ(ledger_.watch_requests().at(0).resume_token(), "new");
  EXPECT_EQ(ledger_.watch_requests().at(1).resume_token(), "old");
}

TEST_F(Watch, F26ATokenThatTheLedgerDoesNotKnowTellsToListAnew) {
  ledger_.SetWatch({}, grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "other epoch"));
  const RawResponse response = All("/api/v1/jobs:watch?resume_token=x");
  EXPECT_THAT(response.body, HasSubstr("id:\nevent: reset\n"));
  EXPECT_TRUE(response.complete);
}

TEST_F(Watch, ASilentWatchShowsThatItLives) {
  ledger_.SetWatch({});
  RawHttpClient client(port_);
  client.Send(Raw("GET", "/api/v1/jobs:watch", ""));
  std::string seen;
  while (seen.find(": still here") == seen.npos) ASSERT_TRUE(client.ReadSome(&seen));
}

TEST_F(Watch, S19ItEndsWithTheSessionWhateverEndsThat) {
  ledger_.SetWatch({Change("t0")});
  const std::function<void()> ends[] = {[&] { SendJson("POST", "/api/logout", "{}"); },
                                        [&] {
                                          accounts_[0].disabled = true;
                                          SetAccounts(accounts_);
                                        },
                                        [&] {
                                          accounts_[0].disabled = false;
                                          accounts_[0].roles = {Role::kViewer};
                                          ++accounts_[0].version;
                                          SetAccounts(accounts_);
                                        },
                                        [&] { clock_.Advance(absl::Minutes(15)); }};
  for (const auto& end : ends) {
    accounts_[0].disabled = false;
    SetAccounts(accounts_);
    LogIn("ann");
    RawHttpClient client(port_);
    client.Send(Raw("GET", "/api/v1/jobs:watch", ""));
    WaitUntil([&] { return ledger_.open_watches() == 1; });
    end();
    const RawResponse response = client.Receive();
    EXPECT_TRUE(response.complete);
    EXPECT_THAT(response.body, HasSubstr("event: session_ended\n"));
    WaitUntil([&] { return ledger_.open_watches() == 0; });
  }
}

TEST_F(Watch, S19NobodyAndOtherSitesAreRefused) {
  EXPECT_EQ(All("/api/v1/jobs:watch", "Origin: http://evil.example\r\n").status, 403);
  cookie_.clear();
  EXPECT_EQ(Get("/api/v1/jobs:watch").status, 401);
  EXPECT_TRUE(ledger_.watch_requests().empty());
}

TEST_F(Watch, F19AReaderThatGoesFreesTheLedgersStreamAndItsPlace) {
  ledger_.SetWatch({});
  {
    RawHttpClient client(port_);
    client.Send(Raw("GET", "/api/v1/jobs:watch", ""));
    EXPECT_EQ(client.ReceiveHead().status, 200);
    WaitUntil([&] { return ledger_.open_watches() == 1; });
  }
  WaitUntil([&] { return ledger_.open_watches() == 0; });
  WaitUntil([&] { return streams_.watches.taken() == 0; });
}

TEST_F(Watch, WatchesOfOneUserAreBounded) {
  ledger_.SetWatch({});
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<RawHttpClient>(port_));
    clients.back()->Send(Raw("GET", "/api/v1/jobs:watch", ""));
    EXPECT_EQ(clients.back()->ReceiveHead().status, 200);
  }
  const RawResponse eleventh = Get("/api/v1/jobs:watch");
  EXPECT_EQ(eleventh.status, 429);
  EXPECT_EQ(Json(eleventh).at("reason"), "TOO_MANY_WATCHES");
}

TEST_F(Watch, F22ItEndsWhenTheGatewayDrains) {
  ledger_.SetWatch({});
  RawHttpClient client(port_);
  client.Send(Raw("GET", "/api/v1/jobs:watch", ""));
  WaitUntil([&] { return ledger_.open_watches() == 1; });
  streams_.draining = true;
  EXPECT_TRUE(client.Receive().complete);
}

class Export : public GatewayTest {
 protected:
  // `pages` pages of two jobs each.
  void SetPages(int pages) {
    ledger_.script.SetAnswer([this, pages](auto*, google::protobuf::Message* message) {
      auto* response = dynamic_cast<v1::ListJobsResponse*>(message);
      if (response == nullptr) return grpc::Status::OK;
      for (int i = 0; i < 2; ++i) {
        v1::Job* job = response->add_jobs();
        job->set_job_id("j" + std::to_string(page_) + std::to_string(i));
        job->set_error_message("=HYPERLINK(\"http://evil\")");
        job->set_action_name("<script>alert(1)</script>");
      }
      if (++page_ < pages) response->set_next_page_token("page" + std::to_string(page_));
      return grpc::Status::OK;
    });
  }

  int page_ = 0;
};

TEST_F(Export, S22CsvHasAllPagesAndNoFormula) {
  SetPages(3);
  const RawResponse response = Get("/api/v1/jobs:export?format=csv&statuses=FAILED");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.Header("content-type"), "text/csv; charset=utf-8");
  EXPECT_THAT(response.Header("content-disposition"), StartsWith("attachment; filename=\"jobs-"));
  EXPECT_THAT(response.body, StartsWith("job_id,user_id,"));
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 7);
  EXPECT_THAT(response.body, HasSubstr("\"'=HYPERLINK(\"\"http://evil\"\")\""));
  const auto seen = ledger_.script.seen();
  EXPECT_EQ(seen.back().As<v1::ListJobsRequest>().page_token(), "page2");
  EXPECT_EQ(seen.back().As<v1::ListJobsRequest>().filter().statuses_size(), 1);
}

TEST_F(Export, JsonLinesAreOneJobALine) {
  SetPages(2);
  const RawResponse response = Get("/api/v1/jobs:export?format=jsonl");
  EXPECT_EQ(response.Header("content-type"), "application/x-ndjson");
  std::istringstream lines(response.body);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(boost::json::parse(line).at("action_name"), "<script>alert(1)</script>");
  }
  EXPECT_EQ(count, 4);
}

TEST_F(Export, ItIsRecordedWithItsFilter) {
  SetPages(1);
  Get("/api/v1/jobs:export?format=csv&clusters=c1");
  ASSERT_THAT(audit_.actions(), Contains("EXPORT"));
  EXPECT_EQ(audit_.records().back().target(), "format=csv&clusters=c1");
  EXPECT_EQ(audit_.records().back().user_id(), "ann");
}

TEST_F(Export, AnErrorInTheMiddleLeavesTheAnswerVisiblyIncomplete) {
  ledger_.script.SetStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  EXPECT_FALSE(Get("/api/v1/jobs:export?format=csv").complete);
}

TEST_F(Export, TheFormatMustBeSaid) {
  EXPECT_THAT(ErrorFields(Get("/api/v1/jobs:export")), testing::ElementsAre("format"));
  EXPECT_THAT(ErrorFields(Get("/api/v1/jobs:export?format=xls")), testing::ElementsAre("format"));
  EXPECT_THAT(ErrorFields(Get("/api/v1/jobs:export?format=csv&page_size=1")),
              testing::ElementsAre("page_size"));
}

}  // namespace
}  // namespace tms::gateway
