// The ledger's rules for audit records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "services/ledger/ledger.h"
#include "tests/unit/ledger/fake_job_store.h"

namespace tms::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LedgerAuditTest : public testing::Test {
 protected:
  absl::Status RecordAudit(AuditRecord record) {
    absl::Status status;
    ledger_.RecordAudit(std::move(record), [&](const absl::StatusOr<AuditResult>& result) {
      status = result.status();
    });
    return status;
  }
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    std::vector<std::string> fields;
    for (const auto& violation : GetViolations(status)) fields.push_back(violation.field);
    return fields;
  }

  FakeClock clock_;
  FakeJobStore store_;
  Sweeper sweeper_{store_, clock_, absl::Seconds(15)};
  Ledger ledger_{store_, sweeper_, clock_};
};

AuditRecord Login() { return {.user_id = "ann", .action = "LOGIN_FAILED"}; }

TEST_F(LedgerAuditTest, ARecordWithoutATimeHappenedWhenTheLedgerHeardOfIt) {
  EXPECT_TRUE(RecordAudit(Login()).ok());
  AuditRecord earlier = Login();
  earlier.occurred_at = absl::UnixEpoch();
  EXPECT_TRUE(RecordAudit(earlier).ok());
  ASSERT_EQ(store_.audited.size(), 2u);
  EXPECT_EQ(store_.audited[0].occurred_at, clock_.Now());
  EXPECT_EQ(store_.audited[1].occurred_at, absl::UnixEpoch());
}

TEST_F(LedgerAuditTest, NamesTheWrongFieldOfARecordAndStoresNothing) {
  struct BadRecord {
    const char* field;
    std::function<void(AuditRecord&)> spoil;
  };
  const std::string name(129, 'x');
  const std::string text(8'193, 'x');
  const BadRecord kCases[] = {
      {"record.user_id", [](AuditRecord& r) { r.user_id = ""; }},
      {"record.user_id", [&](AuditRecord& r) { r.user_id = name; }},
      {"record.action", [](AuditRecord& r) { r.action = ""; }},
      {"record.action", [](AuditRecord& r) { r.action = "Login"; }},
      {"record.action", [](AuditRecord& r) { r.action = "_X"; }},
      {"record.action", [](AuditRecord& r) { r.action = std::string(65, 'X'); }},
      {"record.target", [&](AuditRecord& r) { r.target = text; }},
      {"record.source_ip", [](AuditRecord& r) { r.source_ip = std::string(65, '1'); }},
      {"record.detail", [](AuditRecord& r) { r.detail = "a\nb"; }},
      {"record.error_message", [&](AuditRecord& r) { r.error_message = text; }},
      {"record.record_key", [&](AuditRecord& r) { r.record_key = name; }},
      {"record.elapsed", [](AuditRecord& r) { r.elapsed = absl::Seconds(-1); }},
      {"record.elapsed", [](AuditRecord& r) { r.elapsed = absl::Hours(24 * 366); }},
      {"record.customer_ids", [](AuditRecord& r) { r.customer_ids.assign(50'001, "x"); }},
      {"record.customer_ids[1]",
       [](AuditRecord& r) {
         r.customer_ids = {"a", ""};
       }},
  };
  for (const BadRecord& bad : kCases) {
    AuditRecord record = Login();
    bad.spoil(record);
    EXPECT_THAT(FieldsOf(RecordAudit(std::move(record))), ElementsAre(bad.field));
  }
  EXPECT_THAT(store_.audited, IsEmpty());
}

TEST_F(LedgerAuditTest, NamesTheWrongConditionsOfAList) {
  const AuditFilter filter{.user_ids = {""},
                           .actions = {"LOGIN", "x"},
                           .customer_id = std::string(129, 'c'),
                           .occurred_after = clock_.Now(),
                           .occurred_before = clock_.Now() - absl::Seconds(1)};
  EXPECT_THAT(
      FieldsOf(ledger_.ListAudit(filter, {.page_size = -1}).status()),
      ElementsAre("user_ids[0]", "actions[1]", "customer_id", "occurred_before", "page_size"));
  const AuditFilter many{.actions = std::vector<std::string>(101, "LOGIN")};
  EXPECT_THAT(FieldsOf(ledger_.ListAudit(many, {}).status()), ElementsAre("actions"));
}

TEST_F(LedgerAuditTest, S23_APageTokenGoesOnInItsOwnListOnly) {
  store_.audit_page.next = AuditKey{.occurred_at = clock_.Now(), .number = 9};
  const AuditFilter filter{.user_ids = {"ann"}};
  const auto first = ledger_.ListAudit(filter, {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(store_.last_limit, 50);
  const std::string token = first->next_page_token;
  ASSERT_TRUE(ledger_.ListAudit(filter, {.page_size = 1'000, .page_token = token}).ok());
  EXPECT_EQ(store_.last_limit, 500);
  EXPECT_EQ(store_.last_audit_key->occurred_at, clock_.Now());
  EXPECT_EQ(store_.last_audit_key->number, 9);
  EXPECT_EQ(store_.last_audit_filter.user_ids, filter.user_ids);

  EXPECT_THAT(FieldsOf(ledger_.ListAudit({}, {.page_token = token}).status()),
              ElementsAre("page_token"));
  EXPECT_THAT(FieldsOf(ledger_.ListAudit({.actions = {"ANN"}}, {.page_token = token}).status()),
              ElementsAre("page_token"));
}

}  // namespace
}  // namespace tms::ledger
