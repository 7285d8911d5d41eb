#include "tests/integration/ledger/ledger_fixture.h"

#include <chrono>
#include <thread>

#include "common/base/ids.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "services/ledger/sqlite/sqlite_job_store.h"

namespace tms::ledger {
namespace {

// A test that waits longer has failed.
constexpr auto kPatience = std::chrono::minutes(1);
// Of the fake clock's first moment.
constexpr int64_t kStartSeconds = 1'800'000'000;

v1::JobEvent MakeEvent(const std::string& job_id, int64_t event_seq) {
  v1::JobEvent event;
  event.set_job_id(job_id);
  event.set_event_seq(event_seq);
  event.mutable_occurred_at()->set_seconds(kStartSeconds + event_seq);
  event.set_owner("action-1");
  event.set_incarnation(1);
  return event;
}

std::filesystem::path MakeFolder() {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("ledger-" + NewUuidV7(absl::Now()));
  std::filesystem::create_directories(folder);
  return folder;
}

template <typename Response, typename Request, typename Method>
absl::StatusOr<Response> Call(v1::JobLedgerService::Stub& stub, Method method,
                              const Request& request, const std::string& user = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  if (!user.empty()) context.AddMetadata(rpc::kUserKey, user);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) {
    EXPECT_TRUE(rpc::HasOurDomain(status)) << status.error_message();
    return rpc::FromGrpc(status);
  }
  return response;
}

}  // namespace

v1::JobEvent MakeStarted(const std::string& job_id) {
  v1::JobEvent event = MakeEvent(job_id, 1);
  auto& started = *event.mutable_started();
  started.set_user_id("anna");
  started.set_action_code(3);
  started.set_action_name("T-Enable");
  started.set_cluster("north");
  started.set_cluster_url("https://north.example");
  started.add_cids("1234567");
  started.mutable_timeout()->set_seconds(30);
  return event;
}

v1::JobEvent MakeFinished(const std::string& job_id) {
  v1::JobEvent event = MakeEvent(job_id, 2);
  auto& finished = *event.mutable_finished();
  finished.set_status(v1::Job::SUCCESS);
  finished.set_http_status(200);
  finished.set_effect(v1::Job::APPLIED);
  finished.set_response_summary(R"({"success":true})");
  finished.mutable_elapsed()->set_nanos(280'000'000);
  return event;
}

v1::JobEvent MakeTimedOut(const std::string& job_id) {
  v1::JobEvent event = MakeEvent(job_id, 2);
  auto& finished = *event.mutable_finished();
  finished.set_status(v1::Job::FAILED);
  finished.set_failure_reason(v1::Job::TIMEOUT);
  finished.set_effect(v1::Job::UNKNOWN);
  finished.set_error_message("Request timeout after 30s");
  finished.mutable_elapsed()->set_seconds(30);
  return event;
}

EventStream::EventStream(v1::JobLedgerService::Stub& stub) {
  context_.set_deadline(std::chrono::system_clock::now() + kPatience);
  stream_ = stub.RecordEvents(&context_);
}

EventStream::~EventStream() {
  if (finished_) return;
  Cancel();
  Finish();
}

bool EventStream::Send(const v1::JobEvent& event) {
  v1::RecordEventsRequest request;
  *request.mutable_event() = event;
  return stream_->Write(request);
}

v1::RecordEventsResponse EventStream::NextAck() {
  v1::RecordEventsResponse response;
  return stream_->Read(&response) ? response : v1::RecordEventsResponse();
}

v1::RecordEventsResponse EventStream::Ask(const v1::JobEvent& event) {
  EXPECT_TRUE(Send(event));
  return NextAck();
}

grpc::Status EventStream::Finish() {
  finished_ = true;
  stream_->WritesDone();
  v1::RecordEventsResponse dropped;
  while (stream_->Read(&dropped)) {
  }
  return stream_->Finish();
}

LedgerFixture::LedgerFixture() : folder_(MakeFolder()) {}

LedgerFixture::~LedgerFixture() {
  Stop();
  std::filesystem::remove_all(folder_);
}

void LedgerFixture::Start() {
  auto store = SqliteJobStore::Open({.path = db_path()}, clock_);
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  holding_store_ = std::make_unique<HoldingStore>(*store_);
  const LedgerOptions options{.server = {.listen = "127.0.0.1:0"},
                              .sweep_interval = absl::Milliseconds(5),
                              .health_interval = absl::Milliseconds(5)};
  auto host = LedgerHost::Start(options, *holding_store_, clock_);
  ASSERT_TRUE(host.ok()) << host.status();
  host_ = *std::move(host);
  stub_ = v1::JobLedgerService::NewStub(rpc::MakeChannel(address()));
}

void LedgerFixture::Stop() {
  if (host_) host_->Drain(absl::Seconds(30));
  host_.reset();
  holding_store_.reset();
  store_.reset();
}

v1::RecordEventsResponse LedgerFixture::Record(const v1::JobEvent& event) {
  EventStream stream(stub());
  return stream.Ask(event);
}

absl::StatusOr<v1::Job> LedgerFixture::GetJob(const std::string& job_id, v1::JobView view) {
  v1::GetJobRequest request;
  request.set_job_id(job_id);
  request.set_view(view);
  return Call<v1::Job>(stub(), &v1::JobLedgerService::Stub::GetJob, request);
}

absl::StatusOr<v1::ListJobsResponse> LedgerFixture::ListJobs(const v1::ListJobsRequest& request) {
  return Call<v1::ListJobsResponse>(stub(), &v1::JobLedgerService::Stub::ListJobs, request);
}

absl::StatusOr<v1::ListJobEventsResponse> LedgerFixture::ListJobEvents(
    const v1::ListJobEventsRequest& request) {
  return Call<v1::ListJobEventsResponse>(stub(), &v1::JobLedgerService::Stub::ListJobEvents,
                                         request);
}

absl::StatusOr<v1::ListJobCustomersResponse> LedgerFixture::ListJobCustomers(
    const v1::ListJobCustomersRequest& request) {
  return Call<v1::ListJobCustomersResponse>(stub(), &v1::JobLedgerService::Stub::ListJobCustomers,
                                            request);
}

absl::StatusOr<v1::GetJobStatsResponse> LedgerFixture::GetJobStats(
    const v1::GetJobStatsRequest& request) {
  return Call<v1::GetJobStatsResponse>(stub(), &v1::JobLedgerService::Stub::GetJobStats, request);
}

absl::StatusOr<v1::Job> LedgerFixture::UpdateJob(const v1::UpdateJobRequest& request,
                                                 const std::string& user) {
  return Call<v1::Job>(stub(), &v1::JobLedgerService::Stub::UpdateJob, request, user);
}

absl::StatusOr<int> LedgerFixture::SettleOwner(const v1::SettleOwnerRequest& request) {
  const auto response =
      Call<v1::SettleOwnerResponse>(stub(), &v1::JobLedgerService::Stub::SettleOwner, request);
  if (!response.ok()) return response.status();
  return response->settled_count();
}

v1::Job LedgerFixture::WaitForJob(const std::string& job_id, bool (*done)(const v1::Job&)) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto job = GetJob(job_id);
    if (job.ok() && done(*job)) return *job;
    std::this_thread::yield();
  }
  ADD_FAILURE() << job_id << " never came to be as expected";
  return {};
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetViolations(status)) fields.push_back(violation.field);
  return fields;
}

}  // namespace tms::ledger
