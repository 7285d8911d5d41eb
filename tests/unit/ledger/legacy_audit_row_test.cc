// What becomes of a row of the replaced system's audit_log.
#include "services/ledger/offline/legacy_audit_row.h"

#include <set>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/base/time_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/audit_checks.h"
#include "services/ledger/checks.h"

namespace tms::ledger {
namespace {

using sqlite::ValueType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kBefore = absl::FromUnixSeconds(1'769'000'000);

LegacyValue Text(std::string text) { return {.type = ValueType::kText, .text = std::move(text)}; }
LegacyValue Number(int64_t number) {
  return {.type = ValueType::kInteger, .number = number, .text = std::to_string(number)};
}

LegacyAuditRow OrdinaryRow() {
  return {.row_id = 17,
          .values = {Number(17), Text("olga"), Text("SET_ACTION"), Text(R"(["c1", "c2"])"),
                     Text("2026-01-31 12:17:04"), Text("10.1.2.3"), Text("failure"),
                     Text("API returned status 401: Unauthorized"), Number(283)}};
}

ImportedAudit Convert(const LegacyAuditRow& row) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  ImportedAudit imported = ConvertLegacyAudit(row, zone, kBefore);
  for (const AuditRecord& record : imported.records) {
    EXPECT_TRUE(CheckAuditRecord(record).ok()) << CheckAuditRecord(record);
  }
  return imported;
}

AuditRecord ConvertToOne(const LegacyAuditRow& row) {
  ImportedAudit imported = Convert(row);
  EXPECT_EQ(imported.records.size(), 1U);
  return imported.records.front();
}

LegacyAuditRow With(LegacyAuditColumn column, LegacyValue value) {
  LegacyAuditRow row = OrdinaryRow();
  row.values[column] = std::move(value);
  return row;
}

TEST(LegacyAuditRowTest, EachColumnHasItsPlace) {
  const ImportedAudit imported = Convert(OrdinaryRow());
  ASSERT_EQ(imported.records.size(), 1U);
  const AuditRecord& record = imported.records.front();
  EXPECT_EQ(FormatTimestamp(record.occurred_at), "2026-01-31T12:17:04.000000Z");
  EXPECT_EQ(record.user_id, "olga");
  EXPECT_EQ(record.action, "SET_ACTION");
  EXPECT_EQ(record.target, "audit_log/17");
  EXPECT_EQ(record.source_ip, "10.1.2.3");
  EXPECT_FALSE(record.success);
  EXPECT_EQ(record.error_message, "API returned status 401: Unauthorized");
  EXPECT_EQ(record.elapsed, absl::Milliseconds(283));
  EXPECT_THAT(record.customer_ids, ElementsAre("c1", "c2"));
  EXPECT_EQ(record.detail, "row 17 of the replaced system's audit_log");
  EXPECT_THAT(record.record_key, StartsWith("audit_log/17/"));
  EXPECT_THAT(imported.oddities, IsEmpty());
}

TEST(LegacyAuditRowTest, WhatIsNullStaysUnset) {
  LegacyAuditRow row = OrdinaryRow();
  for (const auto column :
       {kAuditCustomerIds, kAuditIpAddress, kAuditErrorMessage, kAuditDurationMs}) {
    row.values[column] = {};
  }
  const ImportedAudit imported = Convert(row);
  const AuditRecord& record = imported.records.front();
  EXPECT_THAT(record.customer_ids, IsEmpty());
  EXPECT_EQ(record.source_ip, "");
  EXPECT_EQ(record.error_message, std::nullopt);
  EXPECT_EQ(record.elapsed, std::nullopt);
  EXPECT_THAT(imported.oddities, IsEmpty());
}

TEST(LegacyAuditRowTest, TimesWithASpaceAreUtcThoseWithATAreLocal) {
  const auto time = [](const char* text) {
    return FormatTimestamp(ConvertToOne(With(kAuditTimestamp, Text(text))).occurred_at);
  };
  EXPECT_EQ(time("2026-01-31 12:17:04"), "2026-01-31T12:17:04.000000Z");
  EXPECT_EQ(time("2026-01-31T12:17:04.25"), "2026-01-31T11:17:04.250000Z");
  EXPECT_EQ(time("2026-01-31T12:17:04+05:30"), "2026-01-31T06:47:04.000000Z");
  EXPECT_FALSE(NeedsZone(Text("2026-01-31 12:17:04")));
  EXPECT_TRUE(NeedsZone(Text("2026-01-31T12:17:04")));
  EXPECT_FALSE(NeedsZone(Text("2026-01-31T12:17:04Z")));
  EXPECT_FALSE(NeedsZone(Text("yesterday")));
  EXPECT_FALSE(NeedsZone({}));
  EXPECT_TRUE(Convert(With(kAuditTimestamp, Text("2026-10-25T02:30:00"))).ambiguous_time);
  EXPECT_FALSE(Convert(With(kAuditTimestamp, Text("2026-10-25 02:30:00"))).ambiguous_time);
}

TEST(LegacyAuditRowTest, CustomersAreAnArrayABareTextOrNothing) {
  const auto customers = [](LegacyValue value) {
    const ImportedAudit imported = Convert(With(kAuditCustomerIds, std::move(value)));
    EXPECT_THAT(imported.oddities, IsEmpty());
    return imported.records.front().customer_ids;
  };
  EXPECT_THAT(customers(Text(R"(["a", 7654321, "b"])")), ElementsAre("a", "7654321", "b"));
  EXPECT_THAT(customers(Text("0af3")), ElementsAre("0af3"));
  EXPECT_THAT(customers(Text("7654321")), ElementsAre("7654321"));
  EXPECT_THAT(customers(Number(7654321)), ElementsAre("7654321"));
  EXPECT_THAT(customers(Text("[]")), IsEmpty());
  EXPECT_THAT(customers(Text("")), IsEmpty());
}

TEST(LegacyAuditRowTest, WhatIsNotUnderstoodIsKeptAsItWas) {
  const std::pair<LegacyAuditRow, std::string> cases[] = {
      {With(kAuditId, Text("x")), "id 'x' (not the row's number)"},
      {With(kAuditUserId, {}), "user_id NULL (missing)"},
      {With(kAuditActionType, Text("Trans-Begin")), "action_type 'Trans-Begin' (not a word"},
      {With(kAuditActionType, {}), "action_type NULL (missing)"},
      {With(kAuditCustomerIds, Text(R"(["a", null])")), R"(customer_ids '["a", null]' (not unde)"},
      {With(kAuditCustomerIds, Text("[1.5]")), "customer_ids '[1.5]' (not understood)"},
      {With(kAuditCustomerIds, Text("['a']")), "customer_ids '[''a'']' (not understood)"},
      {With(kAuditCustomerIds, Text("a\nb")), "customer_ids CAST(X'610a62' AS TEXT) (not under"},
      {With(kAuditTimestamp, Text("yesterday")), "timestamp 'yesterday' (not understood)"},
      {With(kAuditTimestamp, {}), "timestamp NULL (missing)"},
      {With(kAuditIpAddress, Text(std::string(65, '1'))), "ip_address '1111"},
      {With(kAuditStatus, Text("done")), "status 'done' (not understood)"},
      {With(kAuditStatus, {}), "status NULL (missing)"},
      {With(kAuditErrorMessage, Text("a\tb")), "error_message CAST(X'610962' AS TEXT) (not text"},
      {With(kAuditErrorMessage, {.type = ValueType::kBlob, .text = "\xff"}),
       "error_message X'ff' (not text"},
      {With(kAuditDurationMs, Text("long")), "duration_ms 'long' (not understood)"},
      {With(kAuditDurationMs, Number(-1)), "duration_ms -1 (not understood)"},
      {With(kAuditDurationMs, Text("283.5")), "duration_ms '283.5' (not whole milliseconds)"},
  };
  for (const auto& [row, kept] : cases) {
    const ImportedAudit imported = Convert(row);
    EXPECT_EQ(imported.oddities.size(), 1U) << kept;
    EXPECT_THAT(imported.records.front().detail, HasSubstr(kept));
  }
}

TEST(LegacyAuditRowTest, WhatStandsInForIt) {
  EXPECT_EQ(ConvertToOne(With(kAuditUserId, {})).user_id, "(unknown)");
  EXPECT_EQ(ConvertToOne(With(kAuditActionType, Text("Trans-Begin"))).action, "TRANS_BEGIN");
  EXPECT_EQ(ConvertToOne(With(kAuditActionType, Text("§"))).action, "UNKNOWN");
  EXPECT_EQ(ConvertToOne(With(kAuditTimestamp, Text("yesterday"))).occurred_at, kBefore);
  EXPECT_THAT(ConvertToOne(With(kAuditCustomerIds, Text(R"(["a", null, "b"])"))).customer_ids,
              ElementsAre("a", "b"));
  EXPECT_EQ(ConvertToOne(With(kAuditErrorMessage, Text("a\tb"))).error_message, "a b");
  EXPECT_EQ(ConvertToOne(With(kAuditDurationMs, Text("283.5"))).elapsed, absl::Milliseconds(283));
  EXPECT_FALSE(ConvertToOne(With(kAuditStatus, {})).success);
  EXPECT_TRUE(ConvertToOne(With(kAuditStatus, Text("SUCCESS"))).success);
}

TEST(LegacyAuditRowTest, ColumnsOfNoKnownGenerationAreKept) {
  LegacyAuditRow row = OrdinaryRow();
  row.more_names = {"remark", "empty"};
  row.more = {Text("it's odd"), {}};
  const ImportedAudit imported = Convert(row);
  EXPECT_THAT(imported.oddities, ElementsAre("remark: a column of no known generation"));
  EXPECT_THAT(imported.records.front().detail, HasSubstr("remark 'it''s odd' (a column"));
}

TEST(LegacyAuditRowTest, AKeyIsOfTheRowAndItsContent) {
  const std::string key = ConvertToOne(OrdinaryRow()).record_key;
  EXPECT_EQ(ConvertToOne(OrdinaryRow()).record_key, key);
  LegacyAuditRow other_row = OrdinaryRow();
  other_row.row_id = 18;
  other_row.values[kAuditId] = Number(18);
  EXPECT_NE(ConvertToOne(other_row).record_key, key);
  EXPECT_NE(ConvertToOne(With(kAuditUserId, Text("Olga"))).record_key, key);
  EXPECT_NE(ConvertToOne(With(kAuditDurationMs, Text("283"))).record_key, key);
}

TEST(LegacyAuditRowTest, ALongValueGoesOnInFurtherRecords) {
  std::string message;
  for (int i = 0; i < 3'000; ++i) message += "line " + std::to_string(i) + "; ";
  const ImportedAudit imported = Convert(With(kAuditErrorMessage, Text(message)));
  ASSERT_GT(imported.records.size(), 2U);
  std::string kept;
  std::set<std::string> keys;
  for (const AuditRecord& record : imported.records) {
    const size_t begin = record.detail.find("audit_log");
    const size_t part = record.detail.find(", part ");
    kept += record.detail.substr(part == std::string::npos ? begin + 9 : part + 8);
    EXPECT_EQ(record.action, "SET_ACTION");
    keys.insert(record.record_key);
  }
  EXPECT_EQ(keys.size(), imported.records.size());
  EXPECT_THAT(kept, HasSubstr("'" + message + "' (too long)"));
}

TEST(LegacyAuditRowTest, MoreCustomersThanARecordHoldsGoOnInFurtherRecords) {
  std::string array = "[0";
  for (size_t i = 1; i <= kMaxCids; ++i) array += "," + std::to_string(i);
  const ImportedAudit imported = Convert(With(kAuditCustomerIds, Text(array + "]")));
  ASSERT_EQ(imported.records.size(), 2U);
  EXPECT_EQ(imported.records[0].customer_ids.size(), kMaxCids);
  EXPECT_THAT(imported.records[1].customer_ids, ElementsAre(std::to_string(kMaxCids)));
  EXPECT_THAT(imported.records[1].detail, Not(HasSubstr("customer_ids")));
  EXPECT_THAT(imported.oddities, IsEmpty());
}

}  // namespace
}  // namespace tms::ledger
