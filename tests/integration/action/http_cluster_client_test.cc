// The cluster call over plain HTTP: what is sent, and what becomes of each answer.
#include "services/action/cluster/http_cluster_client.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "services/action/cluster/http_request.h"
#include "tests/integration/action/cluster_call_fixture.h"
#include "tests/integration/action/scripted_server.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;
using tms::ledger::v1::Job;

TEST(HttpClusterClient, SendsExactlyTheseBytesAndTellsOfTheAnswer) {
  ScriptedServer server(AnswerAndStay(Response("200 OK", kAccepted)));
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  const CallResult result = Finish(client, CallTo(cluster));
  ExpectResult(result, Success());
  EXPECT_EQ(result.response_body, kAccepted);
  EXPECT_EQ(result.finished.response_summary(), kAccepted);
  EXPECT_TRUE(result.finished.has_elapsed());
  server.WaitForScripts();
  EXPECT_EQ(server.received(),
            "POST /tms/v1/set/action HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\n"
                "Authorization: Bearer canary-token-0123456789\r\n"
                "Content-Length: 42\r\nConnection: close\r\n\r\n"
                R"({"action": "T-Enable", "cids": ["a", "b"]})");
}

TEST(HttpClusterClient, SendsAWholeFleetInOnePost) {
  ScriptedServer server(Answer(Response("200 OK", kAccepted)));
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster);
  call.cids.clear();
  for (int i = 0; i < 27'682; ++i) call.cids.push_back(absl::StrFormat("%032x", i));
  const std::string body = SerialiseBody(call.action, call.cids);
  ExpectResult(Finish(client, std::move(call)), Success());
  server.WaitForScripts();
  EXPECT_TRUE(server.received().ends_with("\r\n\r\n" + body));
  EXPECT_EQ(boost::json::parse(body).at("cids").as_array().size(), 27'682U);
  EXPECT_EQ(server.connections(), 1);
}

struct Case {
  std::string answer;
  Expected expected;
};

TEST(HttpClusterClient, EveryRowOfTheTableThatAnAnswerDecides) {
  const std::string rejected = R"({"success":false,"message":"TMS is not Ready"})";
  const Case cases[] = {
      {Response("200 OK", kAccepted), Success()},
      {Response("202 Accepted", "{}"), Success(202)},
      {Response("200 OK", "[1]"), Success()},
      {Response("200 OK", ""), Success()},
      {"HTTP/1.1 204 No Content\r\n\r\n", Success(204)},
      {Response("200 OK", rejected),
       {Job::FAILED, 200, Job::REJECTED, Job::NOT_APPLIED, "TMS is not Ready"}},
      {Response("200 OK", "<html>"), InvalidResponse("Invalid JSON response: ")},
      {Response("200 OK", R"({"success":1})"), InvalidResponse("Invalid JSON response: `success`")},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"succ",
       InvalidResponse("Response body was cut: ")},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
       HttpError(101, Job::UNKNOWN, "API returned status 101: ")},
      {Response("302 Found", "moved"),
       HttpError(302, Job::UNKNOWN, "API returned status 302: redirect not followed")},
      {Response("307 Temporary Redirect", ""),
       HttpError(307, Job::NOT_APPLIED, "API returned status 307: redirect not followed")},
      {Response("401 Unauthorized", ""),
       HttpError(401, Job::NOT_APPLIED, "API returned status 401: Unauthorized")},
      {Response("404 Not Found", "no such API"),
       HttpError(404, Job::NOT_APPLIED, "API returned status 404: no such API")},
      {Response("408 Request Timeout", ""),
       HttpError(408, Job::UNKNOWN, "API returned status 408: Request Timeout")},
      {Response("429 Too Many", "", "Retry-After: 1\r\n"),
       HttpError(429, Job::NOT_APPLIED, "API returned status 429: Too Many")},
      {Response("500 Oops", "broken"),
       HttpError(500, Job::UNKNOWN, "API returned status 500: broken")},
      {Response("799 Odd", "x"), HttpError(799, Job::UNKNOWN, "API returned status 799: x")},
      {"SSH-2.0-OpenSSH_9.2\r\n", ConnectionLost("The answer is not HTTP: ")},
      {"HTTP/1.1 099 Low\r\n\r\n", ConnectionLost("The answer is not HTTP: ")},
      {"HTTP/1.1 abc Bad\r\n\r\n", ConnectionLost("The answer is not HTTP: ")},
      {"HTTP/2.0 200 OK\r\n\r\n", ConnectionLost("The answer is not HTTP: ")},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ConnectionLost("The answer is not HTTP: ")},
      {"HTTP/1.1 200 OK\r\nContent-Le", ConnectionLost("Connection lost before the answer")},
      {"", ConnectionLost("Connection lost before the answer was there: closed by the cluster")},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.answer);
    ExpectResult(CallOnce(Answer(row.answer)), row.expected);
  }
}

