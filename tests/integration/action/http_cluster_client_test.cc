// The cluster call over plain HTTP, against a server that answers byte by byte as each test wants.
#include "services/action/http_cluster_client.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "services/action/http_request.h"
#include "tests/integration/action/cluster_call_fixture.h"
#include "tests/integration/action/scripted_server.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;
using tms::ledger::v1::Job;

constexpr char kAccepted[] = R"({"message":"Sending action to migration services","success":true})";
constexpr absl::Duration kShort = absl::Milliseconds(200);

std::string Response(const std::string& status, const std::string& body,
                     const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

Script Answer(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
  };
}

// Answers, then keeps the connection open until the client closes it.
Script AnswerAndStay(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
    connection.ReadToEnd();
  };
}

CallResult CallOnce(Script script, absl::Duration timeout = absl::Seconds(10)) {
  ScriptedServer server(std::move(script));
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  CallResult result = Finish(client, CallTo(cluster, timeout));
  EXPECT_EQ(server.connections(), 1);
  return result;
}

Expected HttpError(int status, Job::Effect effect, std::string message) {
  return {Job::FAILED, status, Job::HTTP_ERROR, effect, std::move(message)};
}

Expected Timeout(Job::Effect effect, std::optional<int> http_status = std::nullopt) {
  return {Job::FAILED, http_status, Job::TIMEOUT, effect, "Request timeout after 0.2s"};
}

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

TEST(HttpClusterClient, ReportsABrokenFramingOfABody) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string rest : {"", "5\r\n{\"a", "2\r\n{}\r\n", "2\r\n{}\r\n0\r\n", "x\r\n",
                                 "2\r\n{}xx\r\n", "ffffffffffffffff1\r\n"}) {
    SCOPED_TRACE(rest);
    ExpectResult(CallOnce(Answer(chunked + rest)), InvalidResponse("Response body was cut: "));
  }
}

TEST(HttpClusterClient, ClassifiesACloseAfterEachByteOfTheAnswer) {
  const std::string answer = Response("200 OK", R"({"success":true})");
  const size_t headers = answer.find("\r\n\r\n") + 4;
  for (size_t size = 0; size <= answer.size(); ++size) {
    SCOPED_TRACE(size);
    const CallResult result = CallOnce(Answer(answer.substr(0, size)));
    if (size < headers) {
      ExpectResult(result, ConnectionLost("Connection lost before the answer was there: "));
    } else if (size < answer.size()) {
      ExpectResult(result, InvalidResponse("Response body was cut: "));
      EXPECT_EQ(result.response_body, answer.substr(headers, size - headers));
    } else {
      ExpectResult(result, Success());
    }
  }
}

TEST(HttpClusterClient, ClassifiesAResetAfterEachPartOfTheAnswer) {
  const std::string answer = Response("200 OK", R"({"success":true})");
  const size_t headers = answer.find("\r\n\r\n") + 4;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{12}, headers - 1, headers, headers + 4}) {
    SCOPED_TRACE(size);
    const CallResult result = CallOnce([&](Connection& connection) {
      connection.ReadRequest();
      connection.Send(answer.substr(0, size));
      connection.EndWithReset();
    });
    EXPECT_EQ(result.finished.effect(), Job::UNKNOWN);
    // A reset may overtake what was sent before it.
    if (size < headers || !result.finished.has_http_status()) {
      EXPECT_EQ(result.finished.failure_reason(), Job::CONNECTION_LOST);
    } else {
      EXPECT_EQ(result.finished.failure_reason(), Job::INVALID_RESPONSE);
    }
  }
}

TEST(HttpClusterClient, ClassifiesAResetAtEachPartOfTheRequest) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{40}, size_t{200}, size_t{1} << 20}) {
    SCOPED_TRACE(size);
    ScriptedServer server([size](Connection& connection) {
      connection.Read(size);
      connection.EndWithReset();
    });
    HttpClusterClient client(SystemClock());
    const Cluster cluster = ClusterAt(server.port());
    ClusterCall call = CallTo(cluster);
    call.cids.assign(50'000, std::string(128, 'c'));  // more than sockets buffer
    const CallResult result = Finish(client, std::move(call));
    server.WaitForScripts();
    // Whether the reset is seen before the first byte is written is a matter of luck, unless the
    // server has read one.
    if (size == 0 && result.finished.failure_reason() == Job::CONNECT_ERROR) {
      ExpectResult(result, ConnectError("C"));  // while connecting or while sending
    } else {
      ExpectResult(result, ConnectionLost("Connection lost"));
    }
    EXPECT_EQ(server.connections(), 1);
  }
}

// Lets a test act at a given look at the clock.
class ScriptedClock final : public Clock {
 public:
  std::function<void(int look)> at_look = [](int) {};

