#include "services/gateway/transcode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "common/base/status.h"
#include "google/protobuf/util/time_util.h"
#include "tms/action/v1/action.pb.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::gateway {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using tms::action::v1::SetActionRequest;
using tms::ledger::v1::GetJobStatsRequest;
using tms::ledger::v1::Job;
using tms::ledger::v1::ListJobsRequest;

std::vector<std::string> Fields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetViolations(status)) fields.push_back(violation.field);
  return fields;
}

absl::Status Parse(std::string_view json, google::protobuf::Message& message) {
  auto object = ParseObject(json);
  return object.ok() ? FromJson(*object, message) : object.status();
}

TEST(ToJson, KeepsNamesWritesWordsAndNeverVariesItsShape) {
  Job job;
  job.set_job_id("1");
  job.set_status(Job::FAILED);
  job.set_http_status(401);
  *job.mutable_created_at() = TimeUtil::SecondsToTimestamp(0);
  *job.mutable_timeout() = TimeUtil::MillisecondsToDuration(1500);
  const auto json = boost::json::parse(ToJson(job)).as_object();
  EXPECT_EQ(json.at("job_id"), "1");
  EXPECT_EQ(json.at("status"), "FAILED");
  EXPECT_EQ(json.at("http_status"), 401);
  EXPECT_EQ(json.at("created_at"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(json.at("timeout"), "1.500s");
  EXPECT_EQ(json.at("number"), "0");
  EXPECT_EQ(json.at("conflict"), false);
  EXPECT_EQ(json.at("reruns"), boost::json::array());
  EXPECT_FALSE(json.contains("error_message"));
  EXPECT_FALSE(json.contains("finished_at"));
}

TEST(FromJson, FillsARequest) {
  SetActionRequest request;
  ASSERT_TRUE(Parse(R"({"cluster": "c", "cids": ["a", "ä"], "timeout": "1.5s",
                        "accept_possible_repeat": true})",
                    request)
                  .ok());
  EXPECT_EQ(request.cluster(), "c");
  EXPECT_THAT(request.cids(), ElementsAre("a", "ä"));
  EXPECT_EQ(TimeUtil::DurationToMilliseconds(request.timeout()), 1500);
  EXPECT_TRUE(request.accept_possible_repeat());
}

TEST(FromJson, NamesEveryWrongMemberAndQuotesNoValue) {
  SetActionRequest request;
  EXPECT_THAT(Fields(Parse(R"({"cluster": "c", "clutser": 1, "bearerToken": "s3cret"})", request)),
              ElementsAre("clutser", "bearerToken"));
  const absl::Status status = Parse(
      R"({"action": ["s3cret"], "timeout": "s3cret", "cids": [{}], "cluster": "c"})", request);
  EXPECT_THAT(Fields(status), ElementsAre("action", "timeout", "cids"));
  EXPECT_EQ(Message(status).find("s3cret"), std::string_view::npos);
}

TEST(FromJson, AListMustBeOne) {
  SetActionRequest request;
  EXPECT_THAT(Fields(Parse(R"({"cids": "a,b"})", request)), ElementsAre("cids"));
  EXPECT_TRUE(Parse(R"({"cids": null})", request).ok());
}

TEST(FromJson, TextMustBeText) {
  for (const char* body : {R"({"cids": [1234567]})", R"({"cluster": 1})", R"({"cluster": true})"}) {
    SetActionRequest request;
    EXPECT_FALSE(Parse(body, request).ok()) << body << request.ShortDebugString();
  }
}

TEST(FromJson, TakesOneObjectOfStrictJson) {
  for (const char* body : {"", "[]", "1", "null", "{", "{} {}", "{'a':1}", "{\"cluster\":\"c\",}",
                           "{\"cluster\":\"\xff\"}", "{\"bearer_token\": \"s3cret"}) {
    SetActionRequest request;
    const absl::Status status = Parse(body, request);
    EXPECT_EQ(Reason(status), "BODY_NOT_JSON") << body;
    EXPECT_EQ(Message(status).find("s3cret"), std::string_view::npos);
  }
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(ParseObject("{\"cids\":" + deep + "}").ok());
}

TEST(FromQuery, FillsAFilterAndItsRequest) {
  ListJobsRequest request;
  const absl::Status status = FromQuery({{"user_ids", "ann"},
                                         {"user_ids", "bob"},
                                         {"statuses", "FAILED"},
                                         {"effects", "UNKNOWN"},
                                         {"action_codes", "3"},
                                         {"http_status", "401"},
                                         {"created_after", "2026-01-31T12:17:04.5+01:00"},
                                         {"cid", "a,b"},
                                         {"page_size", "10"}},
                                        {request.mutable_filter(), &request});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(request.filter().user_ids(), ElementsAre("ann", "bob"));
  EXPECT_THAT(request.filter().statuses(), ElementsAre(Job::FAILED));
  EXPECT_THAT(request.filter().effects(), ElementsAre(Job::UNKNOWN));
  EXPECT_THAT(request.filter().action_codes(), ElementsAre(3));
  EXPECT_EQ(request.filter().http_status(), 401);
  EXPECT_EQ(TimeUtil::ToString(request.filter().created_after()), "2026-01-31T11:17:04.500Z");
  EXPECT_EQ(request.filter().cid(), "a,b");
  EXPECT_EQ(request.page_size(), 10);
}

TEST(FromQuery, NamesEveryWrongParameter) {
  ListJobsRequest request;
  const absl::Status status = FromQuery({{"user_id", "ann"},
                                         {"filter", "x"},
                                         {"page_size", "1"},
                                         {"page_size", "2"},
                                         {"statuses", "failed"},
                                         {"effects", "3"},
                                         {"http_status", "4e2"},
                                         {"action_codes", "99999999999"},
                                         {"created_before", "yesterday"}},
                                        {request.mutable_filter(), &request});
  EXPECT_THAT(Fields(status), ElementsAre("user_id", "filter", "page_size", "statuses", "effects",
                                          "http_status", "action_codes", "created_before"));
  EXPECT_EQ(GetViolations(status)[3].description,
            "each must be one of IN_PROGRESS, SUCCESS, FAILED");
}

TEST(FromQuery, EnumsOfOtherMessagesAreWordsToo) {
  GetJobStatsRequest request;
  ASSERT_TRUE(
      FromQuery({{"group_by", "STATUS"}, {"group_by", "TIME"}, {"bucket", "DAY"}}, {&request})
          .ok());
  EXPECT_THAT(request.group_by(),
              ElementsAre(GetJobStatsRequest::STATUS, GetJobStatsRequest::TIME));
  EXPECT_EQ(request.bucket(), GetJobStatsRequest::DAY);
}

}  // namespace
}  // namespace tms::gateway
