#include "services/action/access.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tms::action {
namespace {

TEST(ActionAccessTest, OnlyOperatorsAndAdminsActAndOnlyInTheirOwnName) {
  EXPECT_TRUE(CheckMayAct({}, "anna").ok());
  EXPECT_TRUE(CheckMayAct({"anna", {"operator"}}, "anna").ok());
  EXPECT_TRUE(CheckMayAct({"anna", {"viewer", "admin"}}, "anna").ok());
  EXPECT_EQ(Reason(CheckMayAct({"anna", {"operator"}}, "bob")), "NOT_YOURSELF");
  EXPECT_EQ(Reason(CheckMayAct({"anna", {"admin"}}, "")), "NOT_YOURSELF");
  EXPECT_EQ(Reason(CheckMayAct({"anna", {"viewer", "auditor"}}, "anna")), "ROLE_REQUIRED");
  EXPECT_EQ(Reason(CheckMayAct({"anna", {}}, "anna")), "ROLE_REQUIRED");
}

TEST(ActionAccessTest, OnlyAdminsSeeToTheSpool) {
  EXPECT_TRUE(CheckMayOperate({}).ok());
  EXPECT_TRUE(CheckMayOperate({"anna", {"admin"}}).ok());
  EXPECT_EQ(Reason(CheckMayOperate({"anna", {"operator", "auditor", "viewer"}})), "ROLE_REQUIRED");
}

}  // namespace
}  // namespace tms::action
