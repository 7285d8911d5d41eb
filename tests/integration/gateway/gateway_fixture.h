// A gateway on a free port before two scripted services, all over real connections.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/server.h"
#include "common/runtime/logging.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/gateway.h"
#include "services/gateway/services.h"
#include "tests/integration/gateway/fake_services.h"
#include "tests/support/raw_http_client.h"

namespace tms::gateway {

class GatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    log::Configure({.level = "error"});
    action_server_ = *rpc::Server::Start({.listen = "127.0.0.1:0"}, {&action_});
    ledger_server_ = *rpc::Server::Start({.listen = "127.0.0.1:0"}, {&ledger_});
    action_server_->SetServing(true);
    ledger_server_->SetServing(true);
    services_ = ConnectServices("127.0.0.1:" + std::to_string(action_server_->port()),
                                "127.0.0.1:" + std::to_string(ledger_server_->port()));
    gateway_ = std::make_unique<Gateway>(RouteTable(ApiRoutes(services_)), SiteGuard({}),
                                         Caller{.user = "ann", .roles = {"admin", "operator"}});
    server_ =
        std::make_unique<http::Server>(threads_.get_executor(), http::ServerOptions(), *gateway_);
    port_ = server_->Listen("127.0.0.1", 0).value();
  }

  void TearDown() override {
    boost::asio::co_spawn(threads_, server_->Stop(absl::Seconds(10)), boost::asio::use_future)
        .get();
    threads_.join();
  }

  static std::string Raw(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view headers = "") {
    return std::string(method) + " " + std::string(target) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(headers) + "\r\n" + std::string(body);
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
  Services services_;
  std::unique_ptr<Gateway> gateway_;
  boost::asio::thread_pool threads_{2};
  std::unique_ptr<http::Server> server_;
  uint16_t port_ = 0;
};

}  // namespace tms::gateway
