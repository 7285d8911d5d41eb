// Runs cluster calls against scripted servers.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "services/action/http_cluster_client.h"

namespace tms::action {

constexpr char kToken[] = "canary-token-0123456789";

// A cluster at `host`, reached on the loopback interface.
inline Cluster ClusterAt(uint16_t port, const std::string& host = "127.0.0.1") {
  Cluster cluster;
  cluster.name = "one";
  cluster.host = host;
  cluster.port = port;
  cluster.allowed_networks = {"127.0.0.0/8"};
  return cluster;
}

inline ClusterCall CallTo(const Cluster& cluster, absl::Duration timeout = absl::Seconds(10),
                          const Clock& clock = SystemClock()) {
  ClusterCall call;
  call.cluster = &cluster;
  call.action = "T-Enable";
  call.cids = {"a", "b"};
  call.bearer_token = Secret(kToken);
  call.timeout = timeout;
  call.deadline = clock.SinceBoot() + timeout;
  return call;
}

// Runs the call until nothing of it is left: that this returns shows that no coroutine leaks.
inline CallResult Finish(ClusterClient& client, ClusterCall call) {
  boost::asio::io_context context;
  std::optional<CallResult> result;
  boost::asio::co_spawn(context, client.Call(std::move(call)),
                        [&result](std::exception_ptr error, CallResult made) {
                          EXPECT_EQ(error, nullptr);
                          result = std::move(made);
                        });
  context.run();
  return *std::move(result);
}

struct Expected {
  tms::ledger::v1::Job::Status status = tms::ledger::v1::Job::FAILED;
  std::optional<int> http_status;
  tms::ledger::v1::Job::FailureReason reason = tms::ledger::v1::Job::FAILURE_REASON_UNSPECIFIED;
  tms::ledger::v1::Job::Effect effect = tms::ledger::v1::Job::UNKNOWN;
  // What the message begins with; empty: there is none.
  std::string message;
};

inline void ExpectResult(const CallResult& result, const Expected& expected) {
  using tms::ledger::v1::Job;
  const tms::ledger::v1::JobFinished& finished = result.finished;
  SCOPED_TRACE(finished.DebugString());
  EXPECT_EQ(finished.status(), expected.status);
  EXPECT_EQ(finished.has_http_status(), expected.http_status.has_value());
  EXPECT_EQ(finished.http_status(), expected.http_status.value_or(0));
  EXPECT_EQ(finished.failure_reason(), expected.reason);
  EXPECT_EQ(finished.effect(), expected.effect);
  EXPECT_EQ(finished.has_error_message(), !expected.message.empty());
  EXPECT_TRUE(finished.error_message().starts_with(expected.message));
}

inline Expected NotCalled() {
  using tms::ledger::v1::Job;
  return {Job::FAILED, std::nullopt, Job::NOT_CALLED, Job::NOT_APPLIED, "The "};
}
inline Expected ConnectError(std::string message) {
  using tms::ledger::v1::Job;
  return {Job::FAILED, std::nullopt, Job::CONNECT_ERROR, Job::NOT_APPLIED, std::move(message)};
}
inline Expected ConnectionLost(std::string message) {
  using tms::ledger::v1::Job;
  return {Job::FAILED, std::nullopt, Job::CONNECTION_LOST, Job::UNKNOWN, std::move(message)};
}
inline Expected InvalidResponse(std::string message) {
  using tms::ledger::v1::Job;
  return {Job::FAILED, 200, Job::INVALID_RESPONSE, Job::UNKNOWN, std::move(message)};
}
inline Expected Success(int http_status = 200) {
  using tms::ledger::v1::Job;
  return {Job::SUCCESS, http_status, Job::FAILURE_REASON_UNSPECIFIED, Job::APPLIED, ""};
}

}  // namespace tms::action
