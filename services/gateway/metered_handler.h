// The gateway with each answer counted, and who tells of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>

#include "common/http/server.h"
#include "services/gateway/gateway.h"
#include "services/gateway/metrics.h"

namespace tms::gateway {

// Owned by main, outlives the server.
class MeteredHandler final : public http::Handler {
 public:
  MeteredHandler(Gateway& gateway, Metrics& metrics) : gateway_(gateway), metrics_(metrics) {}

  std::variant<size_t, http::Response> Admit(const http::Request& head) override;
  boost::asio::awaitable<http::Response> Handle(http::Request request) override;
  http::Response OnRefused(const http::Refusal& refusal, std::string_view peer_address) override;

 private:
  Gateway& gateway_;
  Metrics& metrics_;
};

// Answers GET /metrics, on a port of its own. Owned by main, outlives its server.
class MetricsHandler final : public http::Handler {
 public:
  // `look` is called for each answer, from any thread.
  MetricsHandler(Metrics& metrics, std::function<Levels()> look)
      : metrics_(metrics), look_(std::move(look)) {}

  std::variant<size_t, http::Response> Admit(const http::Request& head) override;
  boost::asio::awaitable<http::Response> Handle(http::Request request) override;
  http::Response OnRefused(const http::Refusal& refusal, std::string_view peer_address) override;

 private:
  Metrics& metrics_;
  const std::function<Levels()> look_;
};

}  // namespace tms::gateway
