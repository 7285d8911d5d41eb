#include "services/ledger/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "services/ledger/checks.h"
#include "tests/unit/ledger/fake_job_store.h"
#include "tests/unit/ledger/started.h"

namespace tms::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

OwnerEvent Started() {
  return MakeStarted("job", absl::FromUnixSeconds(1'800'000'000), {"1234567"});
}

OwnerEvent Finished() {
  return {.job_id = "job",
          .event_seq = 2,
          .occurred_at = absl::FromUnixSeconds(1'800'000'001),
          .owner = "owner-1",
          .incarnation = 1,
          .fact = JobFinish{.outcome = {.status = JobStatus::kSuccess,
                                        .http_status = 200,
                                        .effect = Effect::kApplied,
                                        .source = OutcomeSource::kTold}}};
}

class LedgerTest : public testing::Test {
 protected:
  RecordResult Record(OwnerEvent event) {
    RecordResult answer;
    ledger_.Record(std::move(event), [&](absl::StatusOr<RecordResult> result) {
      ASSERT_TRUE(result.ok()) << result.status();
      answer = *std::move(result);
    });
    return answer;
  }
  std::vector<std::string> FieldsOf(const absl::Status& status) {
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

TEST_F(LedgerTest, SettlesAnOwnerInSeveralTransactionsAndCountsAll) {
  store_.settle_answers.push_back(SettledJobs{.job_ids = {"a", "b"}, .more = true});
  store_.settle_answers.push_back(SettledJobs{.job_ids = {"c"}});
  absl::StatusOr<int> settled = -1;
  ledger_.SettleOwner("owner", 2, "", [&](absl::StatusOr<int> answer) { settled = answer; });
  EXPECT_EQ(*settled, 3);
  ASSERT_EQ(store_.settlements.size(), 2u);
  EXPECT_EQ(store_.settlements[0].owner, "owner");
  EXPECT_EQ(store_.settlements[1].incarnation, 2);
  EXPECT_EQ(store_.settlements[0].limit, kMaxJobsPerSweep);
}

TEST_F(LedgerTest, SaysWhenTheStoreFailsBetweenTwoTransactionsOfASettling) {
  store_.settle_answers.push_back(SettledJobs{.job_ids = {"a"}, .more = true});
  store_.settle_answers.push_back(absl::UnavailableError("disk"));
  absl::StatusOr<int> settled = -1;
  ledger_.SettleOwner("owner", 2, "", [&](absl::StatusOr<int> answer) { settled = answer; });
  EXPECT_EQ(settled.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(LedgerTest, ForgetsTheDueTimeOfJobsThatWereSettled) {
  sweeper_.Watch("a", absl::Seconds(30), clock_.SinceBoot());
  store_.settle_answers.push_back(SettledJobs{.job_ids = {"a"}});
  ledger_.SettleOwner("owner", 2, "", [](const absl::StatusOr<int>&) {});
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(sweeper_.IsOverdue("a"));
}

TEST_F(LedgerTest, HandsAValidEventToTheStoreAsItIs) {
  EXPECT_EQ(Record(Started()).verdict, Verdict::kApplied);
  EXPECT_EQ(Record(Finished()).verdict, Verdict::kApplied);
  ASSERT_EQ(store_.recorded.size(), 2u);
  EXPECT_EQ(std::get<JobStart>(store_.recorded[0].fact).cids, std::vector<std::string>{"1234567"});
  EXPECT_EQ(std::get<JobFinish>(store_.recorded[1].fact).outcome.http_status, 200);
}

struct BadEvent {
  const char* field;
  std::function<void(OwnerEvent&, JobStart&)> spoil;
};

TEST_F(LedgerTest, AnswersAMalformedStartInvalidNamesTheFieldAndStoresNothing) {
  const BadEvent kCases[] = {
      {"job_id", [](OwnerEvent& e, JobStart&) { e.job_id = ""; }},
      {"job_id", [](OwnerEvent& e, JobStart&) { e.job_id = "a\nb"; }},
      {"event_seq", [](OwnerEvent& e, JobStart&) { e.event_seq = 2; }},
      {"owner", [](OwnerEvent& e, JobStart&) { e.owner = ""; }},
      {"incarnation", [](OwnerEvent& e, JobStart&) { e.incarnation = -1; }},
      {"started.user_id", [](OwnerEvent&, JobStart& s) { s.user_id = ""; }},
      {"started.user_id", [](OwnerEvent&, JobStart& s) { s.user_id = std::string(129, 'x'); }},
      {"started.batch_id", [](OwnerEvent&, JobStart& s) { s.batch_id = std::string(129, 'x'); }},
      {"started.action_code", [](OwnerEvent&, JobStart& s) { s.action_code = 0; }},
      {"started.action_name", [](OwnerEvent&, JobStart& s) { s.action_name = ""; }},
      {"started.cluster", [](OwnerEvent&, JobStart& s) { s.cluster = ""; }},
      {"started.cluster_url", [](OwnerEvent&, JobStart& s) { s.cluster_url = ""; }},
      {"started.cids", [](OwnerEvent&, JobStart& s) { s.cids.clear(); }},
      {"started.cids", [](OwnerEvent&, JobStart& s) { s.cids.assign(50'001, "x"); }},
      {"started.cids[1]",
       [](OwnerEvent&, JobStart& s) {
         s.cids = {"a", "a"};
       }},
      {"started.cids[1]",
       [](OwnerEvent&, JobStart& s) {
         s.cids = {"a", std::string(129, 'x')};
       }},
      {"started.cids[0]", [](OwnerEvent&, JobStart& s) { s.cids = {"a\x7f"}; }},
      {"started.request_id",
       [](OwnerEvent&, JobStart& s) { s.request_id = std::string(129, 'x'); }},
      {"started.fingerprint", [](OwnerEvent&, JobStart& s) { s.request_id = "r"; }},
      {"started.fingerprint",
       [](OwnerEvent&, JobStart& s) { s.fingerprint = std::string(32, 'f'); }},
      {"started.timeout", [](OwnerEvent&, JobStart& s) { s.timeout = absl::ZeroDuration(); }},
      {"started.timeout", [](OwnerEvent&, JobStart& s) { s.timeout = absl::Hours(2); }},
      {"started.source_ip", [](OwnerEvent&, JobStart& s) { s.source_ip = std::string(65, '1'); }},
      {"started.rerun_of", [](OwnerEvent&, JobStart& s) { s.rerun_of = "a\rb"; }},
  };
  for (const BadEvent& bad : kCases) {
    OwnerEvent event = Started();
    bad.spoil(event, std::get<JobStart>(event.fact));
    const RecordResult result = Record(std::move(event));
    EXPECT_EQ(result.verdict, Verdict::kInvalid) << bad.field;
    EXPECT_THAT(result.detail, HasSubstr(std::string(bad.field) + ":"));
  }
  EXPECT_TRUE(store_.recorded.empty());
}

TEST_F(LedgerTest, TakesAStartAtItsLimits) {
  OwnerEvent event = Started();
  auto& start = std::get<JobStart>(event.fact);
  start.cids.clear();
  for (size_t i = 0; i < kMaxCids; ++i) start.cids.push_back(std::to_string(i));
  start.user_id = std::string(128, 'u');
  start.request_id = std::string(128, 'r');
  start.fingerprint = std::string(32, '\0');
  EXPECT_EQ(Record(std::move(event)).verdict, Verdict::kApplied);
}

TEST_F(LedgerTest, AnswersAnEndThatContradictsItselfInvalid) {
  OwnerEvent event = Finished();
  std::get<JobFinish>(event.fact).outcome.effect = Effect::kNotApplied;
  EXPECT_THAT(Record(event).detail, HasSubstr("finished.effect:"));

  event = Finished();
  event.event_seq = 1;
  EXPECT_THAT(Record(event).detail, HasSubstr("event_seq:"));

  event = Finished();
  std::get<JobFinish>(event.fact).outcome.http_status = 1'000;
  EXPECT_THAT(Record(event).detail, HasSubstr("finished.http_status:"));
  EXPECT_TRUE(store_.recorded.empty());
}

TEST_F(LedgerTest, NeverLosesAnOutcomeBecauseOfItsWording) {
  OwnerEvent event = Finished();
  auto& finish = std::get<JobFinish>(event.fact);
  finish.outcome.error_message = "two\nlines" + std::string(20'000, 'x');
  finish.response_summary = std::string(20'000, 'y');
  EXPECT_EQ(Record(event).verdict, Verdict::kApplied);
  const auto& stored = std::get<JobFinish>(store_.recorded[0].fact);
  EXPECT_EQ(stored.outcome.error_message->substr(0, 10), "two linesx");
  EXPECT_EQ(stored.outcome.error_message->size(), kMaxErrorMessageBytes);
  EXPECT_EQ(stored.response_summary->size(), kMaxResponseSummaryBytes);
  EXPECT_TRUE(stored.response_summary_cut);
}

TEST_F(LedgerTest, WatchesAJobFromItsStartToItsEnd) {
  store_.record_answer = RecordResult{.verdict = Verdict::kApplied,
                                      .job = Job{.job_id = "job", .timeout = absl::Seconds(30)}};
  Record(Started());
  clock_.Advance(absl::Seconds(45));
  EXPECT_TRUE(sweeper_.IsOverdue("job"));

  store_.record_answer->job->outcome.status = JobStatus::kSuccess;
  Record(Finished());
  EXPECT_FALSE(sweeper_.IsOverdue("job"));
}

TEST_F(LedgerTest, PassesAFailureOfTheStoreOn) {
  store_.record_answer = MakeStatus(absl::StatusCode::kUnavailable, "disk full");
  ledger_.Record(Started(), [](const absl::StatusOr<RecordResult>& result) {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  });
}

TEST_F(LedgerTest, CoercesPageSizesAndRefusesNegativeOnes) {
  for (const auto& [asked, used] : {std::pair{0, 50}, {1, 1}, {500, 500}, {501, 500}}) {
    ASSERT_TRUE(ledger_.ListJobs({}, {.page_size = asked}).ok());
    EXPECT_EQ(store_.last_limit, used);
  }
  EXPECT_THAT(FieldsOf(ledger_.ListJobs({}, {.page_size = -1}).status()), ElementsAre("page_size"));
  EXPECT_THAT(FieldsOf(ledger_.ListEvents("job", {.page_size = -1}).status()),
              ElementsAre("page_size"));
  EXPECT_THAT(FieldsOf(ledger_.ListCustomers("job", {.page_size = -1}).status()),
              ElementsAre("page_size"));
}

TEST_F(LedgerTest, GoesOnWhereTheTokenSays) {
  const JobKey key{.created_at = absl::FromUnixMicros(1'800'000'000'123'456), .number = 7};
  store_.job_page.next = key;
  const auto first = ledger_.ListJobs({.cid = "c"}, {});
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(store_.last_job_key.has_value());

  store_.job_page.next.reset();
  const auto second = ledger_.ListJobs({.cid = "c"}, {.page_token = first->next_page_token});
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE(store_.last_job_key.has_value());
  EXPECT_EQ(store_.last_job_key->created_at, key.created_at);
  EXPECT_EQ(store_.last_job_key->number, key.number);
  EXPECT_EQ(second->next_page_token, "");
}

TEST_F(LedgerTest, BindsATokenToEveryFieldOfItsFilterButNotToThePageSize) {
  store_.job_page.next = JobKey{.number = 7};
  const JobFilter filter{.user_ids = {"anna"}, .cid = "c"};
  const std::string token = ledger_.ListJobs(filter, {})->next_page_token;
  EXPECT_TRUE(ledger_.ListJobs(filter, {.page_size = 9, .page_token = token}).ok());

  const std::function<void(JobFilter&)> kChanges[] = {
      [](JobFilter& f) { f.user_ids.push_back("bert"); },
      [](JobFilter& f) { f.statuses = {JobStatus::kFailed}; },
      [](JobFilter& f) { f.failure_reasons = {FailureReason::kTimeout}; },
      [](JobFilter& f) { f.effects = {Effect::kUnknown}; },
      [](JobFilter& f) { f.action_codes = {3}; },
      [](JobFilter& f) { f.clusters = {"north"}; },
      [](JobFilter& f) { f.cid = "d"; },
      [](JobFilter& f) { f.batch_id = "c", f.cid = ""; },
      [](JobFilter& f) { f.request_id = "r"; },
      [](JobFilter& f) { f.http_status = 200; },
      [](JobFilter& f) { f.created_after = absl::UnixEpoch(); },
      [](JobFilter& f) { f.created_before = absl::UnixEpoch(); },
  };
  const PageRequest next{.page_token = token};
  EXPECT_THAT(FieldsOf(ledger_.ListJobs(filter, next, JobOrder::kOldestFirst).status()),
              ElementsAre("page_token"));
  for (const auto& change : kChanges) {
    JobFilter other = filter;
    change(other);
    EXPECT_THAT(FieldsOf(ledger_.ListJobs(other, {.page_token = token}).status()),
                ElementsAre("page_token"));
  }
}

TEST_F(LedgerTest, BindsTokensOfAJobsListsToTheJobAndTheList) {
  store_.next_number = 12;
  const std::string token = ledger_.ListEvents("job", {})->next_page_token;
  EXPECT_TRUE(ledger_.ListEvents("job", {.page_token = token}).ok());
  EXPECT_EQ(store_.last_number, 12);
  EXPECT_THAT(FieldsOf(ledger_.ListEvents("other", {.page_token = token}).status()),
              ElementsAre("page_token"));
  EXPECT_THAT(FieldsOf(ledger_.ListCustomers("job", {.page_token = token}).status()),
              ElementsAre("page_token"));
}

TEST_F(LedgerTest, NamesEveryWrongFieldOfAFilterAtOnce) {
  JobFilter filter{.user_ids = std::vector<std::string>(101, "u"),
                   .clusters = {"ok", ""},
                   .cid = std::string(129, 'c'),
                   .batch_id = "a\nb",
                   .http_status = 20};
  filter.created_after = absl::FromUnixSeconds(2);
  filter.created_before = absl::FromUnixSeconds(1);
  EXPECT_THAT(FieldsOf(ledger_.ListJobs(filter, {.page_size = -5}).status()),
              testing::UnorderedElementsAre("filter.user_ids", "filter.clusters[1]", "filter.cid",
                                            "filter.batch_id", "filter.http_status",
                                            "filter.created_before", "page_size"));
}

TEST_F(LedgerTest, RefusesAnEmptyJobId) {
  EXPECT_THAT(FieldsOf(ledger_.GetJob("", true).status()), ElementsAre("job_id"));
  EXPECT_THAT(FieldsOf(ledger_.ListEvents("", {}).status()), ElementsAre("job_id"));
  EXPECT_THAT(FieldsOf(ledger_.ListCustomers("", {}).status()), ElementsAre("job_id"));
}

TEST_F(LedgerTest, AsksTheStoreToResolveWithTheVersionThatThePersonSaw) {
  store_.record_answer->job = Job{.job_id = "job", .timeout = absl::Seconds(30)};
  Record(Started());
  JobUpdate update{.job_id = "job",
                   .mask = {"status"},
                   .values = {.status = JobStatus::kSuccess},
                   .reason = " seen on the cluster ",
                   .etag = "4",
                   .user_id = "anna"};
  ledger_.UpdateJob(update, [](const absl::StatusOr<Job>& job) { EXPECT_TRUE(job.ok()); });
  clock_.Advance(absl::Seconds(45));
  ledger_.UpdateJob(update, [](const absl::StatusOr<Job>& job) { EXPECT_TRUE(job.ok()); });

  ASSERT_EQ(store_.resolutions.size(), 2u);
  EXPECT_EQ(store_.resolutions[0].version, 4);
  EXPECT_EQ(store_.resolutions[0].reason, "seen on the cluster");
  EXPECT_EQ(store_.resolutions[0].user_id, "anna");
  EXPECT_FALSE(store_.resolutions[0].overdue);
  EXPECT_TRUE(store_.resolutions[1].overdue);
  EXPECT_EQ(store_.resolutions[1].claim(Job{})->status, JobStatus::kSuccess);
}

TEST_F(LedgerTest, RefusesAnUpdateBeforeTheStoreHearsOfIt) {
  ledger_.UpdateJob({}, [this](const absl::StatusOr<Job>& job) {
    EXPECT_THAT(FieldsOf(job.status()), testing::Contains("x-tms-user"));
  });
  EXPECT_TRUE(store_.resolutions.empty());
}

TEST_F(LedgerTest, ChoosesABucketThatCutsTheRangeIntoAtMost400) {
  const auto chosen = [this](absl::Duration range) {
    StatsQuery query{.group_by = {StatsDimension::kTime}};
    query.created_before = clock_.Now();
    query.created_after = clock_.Now() - range;
    return ledger_.GetStats(query, std::nullopt)->bucket;
  };
  EXPECT_EQ(chosen(absl::Hours(398)), StatsBucket::kHour);
  EXPECT_EQ(chosen(absl::Hours(399)), StatsBucket::kDay);
  EXPECT_EQ(chosen(absl::Hours(24 * 398)), StatsBucket::kDay);
  EXPECT_EQ(chosen(absl::Hours(24 * 399)), StatsBucket::kMonth);
  EXPECT_EQ(ledger_.GetStats({.group_by = {StatsDimension::kTime}}, std::nullopt)->bucket,
            StatsBucket::kMonth);
}

TEST_F(LedgerTest, RefusesStatisticsThatAreTooLargeOrAskedForTwice) {
  EXPECT_THAT(FieldsOf(ledger_
                           .GetStats({.group_by = {StatsDimension::kUser, StatsDimension::kUser}},
                                     std::nullopt)
                           .status()),
              ElementsAre("group_by"));
  store_.stats_answer = MakeStatus(absl::StatusCode::kResourceExhausted, "too many rows");
  EXPECT_THAT(FieldsOf(ledger_.GetStats({}, std::nullopt).status()), ElementsAre("group_by"));
}

}  // namespace
}  // namespace tms::ledger