  absl::Time Now() const override { return SystemClock().Now(); }
  absl::Duration SinceBoot() const override {
    at_look(++looks_);
    return SystemClock().SinceBoot();
  }

 private:
  mutable int looks_ = 0;
};

TEST(HttpClusterClient, KnowsThatNoByteWasWritten) {
  ScriptedServer server([](Connection& connection) { connection.EndWithReset(); });
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster);
  ScriptedClock clock;
  // The fifth look is the one right before the first byte: until then the reset has arrived.
  clock.at_look = [&server](int look) {
    if (look != 5) return;
    while (server.connections() == 0) std::this_thread::yield();
    server.WaitForScripts();
  };
  HttpClusterClient client(clock);
  ExpectResult(Finish(client, std::move(call)),
               ConnectError("Connection lost while sending the request: "));
}

TEST(HttpClusterClient, ReadsAnAnswerThatComesBeforeTheRequestWasRead) {
  ScriptedServer server([&server](Connection& connection) {
    connection.Read(100);
    connection.Send(Response("413 Too Large", "less, please"));
    server.stopping().WaitForNotification();
  });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster);
  call.cids.assign(50'000, std::string(128, 'c'));
  ExpectResult(Finish(client, std::move(call)),
               HttpError(413, Job::NOT_APPLIED, "API returned status 413: less, please"));
}

