// A real ledger over a real SQLite file and real gRPC, on a port of its own, with a clock that the
// test moves.
#pragma once

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "services/ledger/ledger_host.h"
#include "tests/integration/ledger/holding_store.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledger {

// A start as an ActionService would tell it: user `anna`, action T-Enable, cluster `north`, one
// customer, 30 s.
v1::JobEvent MakeStarted(const std::string& job_id);
// SUCCESS, 200, APPLIED.
v1::JobEvent MakeFinished(const std::string& job_id);
// FAILED, TIMEOUT, UNKNOWN.
v1::JobEvent MakeTimedOut(const std::string& job_id);

// One RecordEvents stream of a client. Reads give up after a minute.
class EventStream {
 public:
  explicit EventStream(v1::JobLedgerService::Stub& stub);
  ~EventStream();

  bool Send(const v1::JobEvent& event);
  // The next ack; one without verdict if the stream has ended.
  v1::RecordEventsResponse NextAck();
  // Sends the event and reads the next ack.
  v1::RecordEventsResponse Ask(const v1::JobEvent& event);
  // Says that nothing more comes, drops what is still to be read, gives the final status.
  grpc::Status Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::RecordEventsRequest, v1::RecordEventsResponse>>
      stream_;
  bool finished_ = false;
};

class LedgerFixture : public testing::Test {
 protected:
  LedgerFixture();
  ~LedgerFixture() override;

  void SetUp() override { Start(); }

  void Start();
  // An orderly end; Start makes a new ledger on the same file.
  void Stop();
  std::string db_path() const { return (folder_ / "jobs.db").string(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(host_->port()); }
  v1::JobLedgerService::Stub& stub() { return *stub_; }

  // Records the event on a stream of its own.
  v1::RecordEventsResponse Record(const v1::JobEvent& event);

  // Unary calls, with errors as the services' own statuses. `user` becomes x-tms-user.
  absl::StatusOr<v1::Job> GetJob(const std::string& job_id, v1::JobView view = v1::FULL);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  absl::StatusOr<v1::ListJobEventsResponse> ListJobEvents(const v1::ListJobEventsRequest& request);
  absl::StatusOr<v1::ListJobCustomersResponse> ListJobCustomers(
      const v1::ListJobCustomersRequest& request);
  absl::StatusOr<v1::GetJobStatsResponse> GetJobStats(const v1::GetJobStatsRequest& request);
  absl::StatusOr<v1::Job> UpdateJob(const v1::UpdateJobRequest& request,
                                    const std::string& user = "erna");

  // The settled_count.
  absl::StatusOr<int> SettleOwner(const v1::SettleOwnerRequest& request);

  // The job once `done` holds of it; polls, since nothing announces changes yet.
  v1::Job WaitForJob(const std::string& job_id, bool (*done)(const v1::Job&));

  FakeClock clock_;
  std::unique_ptr<JobStore> store_;
  // Between the ledger and its store.
  std::unique_ptr<HoldingStore> holding_store_;
  std::unique_ptr<LedgerHost> host_;

 private:
  const std::filesystem::path folder_;
  std::unique_ptr<v1::JobLedgerService::Stub> stub_;
};

// The names of the fields that an INVALID_ARGUMENT carries.
std::vector<std::string> FieldsOf(const absl::Status& status);

}  // namespace tms::ledger
