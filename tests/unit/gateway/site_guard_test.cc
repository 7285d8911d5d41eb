#include "services/gateway/site_guard.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tms::gateway {
namespace {

std::string Check(std::string method, std::vector<http::Header> headers) {
  http::Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  return Reason(SiteGuard({"Ledger.Example"}).Check(request));
}

TEST(SiteGuard, OnlyOurHostsAreServed) {
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]",
                           "[::1]:8080", "ledger.example", "LEDGER.example:8080"}) {
    EXPECT_EQ(Check("GET", {{"host", host}}), "") << host;
  }
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                           "evil.example:8080", "[::2]", "0.0.0.0", "ledger.example.",
                           "x@localhost", "[", "[]", "[::1", "[::1]x", ":", "localhost."}) {
    EXPECT_EQ(Check("GET", {{"host", host}}), "HOST_NOT_ALLOWED") << host;
  }
}

TEST(SiteGuard, S18APageOfAnotherSiteMayNotChangeAnything) {
  const http::Header host{"host", "localhost:8080"};
  for (const char* origin :
       {"http://evil.example", "null", "http://localhost", "http://localhost:8081",
        "http://localhost:8080.evil.example", "ftp://localhost:8080", "localhost:8080"}) {
    EXPECT_EQ(Check("POST", {host, {"origin", origin}}), "CROSS_SITE") << origin;
    EXPECT_EQ(Check("GET", {host, {"origin", origin}}), "CROSS_SITE") << origin;
  }
  for (const char* site : {"cross-site", "same-site", "odd"}) {
    EXPECT_EQ(Check("PATCH", {host, {"sec-fetch-site", site}}), "CROSS_SITE") << site;
  }
}

TEST(SiteGuard, S18OurOwnPageMayAndWhoeverNamesOurOrigin) {
  const http::Header host{"host", "localhost:8080"};
  EXPECT_EQ(Check("POST", {host}), "ORIGIN_MISSING");
  EXPECT_EQ(Check("GET", {host}), "");
  EXPECT_EQ(Check("POST", {host, {"origin", "http://localhost:8080"}}), "");
  EXPECT_EQ(Check("POST", {host, {"origin", "https://LOCALHOST:8080"}}), "");
  EXPECT_EQ(Check("POST", {host, {"sec-fetch-site", "same-origin"}}), "");
  EXPECT_EQ(Check("POST", {host, {"sec-fetch-site", "none"}}), "");
}

}  // namespace
}  // namespace tms::gateway
