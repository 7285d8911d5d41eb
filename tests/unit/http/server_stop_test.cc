#include <gtest/gtest.h>

#include "tests/unit/http/test_server.h"

namespace tms::http {
namespace {

using test::RawHttpClient;
using test::RawResponse;

TEST(HttpServerStop, F22IdleConnectionsCloseAndRunningRequestsFinish) {
  TestServer server;
  RawHttpClient fresh(server.port);
  RawHttpClient idle(server.port);
  EXPECT_EQ(idle.Exchange(Get("/a")).status, 200);
  RawHttpClient busy(server.port);
  busy.Send(Get("/hold") + Get("/pipelined"));
  server.handler.held.WaitForNotification();

  auto stopped = server.StopLater(absl::Seconds(20));
  EXPECT_TRUE(fresh.ClosesSilently());
  EXPECT_TRUE(idle.ClosesSilently());
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  server.handler.Release();
  const RawResponse response = busy.Receive();
  EXPECT_EQ(response.body, "hold:");
  EXPECT_EQ(response.Header("connection"), "close");
  EXPECT_TRUE(busy.ClosesSilently());
  stopped.get();
}

TEST(HttpServerStop, WhatStillRunsAtTheLimitIsCut) {
  TestServer server;
  RawHttpClient busy(server.port);
  busy.Send(Get("/hold"));
  server.handler.held.WaitForNotification();
  server.Stop(absl::Milliseconds(20));
  EXPECT_TRUE(busy.ClosesSilently());
}

TEST(HttpServerStop, AStreamIsCancelledAtTheLimit) {
  TestServer server;
  RawHttpClient watcher(server.port);
  watcher.Send(Get("/silence"));
  server.handler.held.WaitForNotification();
  server.Stop(absl::Milliseconds(20));
  EXPECT_FALSE(watcher.Receive().complete);
}

TEST(HttpServerStop, NobodyConnectsAfterwards) {
  TestServer server;
  server.Stop(absl::ZeroDuration());
  EXPECT_FALSE(RawHttpClient(server.port).connected());
}

}  // namespace
}  // namespace tms::http
