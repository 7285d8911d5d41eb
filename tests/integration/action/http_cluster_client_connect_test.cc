// The cluster call until its first byte: names, addresses, deadlines.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "services/action/cluster/http_cluster_client.h"
#include "tests/integration/action/cluster_call_fixture.h"
#include "tests/integration/action/scripted_server.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;
using tms::ledger::v1::Job;

TEST(HttpClusterClientConnect, UsesNoProxyFromTheEnvironment) {
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

TEST(HttpClusterClientConnect, ReportsARefusedConnection) {
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

TEST(HttpClusterClientConnect, ReportsAFailedLookUp) {
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

TEST(HttpClusterClientConnect, S08RefusesANameOfWhichOneAddressIsForbidden) {
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

TEST(HttpClusterClientConnect, S08ANameIsAskedOnceACallAndJudgedAnewInTheNext) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const auto rebinding = [asked](const std::string&) -> absl::StatusOr<Addresses> {
    return Addresses{asio::ip::make_address(++*asked == 1 ? "127.0.0.1" : "169.254.169.254")};
  };
  HttpClusterClient client(SystemClock(), rebinding);
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster)), Success());
  EXPECT_EQ(*asked, 1);
  ExpectResult(Finish(client, CallTo(cluster)),
               ConnectError("Address 169.254.169.254 of one.test is not allowed"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClientConnect, TriesTheNextAddressWhileNothingWasSent) {
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  HttpClusterClient client(SystemClock(),
                           Always(std::vector<std::string>{"127.0.0.2", "::ffff:127.0.0.1"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster)), Success());
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClientConnect, TriesNoOtherAddressOnceSomethingWasSent) {
  const auto hang_up = [](Connection& connection) { connection.ReadRequest(); };
  ScriptedServer server(hang_up, nullptr, "0.0.0.0");
  HttpClusterClient client(SystemClock(),
                           Always(std::vector<std::string>{"127.0.0.1", "127.0.0.2"}));
  const Cluster cluster = ClusterAt(server.port(), "one.test");
  ExpectResult(Finish(client, CallTo(cluster)), ConnectionLost("Connection lost"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClusterClientConnect, AnAddressThatSwallowsConnectionsLeavesTimeForTheNext) {
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

TEST(HttpClusterClientConnect, AResolverThatHangsDelaysOnlyItsOwnHost) {
  // Shared, here and below, since a look-up that hangs outlives the call.
  const auto release = std::make_shared<absl::Notification>();
  const auto look_ups = std::make_shared<std::atomic<int>>(0);
  ScriptedServer server(Answer(Response("200 OK", "{}")));
  HttpClusterClient client(SystemClock(), [release, look_ups](const std::string& host) {
    ++*look_ups;
    if (host == "stuck.test") release->WaitForNotification();
    return absl::StatusOr<Addresses>(Addresses{asio::ip::make_address("127.0.0.1")});
  });
  const Cluster stuck = ClusterAt(server.port(), "stuck.test");
  const Cluster fine = ClusterAt(server.port(), "fine.test");
  for (int i = 0; i < 3; ++i) {
    ExpectResult(Finish(client, CallTo(stuck, kShort)), Timeout(Job::NOT_APPLIED));
  }
  EXPECT_EQ(*look_ups, 1);  // the one that hangs is shared
  ExpectResult(Finish(client, CallTo(fine)), Success());
  release->Notify();
  ExpectResult(Finish(client, CallTo(stuck)), Success());
}

TEST(HttpClusterClientConnect, DoesNotCallOnceTheDeadlineHasPassed) {
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

TEST(HttpClusterClientConnect, SendsNoByteIfTheDeadlinePassedWhileConnecting) {
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

TEST(HttpClusterClientConnect, NoticesThatItSleptBeforeAnyByte) {
  const auto release = std::make_shared<absl::Notification>();
  FakeClock clock;
  HttpClusterClient client(clock, [&clock, release](const std::string&) {
    clock.Advance(absl::Hours(1));
    release->WaitForNotification();
    return absl::StatusOr<Addresses>(Addresses{asio::ip::make_address("127.0.0.1")});
  });
  const Cluster cluster = ClusterAt(1, "one.test");
  ExpectResult(Finish(client, CallTo(cluster, absl::Seconds(30), clock)), NotCalled());
  release->Notify();
}

TEST(HttpClusterClientConnect, NoticesSuspendedTimeWhileItWaitsForTheAnswer) {
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

}  // namespace
}  // namespace tms::action
