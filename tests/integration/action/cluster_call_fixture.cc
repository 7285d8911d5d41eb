#include "tests/integration/action/cluster_call_fixture.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

namespace tms::action {

using tms::ledger::v1::Job;
using tms::ledger::v1::JobFinished;

Cluster ClusterAt(uint16_t port, const std::string& host) {
  Cluster cluster;
  cluster.name = "one";
  cluster.host = host;
  cluster.port = port;
  cluster.allowed_networks = {"127.0.0.0/8"};
  return cluster;
}

ClusterCall CallTo(const Cluster& cluster, absl::Duration timeout, const Clock& clock) {
  ClusterCall call;
  call.cluster = &cluster;
  call.action = "T-Enable";
  call.cids = {"a", "b"};
  call.bearer_token = Secret(kToken);
  call.timeout = timeout;
  call.deadline = clock.SinceBoot() + timeout;
  return call;
}

ClusterCall LargeCallTo(const Cluster& cluster, absl::Duration timeout) {
  ClusterCall call = CallTo(cluster, timeout);
  call.cids.assign(50'000, std::string(128, 'c'));
  return call;
}

CallResult Finish(ClusterClient& client, ClusterCall call) {
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

CallResult CallOnce(Script script, absl::Duration timeout) {
  ScriptedServer server(std::move(script));
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  CallResult result = Finish(client, CallTo(cluster, timeout));
  EXPECT_EQ(server.connections(), 1);
  return result;
}

LookUpFunction Always(absl::StatusOr<std::vector<std::string>> answer) {
  return [answer](const std::string&) -> absl::StatusOr<Addresses> {
    if (!answer.ok()) return answer.status();
    Addresses addresses;
    for (const std::string& text : *answer) {
      addresses.push_back(boost::asio::ip::make_address(text));
    }
    return addresses;
  };
}

std::string Response(const std::string& status, const std::string& body,
                     const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

Script Answer(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
  };
}

Script AnswerAndStay(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
    connection.ReadToEnd();
  };
}

void ExpectResult(const CallResult& result, const Expected& expected) {
  const JobFinished& finished = result.finished;
  SCOPED_TRACE(finished.DebugString());
  EXPECT_EQ(finished.status(), expected.status);
  EXPECT_EQ(finished.has_http_status(), expected.http_status.has_value());
  EXPECT_EQ(finished.http_status(), expected.http_status.value_or(0));
  EXPECT_EQ(finished.failure_reason(), expected.reason);
  EXPECT_EQ(finished.effect(), expected.effect);
  EXPECT_EQ(finished.has_error_message(), !expected.message.empty());
  EXPECT_TRUE(finished.error_message().starts_with(expected.message));
}

Expected NotCalled() {
  return {Job::FAILED, std::nullopt, Job::NOT_CALLED, Job::NOT_APPLIED, "The "};
}

Expected ConnectError(std::string message) {
  return {Job::FAILED, std::nullopt, Job::CONNECT_ERROR, Job::NOT_APPLIED, std::move(message)};
}

Expected ConnectionLost(std::string message) {
  return {Job::FAILED, std::nullopt, Job::CONNECTION_LOST, Job::UNKNOWN, std::move(message)};
}

Expected Timeout(Job::Effect effect, std::optional<int> http_status) {
  return {Job::FAILED, http_status, Job::TIMEOUT, effect, "Request timeout after 0.2s"};
}

Expected HttpError(int status, Job::Effect effect, std::string message) {
  return {Job::FAILED, status, Job::HTTP_ERROR, effect, std::move(message)};
}

Expected InvalidResponse(std::string message) {
  return {Job::FAILED, 200, Job::INVALID_RESPONSE, Job::UNKNOWN, std::move(message)};
}

Expected Success(int http_status) {
  return {Job::SUCCESS, http_status, Job::FAILURE_REASON_UNSPECIFIED, Job::APPLIED, ""};
}

}  // namespace tms::action
