#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AuditRecord RecordOf(const std::string& user_id, const std::string& action, absl::Time time) {
  return {.occurred_at = time, .user_id = user_id, .action = action, .success = true};
}

TEST_P(JobStoreContract, AuditRecordComesBackAsItWasGiven) {
  const AuditRecord given{.occurred_at = clock_.Now() - absl::Hours(1),
                          .user_id = "ann",
                          .action = "EXPORT",
                          .target = "status=FAILED",
                          .source_ip = "10.0.0.1",
                          .success = false,
                          .detail = "800 rows",
                          .customer_ids = {"c2", "c1", "c2"},
                          .error_message = "the client went away",
                          .elapsed = absl::Milliseconds(1'280),
                          .record_key = "key-1"};
  EXPECT_EQ(Audit(given).number, 1);
  Reopen();
  const auto page = store().ListAudit({}, std::nullopt, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->records.size(), 1u);
  const AuditRecord& record = page->records[0];
  EXPECT_EQ(record.number, 1);
  EXPECT_EQ(record.occurred_at, given.occurred_at);
  EXPECT_EQ(record.user_id, "ann");
  EXPECT_EQ(record.action, "EXPORT");
  EXPECT_EQ(record.target, "status=FAILED");
  EXPECT_EQ(record.source_ip, "10.0.0.1");
  EXPECT_FALSE(record.success);
  EXPECT_EQ(record.detail, "800 rows");
  EXPECT_THAT(record.customer_ids, ElementsAre("c2", "c1", "c2"));
  EXPECT_EQ(record.error_message, "the client went away");
  EXPECT_EQ(record.elapsed, absl::Milliseconds(1'280));
  EXPECT_EQ(record.record_key, "key-1");
}

TEST_P(JobStoreContract, AuditRecordsAndJobEventsShareOneSequence) {
  RecordExpecting(Verdict::kApplied, Started("job"));
  EXPECT_EQ(Audit(RecordOf("ann", "LOGIN", clock_.Now())).number, 2);
  ASSERT_TRUE(Resolve("job", Success()).ok());
  EXPECT_EQ(Audit(RecordOf("ann", "LOGOUT", clock_.Now())).number, 5);
  EXPECT_THAT(AuditNumbers({}), ElementsAre(5, 4, 2));
}

TEST_P(JobStoreContract, ARecordKeyIsAddedOnceForEver) {
  AuditRecord record = RecordOf("ann", "LOGIN", clock_.Now());
  record.record_key = "key-1";
  EXPECT_FALSE(Audit(record).deduplicated);
  Audit(RecordOf("ann", "LOGIN", clock_.Now()));
  Reopen();
  record.detail = "sent again";
  const AuditResult again = Audit(record);
  EXPECT_TRUE(again.deduplicated);
  EXPECT_EQ(again.number, 1);
  EXPECT_THAT(AuditNumbers({}), ElementsAre(2, 1));
}

TEST_P(JobStoreContract, NewestAuditRecordsComeFirstByWhenTheyHappened) {
  const absl::Time now = clock_.Now();
  for (const int minutes : {5, 1, 3, 1}) {
    Audit(RecordOf("ann", "LOGIN", now - absl::Minutes(minutes)));
  }
  for (const int limit : {1, 2, 3, 100})
    EXPECT_THAT(AuditNumbers({}, limit), ElementsAre(4, 2, 3, 1));
}

TEST_P(JobStoreContract, AuditFiltersCombine) {
  const absl::Time now = clock_.Now();
  Audit(RecordOf("ann", "LOGIN", now));
  AuditRecord about_customers = RecordOf("bob", "EXPORT", now + absl::Seconds(1));
  about_customers.customer_ids = {"c1", "c2"};
  Audit(about_customers);
  Audit(RecordOf("bob", "LOGIN", now + absl::Seconds(2)));

  EXPECT_THAT(AuditNumbers({.user_ids = {"bob"}}), ElementsAre(3, 2));
  EXPECT_THAT(AuditNumbers({.user_ids = {"ann", "bob"}, .actions = {"LOGIN"}}), ElementsAre(3, 1));
  EXPECT_THAT(AuditNumbers({.customer_id = "c2"}), ElementsAre(2));
  EXPECT_THAT(AuditNumbers({.actions = {"LOGIN"}, .customer_id = "c2"}), IsEmpty());
  EXPECT_THAT(AuditNumbers({.customer_id = "c"}), IsEmpty());
  EXPECT_THAT(AuditNumbers({.occurred_after = now + absl::Seconds(1),
                            .occurred_before = now + absl::Seconds(2)}),
              ElementsAre(2));
}

TEST_P(JobStoreContract, APageOfAuditRecordsIsBoundedByItsCustomersToo) {
  AuditRecord large = RecordOf("ann", "EXPORT", clock_.Now());
  large.customer_ids.assign(30'000, "customer");
  for (int i = 0; i < 3; ++i) Audit(large);
  const auto page = store().ListAudit({}, std::nullopt, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->records.size(), 1u);
  EXPECT_TRUE(page->next.has_value());
  EXPECT_THAT(AuditNumbers({.customer_id = "customer"}), ElementsAre(3, 2, 1));
}

}  // namespace
}  // namespace tms::ledger
