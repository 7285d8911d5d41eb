#include "services/ledgerctl/job_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "common/base/status.h"
#include "google/protobuf/text_format.h"

namespace tms::ledgerctl {
namespace {

using testing::HasSubstr;
using tms::ledger::v1::JobFilter;

// What the flags of a command line ask for.
absl::StatusOr<JobFilter> Filter(std::vector<std::string> arguments) {
  CLI::App app;
  FilterFlags flags;
  AddFilterFlags(app, flags);
  std::ranges::reverse(arguments);  // CLI11 takes them from the back.
  app.parse(arguments);
  return MakeFilter(flags, absl::FromUnixSeconds(1'000'000));
}

std::string Error(std::vector<std::string> arguments) {
  const auto filter = Filter(std::move(arguments));
  return filter.ok() ? "accepted" : std::string(Message(filter.status()));
}

TEST(JobFilterTest, WithoutFlagsMatchesEverything) {
  EXPECT_EQ(Filter({})->ShortDebugString(), "");
}

TEST(JobFilterTest, EachFlagSetsItsField) {
  const auto filter = Filter({"--user-id",
                              "ann",
                              "--user-id",
                              "bob, the builder",
                              "--status",
                              "failed,success",
                              "--failure-reason",
                              "timeout",
                              "--effect",
                              "unknown",
                              "--effect",
                              "applied",
                              "--action-code",
                              "3,5",
                              "--cluster",
                              "east,west",
                              "--cid",
                              "1234567",
                              "--batch-id",
                              "b1",
                              "--request-id",
                              "r1",
                              "--http-status",
                              "503",
                              "--created-after",
                              "1970-01-02",
                              "--created-before",
                              "1d"});
  ASSERT_TRUE(filter.ok()) << filter.status();
  JobFilter expected;
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString(R"pb(
                                                      user_ids: "ann"
                                                      user_ids: "bob, the builder"
                                                      statuses: FAILED
                                                      statuses: SUCCESS
                                                      failure_reasons: TIMEOUT
                                                      effects: UNKNOWN
                                                      effects: APPLIED
                                                      action_codes: 3
                                                      action_codes: 5
                                                      clusters: "east"
                                                      clusters: "west"
                                                      cid: "1234567"
                                                      batch_id: "b1"
                                                      request_id: "r1"
                                                      http_status: 503
                                                      created_after { seconds: 86400 }
                                                      created_before { seconds: 913600 })pb",
                                                    &expected));
  EXPECT_EQ(filter->ShortDebugString(), expected.ShortDebugString());
}

TEST(JobFilterTest, CoversEveryFieldOfTheContract) {
  // A field added to JobFilter needs its flag, and its place in the test above.
  EXPECT_EQ(JobFilter::descriptor()->field_count(), 12);
}

TEST(JobFilterTest, AWrongValueNamesItsFlag) {
  EXPECT_THAT(Error({"--status", "done"}), HasSubstr("--status: 'done'"));
  EXPECT_THAT(Error({"--failure-reason", "x"}), HasSubstr("--failure-reason: 'x'"));
  EXPECT_THAT(Error({"--effect", "maybe"}), HasSubstr("--effect: 'maybe'"));
  EXPECT_THAT(Error({"--created-after", "noon"}), HasSubstr("--created-after: 'noon'"));
  EXPECT_THAT(Error({"--created-before", "noon"}), HasSubstr("--created-before: 'noon'"));
  EXPECT_THROW(Filter({"--http-status", "many"}), CLI::ParseError);
}

}  // namespace
}  // namespace tms::ledgerctl
