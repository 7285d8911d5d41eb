// What can be asked about jobs, over real gRPC and a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "common/rpc/status.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class QueriesTest : public LedgerFixture {
 protected:
  // Records a start that `change` has altered.
  void RecordStarted(
      const std::string& job_id,
      const std::function<void(v1::JobEvent&)>& change = [](v1::JobEvent&) {}) {
    v1::JobEvent event = MakeStarted(job_id);
    change(event);
    ASSERT_EQ(Record(event).verdict(), v1::RecordEventsResponse::APPLIED);
  }

  // The ids of all jobs that `request` lists, page by page.
  std::vector<std::string> IdsOf(v1::ListJobsRequest request) {
    std::vector<std::string> ids;
    do {
      const auto page = ListJobs(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Job& job : page->jobs()) ids.push_back(job.job_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  std::vector<std::string> IdsWhere(const std::function<void(v1::JobFilter&)>& narrow) {
    v1::ListJobsRequest request;
    narrow(*request.mutable_filter());
    return IdsOf(request);
  }
};

TEST_F(QueriesTest, ListsTheNewestFirstAndBreaksTiesByNumber) {
  RecordStarted("b");
  RecordStarted("a");
  RecordStarted("later", [](v1::JobEvent& e) { e.mutable_occurred_at()->set_nanos(1'000); });
  RecordStarted("earlier", [](v1::JobEvent& e) { e.mutable_occurred_at()->set_seconds(5); });
  EXPECT_THAT(IdsOf({}), ElementsAre("later", "a", "b", "earlier"));
}

TEST_F(QueriesTest, FiltersByEveryFieldAndByAllTogether) {
  RecordStarted("plain");
  RecordStarted("special", [](v1::JobEvent& e) {
    e.mutable_occurred_at()->set_seconds(1'900'000'000);
    auto& started = *e.mutable_started();
    started.set_user_id("bert");
    started.set_batch_id("batch");
    started.set_action_code(5);
    started.set_cluster("south");
    started.add_cids("special-customer");
    started.set_request_id("request");
    started.set_fingerprint(std::string(32, 'f'));
  });
  ASSERT_EQ(Record(MakeTimedOut("special")).verdict(), v1::RecordEventsResponse::APPLIED);

  const std::function<void(v1::JobFilter&)> kOnlySpecial[] = {
      [](v1::JobFilter& f) { f.add_user_ids("bert"); },
      [](v1::JobFilter& f) { f.add_statuses(v1::Job::FAILED); },
      [](v1::JobFilter& f) { f.add_failure_reasons(v1::Job::TIMEOUT); },
      [](v1::JobFilter& f) { f.add_effects(v1::Job::UNKNOWN); },
      [](v1::JobFilter& f) { f.add_action_codes(5); },
      [](v1::JobFilter& f) { f.add_clusters("south"); },
      [](v1::JobFilter& f) { f.set_cid("special-customer"); },
      [](v1::JobFilter& f) { f.set_batch_id("batch"); },
      [](v1::JobFilter& f) { f.set_request_id("request"); },
      [](v1::JobFilter& f) { f.mutable_created_after()->set_seconds(1'900'000'000); },
  };
  v1::ListJobsRequest all_together;
  for (const auto& narrow : kOnlySpecial) {
    EXPECT_THAT(IdsWhere(narrow), ElementsAre("special"));
    narrow(*all_together.mutable_filter());
  }
  EXPECT_THAT(IdsOf(all_together), ElementsAre("special"));
  all_together.mutable_filter()->add_user_ids("anna");
  EXPECT_THAT(IdsOf(all_together), ElementsAre("special"));
  all_together.mutable_filter()->set_cid("1234567-not");
  EXPECT_THAT(IdsOf(all_together), IsEmpty());

  EXPECT_THAT(
      IdsWhere([](v1::JobFilter& f) { f.mutable_created_before()->set_seconds(1'900'000'000); }),
      ElementsAre("plain"));
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) { f.add_user_ids("bert"), f.add_user_ids("anna"); }),
              UnorderedElementsAre("plain", "special"));
}

TEST_F(QueriesTest, FiltersByHttpStatus) {
  RecordStarted("a");
  RecordStarted("b");
  Record(MakeFinished("a"));
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) { f.set_http_status(200); }), ElementsAre("a"));
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) { f.set_http_status(401); }), IsEmpty());
}

TEST_F(QueriesTest, FindsJobsWithoutFailureReasonOrEffectByUnspecified) {
  RecordStarted("open");
  RecordStarted("done");
  RecordStarted("late");
  Record(MakeFinished("done"));
  Record(MakeTimedOut("late"));
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) { f.add_effects(v1::Job::EFFECT_UNSPECIFIED); }),
              ElementsAre("open"));
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) {
                f.add_failure_reasons(v1::Job::FAILURE_REASON_UNSPECIFIED);
              }),
              ElementsAre("done", "open"));
}