TEST(HttpClusterClient, TimesOutWhereverTheAnswerStops) {
  ExpectResult(CallOnce(AnswerAndStay(""), kShort), Timeout(Job::UNKNOWN));
  ExpectResult(CallOnce(AnswerAndStay("HTTP/1.1 200 OK\r\nConten"), kShort), Timeout(Job::UNKNOWN));
  ExpectResult(CallOnce(AnswerAndStay("HTTP/1.1 100 Continue\r\n\r\n"), kShort),
               Timeout(Job::UNKNOWN));
  const CallResult late =
      CallOnce(AnswerAndStay("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"su"), kShort);
  ExpectResult(late, Timeout(Job::UNKNOWN, 200));
  EXPECT_EQ(late.finished.response_summary(), "{\"su");
  EXPECT_EQ(late.finished.elapsed().seconds(), 0);
  EXPECT_GE(late.finished.elapsed().nanos(), 200'000'000);
}

TEST(HttpClusterClient, TimesOutWhenTheRequestIsNotRead) {
  ScriptedServer server([&server](Connection&) { server.stopping().WaitForNotification(); });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster, kShort);
  call.cids.assign(50'000, std::string(128, 'c'));
  ExpectResult(Finish(client, std::move(call)), Timeout(Job::UNKNOWN));
}

TEST(HttpClusterClient, AnErrorStatusDecidesEvenIfItsBodyIsLateCutOrEndless) {
  const std::string head = "HTTP/1.1 503 Down\r\nContent-Length: 99\r\n\r\n";
  const Expected expected = HttpError(503, Job::UNKNOWN, "API returned status 503: try");
  ExpectResult(CallOnce(AnswerAndStay(head + "try "), kShort), expected);
  ExpectResult(CallOnce(Answer(head + "try ")), expected);
  ExpectResult(CallOnce([](Connection& connection) {
                 connection.ReadRequest();
                 connection.Send("HTTP/1.1 503 Down\r\n\r\n");
                 connection.SendForEver("try again ");
               }),
               expected);
}

TEST(HttpClusterClient, StopsAtTheLimitOfTheBody) {
  const std::string heads[] = {"HTTP/1.1 200 OK\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"};
  for (const std::string& head : heads) {
    SCOPED_TRACE(head);
    const CallResult result = CallOnce([&head](Connection& connection) {
      connection.ReadRequest();
      connection.Send(head);
      connection.SendForEver(std::string(10'000, 'x'));
    });
    ExpectResult(result, InvalidResponse("Response body is larger than 1048576 bytes"));
    EXPECT_EQ(result.response_body.size(), 1U << 20);
    EXPECT_EQ(result.finished.response_summary().size(), 8192U);
    EXPECT_TRUE(result.finished.response_summary_cut());
  }
  ExpectResult(CallOnce([](Connection& connection) {
                 connection.ReadRequest();
                 connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                 const std::string chunk = "5\r\nxxxxx\r\n";
                 std::string chunks;
                 for (int i = 0; i < 1000; ++i) chunks += chunk;
                 connection.SendForEver(chunks);
               }),
               InvalidResponse("Response body is larger than 1048576 bytes"));
}

TEST(HttpClusterClient, TakesABodyOfExactlyTheLimit) {
  ScriptedServer server(Answer(Response("200 OK", "[1,2]")));
  HttpClusterClient client(SystemClock());
  Cluster cluster = ClusterAt(server.port());
  cluster.max_response_bytes = 5;
  ExpectResult(Finish(client, CallTo(cluster)), Success());
  cluster.max_response_bytes = 4;
  const CallResult over = Finish(client, CallTo(cluster));
  ExpectResult(over, InvalidResponse("Response body is larger than 4 bytes"));
  EXPECT_EQ(over.response_body, "[1,2");
}

TEST(HttpClusterClient, StopsAtTheLimitOfTheHeaders) {
  const std::string large = "X: " + std::string(40'000, 'x') + "\r\n";
  ExpectResult(CallOnce(AnswerAndStay(Response("200 OK", "{}", large))),
               ConnectionLost("The headers of the answer are larger than 32768 bytes"));
  for (const std::string piece : {"X: y\r\n", "xxxxxxxx"}) {
    ExpectResult(CallOnce([&piece](Connection& connection) {
                   connection.ReadRequest();
                   connection.Send("HTTP/1.1 200 OK\r\n");
                   connection.SendForEver(piece);
                 }),
                 ConnectionLost("The "));
  }
  ExpectResult(CallOnce([](Connection& connection) {
                 connection.ReadRequest();
                 connection.SendForEver("HTTP/1.1 103 Early Hints\r\n\r\n");
               }),
               ConnectionLost("Too many interim answers"));
}

TEST(HttpClusterClient, StopsAtEndlessChunkExtensionsAndTrailers) {
  for (const std::string start : {"1;a=", "0\r\nX: "}) {
    SCOPED_TRACE(start);
    ExpectResult(CallOnce([&start](Connection& connection) {
                   connection.ReadRequest();
                   connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + start);
                   connection.SendForEver("xxxxxxxxxxxxxxxx");
                 }),
                 InvalidResponse("Response body was cut: "));
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

TEST(HttpClusterClient, UsesNoProxyFromTheEnvironment) {
  ScriptedServer proxy(Answer(Response("200 OK", "{}")));
  ScriptedServer server(Answer(Response("202 Accepted", "{}")));
  const std::string address = "http://127.0.0.1:" + std::to_string(proxy.port());
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy"}) {
    setenv(name, address.c_str(), 1);
  }
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ExpectResult(Finish(client, CallTo(cluster)), Success(202));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy"}) unsetenv(name);
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(HttpClusterClient, ReportsARefusedConnection) {
  uint16_t port = 0;
  {
    port = ScriptedServer([](Connection&) {}).port();
  }
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(port);
  ExpectResult(
      Finish(client, CallTo(cluster)),
      ConnectError("Cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused"));
}

LookUpFunction Always(absl::StatusOr<std::vector<std::string>> answer) {
  return [answer](const std::string&) -> absl::StatusOr<Addresses> {
    if (!answer.ok()) return answer.status();
    Addresses addresses;
    for (const std::string& text : *answer) addresses.push_back(asio::ip::make_address(text));
    return addresses;
  };
}

TEST(HttpClusterClient, ReportsAFailedLookUp) {
  HttpClusterClient failing(SystemClock(),
                            Always(MakeStatus(absl::StatusCode::kUnavailable, "no such name")));
  const Cluster cluster = ClusterAt(80, "one.test");
  ExpectResult(Finish(failing, CallTo(cluster)),
               ConnectError("Cannot resolve one.test: no such name"));
  HttpClusterClient empty(SystemClock(), Always(std::vector<std::string>{}));
  ExpectResult(Finish(empty, CallTo(cluster)), ConnectError("one.test has no address"));
  HttpClusterClient system(SystemClock());
  const Cluster invalid = ClusterAt(80, "no-such-name.invalid");
  ExpectResult(Finish(system, CallTo(invalid)),
               ConnectError("Cannot resolve no-such-name.invalid"));
}

TEST(HttpClusterClient, RefusesANameOfWhichOneAddressIsForbidden) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  Cluster cluster = ClusterAt(server.port(), "one.test");
  for (const char* other : {"10.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"}) {
    HttpClusterClient client(SystemClock(), Always(std::vector<std::string>{"127.0.0.1", other}));
    ExpectResult(Finish(client, CallTo(cluster)), ConnectError("Address "));
  }
  cluster.allowed_networks.clear();
  HttpClusterClient client(SystemClock(), Always(std::vector<std::string>{"127.0.0.1"}));
  ExpectResult(Finish(client, CallTo(cluster)),
               ConnectError("Address 127.0.0.1 of one.test is not allowed"));
  cluster.host = "127.0.0.1";
  ExpectResult(Finish(client, CallTo(cluster)),
               ConnectError("Address 127.0.0.1 of 127.0.0.1 is not allowed"));
  cluster.host = "::ffff:127.0.0.1";
  ExpectResult(Finish(client, CallTo(cluster)), ConnectError("Address ::ffff:127.0.0.1"));
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClusterClient, TriesTheNextAddressWhileNothingWasSent) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  HttpClusterClient client(SystemClock(),
                           Always(std::vector<std::string>{"127.0.0.2", "::ffff:127.0.0.1"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster)), Success());
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClient, TriesNoOtherAddressOnceSomethingWasSent) {
  const auto hang_up = [](Connection& connection) { connection.ReadRequest(); };
  ScriptedServer server(hang_up, nullptr, "0.0.0.0");
  HttpClusterClient client(SystemClock(),
                           Always(std::vector<std::string>{"127.0.0.1", "127.0.0.2"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster)), ConnectionLost("Connection lost"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClient, AnAddressThatSwallowsConnectionsLeavesTimeForTheNext) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  asio::io_context context;
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address("127.0.0.2"), server.port());
  asio::ip::tcp::acceptor full(context, endpoint.protocol());
  full.bind(endpoint);
  full.listen(0);
  // Fills the queue; further attempts get no answer at all.
  std::vector<asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 2; ++i) fillers.emplace_back(context).async_connect(endpoint, [](auto) {});
  context.run_for(std::chrono::milliseconds(20));
  HttpClusterClient client(SystemClock(),
                           Always(std::vector<std::string>{"127.0.0.2", "127.0.0.1"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster, absl::Seconds(2))), Success());
}

TEST(HttpClusterClient, AResolverThatHangsDelaysOnlyItsOwnHost) {
  absl::Notification release;
  std::atomic<int> look_ups = 0;
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  HttpClusterClient client(SystemClock(), [&](const std::string& host) {
    ++look_ups;
    if (host == "stuck.test") release.WaitForNotification();
    return absl::StatusOr<Addresses>(Addresses{asio::ip::make_address("127.0.0.1")});
  });
  const Cluster stuck = ClusterAt(server.port(), "stuck.test");
  const Cluster fine = ClusterAt(server.port(), "fine.test");
  for (int i = 0; i < 3; ++i) {
    ExpectResult(Finish(client, CallTo(stuck, kShort)), Timeout(Job::NOT_APPLIED));
  }
  EXPECT_EQ(look_ups, 1);  // the one that hangs is shared
  ExpectResult(Finish(client, CallTo(fine)), Success());
  release.Notify();
  ExpectResult(Finish(client, CallTo(stuck)), Success());
}

TEST(HttpClusterClient, DoesNotCallOnceTheDeadlineHasPassed) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  FakeClock clock;
  HttpClusterClient client(clock);
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster, absl::Seconds(30), clock);
  clock.Advance(absl::Seconds(30));
  const CallResult result = Finish(client, std::move(call));
  ExpectResult(result, NotCalled());
  EXPECT_FALSE(result.finished.has_elapsed());
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClusterClient, SendsNoByteIfTheDeadlinePassedWhileConnecting) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  FakeClock clock;
  HttpClusterClient client(clock, [&clock](const std::string&) {
    clock.Advance(absl::Hours(1));  // the machine was suspended meanwhile
    return absl::StatusOr<Addresses>(Addresses{asio::ip::make_address("127.0.0.1")});
  });
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster, absl::Seconds(30), clock)), NotCalled());
  server.WaitForScripts();
  EXPECT_EQ(server.received(), "");
}

