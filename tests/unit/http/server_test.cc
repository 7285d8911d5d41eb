// What a well-behaved client sees.
#include "common/http/server.h"

#include <gtest/gtest.h>

#include "tests/unit/http/test_server.h"

namespace tms::http {
namespace {

using test::RawHttpClient;
using test::RawResponse;

TEST(HttpServer, AnswersRequestsOfOneConnectionInTurn) {
  TestServer server;
  RawHttpClient client(server.port);
  for (const char* body : {"one", "two"}) {
    const RawResponse response = client.Exchange(Post("/echo", body));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "echo:" + std::string(body));
    EXPECT_EQ(response.Header("connection"), "");
    EXPECT_NE(response.Header("date"), "");
  }
}

TEST(HttpServer, PipelinedRequestsAreHandledOneAtATimeInOrder) {
  TestServer server;
  RawHttpClient client(server.port);
  client.Send(Get("/hold") + Post("/echo", "body") + Get("/last"));
  server.handler.held.WaitForNotification();
  EXPECT_EQ(server.handler.handled, 1);
  server.handler.Release();
  EXPECT_EQ(client.Receive().body, "hold:");
  EXPECT_EQ(client.Receive().body, "echo:body");
  EXPECT_EQ(client.Receive().body, "last:");
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  RawHttpClient client(server.port);
  const RawResponse response =
      client.Exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + Get("/b"));
  EXPECT_EQ(response.body, "a:");
  EXPECT_EQ(response.Header("connection"), "close");
  EXPECT_TRUE(client.ClosesSilently());
}

TEST(HttpServer, ABodyMayArriveBitByBitAndAfterContinue) {
  TestServer server;
  RawHttpClient client(server.port);
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  for (const char* byte : {"a", "b", "c", "d", "e"}) client.Send(byte);
  EXPECT_EQ(client.Receive().body, "echo:abcde");
}

TEST(HttpServer, AStreamedAnswerIsSentInChunksAndTheConnectionGoesOn) {
  TestServer server;
  RawHttpClient client(server.port);
  const RawResponse response = client.Exchange(Get("/stream"));
  EXPECT_EQ(response.Header("transfer-encoding"), "chunked");
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "piece;piece;piece;");
  EXPECT_EQ(client.Exchange(Get("/next")).body, "next:");
}

TEST(HttpServer, AStreamThatFailsIsVisiblyCut) {
  TestServer server;
  RawHttpClient client(server.port);
  const RawResponse response = client.Exchange(Get("/cut"));
  EXPECT_EQ(response.body, "piece;");
  EXPECT_FALSE(response.complete);
}

TEST(HttpServer, AnExceptionOfTheHandlerIsA500WithoutItsText) {
  TestServer server;
  const RawResponse response = RawHttpClient(server.port).Exchange(Get("/throw"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST(HttpServer, AnAnswerGivenBeforeTheBodyKeepsTheConnectionOnlyIfThereIsNone) {
  TestServer server;
  RawHttpClient client(server.port);
  EXPECT_EQ(client.Exchange(Get("/unknown")).status, 404);
  EXPECT_EQ(client.Exchange(Post("/unknown", Get("/smuggled"))).Header("connection"), "close");
  EXPECT_TRUE(client.ClosesSilently());
  EXPECT_EQ(server.handler.handled, 0);
}

TEST(HttpServer, HeadIsAnsweredAsGetButWithoutTheBody) {
  TestServer server;
  RawHttpClient client(server.port);
  for (const auto& [path, length] : {std::pair("/a", "2"), std::pair("/unknown", "7")}) {
    client.Send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(client.ReceiveHead().Header("content-length"), length);
  }
  EXPECT_EQ(client.Exchange(Get("/unknown")).body, "unknown");
}

TEST(HttpServer, AnAnswerThatNothingChangedHasNoBody) {
  TestServer server;
  RawHttpClient client(server.port);
  client.Send(Get("/not-modified"));
  const auto answer = client.ReceiveHead();
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.Header("content-length"), "");
  EXPECT_EQ(client.Exchange(Get("/a")).status, 200);
}

TEST(HttpServer, RequestsRunToTheirEndWhenTheClientGoes) {
  TestServer server;
  {
    RawHttpClient client(server.port);
    client.Send(Get("/hold"));
    server.handler.held.WaitForNotification();
  }
  EXPECT_EQ(RawHttpClient(server.port).Exchange(Get("/other")).status, 200);
  server.handler.Release();
}

TEST(HttpServer, F17ASecondServerOnThePortIsRefused) {
  TestServer server;
  boost::asio::io_context io;
  TestHandler handler(io);
  Server second(io.get_executor(), {}, handler);
  EXPECT_EQ(second.Listen("127.0.0.1", server.port).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(second.Listen("example.com", 0).ok());
}

}  // namespace
}  // namespace tms::http
