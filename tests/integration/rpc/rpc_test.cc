// The room's parts together, over a real connection.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/unary_call.h"
#include "common/rpc/unary_edge.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::rpc {
namespace {

namespace asio = boost::asio;
namespace v1 = tms::ledger::v1;

// GetJob echoes its id; what else it does hangs on that id.
class EchoService final : public v1::JobLedgerService::CallbackService {
 public:
  explicit EchoService(UnaryEdge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const v1::GetJobRequest* request, v1::Job* response) override {
    return edge_.Run(context, "GetJob", [this, request, response](const CallContext& call) {
      if (request->job_id() == "fail")
        return MakeStatus(absl::StatusCode::kNotFound, "NO_JOB", "no");
      if (request->job_id() == "hang") {
        if (!hanging_.HasBeenNotified()) hanging_.Notify();
        release_.WaitForNotification();
      }
      response->set_job_id(request->job_id());
      response->set_user_id(call.user);
      return absl::OkStatus();
    });
  }

  void AwaitHanging() { hanging_.WaitForNotification(); }
  void Release() { release_.Notify(); }

 private:
  UnaryEdge& edge_;
  absl::Notification hanging_;
  absl::Notification release_;
};

class RpcTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::Start({.listen = "127.0.0.1:0"}, {&service_});
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
    stub_ = v1::JobLedgerService::NewStub(MakeChannel(Address()));
  }

  std::string Address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  absl::StatusOr<v1::Job> GetJob(const std::string& id,
                                 absl::Duration timeout = absl::Seconds(10)) {
    v1::GetJobRequest request;
    request.set_job_id(id);
    const auto start = [this](auto* context, auto* question, auto* answer, auto done) {
      stub_->async()->GetJob(context, question, answer, std::move(done));
    };
    asio::io_context io;
    auto future = asio::co_spawn(
        io, CallUnaryOr<v1::Job>(start, request, {timeout, {{kUserKey, "ann"}}}), asio::use_future);
    io.run();
    return future.get();
  }

  WorkPool pool_{1, 1};
  UnaryEdge edge_{pool_, {}, Gatekeeper({}, {{"GetJob", {.peers = kAnybody}}}, false)};
  EchoService service_{edge_};
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::JobLedgerService::Stub> stub_;
};

TEST_F(RpcTest, ACoroutineGetsTheAnswerOfACall) {
  const auto job = GetJob("job-1");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->job_id(), "job-1");
  EXPECT_EQ(job->user_id(), "ann");
}

TEST_F(RpcTest, AnErrorKeepsItsReason) { EXPECT_EQ(Reason(GetJob("fail").status()), "NO_JOB"); }

TEST_F(RpcTest, ACallEndsAtItsDeadlineThoughTheServerHangs) {
  const auto job = GetJob("hang", absl::Milliseconds(100));
  EXPECT_EQ(job.status().code(), absl::StatusCode::kDeadlineExceeded);
  service_.Release();
}

TEST_F(RpcTest, CallsBeyondThePoolAreRefusedNotQueuedForEver) {
  std::atomic<int> refused = 0;
  absl::Notification full;
  const auto call = [&] {
    if (Reason(GetJob("hang").status()) == "OVERLOADED" && ++refused == 2) full.Notify();
  };
  std::vector<std::thread> callers;
  callers.emplace_back(call);
  service_.AwaitHanging();
  // The one thread is busy: one of these waits, every further one is refused.
  for (int i = 0; i < 3; ++i) callers.emplace_back(call);
  full.WaitForNotification();
  service_.Release();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 2);
}

TEST_F(RpcTest, F17ASecondServerOnThePortIsRefused) {
  const auto second = Server::Start({.listen = Address()}, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(second.status()).find(Address()), std::string_view::npos);
}

TEST_F(RpcTest, AProxyInTheEnvironmentIsNotUsed) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  stub_ = v1::JobLedgerService::NewStub(MakeChannel(Address()));
  EXPECT_TRUE(GetJob("job-1").ok());
  unsetenv("http_proxy");
}

}  // namespace
}  // namespace tms::rpc
