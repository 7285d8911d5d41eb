// What people see of each other's jobs: nothing, unless their role says so.
#include <gmock/gmock.h>

#include "common/rpc/status.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Stub = v1::JobLedgerService::Stub;

using Metadata = std::vector<std::pair<std::string, std::string>>;

Metadata As(const std::string& user, const std::string& roles) {
  return {{"x-tms-user", user}, {"x-tms-roles", roles}};
}

class OwnJobsTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    for (const auto& [job_id, user] : {std::pair("a1", "anna"), {"a2", "anna"}, {"b1", "bob"}}) {
      v1::JobEvent started = MakeStarted(job_id);
      started.mutable_started()->set_user_id(user);
      ASSERT_EQ(Record(started).verdict(), v1::RecordEventsResponse::APPLIED);
    }
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, const Metadata& metadata) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    Response response;
    const grpc::Status status = (stub().*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  std::string GetJob(const std::string& job_id, const Metadata& metadata) {
    v1::GetJobRequest request;
    request.set_job_id(job_id);
    return Reason(Call<v1::Job>(&Stub::GetJob, request, metadata).status());
  }

  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request,
                                                const Metadata& metadata) {
    return Call<v1::ListJobsResponse>(&Stub::ListJobs, request, metadata);
  }

  std::vector<std::string> ListIds(const Metadata& metadata) {
    std::vector<std::string> ids;
    const auto list = ListJobs({}, metadata);
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return ids;
    for (const v1::Job& job : list->jobs()) ids.push_back(job.job_id());
    return ids;
  }
};

TEST_F(OwnJobsTest, S25AnothersJobIsRefusedById) {
  for (const char* roles : {"viewer", "operator", "viewer,operator"}) {
    const Metadata anna = As("anna", roles);
    EXPECT_EQ(GetJob("a1", anna), "") << roles;
    EXPECT_EQ(GetJob("b1", anna), "NOT_YOUR_JOB") << roles;
    v1::ListJobEventsRequest events;
    events.set_job_id("b1");
    EXPECT_EQ(Reason(Call<v1::ListJobEventsResponse>(&Stub::ListJobEvents, events, anna).status()),
              "NOT_YOUR_JOB");
    v1::ListJobCustomersRequest customers;
    customers.set_job_id("b1");
    EXPECT_EQ(
        Reason(
            Call<v1::ListJobCustomersResponse>(&Stub::ListJobCustomers, customers, anna).status()),
        "NOT_YOUR_JOB");
    customers.set_job_id("a2");
    EXPECT_TRUE(Call<v1::ListJobCustomersResponse>(&Stub::ListJobCustomers, customers, anna).ok());
  }
  for (const char* roles : {"auditor", "admin", "viewer, auditor"}) {
    EXPECT_EQ(GetJob("b1", As("anna", roles)), "") << roles;
  }
}

TEST_F(OwnJobsTest, S25AListShowsNoMoreThanOnesOwn) {
  EXPECT_THAT(ListIds(As("anna", "viewer")), UnorderedElementsAre("a1", "a2"));
  EXPECT_THAT(ListIds(As("bob", "operator")), ElementsAre("b1"));
  EXPECT_THAT(ListIds(As("carl", "viewer")), ElementsAre());
  EXPECT_THAT(ListIds(As("carl", "auditor")), UnorderedElementsAre("a1", "a2", "b1"));
  EXPECT_THAT(ListIds({}), UnorderedElementsAre("a1", "a2", "b1"));

  v1::ListJobsRequest request;
  request.mutable_filter()->add_user_ids("anna");
  EXPECT_TRUE(ListJobs(request, As("anna", "viewer")).ok());
  request.mutable_filter()->add_user_ids("bob");
  EXPECT_EQ(Reason(ListJobs(request, As("anna", "viewer")).status()), "NOT_YOUR_JOB");
}

TEST_F(OwnJobsTest, S25APageTokenOfAnotherDoesNotGoOnWithTheirList) {
  v1::ListJobsRequest request;
  request.set_page_size(1);
  for (const Metadata& other : {As("carl", "admin"), As("bob", "viewer"), Metadata()}) {
    auto list = ListJobs(request, other);
    ASSERT_TRUE(list.ok()) << list.status();
    v1::ListJobsRequest next = request;
    next.set_page_token(list->next_page_token());
    if (next.page_token().empty()) continue;  // bob has one job only
    const auto stolen = ListJobs(next, As("anna", "viewer"));
    EXPECT_THAT(FieldsOf(stolen.status()), Contains("page_token"));
  }
}

TEST_F(OwnJobsTest, S25StatisticsCountNoMoreThanOnesOwn) {
  const auto count = [this](const Metadata& metadata) {
    const auto stats =
        Call<v1::GetJobStatsResponse>(&Stub::GetJobStats, v1::GetJobStatsRequest(), metadata);
    EXPECT_TRUE(stats.ok()) << stats.status();
    int64_t jobs = 0;
    if (stats.ok()) {
      for (const auto& row : stats->rows()) jobs += row.job_count();
    }
    return jobs;
  };
  EXPECT_EQ(count(As("anna", "viewer")), 2);
  EXPECT_EQ(count(As("bob", "viewer")), 1);
  EXPECT_EQ(count(As("bob", "admin")), 3);
}

TEST_F(OwnJobsTest, S25WithoutARoleNothingIsSeenAndWithoutAdminNothingIsSettled) {
  EXPECT_EQ(GetJob("a1", As("anna", "janitor")), "ROLE_REQUIRED");
  EXPECT_EQ(Reason(ListJobs({}, As("anna", "Admin")).status()), "ROLE_REQUIRED");
  for (const char* roles : {"viewer", "operator", "auditor"}) {
    EXPECT_EQ(
        Reason(Call<v1::Job>(&Stub::UpdateJob, v1::UpdateJobRequest(), As("anna", roles)).status()),
        "ROLE_REQUIRED");
  }
}

TEST_F(OwnJobsTest, S04MetadataGivenTwiceTooLongOrUnprintableIsRefused) {
  const auto fields = [this](const Metadata& metadata) {
    v1::GetJobRequest request;
    request.set_job_id("a1");
    return FieldsOf(Call<v1::Job>(&Stub::GetJob, request, metadata).status());
  };
  EXPECT_THAT(fields({{"x-tms-user", "anna"}, {"x-tms-user", "bob"}}), ElementsAre("x-tms-user"));
  EXPECT_THAT(fields({{"x-tms-user", "anna"}, {"x-tms-roles", "viewer"}, {"x-tms-roles", "admin"}}),
              ElementsAre("x-tms-roles"));
  EXPECT_THAT(fields({{"x-tms-user", std::string(129, 'a')}}), ElementsAre("x-tms-user"));
  EXPECT_THAT(fields(As("anna", std::string(513, 'a'))), ElementsAre("x-tms-roles"));
  EXPECT_THAT(fields({{"x-tms-user", ""}}), ElementsAre("x-tms-user"));
  EXPECT_THAT(fields({{"x-tms-roles", "admin"}}), ElementsAre("x-tms-roles"));
}

}  // namespace
}  // namespace tms::ledger
