// One request and what is done about it: all that a behaviour sees.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <random>
#include <string>
#include <string_view>

#include "services/fake_cluster/behaviour.h"
#include "services/fake_cluster/connection.h"
#include "services/fake_cluster/request.h"

namespace tms::fake_cluster {

// An orderly answer.
struct Reply {
  int status = 200;
  std::string_view reason = "OK";
  std::string_view content_type = "application/json";
  // Further header lines, each with its CRLF.
  std::string headers = {};
  std::string body = {};
};

// Status line and headers, with the empty line; Content-Length is the body's.
std::string HeadToWire(const Reply& reply);
std::string ToWire(const Reply& reply);

// What decides how long slow answers take; shared by all exchanges of a server.
struct Tempo {
  std::mt19937_64 random;
  // Scales the times of `slow`.
  double slow_factor = 1.0;
};

// Lives as long as the behaviour runs.
class Exchange {
 public:
  Exchange(Connection& connection, const Request& request, const Choice& choice, Tempo& tempo)
      : connection_(connection), request_(request), choice_(choice), tempo_(tempo) {}

  Connection& connection() { return connection_; }
  const Request& request() const { return request_; }
  const Choice& choice() const { return choice_; }
  Tempo& tempo() { return tempo_; }

  // Answers as a well-behaved server; the connection stays open if the client wants it so.
  boost::asio::awaitable<void> Send(Reply reply);

  // Whether another request may follow on this connection.
  bool reusable() const { return reusable_; }

 private:
  Connection& connection_;
  const Request& request_;
  const Choice& choice_;
  Tempo& tempo_;
  bool reusable_ = false;
};

}  // namespace tms::fake_cluster
