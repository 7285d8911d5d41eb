#include "services/gateway/authenticator.h"

#include <gtest/gtest.h>

#include "common/base/fake_clock.h"
#include "services/gateway/csv.h"
#include "services/gateway/session_store.h"
#include "services/gateway/user_directory.h"

namespace tms::gateway {
namespace {

http::Request With(std::vector<http::Header> headers, std::string peer = "10.1.2.3") {
  return {.headers = std::move(headers), .peer_address = std::move(peer)};
}

class AuthenticatorTest : public testing::Test {
 protected:
  void SetUp() override { SetAnn({.user = "ann", .roles = {Role::kViewer}}); }
  void SetAnn(Account account) { users_.Replace({std::move(account)}); }

  std::string LogIn() { return sessions_.Begin({.user = "ann", .roles = {Role::kViewer}}); }
  bool Knows(const http::Request& request) {
    return SessionAuthenticator(sessions_, users_, proxy_).Identify(request, true).has_value();
  }

  FakeClock clock_;
  UserDirectory users_;
  SessionStore sessions_{{}, clock_};
  TrustedProxy proxy_;
};

TEST_F(AuthenticatorTest, ACookieNamesTheSession) {
  const std::string id = LogIn();
  EXPECT_TRUE(Knows(With({{"cookie", "tms_session=" + id}})));
  EXPECT_TRUE(Knows(With({{"cookie", "a=b; tms_session=" + id + ";c=d"}})));
  EXPECT_FALSE(Knows(With({})));
  EXPECT_FALSE(Knows(With({{"cookie", "xtms_session=" + id}})));
  EXPECT_FALSE(Knows(With({{"cookie", "tms_session=" + id + "x"}})));
  EXPECT_FALSE(Knows(With({{"x-cookie", "tms_session=" + id}})));
}

TEST_F(AuthenticatorTest, WhatAPageAsksForByItselfDoesNotProlongTheSession) {
  const std::string cookie = "tms_session=" + LogIn();
  const auto background = With({{"cookie", cookie}, {"x-tms-background", "1"}});
  clock_.Advance(absl::Minutes(14));
  EXPECT_TRUE(Knows(background));
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(Knows(background));
  EXPECT_FALSE(Knows(With({{"cookie", cookie}})));
}

TEST_F(AuthenticatorTest, S20OfTwoSessionCookiesNeitherCounts) {
  const std::string id = LogIn();
  EXPECT_FALSE(Knows(With({{"cookie", "tms_session=evil; tms_session=" + id}})));
  EXPECT_FALSE(Knows(With({{"cookie", "tms_session=" + id + "; tms_session=evil"}})));
}

TEST_F(AuthenticatorTest, AnyChangeOfTheAccountEndsItsSessions) {
  for (const Account& changed : {Account{.user = "ann", .roles = {Role::kViewer}, .disabled = true},
                                 Account{.user = "ann", .roles = {Role::kAdmin}, .version = 1},
                                 Account{.user = "bob", .roles = {Role::kViewer}}}) {
    SetAnn({.user = "ann", .roles = {Role::kViewer}});
    const http::Request request = With({{"cookie", "tms_session=" + LogIn()}});
    ASSERT_TRUE(Knows(request));
    SetAnn(changed);
    EXPECT_FALSE(Knows(request));
    // Also not when it is changed back.
    SetAnn({.user = "ann", .roles = {Role::kViewer}});
    EXPECT_FALSE(Knows(request));
  }
}

TEST_F(AuthenticatorTest, AProxysWordCountsOnlyFromConfiguredNetworks) {
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "ann"}})));
  proxy_ = *TrustedProxy::Parse({"10.1.0.0/16", "fd00::/8"}, "X-Forwarded-User");
  EXPECT_TRUE(Knows(With({{"x-forwarded-user", "ann"}})));
  EXPECT_TRUE(Knows(With({{"x-forwarded-user", "ann"}}, "fd00::1")));
  EXPECT_TRUE(Knows(With({{"x-forwarded-user", "ann"}}, "::ffff:10.1.0.1")));
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "ann"}}, "10.2.0.1")));
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "ann"}}, "fe80::1")));
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "eve"}})));
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "ann"}, {"x-forwarded-user", "ann"}})));
  SetAnn({.user = "ann", .roles = {Role::kViewer}, .disabled = true});
  EXPECT_FALSE(Knows(With({{"x-forwarded-user", "ann"}})));
}

TEST_F(AuthenticatorTest, TheClientIsTheLastAddressThatIsNoTrustedProxys) {
  proxy_ = *TrustedProxy::Parse({"10.1.0.0/16"}, "X-Forwarded-User");
  const auto client_of = [&](std::vector<http::Header> headers, std::string peer = "10.1.2.3") {
    return proxy_.ClientOf(With(std::move(headers), std::move(peer)));
  };
  const std::string name = "x-forwarded-for";
  EXPECT_EQ(client_of({}), "10.1.2.3");
  EXPECT_EQ(client_of({{name, "192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client_of({{name, "203.0.113.9, 192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client_of({{name, "203.0.113.9, 192.0.2.1,10.1.0.1"}}), "192.0.2.1");
  EXPECT_EQ(client_of({{name, "203.0.113.9"}, {name, "192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client_of({{name, "192.0.2.1"}, {name, "10.1.0.1"}}), "192.0.2.1");
  EXPECT_EQ(client_of({{name, "10.1.0.2, 10.1.0.1"}}), "10.1.0.2");
  EXPECT_EQ(client_of({{name, "2001:DB8::0:1"}}), "2001:db8::1");
  EXPECT_EQ(client_of({{name, "::ffff:192.0.2.1"}}), "192.0.2.1");
  for (const char* odd : {"", ",", "unknown", "192.0.2.1:80", "192.0.2.1, ", "[::1]", "1.2.3"}) {
    EXPECT_EQ(client_of({{name, odd}}), "10.1.2.3") << odd;
  }
  EXPECT_EQ(client_of({{name, "192.0.2.1"}}, "10.2.0.1"), "10.2.0.1") << "no proxy of ours";
  EXPECT_EQ(TrustedProxy().ClientOf(With({{name, "192.0.2.1"}})), "10.1.2.3");
}

TEST_F(AuthenticatorTest, AWrongNetworkIsRefused) {
  for (const char* network :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "proxy", "::/129", "10.0.0.0/8x"}) {
    EXPECT_FALSE(TrustedProxy::Parse({network}, "X").ok()) << network;
  }
}

TEST(Csv, S22NoCellIsAFormula) {
  for (const char* cell : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=1", "＝1+1"}) {
    EXPECT_TRUE(CsvLine({cell}).starts_with("\"'")) << cell;
  }
  EXPECT_EQ(CsvLine({"a", "7", "x=1", ""}), "a,7,x=1,\r\n");
}

TEST(Csv, WhatSeparatesIsQuoted) {
  EXPECT_EQ(CsvLine({"a,b", "say \"hi\"", "two\nlines"}),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
  EXPECT_EQ(CsvLine({std::string("a\0b\x1b", 4)}), "a b \r\n");
}

}  // namespace
}  // namespace tms::gateway
