// An ActionService over real gRPC, between a scripted ledger and a fake cluster client.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "services/action/action_host.h"
#include "services/action/spool/sqlite_spool.h"
#include "tests/integration/action/fake_cluster_client.h"
#include "tests/integration/action/fake_ledger.h"
#include "tests/integration/action/faulty_spool.h"
#include "tests/unit/sqlite/temp_dir.h"
#include "tms/action/v1/action.grpc.pb.h"

namespace tms::action {

// What a caller got.
struct Reply {
  absl::Status status;
  bool decided_by_us = false;
  v1::SetActionResponse response;
};

// A caller in a thread of its own.
class Caller {
 public:
  // `deadline` zero: none.
  Caller(v1::ActionService::StubInterface& stub, const v1::SetActionRequest& request, bool submit,
         absl::Duration deadline)
      : context_(std::make_unique<grpc::ClientContext>()) {
    if (deadline > absl::ZeroDuration()) {
      context_->set_deadline(std::chrono::system_clock::now() +
                             absl::ToChronoMilliseconds(deadline));
    }
    reply_ = std::async(std::launch::async, [&stub, request, submit, context = context_.get()] {
      Reply reply;
      const grpc::Status status = submit ? stub.SubmitAction(context, request, &reply.response)
                                         : stub.SetAction(context, request, &reply.response);
      reply.status = rpc::FromGrpc(status);
      reply.decided_by_us = rpc::HasOurDomain(status);
      return reply;
    });
  }

  // A test that has failed waits for nobody.
  ~Caller() {
    if (context_) context_->TryCancel();
  }
  Caller(Caller&&) = default;
  Caller& operator=(Caller&&) = default;

  void Cancel() { context_->TryCancel(); }
  bool IsWaiting() const {
    return reply_.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
  }
  Reply Await() { return reply_.get(); }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::future<Reply> reply_;
};

// The deadline of a caller that does not wait for the end; a loaded machine can answer before it.
constexpr absl::Duration kImpatience = absl::Seconds(2);

// Cluster `wide` has room; `narrow` takes one call at a time and one that waits.
class ActionFixture : public ::testing::Test {
 protected:
  // Patient, so that a loaded machine does not bring the spool into it.
  static CourierOptions Patient() {
    return {.ack_wait = absl::Seconds(10), .decision_wait = absl::Seconds(10)};
  }

  explicit ActionFixture(CourierOptions courier = Patient(), const Clock& clock = SystemClock(),
                         size_t request_memory = size_t{1} << 30)
      : courier_(courier),
        request_memory_(request_memory),
        clock_of_host_(clock),
        catalogue_(*Catalogue::FromJson(R"({"clusters": [
            {"name": "wide", "base_url": "http://wide.example", "default_timeout": "10s"},
            {"name": "narrow", "base_url": "http://narrow.example", "max_in_flight": 1,
             "max_waiting": 1}]})")) {
    StartHost();
  }

  void StartHost() {
    spool_ = *SqliteSpool::Open({.path = directory_.File("spool.db")}, SystemClock());
    faulty_spool_ = std::make_unique<FaultySpool>(*spool_);
    ActionOptions options;
    options.server.listen = "127.0.0.1:0";
    options.ledger = ledger_.address();
    options.owner = {.id = "owner-1", .incarnation = ++incarnation_};
    options.courier = courier_;
    options.request_memory = request_memory_;
    options.threads = 2;
    host_ = *ActionHost::Start(options, catalogue_, clusters_, *faulty_spool_, clock_of_host_);
    stub_ =
        v1::ActionService::NewStub(rpc::MakeChannel("127.0.0.1:" + std::to_string(host_->port())));
  }

  // An orderly end and a new start on the same spool.
  void RestartHost() {
    host_.reset();
    spool_.reset();
    StartHost();
  }

  static v1::SetActionRequest Request(const std::string& request_id = "",
                                      const std::string& cluster = "wide") {
    v1::SetActionRequest request;
    request.set_user_id("ada");
    request.set_cluster(cluster);
    request.set_action("T-Enable");
    request.add_cids("1234567");
    request.set_bearer_token("token-of-ada");
    request.set_request_id(request_id);
    return request;
  }

  Caller Set(const v1::SetActionRequest& request, absl::Duration deadline = absl::ZeroDuration()) {
    return Caller(*stub_, request, false, deadline);
  }
  Caller Submit(const v1::SetActionRequest& request) {
    return Caller(*stub_, request, true, absl::ZeroDuration());
  }

  // A caller that is known to wait in the queue of `narrow`, whose one place is taken.
  Caller Queue() {
    const v1::SetActionRequest request = Request("", "narrow");
    Caller queued = Set(request);
    while (Set(request, absl::Milliseconds(200)).Await().status.code() !=
           absl::StatusCode::kResourceExhausted) {
      // The probe came before it; if it was refused for that, it must come again.
      if (!queued.IsWaiting()) queued = Set(request);
    }
    return queued;
  }

  // Waits until the spool is empty; fails the test after ten seconds.
  void WaitUntilDelivered() const {
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (spool_->usage().events > 0 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(spool_->usage().events, 0);
  }

  CourierOptions courier_;
  const size_t request_memory_;
  const Clock& clock_of_host_;
  int64_t incarnation_ = 6;
  TempDir directory_;
  FakeLedger ledger_;
  FakeClusterClient clusters_;
  const Catalogue catalogue_;
  std::unique_ptr<SqliteSpool> spool_;
  // What the host has of it.
  std::unique_ptr<FaultySpool> faulty_spool_;
  std::unique_ptr<ActionHost> host_;
  std::unique_ptr<v1::ActionService::Stub> stub_;
};

}  // namespace tms::action
