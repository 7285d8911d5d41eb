#include "services/ledger/access.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tms::ledger {
namespace {

// What each caller may do with a job of `anna`.
struct Row {
  rpc::Caller caller;
  bool reads_annas;
  bool reads_all;
  bool updates;
};

const Row kRows[] = {
    {{}, true, true, true},
    {{"anna", {}}, false, false, false},
    {{"anna", {"janitor"}}, false, false, false},
    {{"anna", {"viewer"}}, true, false, false},
    {{"anna", {"operator"}}, true, false, false},
    {{"bob", {"viewer"}}, false, false, false},
    {{"bob", {"operator"}}, false, false, false},
    {{"bob", {"auditor"}}, true, true, false},
    {{"bob", {"admin"}}, true, true, true},
    {{"bob", {"viewer", "auditor"}}, true, true, false},
    {{"bob", {"Admin"}}, false, false, false},
};

std::string NameOf(const Row& row) {
  std::string name = row.caller.user + ":";
  for (const std::string& role : row.caller.roles) name += " " + role;
  return name;
}

TEST(AccessTest, S25EachRoleMayDoWhatTheTableSays) {
  for (const Row& row : kRows) {
    EXPECT_EQ(CheckMayRead(row.caller, "anna").ok(), row.reads_annas) << NameOf(row);
    EXPECT_EQ(SeesAllJobs(row.caller), row.reads_all) << NameOf(row);
    EXPECT_EQ(CheckMayUpdate(row.caller).ok(), row.updates) << NameOf(row);
  }
}

TEST(AccessTest, S25AFilterIsNarrowedToTheCallersOwnJobs) {
  const rpc::Caller anna{"anna", {"viewer"}};
  std::vector<std::string> users;
  ASSERT_TRUE(NarrowUsers(anna, users).ok());
  EXPECT_EQ(users, std::vector<std::string>{"anna"});
  users = {"anna", "anna"};
  ASSERT_TRUE(NarrowUsers(anna, users).ok());
  EXPECT_EQ(users, std::vector<std::string>{"anna"});
  users = {"anna", "bob"};
  EXPECT_EQ(Reason(NarrowUsers(anna, users)), "NOT_YOUR_JOB");
  users = {};
  EXPECT_EQ(Reason(NarrowUsers({"anna", {}}, users)), "ROLE_REQUIRED");
}

TEST(AccessTest, S25AuditRecordsAreNarrowedToOnesOwnToo) {
  std::vector<std::string> users;
  ASSERT_TRUE(NarrowAuditUsers({"anna", {"operator"}}, users).ok());
  EXPECT_EQ(users, std::vector<std::string>{"anna"});
  users = {"bob"};
  EXPECT_EQ(Reason(NarrowAuditUsers({"anna", {"operator"}}, users)), "NOT_YOUR_RECORD");
  EXPECT_EQ(Reason(NarrowAuditUsers({"anna", {"janitor"}}, users)), "ROLE_REQUIRED");
  for (const rpc::Caller& caller :
       {rpc::Caller{}, rpc::Caller{"anna", {"auditor"}}, rpc::Caller{"anna", {"admin"}}}) {
    ASSERT_TRUE(NarrowAuditUsers(caller, users).ok());
    EXPECT_EQ(users, std::vector<std::string>{"bob"});
  }
}

TEST(AccessTest, S03ALedgerctlAddsOnlyWhatItTakesOverAndItIsMarked) {
  AuditRecord record{.detail = "row 17", .record_key = "audit_log/17/ab"};
  ASSERT_TRUE(MarkImported({"olga", {"admin"}}, record).ok());
  EXPECT_EQ(record.detail, "imported by olga: row 17");
  record.detail = "row 17";
  ASSERT_TRUE(MarkImported({}, record).ok());
  EXPECT_EQ(record.detail, "imported: row 17");
  EXPECT_EQ(Reason(MarkImported({"olga", {"auditor"}}, record)), "ROLE_REQUIRED");
  for (const char* key : {"", "01J", "audit_log", "user-change 1"}) {
    AuditRecord forged{.record_key = key};
    EXPECT_TRUE(absl::IsInvalidArgument(MarkImported({}, forged))) << key;
  }
}

TEST(AccessTest, S03ALedgerctlTellsInItsPersonsNameWhatThatOneDidToASpool) {
  const AuditRecord dropped{.user_id = "olga", .action = "SPOOL_DROP", .detail = "known to us"};
  AuditRecord record = dropped;
  ASSERT_TRUE(MarkImported({"olga", {"admin"}}, record).ok());
  EXPECT_EQ(record.detail, "known to us");
  EXPECT_EQ(Reason(MarkImported({"olga", {"auditor"}}, record)), "ROLE_REQUIRED");
  EXPECT_TRUE(absl::IsInvalidArgument(MarkImported({"eve", {"admin"}}, record)));
  EXPECT_TRUE(absl::IsInvalidArgument(MarkImported({}, record)));
}

TEST(AccessTest, WhoSeesAllJobsKeepsTheFilter) {
  for (const rpc::Caller& caller : {rpc::Caller{}, rpc::Caller{"bob", {"auditor"}}}) {
    std::vector<std::string> users = {"anna", "bob"};
    ASSERT_TRUE(NarrowUsers(caller, users).ok());
    EXPECT_EQ(users.size(), 2);
    users = {};
    ASSERT_TRUE(NarrowUsers(caller, users).ok());
    EXPECT_TRUE(users.empty());
  }
}

}  // namespace
}  // namespace tms::ledger