TEST_F(QueriesTest, ReturnsNoJobTwiceWhileNewOnesAreMade) {
  constexpr int kJobs = 30;
  for (int i = 0; i < kJobs; ++i) RecordStarted("old" + std::to_string(i));
  v1::ListJobsRequest request;
  request.set_page_size(7);
  std::multiset<std::string> seen;
  int made = 0;
  do {
    const auto page = ListJobs(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->jobs_size(), 7);
    for (const v1::Job& job : page->jobs()) seen.insert(job.job_id());
    RecordStarted("new" + std::to_string(made++));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  for (int i = 0; i < kJobs; ++i) EXPECT_EQ(seen.count("old" + std::to_string(i)), 1u) << i;
  for (const std::string& id : seen) EXPECT_EQ(seen.count(id), 1u) << id;
}

TEST_F(QueriesTest, ListsFromEitherEnd) {
  for (const char* id : {"a", "b", "c"}) RecordStarted(id);
  const auto ids = [&](const std::string& order) {
    v1::ListJobsRequest request;
    request.set_order_by(order);
    request.set_page_size(2);
    std::vector<std::string> found;
    do {
      const auto page = ListJobs(request);
      for (const v1::Job& job : page->jobs()) found.push_back(job.job_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return found;
  };
  EXPECT_THAT(ids("created_at"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids("created_at desc"), ElementsAre("c", "b", "a"));
  EXPECT_EQ(ids(""), ids("created_at desc"));
  v1::ListJobsRequest request;
  request.set_order_by("user_id");
  EXPECT_THAT(FieldsOf(ListJobs(request).status()), ElementsAre("order_by"));
}

TEST_F(QueriesTest, CoercesPageSizes) {
  EventStream stream(stub());
  for (int i = 0; i < 520; ++i) ASSERT_TRUE(stream.Send(MakeStarted("job" + std::to_string(i))));
  for (int i = 0; i < 520; ++i) ASSERT_EQ(stream.NextAck().verdict(), 1);
  for (const auto& [asked, got] : {std::pair{0, 50}, {1, 1}, {500, 500}, {100'000, 500}}) {
    v1::ListJobsRequest request;
    request.set_page_size(asked);
    EXPECT_EQ(ListJobs(request)->jobs_size(), got);
  }
}

TEST_F(QueriesTest, RefusesATokenOfAnotherFilterOrMethodOrAltered) {
  for (int i = 0; i < 3; ++i) RecordStarted("job" + std::to_string(i));
  v1::ListJobsRequest request;
  request.set_page_size(1);
  request.mutable_filter()->add_user_ids("anna");
  const std::string token = ListJobs(request)->next_page_token();
  ASSERT_FALSE(token.empty());

  v1::ListJobsRequest other = request;
  other.set_page_token(token);
  other.mutable_filter()->add_user_ids("bert");
  EXPECT_THAT(FieldsOf(ListJobs(other).status()), ElementsAre("page_token"));

  v1::ListJobEventsRequest events;
  events.set_job_id("job0");
  events.set_page_token(token);
  EXPECT_THAT(FieldsOf(ListJobEvents(events).status()), ElementsAre("page_token"));

  for (size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    request.set_page_token(altered);
    EXPECT_THAT(FieldsOf(ListJobs(request).status()), ElementsAre("page_token"));
  }
  request.set_page_token(token);
  request.set_page_size(500);
  EXPECT_EQ(ListJobs(request)->jobs_size(), 2) << "the page size may change";
}

TEST_F(QueriesTest, NamesTheWrongFieldsOfAList) {
  v1::ListJobsRequest request;
  request.set_page_size(-1);
  request.mutable_filter()->set_cid("two\nlines");
  EXPECT_THAT(FieldsOf(ListJobs(request).status()),
              UnorderedElementsAre("page_size", "filter.cid"));
  request.mutable_filter()->add_statuses(v1::Job::STATUS_UNSPECIFIED);
  request.mutable_filter()->add_effects(static_cast<v1::Job::Effect>(9));
  request.mutable_filter()->mutable_created_after()->set_nanos(-1);
  EXPECT_THAT(
      FieldsOf(ListJobs(request).status()),
      UnorderedElementsAre("filter.statuses[0]", "filter.effects[0]", "filter.created_after"));
}

TEST_F(QueriesTest, ShowsPayloadAndAnswerInTheFullViewOnly) {
  RecordStarted("job");
  Record(MakeFinished("job"));
  const auto full = GetJob("job", v1::JOB_VIEW_UNSPECIFIED);
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->request_payload(), R"({"action": "T-Enable", "cids": ["1234567"]})");
  EXPECT_EQ(full->response_summary(), R"({"success":true})");
  EXPECT_EQ(full->elapsed().nanos(), 280'000'000);
  const auto basic = GetJob("job", v1::BASIC);
  EXPECT_EQ(basic->request_payload(), "");
  EXPECT_FALSE(basic->has_response_summary());
  EXPECT_EQ(ListJobs({})->jobs(0).SerializeAsString(), basic->SerializeAsString());
}

TEST_F(QueriesTest, AnswersNotFoundForAJobThatIsNotThere) {
  EXPECT_EQ(GetJob("nobody").status().code(), absl::StatusCode::kNotFound);
  v1::ListJobEventsRequest events;
  events.set_job_id("nobody");
  EXPECT_EQ(ListJobEvents(events).status().code(), absl::StatusCode::kNotFound);
  v1::ListJobCustomersRequest customers;
  customers.set_job_id("nobody");
  EXPECT_EQ(ListJobCustomers(customers).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(FieldsOf(GetJob("").status()), ElementsAre("job_id"));
  EXPECT_THAT(FieldsOf(GetJob("a", static_cast<v1::JobView>(9)).status()), ElementsAre("view"));
}

TEST_F(QueriesTest, ListsAJobsHistoryInPagesOldestFirst) {
  RecordStarted("job");
  Record(MakeFinished("job"));
  v1::ListJobEventsRequest request;
  request.set_job_id("job");
  request.set_page_size(1);
  const auto first = ListJobEvents(request);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->events_size(), 1);
  EXPECT_EQ(first->events(0).kind(), v1::HistoryEvent::STARTED);
  EXPECT_EQ(first->events(0).actor(), "action-1/1");
  EXPECT_EQ(first->events(0).verdict(), v1::RecordEventsResponse::APPLIED);
  request.set_page_token(first->next_page_token());
  const auto second = ListJobEvents(request);
  ASSERT_EQ(second->events_size(), 1);
  EXPECT_EQ(second->events(0).kind(), v1::HistoryEvent::FINISHED);
  EXPECT_EQ(second->events(0).event_seq(), 2);
  EXPECT_EQ(second->events(0).status(), v1::Job::SUCCESS);
}

TEST_F(QueriesTest, ListsAFleetOf27682CustomersInTheOrderInWhichTheyWereSent) {
  constexpr int kFleet = 27'682;
  RecordStarted("job", [](v1::JobEvent& event) {
    event.mutable_started()->clear_cids();
    for (int i = kFleet; i > 0; --i) event.mutable_started()->add_cids("c" + std::to_string(i));
  });
  v1::ListJobCustomersRequest request;
  request.set_job_id("job");
  request.set_page_size(500);
  int next = kFleet;
  do {
    const auto page = ListJobCustomers(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size(), kFleet);
    for (const std::string& cid : page->cids()) {
      ASSERT_EQ(cid, "c" + std::to_string(next));
      --next;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(next, 0);
  EXPECT_THAT(IdsWhere([](v1::JobFilter& f) { f.set_cid("c17"); }), ElementsAre("job"));
}

TEST_F(QueriesTest, CountsJobsByWhatIsAskedFor) {
  RecordStarted("a");
  RecordStarted("b");
  RecordStarted("c", [](v1::JobEvent& e) { e.mutable_started()->set_user_id("bert"); });
  Record(MakeFinished("a"));
  Record(MakeTimedOut("b"));

  const auto total = GetJobStats({});
  ASSERT_TRUE(total.ok()) << total.status();
  ASSERT_EQ(total->rows_size(), 1);
  EXPECT_EQ(total->rows(0).job_count(), 3);
  EXPECT_EQ(total->rows(0).timed_job_count(), 2);
  EXPECT_EQ(total->rows(0).duration_sum().seconds(), 30);
  EXPECT_EQ(total->rows(0).duration_sum().nanos(), 280'000'000);
  EXPECT_EQ(total->rows(0).duration_counts_size(), total->duration_bounds_size() + 1);

  v1::GetJobStatsRequest request;
  request.add_group_by(v1::GetJobStatsRequest::USER);
  request.add_group_by(v1::GetJobStatsRequest::STATUS);
  request.add_statuses(v1::Job::IN_PROGRESS);
  const auto open = GetJobStats(request);
  ASSERT_EQ(open->rows_size(), 1);
  EXPECT_EQ(open->rows(0).user_id(), "bert");
  EXPECT_EQ(open->rows(0).status(), v1::Job::IN_PROGRESS);
  EXPECT_EQ(open->rows(0).job_count(), 1);

  v1::GetJobStatsRequest by_time;
  by_time.add_group_by(v1::GetJobStatsRequest::TIME);
  by_time.set_bucket(v1::GetJobStatsRequest::DAY);
  const auto days = GetJobStats(by_time);
  EXPECT_EQ(days->bucket(), v1::GetJobStatsRequest::DAY);
  ASSERT_EQ(days->rows_size(), 1);
  EXPECT_EQ(days->rows(0).bucket_start().seconds() % 86'400, 0);
}

TEST_F(QueriesTest, NamesTheWrongFieldsOfStatistics) {
  v1::GetJobStatsRequest request;
  request.add_group_by(v1::GetJobStatsRequest::DIMENSION_UNSPECIFIED);
  request.set_bucket(static_cast<v1::GetJobStatsRequest::Bucket>(9));
  EXPECT_THAT(FieldsOf(GetJobStats(request).status()),
              UnorderedElementsAre("group_by[0]", "bucket"));
}

TEST_F(QueriesTest, AuditRecordsComeBackNewestFirstAndAKeyOnlyOnce) {
  v1::RecordAuditRequest request;
  v1::AuditRecord& record = *request.mutable_record();
  record.set_user_id("ann");
  record.set_action("EXPORT");
  record.set_success(true);
  record.add_customer_ids("c1");
  record.mutable_elapsed()->set_seconds(2);
  record.set_record_key("key-1");
  v1::RecordAuditResponse first, again;
  grpc::ClientContext first_call, second_call, list_call;
  ASSERT_TRUE(stub().RecordAudit(&first_call, request, &first).ok());
  ASSERT_TRUE(stub().RecordAudit(&second_call, request, &again).ok());
  EXPECT_FALSE(first.deduplicated());
  EXPECT_TRUE(again.deduplicated());
  EXPECT_EQ(again.number(), first.number());

  v1::ListAuditRequest list;
  list.set_customer_id("c1");
  v1::ListAuditResponse found;
  ASSERT_TRUE(stub().ListAudit(&list_call, list, &found).ok());
  ASSERT_EQ(found.records_size(), 1);
  EXPECT_EQ(found.records(0).number(), first.number());
  EXPECT_EQ(found.records(0).user_id(), "ann");
  EXPECT_EQ(found.records(0).elapsed().seconds(), 2);
  EXPECT_TRUE(found.records(0).has_occurred_at());
  EXPECT_FALSE(found.records(0).has_error_message());
}

TEST_F(QueriesTest, NamesTheWrongFieldsOfAnAuditRecord) {
  v1::RecordAuditRequest request;
  request.mutable_record()->set_action("LOGIN");
  v1::RecordAuditResponse response;
  grpc::ClientContext call;
  EXPECT_THAT(FieldsOf(rpc::FromGrpc(stub().RecordAudit(&call, request, &response))),
              UnorderedElementsAre("record.user_id"));
}

}  // namespace
}  // namespace tms::ledger