TEST(HttpClusterClient, UnderstandsEveryFramingOfABody) {
  const std::string cases[] = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "8\r\n{\"succes\r\n9;name=value\r\ns\": true}\r\n0\r\nTrailer: x\r\n\r\n",
      "HTTP/1.0 200 OK\r\n\r\n{\"success\": true}",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"success\": true}",
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"success\": true}",
  };
  for (const std::string& answer : cases) {
    SCOPED_TRACE(answer);
    const CallResult result = CallOnce(Answer(answer));
    ExpectResult(result, Success());
    EXPECT_EQ(result.response_body, "{\"success\": true}");
  }
}

TEST(HttpClusterClient, NeverFollowsARedirect) {
  ScriptedServer server([&server](Connection& connection) {
    connection.ReadRequest();
    const std::string here = "http://127.0.0.1:" + std::to_string(server.port());
    connection.Send(Response("307 Moved", "", "Location: " + here + "/elsewhere\r\n"));
    connection.ReadToEnd();
  });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ExpectResult(Finish(client, CallTo(cluster)),
               HttpError(307, Job::NOT_APPLIED, "API returned status 307: redirect not followed"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClient, SendsNoTokenThatNoHeaderMayCarry) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster);
  call.bearer_token = Secret("a\r\nX-Evil: 1");
  ExpectResult(Finish(client, std::move(call)), NotCalled());
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClusterClient, KeepsAnEchoedTokenOutOfEverything) {
  const std::string body = R"({"success":false,"message":"not )" + std::string(kToken) + "\"}";
  const CallResult result = CallOnce(Answer(Response("200 OK", body)));
  EXPECT_EQ(result.finished.error_message(), "not [token]");
  EXPECT_EQ(result.response_body, R"({"success":false,"message":"not [token]"})");
  EXPECT_EQ(result.finished.response_summary(), result.response_body);
}

TEST(HttpClusterClient, ACallerThatIsCancelledDoesNotStopTheCall) {
  asio::io_context context;
  asio::cancellation_signal cancel;
  ScriptedServer server([&](Connection& connection) {
    connection.ReadRequest();
    absl::Notification cancelled;
    asio::post(context, [&] {
      cancel.emit(asio::cancellation_type::all);
      cancelled.Notify();
    });
    cancelled.WaitForNotification();
    connection.Send(Response("200 OK", kAccepted));
  });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  std::optional<CallResult> result;
  asio::co_spawn(
      context, client.Call(CallTo(cluster)),
      asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, CallResult made) {
        EXPECT_EQ(error, nullptr);
        result = std::move(made);
      }));
  context.run();
  ASSERT_TRUE(result);
  ExpectResult(*result, Success());
}

TEST(HttpClusterClient, AnExecutorMayGoAwayAtAnyMoment) {
  const auto release = std::make_shared<absl::Notification>();
  ScriptedServer server([](Connection& connection) { connection.ReadToEnd(); });
  HttpClusterClient client(SystemClock(), [release](const std::string&) {
    release->WaitForNotification();
    return absl::StatusOr<Addresses>(Addresses{});
  });
  const Cluster silent = ClusterAt(server.port());
  const Cluster stuck = ClusterAt(server.port(), "stuck.test");
  {
    asio::io_context context;
    const auto never = [](std::exception_ptr, const CallResult&) { FAIL(); };
    asio::co_spawn(context, client.Call(CallTo(silent)), never);
    asio::co_spawn(context, client.Call(CallTo(stuck)), never);
    while (server.connections() == 0) context.run_for(std::chrono::milliseconds(10));
  }
  release->Notify();
}

TEST(HttpClusterClient, ServesManyCallsAtOnceOnManyThreads) {
  ScriptedServer server(Answer(Response("200 OK", kAccepted)));
  HttpClusterClient client(SystemClock(), Always(std::vector<std::string>{"127.0.0.1"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  asio::thread_pool pool(4);
  std::vector<std::future<CallResult>> results;
  for (int i = 0; i < 200; ++i) {
    results.push_back(asio::co_spawn(pool, client.Call(CallTo(cluster)), asio::use_future));
  }
  for (std::future<CallResult>& result : results) ExpectResult(result.get(), Success());
  EXPECT_EQ(server.connections(), 200);
}

}  // namespace
}  // namespace tms::action
