#include "common/rpc/status.h"

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "google/rpc/status.pb.h"

namespace tms::rpc {
namespace {

TEST(RpcStatus, ReasonAndMessageCrossTheWire) {
  const grpc::Status sent = ToGrpc(
      MakeStatus(absl::StatusCode::kResourceExhausted, "CLUSTER_BUSY", "no slot on alpha"), "id-1");
  EXPECT_EQ(sent.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(HasOurDomain(sent));
  const absl::Status got = FromGrpc(sent);
  EXPECT_EQ(got.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(got), "CLUSTER_BUSY");
  EXPECT_EQ(Message(got), "no slot on alpha");
}

TEST(RpcStatus, EveryWrongFieldCrossesTheWire) {
  Violations violations;
  violations.Add("user_id", "must not be empty");
  violations.Add("timeout", "must be at most 120s");
  const grpc::Status sent = ToGrpc(violations.ToStatus(), "id-1");
  EXPECT_EQ(GetViolations(FromGrpc(sent)), GetViolations(violations.ToStatus()));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(sent.error_details()));
  EXPECT_EQ(details.details(1).type_url(), "type.googleapis.com/google.rpc.BadRequest");
}

TEST(RpcStatus, AnInternalErrorsTextStaysInside) {
  for (const auto code :
       {absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    const grpc::Status sent = ToGrpc(MakeStatus(code, "no such table: jobs"), "id-1");
    EXPECT_EQ(sent.error_message(), "internal error, see correlation id id-1");
    EXPECT_EQ(sent.error_details().find("no such table"), std::string::npos);
  }
}

TEST(RpcStatus, WhatIsForTheLogStaysInside) {
  const grpc::Status sent =
      ToGrpc(WithPublicMessage(MakeStatus(absl::StatusCode::kUnavailable, "RESOURCE_EXHAUSTED",
                                          "sqlite: database or disk is full (13)"),
                               "try again later"),
             "id-1");
  EXPECT_EQ(sent.error_message(), "try again later");
  EXPECT_EQ(sent.error_details().find("sqlite"), std::string::npos);
}

TEST(RpcStatus, AnErrorOfTheTransportIsNotOurs) {
  EXPECT_FALSE(HasOurDomain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused")));
  EXPECT_EQ(Reason(FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "refused"))), "");
}

}  // namespace
}  // namespace tms::rpc
