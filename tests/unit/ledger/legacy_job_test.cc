// What becomes of the replaced system's times and rows.
#include "services/ledger/sqlite/legacy_job.h"

#include <string>
#include <utility>

#include "common/base/time_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/sqlite/legacy_time.h"

namespace tms::ledger {
namespace {

using sqlite::ValueType;
using ::testing::IsEmpty;

absl::TimeZone Berlin() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  return zone;
}

std::string Utc(const std::string& text) {
  const auto time = ParseLegacyTime(text);
  return time.has_value() ? FormatTimestamp(ToUtc(*time, Berlin()).time) : "nothing";
}

TEST(LegacyTimeTest, LocalTimesBecomeUtcWithAndWithoutFraction) {
  EXPECT_EQ(Utc("2026-01-31T12:17:04.655816"), "2026-01-31T11:17:04.655816Z");
  EXPECT_EQ(Utc("2026-01-31T12:17:04"), "2026-01-31T11:17:04.000000Z");
  EXPECT_EQ(Utc("2026-07-31 12:17:04.5"), "2026-07-31T10:17:04.500000Z");
  EXPECT_EQ(Utc("2026-01-01T00:30:00"), "2025-12-31T23:30:00.000000Z");
}

TEST(LegacyTimeTest, TimesThatSayTheirOffsetNeedNoZone) {
  EXPECT_EQ(Utc("2026-01-31T12:17:04Z"), "2026-01-31T12:17:04.000000Z");
  EXPECT_EQ(Utc("2026-01-31T12:17:04.25+05:30"), "2026-01-31T06:47:04.250000Z");
  EXPECT_EQ(Utc("2026-01-31T12:17:04-0800"), "2026-01-31T20:17:04.000000Z");
  EXPECT_FALSE(ParseLegacyTime("2026-01-31T12:17:04Z")->local());
  EXPECT_TRUE(ParseLegacyTime("2026-01-31T12:17:04")->local());
}

TEST(LegacyTimeTest, AnAmbiguousTimeIsTheFirstOfTheTwo) {
  // At 03:00 summer time the clock went back to 02:00.
  const UtcTime time = ToUtc(*ParseLegacyTime("2026-10-25T02:30:00.25"), Berlin());
  EXPECT_TRUE(time.ambiguous);
  EXPECT_FALSE(time.skipped);
  EXPECT_EQ(FormatTimestamp(time.time), "2026-10-25T00:30:00.250000Z");
}

TEST(LegacyTimeTest, ASkippedTimeIsCountedWithTheOffsetBefore) {
  // At 02:00 the clock went on to 03:00.
  const UtcTime time = ToUtc(*ParseLegacyTime("2026-03-29T02:30:00"), Berlin());
  EXPECT_TRUE(time.skipped);
  EXPECT_FALSE(time.ambiguous);
  EXPECT_EQ(FormatTimestamp(time.time), "2026-03-29T01:30:00.000000Z");
}

TEST(LegacyTimeTest, WhatIsFinerThanAMicrosecondIsKnown) {
  EXPECT_TRUE(ParseLegacyTime("2026-01-31T12:17:04.1234567")->finer);
  EXPECT_FALSE(ParseLegacyTime("2026-01-31T12:17:04.1234560")->finer);
  EXPECT_EQ(Utc("2026-01-31T12:17:04.1234567"), "2026-01-31T11:17:04.123456Z");
}

TEST(LegacyTimeTest, OtherTextsAreNoTimes) {
  for (const char* text :
       {"", "yesterday", "2026-01-31", "2026-02-29T00:00:00", "2026-13-01T00:00:00",
        "2026-01-31T24:00:00", "2026-01-31T12:60:00", "2026-01-31T12:17:60", "2026-01-31T12:17",
        "2026-01-31T12:17:04.", "2026-01-31T12:17:04 ", " 2026-01-31T12:17:04", "1769856000",
        "2026-01-31T12:17:04+1", "0000-01-31T12:17:04", "9999-12-31T23:59:59",
        "2026-01-31T12:17:04.655816Europe"}) {
    EXPECT_FALSE(ParseLegacyTime(text).has_value()) << text;
  }
}

LegacyValue Text(std::string text) { return {.type = ValueType::kText, .text = std::move(text)}; }
LegacyValue Blob(std::string text) { return {.type = ValueType::kBlob, .text = std::move(text)}; }
LegacyValue Integer(int64_t number) {
  return {.type = ValueType::kInteger, .number = number, .text = std::to_string(number)};
}

LegacyJob OldestRow() {
  LegacyJob job{.row_id = 7};
  job.values[kLegacyJobId] = Text("7d71c7ad-914b-459a-9949-5740d3e01861");
  job.values[kLegacyUserId] = Text("admin");
  job.values[kLegacyActionCode] = Integer(1);
  job.values[kLegacyActionName] = Text("Trans-Begin");
  job.values[kLegacyCreatedAt] = Text("2026-01-28T10:38:31.234567");
  job.values[kLegacyStatus] = Text("success");
  return job;
}

MigratedJob Convert(const LegacyJob& legacy) {
  return ConvertLegacyJob(legacy, Berlin(), absl::FromUnixSeconds(1'000));
}

TEST(LegacyJobTest, TheOldestRowsSayNothingButThatTheySucceeded) {
  const MigratedJob migrated = Convert(OldestRow());
  EXPECT_EQ(migrated.job.job_id, "7d71c7ad-914b-459a-9949-5740d3e01861");
  EXPECT_EQ(migrated.job.outcome, Outcome{.status = JobStatus::kSuccess});
  EXPECT_EQ(FormatTimestamp(migrated.job.created_at), "2026-01-28T09:38:31.234567Z");
  EXPECT_EQ(migrated.job.updated_at, migrated.job.created_at);
  EXPECT_EQ(migrated.job.finished_at, std::nullopt);
  EXPECT_EQ(migrated.job.timeout, std::nullopt);
  EXPECT_EQ(migrated.cluster_url, std::nullopt);
  EXPECT_EQ(migrated.request_payload, std::nullopt);
  EXPECT_EQ(migrated.job.response_summary, std::nullopt);
  EXPECT_THAT(migrated.oddities, IsEmpty());
}

TEST(LegacyJobTest, AFailedRowKeepsItsTextsAndNamesNoReason) {
  LegacyJob row = OldestRow();
  row.values[kLegacyStatus] = Text("FAILED");
  row.values[kLegacyHttpStatus] = Integer(401);
  row.values[kLegacyErrorMessage] = Text("API returned status 401: Unauthorized");
  row.values[kLegacyUpdatedAt] = Text("2026-01-28T10:38:32");
  row.values[kLegacyResponseSummary] = Text("In progress...");
  row.values[kLegacyClusterUrl] = Text("https://a.example/tms/v1/set/action");
  const MigratedJob migrated = Convert(row);
  EXPECT_EQ(migrated.job.outcome,
            (Outcome{.status = JobStatus::kFailed,
                     .http_status = 401,
                     .error_message = "API returned status 401: Unauthorized"}));
  EXPECT_EQ(FormatTimestamp(*migrated.job.finished_at), "2026-01-28T09:38:32.000000Z");
  EXPECT_EQ(migrated.job.updated_at, *migrated.job.finished_at);
  EXPECT_EQ(migrated.job.response_summary, "In progress...");
  EXPECT_EQ(migrated.cluster_url, "https://a.example/tms/v1/set/action");
  EXPECT_THAT(migrated.oddities, IsEmpty());
}

TEST(LegacyJobTest, StatusesAreReadWhateverTheirCase) {
  const std::pair<const char*, JobStatus> words[] = {{"success", JobStatus::kSuccess},
                                                     {"SUCCESS", JobStatus::kSuccess},
                                                     {"Failed", JobStatus::kFailed},
                                                     {"in_progress", JobStatus::kInProgress},
                                                     {" SUCCESS ", JobStatus::kSuccess}};
  for (const auto& [word, status] : words) {
    LegacyJob row = OldestRow();
    row.values[kLegacyStatus] = Text(word);
    EXPECT_EQ(Convert(row).job.outcome.status, status) << word;
    EXPECT_THAT(Convert(row).oddities, IsEmpty()) << word;
  }
}

TEST(LegacyJobTest, AStatusThatSaysNothingLeavesTheOutcomeOpen) {
  for (const LegacyValue& value : {LegacyValue{}, Text("done"), Integer(1), Blob("SUCCESS")}) {
    LegacyJob row = OldestRow();
    row.values[kLegacyStatus] = value;
    const MigratedJob migrated = Convert(row);
    EXPECT_EQ(migrated.job.outcome.status, JobStatus::kInProgress);
    ASSERT_EQ(migrated.oddities.size(), 1u);
    EXPECT_EQ(migrated.oddities[0].column, kLegacyStatus);
  }
}

TEST(LegacyJobTest, WhatAnInProgressRowWasLastTouchedIsNotItsEnd) {
  LegacyJob row = OldestRow();
  row.values[kLegacyStatus] = Text("IN_PROGRESS");
  row.values[kLegacyUpdatedAt] = Text("2026-01-28T10:38:31.234567");
  EXPECT_EQ(Convert(row).job.finished_at, std::nullopt);
}

TEST(LegacyJobTest, JunkIsConvertedAsFarAsItGoesAndNamed) {
  LegacyJob row{.row_id = 8};
  row.values[kLegacyUserId] = Text("a\xff");
  row.values[kLegacyActionCode] = Text("two");
  row.values[kLegacyCreatedAt] = Text("yesterday");
  row.values[kLegacyStatus] = Text("SUCCESS");
  row.values[kLegacyHttpStatus] = Integer(int64_t{1} << 40);
  row.values[kLegacyUpdatedAt] = Text("");
  row.values[kLegacyBatchId] = Text("");
  row.values[kLegacyRequestPayload] = Blob("{}");
  const MigratedJob migrated = Convert(row);
  EXPECT_EQ(migrated.job.user_id, "a\xef\xbf\xbd");
  EXPECT_EQ(migrated.job.action_code, 0);
  EXPECT_EQ(migrated.job.created_at, absl::FromUnixSeconds(1'000));  // the row's before it
  EXPECT_EQ(migrated.job.outcome.http_status, std::nullopt);
  EXPECT_EQ(migrated.request_payload, "{}");
  EXPECT_EQ(migrated.batch_id, std::nullopt);
  std::vector<LegacyColumn> columns;
  for (const Oddity& oddity : migrated.oddities) columns.push_back(oddity.column);
  EXPECT_THAT(columns, ::testing::UnorderedElementsAre(kLegacyJobId, kLegacyUserId,
                                                       kLegacyActionCode, kLegacyActionName,
                                                       kLegacyCreatedAt, kLegacyHttpStatus,
                                                       kLegacyUpdatedAt, kLegacyRequestPayload));
}

TEST(LegacyJobTest, ValuesAreShownAsSqlWouldWriteThem) {
  EXPECT_EQ(ToLiteral({}), "NULL");
  EXPECT_EQ(ToLiteral(Integer(-12)), "-12");
  EXPECT_EQ(ToLiteral(Text("it's")), "'it''s'");
  EXPECT_EQ(ToLiteral(Blob(std::string("\0\xff", 2))), "X'00ff'");
  EXPECT_EQ(ToLiteral(Text("\xff")), "CAST(X'ff' AS TEXT)");
}

TEST(LegacyJobTest, TheDigestCoversEveryColumnAndItsType) {
  const std::string digest = DigestOf(OldestRow());
  EXPECT_EQ(DigestOf(OldestRow()), digest);
  for (size_t i = 0; i < kLegacyColumnCount; ++i) {
    LegacyJob row = OldestRow();
    row.values[i] = Text(row.values[i].text + "x");
    EXPECT_NE(DigestOf(row), digest) << kLegacyColumnNames[i];
  }
  LegacyJob row = OldestRow();
  row.values[kLegacyActionCode] = Text("1");
  EXPECT_NE(DigestOf(row), digest);
}

}  // namespace
}  // namespace tms::ledger
