// Sessions over HTTP.
#include <gmock/gmock.h>

#include <future>

#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

using test::RawResponse;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class Login : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    static const std::string hash = *HashPassword("correct horse");
    accounts_.push_back({.user = "pat", .password_hash = hash, .roles = {Role::kOperator}});
    SetAccounts(accounts_);
    cookie_.clear();
  }

  RawResponse Try(const std::string& user, const std::string& password) {
    return SendJson("POST", "/api/login",
                    R"({"username":")" + user + R"(","password":")" + password + "\"}");
  }
  // Takes the session's cookie as a browser does.
  void Keep(const RawResponse& response) {
    const std::string set = response.Header("set-cookie");
    cookie_ = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }
};

TEST_F(Login, ARightPasswordOpensASession) {
  const RawResponse response = Try("pat", "correct horse");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(boost::json::parse(response.body),
            boost::json::parse(R"({"success":true,"message":"Login successful","user":"pat"})"));
  const std::string cookie = response.Header("set-cookie");
  EXPECT_THAT(cookie, HasSubstr("; HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("; SameSite=Strict"));
  EXPECT_THAT(cookie, HasSubstr("; Path=/"));
  EXPECT_THAT(cookie, Not(HasSubstr("Secure")));
  Keep(response);
  EXPECT_EQ(boost::json::parse(Get("/api/v1/me").body),
            boost::json::parse(R"({"user_id":"pat","roles":["operator"]})"));
  const auto info = Json(Get("/api/user/info"));
  EXPECT_EQ(info.at("user_id"), "pat");
  EXPECT_EQ(info.size(), 3u);
  EXPECT_EQ(boost::json::parse(Get("/api/user/role").body),
            boost::json::parse(R"({"is_admin":false,"user_id":"pat"})"));
  EXPECT_THAT(audit_.actions(), Contains("LOGIN"));
}

TEST_F(Login, OnTlsTheCookieIsSecure) {
  login_.secure_cookie = true;
  EXPECT_THAT(Try("pat", "correct horse").Header("set-cookie"), HasSubstr("; Secure"));
}

TEST_F(Login, S21EveryFailureLooksTheSame) {
  accounts_.back().disabled = true;
  accounts_.push_back(
      {.user = "eve", .password_hash = accounts_.back().password_hash, .roles = {Role::kViewer}});
  SetAccounts(accounts_);
  const RawResponse wrong = Try("eve", "wrong horse");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(Json(wrong).at("success"), false);
  for (const RawResponse& other : {Try("nobody", "correct horse"), Try("pat", "correct horse")}) {
    EXPECT_EQ(other.status, 401);
    EXPECT_EQ(other.body, wrong.body);
    EXPECT_EQ(other.Header("set-cookie"), "");
  }
}

TEST_F(Login, S21EveryFailureTakesTheSameWork) {
  accounts_.back().disabled = true;
  accounts_.push_back(
      {.user = "eve", .password_hash = accounts_.back().password_hash, .roles = {Role::kViewer}});
  SetAccounts(accounts_);
  for (const char* user : {"eve", "nobody", "pat"}) EXPECT_EQ(Try(user, "wrong").status, 401);
  EXPECT_EQ(Try("pat", "correct horse").status, 401);
  EXPECT_EQ(Try("eve", "correct horse").status, 200);
  absl::MutexLock lock(&verified_mutex_);
  // One run of Argon2id each, at the same costs: the hash names them.
  EXPECT_EQ(verified_.size(), 5u);
  EXPECT_THAT(verified_, Each(testing::StartsWith("$argon2id$v=19$m=65536,t=2,p=1$")));
}

TEST_F(Login, S21WhoGuessesIsHeldUpAlsoWithTheRightPassword) {
  int refused = 0;
  while (Try("pat", "wrong").status == 401) ASSERT_LT(++refused, 10);
  const RawResponse held = Try("pat", "correct horse");
  EXPECT_EQ(held.status, 429);
  EXPECT_NE(held.Header("retry-after"), "");
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Try("pat", "correct horse").status, 200);
}

TEST_F(Login, S21ParallelLoginsAreBoundedAndAllAnswered) {
  std::vector<std::future<int>> tries;
  for (int i = 0; i < 19; ++i) {
    tries.push_back(std::async(
        std::launch::async, [this, i] { return Try("user" + std::to_string(i), "guess").status; }));
  }
  std::vector<int> statuses;
  for (auto& one : tries) statuses.push_back(one.get());
  EXPECT_THAT(statuses, Each(testing::AnyOf(401, 503)));
  EXPECT_THAT(statuses, Contains(401));
}

TEST_F(Login, S20ALoginNeverKeepsTheIdThatTheBrowserHad) {
  cookie_ = "Cookie: tms_session=chosen-by-somebody-else\r\n";
  Keep(Try("pat", "correct horse"));
  EXPECT_THAT(cookie_, Not(HasSubstr("chosen-by")));
  const std::string first = cookie_;
  Keep(Try("pat", "correct horse"));
  EXPECT_NE(cookie_, first);
  EXPECT_EQ(Get("/api/v1/me").status, 200);
  cookie_ = first;
  EXPECT_EQ(Get("/api/v1/me").status, 401);
}

TEST_F(Login, S20ACookieKeptAfterLogoutOpensNothing) {
  Keep(Try("pat", "correct horse"));
  const RawResponse out = test::RawHttpClient(port_).Exchange(Raw("POST", "/api/logout", ""));
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(Json(out).at("success"), true);
  EXPECT_THAT(out.Header("set-cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(Get("/api/v1/me").status, 401);
  EXPECT_THAT(audit_.actions(), Contains("LOGOUT"));
}

TEST_F(Login, S18ALoginFromAnotherSiteIsRefused) {
  const std::string json = "Content-Type: application/json\r\n";
  const std::string body = R"({"username":"pat","password":"correct horse"})";
  const auto send = [&](const std::string& headers) {
    return test::RawHttpClient(port_).Exchange(Raw("POST", "/api/login", body, headers)).status;
  };
  EXPECT_EQ(send(json + "Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(send("Content-Type: text/plain\r\n"), 415);
  EXPECT_EQ(send(json), 200);
}

TEST_F(Login, AFailedLoginIsRecordedWithoutWhatWasTyped) {
  Try("pat", "wrong");
  Try("my password by mistake", "x");
  const auto records = audit_.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].action(), "LOGIN_FAILED");
  EXPECT_EQ(records[0].user_id(), "pat");
  EXPECT_EQ(records[1].user_id(), "(unknown)");
  EXPECT_THAT(records[1].ShortDebugString(), Not(HasSubstr("mistake")));
}

TEST_F(Login, WhatIsMissingIsABadRequest) {
  for (const char* body : {"{}", "[]", "", R"({"username":"pat"})",
                           R"({"username":1,"password":2})", R"({"username":"","password":"x"})"}) {
    const RawResponse response = SendJson("POST", "/api/login", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(Json(response).at("success"), false) << body;
  }
  EXPECT_EQ(Try("pat", std::string(1025, 'x')).status, 400);
}

TEST_F(Login, TheOldPagesLostSessionIsTold) {
  const RawResponse get = Get("/api/jobs/mine");
  EXPECT_EQ(get.status, 302);
  EXPECT_EQ(get.Header("location"), "/login");
  const RawResponse post = SendJson("POST", "/proxy_fetch", "{}");
  EXPECT_EQ(post.status, 401);
  EXPECT_EQ(post.body, R"({"error":"Unauthorized"})");
}

// 127.0.0.1 and 10.0.0.0/8 pass on requests of others.
class BehindProxy : public GatewayTest {
 protected:
  BehindProxy()
      : GatewayTest(*TrustedProxy::Parse({"127.0.0.1", "10.0.0.0/8"}, "X-Forwarded-User")) {}

  RawResponse TryFrom(const std::string& forwarded_for) {
    cookie_.clear();
    return test::RawHttpClient(port_).Exchange(
        Raw("POST", "/api/login",
            R"({"username":"u)" + std::to_string(++tries_) + R"(","password":"x"})",
            "Content-Type: application/json\r\nX-Forwarded-For: " + forwarded_for + "\r\n"));
  }

  int tries_ = 0;
};

TEST_F(BehindProxy, S21GuessesAreCountedForTheAddressThatTheProxySaw) {
  int refused = 0;
  // What the guesser writes before it changes nothing.
  while (TryFrom("192.0.2." + std::to_string(refused) + ", 198.51.100.7, 10.0.0.1").status == 401) {
    ASSERT_LT(++refused, 30);
  }
  EXPECT_EQ(TryFrom("198.51.100.7").status, 429);
  EXPECT_EQ(TryFrom("198.51.100.8").status, 401) << "others are not held up";
  EXPECT_EQ(audit_.records().back().source_ip(), "198.51.100.8");
}

TEST_F(BehindProxy, TheJobHasTheAddressThatTheProxySaw) {
  const RawResponse response = test::RawHttpClient(port_).Exchange(
      Raw("POST", "/api/v1/actions", R"({"cluster":"c","action":"T-Enable","cids":["a"]})",
          "Content-Type: application/json\r\nX-Forwarded-For: 198.51.100.7\r\n"));
  EXPECT_EQ(response.status, 200);
  const auto request = action_.script.seen().at(0).As<tms::action::v1::SetActionRequest>();
  EXPECT_EQ(request.source_ip(), "198.51.100.7");
}

}  // namespace
}  // namespace tms::gateway
