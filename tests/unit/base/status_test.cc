#include "common/base/status.h"

#include <gtest/gtest.h>

namespace tms {
namespace {

TEST(Status, KeepsReasonAndMessage) {
  const absl::Status status =
      MakeStatus(absl::StatusCode::kResourceExhausted, "CLUSTER_BUSY", "no slot on alpha");
  EXPECT_EQ(Reason(status), "CLUSTER_BUSY");
  EXPECT_EQ(Message(status), "no slot on alpha");
  EXPECT_TRUE(GetViolations(status).empty());
}

TEST(Status, NamesEveryWrongField) {
  Violations violations;
  EXPECT_TRUE(violations.ToStatus().ok());
  violations.Add("user_id", "must not be empty");
  violations.Add("cids[17]", "must have at most 128 characters, has 129");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::vector<FieldViolation> expected = {
      {"user_id", "must not be empty"}, {"cids[17]", "must have at most 128 characters, has 129"}};
  EXPECT_EQ(GetViolations(status), expected);
  EXPECT_NE(Message(status).find("cids[17]"), std::string_view::npos);
}

TEST(Status, ReportsABoundedNumberOfViolations) {
  Violations violations;
  for (int i = 0; i < 50'000; ++i) violations.Add("cids", "is empty");
  EXPECT_EQ(GetViolations(violations.ToStatus()).size(), 50u);
}

TEST(Status, ReportsViolationsOfABoundedSizeAndAlwaysTheFirst) {
  Violations many;
  for (int i = 0; i < 50; ++i) many.Add("cids", std::string(100, 'x'));
  EXPECT_LT(Message(many.ToStatus()).size(), 2'000u);
  EXPECT_GT(GetViolations(many.ToStatus()).size(), 10u);

  Violations one;
  one.Add(std::string(10'000, 'f'), "unknown field");
  one.Add("cids", "is empty");
  EXPECT_EQ(GetViolations(one.ToStatus()).size(), 1u);
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return MakeStatus(absl::StatusCode::kInvalidArgument, "odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  TMS_ASSIGN_OR_RETURN(const int half, Half(number));
  return Half(half);
}

TEST(Status, AssignOrReturnPassesErrorsOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Message(Quarter(6).status()), "odd");
}

}  // namespace
}  // namespace tms
