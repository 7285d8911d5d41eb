// Audit records on their way to the ledger.
#include "services/gateway/audit_recorder.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "common/base/status.h"
#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using tms::ledger::v1::AuditRecord;
using tms::ledger::v1::RecordAuditRequest;

class AuditRecorderTest : public GatewayTest {
 protected:
  void Begin(const AuditRecorder::Limits& limits) {
    recorder_ = std::make_unique<AuditRecorder>(services_, threads_.get_executor(), limits, clock_);
    running_ = boost::asio::co_spawn(threads_, recorder_->Run(), boost::asio::use_future);
  }
  void TearDown() override {
    recorder_->Stop();
    running_.get();
    GatewayTest::TearDown();
  }
  // Waits for as many calls and returns what they brought.
  std::vector<AuditRecord> Received(size_t count) {
    while (ledger_.script.seen().size() < count) std::this_thread::yield();
    std::vector<AuditRecord> records;
    for (const SeenCall& call : ledger_.script.seen()) {
      records.push_back(call.As<RecordAuditRequest>().record());
    }
    return records;
  }
  static AuditRecord Of(std::string_view action, bool success = true) {
    return MakeAuditRecord("ann", "10.0.0.1", {.action = action, .success = success});
  }

  std::unique_ptr<AuditRecorder> recorder_;
  std::future<void> running_;
  // Of the ledger's script, which may run until TearDown has waited for the last call.
  std::atomic<int> calls_ = 0;
  std::atomic<bool> away_ = true;
};

TEST_F(AuditRecorderTest, RecordsReachTheLedgerInOrder) {
  Begin({});
  recorder_->Record(Of("LOGIN"));
  recorder_->Record(Of("EXPORT"));
  const auto records = Received(2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].action(), "LOGIN");
  EXPECT_EQ(records[0].user_id(), "ann");
  EXPECT_EQ(records[0].source_ip(), "10.0.0.1");
  EXPECT_EQ(records[1].action(), "EXPORT");
  EXPECT_NE(records[0].record_key(), records[1].record_key());
}

TEST_F(AuditRecorderTest, WhileTheLedgerIsAwayTheyWaitAndKeepTheirKey) {
  ledger_.script.SetAnswer([this](auto*, auto*) {
    return ++calls_ < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "away") : grpc::Status::OK;
  });
  Begin({.first_retry = absl::Milliseconds(1)});
  recorder_->Record(Of("LOGIN"));
  recorder_->Record(Of("LOGOUT"));
  const auto records = Received(4);
  EXPECT_EQ(records[0].record_key(), records[2].record_key());
  EXPECT_EQ(records[3].action(), "LOGOUT");
}

TEST_F(AuditRecorderTest, WhatTheLedgerRefusesForGoodHoldsUpNothing) {
  ledger_.script.SetStatus(rpc::ToGrpc(
      MakeStatus(absl::StatusCode::kInvalidArgument, "INVALID_FIELDS", "action: bad"), "id"));
  Begin({});
  recorder_->Record(Of("ODD"));
  recorder_->Record(Of("LOGIN"));
  EXPECT_EQ(Received(2)[1].action(), "LOGIN");
}

TEST_F(AuditRecorderTest, S21AFloodOfFailuresIsSummedUp) {
  Begin({.failures_a_minute = 3});
  for (int i = 0; i < 1000; ++i) recorder_->Record(Of("LOGIN_FAILED", false));
  recorder_->Record(Of("LOGIN"));
  EXPECT_EQ(Received(4)[3].action(), "LOGIN");
  clock_.Advance(absl::Minutes(1));
  recorder_->Record(Of("LOGIN_FAILED", false));
  const auto records = Received(6);
  EXPECT_EQ(records[4].action(), "LOGIN_FAILED");
  EXPECT_THAT(records[4].detail(), HasSubstr("997 more"));
  EXPECT_EQ(records[5].user_id(), "ann");
}

TEST_F(AuditRecorderTest, S21WhatIsSummedUpIsToldAtTheEndToo) {
  Begin({.failures_a_minute = 1});
  for (int i = 0; i < 10; ++i) recorder_->Record(Of("LOGIN_FAILED", false));
  recorder_->Stop();
  running_.wait();
  const auto records = Received(2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_THAT(records[1].detail(), HasSubstr("9 more"));
}

TEST_F(AuditRecorderTest, S21WhatWaitsIsBoundedAndWhatIsLostIsSaid) {
  ledger_.script.SetAnswer([this](auto*, auto*) {
    return away_ ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "away") : grpc::Status::OK;
  });
  Begin({.max_waiting = 2,
         .first_retry = absl::Milliseconds(1),
         .longest_retry = absl::Milliseconds(1)});
  for (int i = 0; i < 10; ++i) recorder_->Record(Of("LOGIN"));
  away_ = false;
  AuditRecord last;
  while (last.action() != "AUDIT_RECORDS_LOST") last = Received(1).back();
  EXPECT_THAT(last.detail(), HasSubstr("8 records"));
}

}  // namespace
}  // namespace tms::gateway