TEST(HttpClusterClient, NoticesThatItSleptBeforeAnyByte) {
  absl::Notification release;
  FakeClock clock;
  HttpClusterClient client(clock, [&](const std::string&) {
    clock.Advance(absl::Hours(1));
    release.WaitForNotification();
    return absl::StatusOr<Addresses>(Addresses{asio::ip::make_address("127.0.0.1")});
  });
  const Cluster cluster = ClusterAt(1, "one.test");
  ExpectResult(Finish(client, CallTo(cluster, absl::Seconds(30), clock)), NotCalled());
  release.Notify();
}

TEST(HttpClusterClient, NoticesSuspendedTimeWhileItWaitsForTheAnswer) {
  FakeClock clock;
  ScriptedServer server([&clock](Connection& connection) {
    connection.ReadRequest();
    clock.Advance(absl::Hours(1));
    connection.ReadToEnd();
  });
  HttpClusterClient client(clock);
  const Cluster cluster = ClusterAt(server.port());
  ExpectResult(
      Finish(client, CallTo(cluster, absl::Seconds(30), clock)),
      {Job::FAILED, std::nullopt, Job::TIMEOUT, Job::UNKNOWN, "Request timeout after 30s"});
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
  absl::Notification release;
  ScriptedServer server([](Connection& connection) { connection.ReadToEnd(); });
  HttpClusterClient client(SystemClock(), [&release](const std::string&) {
    release.WaitForNotification();
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
  release.Notify();
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
