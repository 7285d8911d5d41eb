// Everything that a peer can take has a limit.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/unit/http/test_server.h"

namespace tms::http {
namespace {

using test::RawHttpClient;
using test::RawResponse;

constexpr absl::Duration kShort = absl::Seconds(1);

TEST(HttpServerLimits, ALargeHeadIs431) {
  TestServer server;
  RawHttpClient client(server.port);
  const RawResponse response =
      client.Exchange("GET /a HTTP/1.1\r\nHost: x\r\nX: " + std::string(8192, 'x') + "\r\n\r\n");
  EXPECT_EQ(response.status, 431);
  EXPECT_TRUE(client.ClosesSilently());
}

TEST(HttpServerLimits, ALargeBodyIs413BeforeItIsSent) {
  TestServer server;
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Post("/a", std::string(1000, 'x'))).status, 200);
  RawHttpClient client(server.port);
  const RawResponse response = client.Exchange(
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(response.status, 413);
  EXPECT_NE(response.body.find("1000"), std::string::npos);
}

TEST(HttpServerLimits, BodiesOfAllConnectionsTogetherAreLimited) {
  TestServer server({.max_buffered_body_bytes = 1000});
  RawHttpClient first(server.port);
  first.Send("POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n" +
             std::string(600, 'x'));
  server.handler.held.WaitForNotification();
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Post("/a", std::string(600, 'y'))).status, 503);
  server.handler.Release();
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Post("/a", std::string(600, 'y'))).status, 200);
}

TEST(HttpServerLimits, S15BodiesThatDoNotArriveHoldUpNobody) {
  TestServer server({.max_buffered_body_bytes = 1000});
  std::vector<std::unique_ptr<RawHttpClient>> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(std::make_unique<RawHttpClient>(server.port));
    slow.back()->Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\nhalf");
  }
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Post("/a", std::string(600, 'y'))).status, 200);
  EXPECT_TRUE(slow[0]->Send(std::string(596, 'x')));
  EXPECT_EQ(slow[0]->Receive().status, 200);
}

TEST(HttpServerLimits, ConnectionsOfOneAddressAreLimited) {
  TestServer server({.max_connections_per_address = 2});
  RawHttpClient first(server.port);
  EXPECT_EQ(first.Exchange(Get("/a")).status, 200);
  {
    RawHttpClient second(server.port);
    EXPECT_EQ(second.Exchange(Get("/a")).status, 200);
    EXPECT_EQ(RawHttpClient(server.port).Exchange(Get("/a")).status, 0);
    const RawResponse last =
        second.Exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(last.status, 200);
  }
  // The place is free once the server has seen the end of `second`.
  RawResponse response;
  while (response.status == 0) response = RawHttpClient(server.port).Exchange(Get("/a"));
  EXPECT_EQ(response.status, 200);
}

TEST(HttpServerLimits, ConnectionsAreLimited) {
  TestServer server({.max_connections = 1});
  RawHttpClient first(server.port);
  EXPECT_EQ(first.Exchange(Get("/a")).status, 200);
  EXPECT_TRUE(RawHttpClient(server.port).ClosesSilently());
  EXPECT_EQ(first.Exchange(Get("/a")).status, 200);
}

TEST(HttpServerLimits, S15ASlowHeadIsCutAtItsDeadline) {
  TestServer server({.head_timeout = kShort});
  RawHttpClient silent(server.port);
  RawHttpClient slow(server.port);
  slow.Send("GET /a HTTP/1.1\r\nHost:");
  EXPECT_TRUE(silent.ClosesSilently());
  EXPECT_TRUE(slow.ClosesSilently());
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Get("/a")).status, 200);
}

TEST(HttpServerLimits, S15ASlowBodyIsCutAtItsDeadline) {
  TestServer server({.body_timeout = kShort});
  RawHttpClient slow(server.port);
  slow.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(slow.ClosesSilently());
  EXPECT_EQ(server.handler.handled, 0);
}

TEST(HttpServerLimits, AnIdleConnectionIsClosedAtItsDeadline) {
  TestServer server({.idle_timeout = kShort});
  RawHttpClient client(server.port);
  EXPECT_EQ(client.Exchange(Get("/a")).status, 200);
  EXPECT_TRUE(client.ClosesSilently());
}

TEST(HttpServerLimits, S15ASlowReaderIsCutAtItsDeadline) {
  TestServer server({.write_timeout = kShort});
  RawHttpClient reader(server.port);
  reader.Send(Get("/flood"));
  server.handler.flood_gone.WaitForNotification();
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Get("/a")).status, 200);
}

TEST(HttpServerLimits, HandlingItselfIsNotUnderTheDeadlinesOfReadingAndWriting) {
  TestServer server({.head_timeout = kShort, .body_timeout = kShort, .idle_timeout = kShort});
  RawHttpClient holder(server.port);
  holder.Send(Get("/hold"));
  server.handler.held.WaitForNotification();
  // Another connection lives through the same deadlines meanwhile.
  EXPECT_TRUE(RawHttpClient(server.port).ClosesSilently());
  server.handler.Release();
  EXPECT_EQ(holder.Receive().status, 200);
}

}  // namespace
}  // namespace tms::http
