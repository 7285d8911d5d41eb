#include "services/ledger/job_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tms::ledger {
namespace {

using testing::Contains;
using testing::Field;

JobUpdate Valid() {
  return {.job_id = "job",
          .mask = {"status"},
          .values = {.status = JobStatus::kSuccess},
          .reason = "seen on the cluster",
          .etag = "1",
          .user_id = "anna"};
}

void ExpectFault(const JobUpdate& update, const std::string& field) {
  EXPECT_THAT(GetViolations(CheckUpdate(update)), Contains(Field(&FieldViolation::field, field)));
}

TEST(CheckUpdate, TakesAValidUpdate) { EXPECT_TRUE(CheckUpdate(Valid()).ok()); }

TEST(CheckUpdate, NamesEveryFieldThatIsMissing) {
  for (const char* field : {"job.job_id", "x-tms-user", "reason", "etag", "update_mask"}) {
    ExpectFault(JobUpdate{}, field);
  }
}

TEST(CheckUpdate, WantsAReasonOf3To1000Characters) {
  JobUpdate update = Valid();
  for (const std::string& bad : {std::string("ab"), std::string("  ab  "), std::string(1'001, 'x'),
                                 std::string("two\nlines")}) {
    update.reason = bad;
    ExpectFault(update, "reason");
  }
  update.reason = std::string(1'000, 'x');
  EXPECT_TRUE(CheckUpdate(update).ok());
}

TEST(CheckUpdate, RefusesAMaskThatNamesAnyOtherField) {
  for (const char* path : {"user_id", "*", "", "failure_reason", "conflict", "Status"}) {
    JobUpdate update = Valid();
    update.mask.push_back(path);
    ExpectFault(update, "update_mask");
  }
}

TEST(CheckUpdate, RefusesValuesThatNoEndCanHave) {
  JobUpdate update = Valid();
  update.mask = {"status", "effect", "http_status", "error_message"};
  update.values = {.status = JobStatus::kInProgress,
                   .http_status = 99,
                   .effect = Effect::kUnspecified,
                   .error_message = "two\nlines"};
  for (const char* field : {"job.status", "job.effect", "job.http_status", "job.error_message"}) {
    ExpectFault(update, field);
  }
}

constexpr char kUnknown[] = "the outcome is unknown";

Outcome Presumed() {
  return {.status = JobStatus::kFailed,
          .failure_reason = FailureReason::kInterrupted,
          .effect = Effect::kUnknown,
          .error_message = kUnknown,
          .source = OutcomeSource::kPresumed};
}

Outcome Claim(const Outcome& current, std::vector<std::string> mask, Outcome values) {
  JobUpdate update = Valid();
  update.mask = std::move(mask);
  update.values = std::move(values);
  const auto claim = MakeClaim(current, update);
  EXPECT_TRUE(claim.ok()) << claim.status();
  return claim.value_or(Outcome{});
}

TEST(MakeClaim, TakesSuccessAsApplied) {
  const Outcome claim = Claim(Presumed(), {"status"}, {.status = JobStatus::kSuccess});
  EXPECT_EQ(claim, (Outcome{.status = JobStatus::kSuccess,
                            .effect = Effect::kApplied,
                            .source = OutcomeSource::kResolved}));
}

TEST(MakeClaim, KeepsWhatTheMaskLeavesOut) {
  const Outcome claim =
      Claim(Presumed(), {"http_status"}, {.status = JobStatus::kSuccess, .http_status = 200});
  EXPECT_EQ(claim.status, JobStatus::kFailed);
  EXPECT_EQ(claim.http_status, 200);
  EXPECT_EQ(claim.effect, Effect::kUnknown);
  EXPECT_EQ(claim.error_message, kUnknown);
}

TEST(MakeClaim, DropsAPresumedMessageThatIsNoLongerTrue) {
  const Outcome claim = Claim(Presumed(), {"effect"}, {.effect = Effect::kNotApplied});
  EXPECT_EQ(claim.error_message, std::nullopt);
  EXPECT_EQ(claim.status, JobStatus::kFailed);
  EXPECT_EQ(claim.failure_reason, FailureReason::kInterrupted);
}

TEST(MakeClaim, TakesARunningJobAsInterrupted) {
  const Outcome claim = Claim(Outcome{}, {"effect"}, {.effect = Effect::kApplied});
  EXPECT_EQ(claim.status, JobStatus::kFailed);
  EXPECT_EQ(claim.failure_reason, FailureReason::kInterrupted);
  EXPECT_EQ(claim.effect, Effect::kApplied);
}

TEST(MakeClaim, KeepsWhatTheOwnerToldBesideANewEffect) {
  const Outcome told{.status = JobStatus::kFailed,
                     .http_status = 504,
                     .failure_reason = FailureReason::kHttpError,
                     .effect = Effect::kUnknown,
                     .error_message = "API returned status 504",
                     .source = OutcomeSource::kTold};
  Outcome expected = told;
  expected.effect = Effect::kNotApplied;
  expected.source = OutcomeSource::kResolved;
  EXPECT_EQ(Claim(told, {"effect"}, {.effect = Effect::kNotApplied}), expected);
}

TEST(MakeClaim, RefusesASuccessThatWasNotApplied) {
  JobUpdate update = Valid();
  update.mask = {"status", "effect"};
  update.values = {.status = JobStatus::kSuccess, .effect = Effect::kNotApplied};
  const auto claim = MakeClaim(Presumed(), update);
  ASSERT_EQ(GetViolations(claim.status()).size(), 1u);
  EXPECT_EQ(GetViolations(claim.status())[0].field, "job.effect");
}

TEST(VersionOf, IsNoRowsVersionForAForeignEtag) {
  EXPECT_EQ(VersionOf("12"), 12);
  for (const char* foreign : {"", "abc", "12 ", "1.5", "W/\"1\"", "99999999999999999999"}) {
    EXPECT_LT(VersionOf(foreign), 1) << foreign;
  }
}

}  // namespace
}  // namespace tms::ledger
