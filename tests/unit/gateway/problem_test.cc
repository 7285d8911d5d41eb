#include "services/gateway/problem.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace tms::gateway {
namespace {

using absl::StatusCode;

TEST(Problem, EachCodeHasItsHttpStatus) {
  const std::pair<StatusCode, int> table[] = {
      {StatusCode::kCancelled, 499},          {StatusCode::kUnknown, 500},
      {StatusCode::kInvalidArgument, 400},    {StatusCode::kDeadlineExceeded, 504},
      {StatusCode::kNotFound, 404},           {StatusCode::kAlreadyExists, 409},
      {StatusCode::kPermissionDenied, 403},   {StatusCode::kResourceExhausted, 429},
      {StatusCode::kFailedPrecondition, 400}, {StatusCode::kAborted, 409},
      {StatusCode::kOutOfRange, 400},         {StatusCode::kUnimplemented, 501},
      {StatusCode::kInternal, 500},           {StatusCode::kUnavailable, 503},
      {StatusCode::kDataLoss, 500},           {StatusCode::kUnauthenticated, 401}};
  for (const auto& [code, http_status] : table) {
    const Problem problem = ToProblem(MakeStatus(code, "REASON", "text"));
    EXPECT_EQ(problem.http_status, http_status);
    EXPECT_EQ(problem.code, absl::StatusCodeToString(code));
    EXPECT_EQ(problem.reason, "REASON");
  }
}

TEST(Problem, NothingInternalIsShown) {
  for (const StatusCode code :
       {StatusCode::kInternal, StatusCode::kUnknown, StatusCode::kDataLoss}) {
    EXPECT_EQ(ToProblem(MakeStatus(code, "REASON", "secret")).detail.find("secret"),
              std::string::npos);
  }
}

TEST(Problem, TheTransportsTextIsNotShown) {
  const Problem problem = ToProblem(MakeStatus(StatusCode::kUnavailable, "ipv4:10.0.0.1:50051"));
  EXPECT_EQ(problem.detail.find("10.0.0.1"), std::string::npos);
  EXPECT_EQ(problem.reason, "UNAVAILABLE");
}

TEST(Problem, IsRenderedAsProblemJson) {
  Violations violations;
  violations.Add("cids[3]", "must be \"short\"");
  const http::Response response = ToResponse(ToProblem(violations.ToStatus()), "id-1");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers[0].value, "application/problem+json");
  EXPECT_EQ(boost::json::parse(response.body), boost::json::parse(R"({
    "status": 400, "code": "INVALID_ARGUMENT", "reason": "INVALID_FIELDS",
    "detail": "cids[3]: must be \"short\"",
    "errors": [{"field": "cids[3]", "description": "must be \"short\""}],
    "correlation_id": "id-1"})"));
}

TEST(Problem, WhatHttpDecidesHasAReasonToo) {
  EXPECT_EQ(ToProblem(413, "too large").reason, "BODY_TOO_LARGE");
  EXPECT_EQ(ToProblem(413, "too large").http_status, 413);
  EXPECT_EQ(ToProblem(500, "what()").detail.find("what"), std::string::npos);
  EXPECT_EQ(ToProblem(500, "").code, "INTERNAL");
}

}  // namespace
}  // namespace tms::gateway
