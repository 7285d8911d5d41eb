// The cluster call when connections break, answers never end, or nothing comes.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "services/action/cluster/http_cluster_client.h"
#include "tests/integration/action/cluster_call_fixture.h"
#include "tests/integration/action/scripted_server.h"

namespace tms::action {
namespace {

using tms::ledger::v1::Job;

TEST(HttpClusterClientFaults, ReportsABrokenFramingOfABody) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string rest : {"", "5\r\n{\"a", "2\r\n{}\r\n", "2\r\n{}\r\n0\r\n", "x\r\n",
                                 "2\r\n{}xx\r\n", "ffffffffffffffff1\r\n"}) {
    SCOPED_TRACE(rest);
    ExpectResult(CallOnce(Answer(chunked + rest)), InvalidResponse("Response body was cut: "));
  }
}

TEST(HttpClusterClientFaults, ClassifiesACloseAfterEachByteOfTheAnswer) {
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

TEST(HttpClusterClientFaults, ClassifiesAResetAfterEachPartOfTheAnswer) {
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

TEST(HttpClusterClientFaults, ClassifiesAResetAtEachPartOfTheRequest) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{40}, size_t{200}, size_t{1} << 20}) {
    SCOPED_TRACE(size);
    ScriptedServer server([size](Connection& connection) {
      connection.Read(size);
      connection.EndWithReset();
    });
    HttpClusterClient client(SystemClock());
    const Cluster cluster = ClusterAt(server.port());
    const CallResult result = Finish(client, LargeCallTo(cluster));
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

TEST(HttpClusterClientFaults, KnowsThatNoByteWasWritten) {
  absl::Notification connected;
  ScriptedServer server([&connected](Connection& connection) {
    connected.WaitForNotification();
    connection.EndWithReset();
  });
  const Cluster cluster = ClusterAt(server.port());
  ClusterCall call = CallTo(cluster);
  ScriptedClock clock;
  // The fifth look is the one right before the first byte: the connection is there, and the reset
  // comes now.
  clock.at_look = [&](int look) {
    if (look != 5) return;
    while (server.connections() == 0) std::this_thread::yield();
    connected.Notify();
    server.WaitForScripts();
  };
  HttpClusterClient client(clock);
  ExpectResult(Finish(client, std::move(call)),
               ConnectError("Connection lost while sending the request: "));
}

TEST(HttpClusterClientFaults, ReadsAnAnswerThatComesBeforeTheRequestWasRead) {
  ScriptedServer server([&server](Connection& connection) {
    connection.Read(100);
    connection.Send(Response("413 Too Large", "less, please"));
    server.stopping().WaitForNotification();
  });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  ExpectResult(Finish(client, LargeCallTo(cluster)),
               HttpError(413, Job::NOT_APPLIED, "API returned status 413: less, please"));
}

TEST(HttpClusterClientFaults, TimesOutWhereverTheAnswerStops) {
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

TEST(HttpClusterClientFaults, TimesOutWhenTheRequestIsNotRead) {
  ScriptedServer server([&server](Connection&) { server.stopping().WaitForNotification(); });
  HttpClusterClient client(SystemClock());
  const Cluster cluster = ClusterAt(server.port());
  // Long enough to get to the first byte on a slow machine.
  ExpectResult(Finish(client, LargeCallTo(cluster, absl::Seconds(2))),
               {Job::FAILED, std::nullopt, Job::TIMEOUT, Job::UNKNOWN, "Request timeout after 2s"});
}

TEST(HttpClusterClientFaults, AnErrorStatusDecidesEvenIfItsBodyIsLateCutOrEndless) {
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

TEST(HttpClusterClientFaults, StopsAtTheLimitOfTheBody) {
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

TEST(HttpClusterClientFaults, TakesABodyOfExactlyTheLimit) {
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

TEST(HttpClusterClientFaults, StopsAtTheLimitOfTheHeaders) {
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

TEST(HttpClusterClientFaults, StopsAtEndlessChunkExtensionsAndTrailers) {
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

}  // namespace
}  // namespace tms::action
