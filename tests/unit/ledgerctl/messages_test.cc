#include "services/ledgerctl/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"

namespace tms::ledgerctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tms::ledger::v1::GetJobStatsRequest;
using tms::ledger::v1::GetJobStatsResponse;
using tms::ledger::v1::HistoryEvent;
using tms::ledger::v1::Job;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

Job TimedOutJob() {
  return Parse<Job>(R"pb(
    job_id: "J1"
    user_id: "ann"
    action_code: 3
    action_name: "T-Enable"
    cluster: "east"
    cluster_url: "https://east"
    status: FAILED
    failure_reason: TIMEOUT
    effect: UNKNOWN
    error_message: "Request timeout after 1.5s"
    customer_count: 2
    created_at { seconds: 1769861824 nanos: 655816000 }
    elapsed { seconds: 1 nanos: 500000000 })pb");
}

TEST(MessagesTest, CellsOfAJob) {
  EXPECT_EQ(JobColumns().size(), JobCells(TimedOutJob()).size());
  EXPECT_THAT(JobCells(TimedOutJob()),
              ElementsAre("2026-01-31 12:17:04", "J1", "ann", "T-Enable", "east", "2", "FAILED", "",
                          "TIMEOUT", "UNKNOWN", "1.5s", "Request timeout after 1.5s"));
}

TEST(MessagesTest, UnspecifiedIsAnEmptyCell) {
  const Job running = Parse<Job>(R"pb(job_id: "J2" status: IN_PROGRESS)pb");
  EXPECT_EQ(JobCells(running)[8], "");
  EXPECT_EQ(JobCells(running)[9], "");
}

TEST(MessagesTest, JsonKeepsTheContractsNamesOnOneLine) {
  const std::string json = ToJson(TimedOutJob());
  EXPECT_THAT(json, HasSubstr(R"("failure_reason":"TIMEOUT")"));
  EXPECT_THAT(json, HasSubstr(R"("elapsed":"1.500s")"));
  EXPECT_THAT(json, Not(HasSubstr("http_status")));  // unset stays unset
  EXPECT_THAT(json, HasSubstr(R"("conflict":false)"));
  EXPECT_THAT(json, Not(HasSubstr("\n")));
}

TEST(MessagesTest, DetailsShowWhatIsSetAndObeyNoControlCharacter) {
  Job job = TimedOutJob();
  job.set_response_summary("\x1b[2J{\"a\":\n1}");
  const std::string details = JobDetails(job);
  EXPECT_THAT(details, HasSubstr("status          FAILED\n"));
  EXPECT_THAT(details, HasSubstr("action          T-Enable (3)\n"));
  EXPECT_THAT(details, Not(HasSubstr("http status")));
  EXPECT_THAT(details, Not(HasSubstr("\x1b")));
}

TEST(MessagesTest, CellsOfHistory) {
  const auto event = Parse<HistoryEvent>(R"pb(
    kind: RESOLVED
    recorded_at { seconds: 1769861824 }
    actor: "ann"
    verdict: APPLIED
    status: FAILED
    effect: NOT_APPLIED
    detail: "looked"
    error_message: "settled by hand")pb");
  EXPECT_EQ(HistoryColumns().size(), HistoryCells(event).size());
  EXPECT_THAT(HistoryCells(event),
              ElementsAre("2026-01-31 12:17:04", "RESOLVED", "ann", "APPLIED", "FAILED", "", "",
                          "NOT_APPLIED", "looked; settled by hand"));
}

TEST(MessagesTest, StatsShowTheDimensionsAskedFor) {
  GetJobStatsRequest request;
  request.add_group_by(GetJobStatsRequest::CLUSTER);
  request.add_group_by(GetJobStatsRequest::STATUS);
  const auto response = Parse<GetJobStatsResponse>(R"pb(
    duration_bounds { seconds: 1 }
    duration_bounds { seconds: 5 }
    rows {
      cluster: "east"
      status: SUCCESS
      job_count: 21
      timed_job_count: 20
      duration_sum { seconds: 30 }
      duration_counts: 18
      duration_counts: 1
      duration_counts: 1
    }
    rows {
      cluster: "west"
      status: FAILED
      job_count: 2
      timed_job_count: 2
      duration_sum { seconds: 20 }
      duration_counts: 0
      duration_counts: 0
      duration_counts: 2
    }
    rows { cluster: "west" status: IN_PROGRESS job_count: 1 })pb");
  EXPECT_EQ(StatsColumns(request).size(), 5u);
  EXPECT_THAT(StatsCells(request, response, response.rows(0)),
              ElementsAre("east", "SUCCESS", "21", "1.5s", "≤5s"));
  EXPECT_THAT(StatsCells(request, response, response.rows(1)),
              ElementsAre("west", "FAILED", "2", "10s", ">5s"));
  EXPECT_THAT(StatsCells(request, response, response.rows(2)),
              ElementsAre("west", "IN_PROGRESS", "1", "", ""));
}

}  // namespace
}  // namespace tms::ledgerctl
