// A gateway on a free port before two scripted services, all over real connections.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/fake_clock.h"
#include "common/http/server.h"
#include "common/runtime/logging.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/gateway.h"
#include "services/gateway/metered_handler.h"
#include "services/gateway/metrics.h"
#include "services/gateway/services.h"
#include "services/gateway/session_routes.h"
#include "services/gateway/stream_routes.h"
#include "services/gateway/web_routes.h"
#include "tests/integration/gateway/fake_services.h"
#include "tests/support/raw_http_client.h"

namespace tms::gateway {

// Keeps what is recorded. Thread-safe.
class CollectingAudit final : public AuditSink {
 public:
  void Record(tms::ledger::v1::AuditRecord record) override {
    absl::MutexLock lock(&mutex_);
    records_.push_back(std::move(record));
  }
  // `action` of each record, with `!` before those of failures.
  std::vector<std::string> actions() const {
    std::vector<std::string> actions;
    for (const auto& record : records()) {
      actions.push_back((record.success() ? "" : "!") + record.action());
    }
    return actions;
  }
  std::vector<tms::ledger::v1::AuditRecord> records() const {
    absl::MutexLock lock(&mutex_);
    return records_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<tms::ledger::v1::AuditRecord> records_ ABSL_GUARDED_BY(mutex_);
};

// Requests are ann's, who is admin and operator, until `cookie_` says otherwise.
class GatewayTest : public testing::Test {
 protected:
  explicit GatewayTest(TrustedProxy proxy = {})
      : authenticator_(sessions_, users_, std::move(proxy)) {}

  void SetUp() override {
    log::Configure({.level = "error"});
    action_server_ = *rpc::Server::Start({.listen = "127.0.0.1:0"}, {&action_});
    ledger_server_ = *rpc::Server::Start({.listen = "127.0.0.1:0"}, {&ledger_});
    action_server_->SetServing(true);
    ledger_server_->SetServing(true);
    services_ =
        ConnectServices("127.0.0.1:" + std::to_string(action_server_->port()),
                        "127.0.0.1:" + std::to_string(ledger_server_->port()), nullptr, &metrics_);
    SetAccounts({{.user = "ann", .roles = {Role::kAdmin, Role::kOperator}},
                 {.user = "vic", .roles = {Role::kViewer}},
                 {.user = "oscar", .roles = {Role::kOperator}},
                 {.user = "audrey", .roles = {Role::kAuditor}},
                 {.user = "adam", .roles = {Role::kAdmin}}});
    streams_.heartbeat = absl::Milliseconds(50);
    streams_.session_check = absl::Milliseconds(20);
    std::vector<Route> routes = AllRoutes(services_, login_, streams_);
    std::ranges::move(WebRoutes(ReadWebFiles().value()), std::back_inserter(routes));
    gateway_ = std::make_unique<Gateway>(RouteTable(std::move(routes)), SiteGuard({}),
                                         authenticator_, audit_);
    handler_ = std::make_unique<MeteredHandler>(*gateway_, metrics_);
    server_ =
        std::make_unique<http::Server>(threads_.get_executor(), http::ServerOptions(), *handler_);
    port_ = server_->Listen("127.0.0.1", 0).value();
    LogIn("ann");
  }

  void TearDown() override {
    streams_.draining = true;
    boost::asio::co_spawn(threads_, server_->Stop(absl::Seconds(10)), boost::asio::use_future)
        .get();
    threads_.join();
  }

  void SetAccounts(std::vector<Account> accounts) {
    accounts_ = accounts;
    users_.Replace(std::move(accounts));
  }
  // Later requests come from this user's new session.
  void LogIn(const std::string& user) {
    const Account account = *users_.Find(user);
    const std::string id = sessions_.Begin(
        {.user = account.user, .roles = account.roles, .account_version = account.version});
    cookie_ = "Cookie: tms_session=" + id + "\r\n";
  }

  std::string Raw(std::string_view method, std::string_view target, std::string_view body,
                  std::string_view headers = "") const {
    const bool has_origin = headers.find("Origin:") != headers.npos;
    return std::string(method) + " " + std::string(target) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + cookie_ + (has_origin ? "" : "Origin: http://localhost\r\n") +
           std::string(headers) + "\r\n" + std::string(body);
  }

  test::RawResponse Get(std::string_view target) {
    return test::RawHttpClient(port_).Exchange(Raw("GET", target, ""));
  }
  test::RawResponse SendJson(std::string_view method, std::string_view target,
                             std::string_view body) {
    return test::RawHttpClient(port_).Exchange(
        Raw(method, target, body, "Content-Type: application/json\r\n"));
  }

  static boost::json::object Json(const test::RawResponse& response) {
    return boost::json::parse(response.body).as_object();
  }
  // `errors[i].field` of a problem.
  static std::vector<std::string> ErrorFields(const test::RawResponse& response) {
    std::vector<std::string> fields;
    const boost::json::object json = Json(response);
    for (const auto& error : json.at("errors").as_array()) {
      fields.emplace_back(error.at("field").as_string().c_str());
    }
    return fields;
  }

  FakeActionService action_;
  FakeLedgerService ledger_;
  std::unique_ptr<rpc::Server> action_server_;
  std::unique_ptr<rpc::Server> ledger_server_;
  Metrics metrics_;
  Services services_;
  FakeClock clock_;
  UserDirectory users_;
  std::vector<Account> accounts_;
  SessionStore sessions_{{}, clock_};
  // Runs of Argon2id, each with the hash that it was for.
  absl::Mutex verified_mutex_;
  std::vector<std::string> verified_ ABSL_GUARDED_BY(verified_mutex_);
  PasswordChecker passwords_{[this](const std::string& hash, const Secret& password) {
    {
      absl::MutexLock lock(&verified_mutex_);
      verified_.push_back(hash);
    }
    return VerifyPassword(hash, password);
  }};
  LoginThrottle throttle_{{}, clock_};
  CollectingAudit audit_;
  SessionAuthenticator authenticator_;
  LoginParts login_{sessions_, users_, passwords_, throttle_, audit_, metrics_};
  StreamParts streams_{services_, authenticator_, audit_, metrics_};
  std::string cookie_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<MeteredHandler> handler_;
  boost::asio::thread_pool threads_{2};
  std::unique_ptr<http::Server> server_;
  uint16_t port_ = 0;
};

}  // namespace tms::gateway
