#include "services/fake_cluster/exchange.h"

namespace tms::fake_cluster {

std::string HeadToWire(const Reply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head += reply.reason;
  head += "\r\nServer: fake_cluster\r\n";
  if (!reply.body.empty()) {
    head += "Content-Type: ";
    head += reply.content_type;
    head += "\r\n";
  }
  // RFC 9110 §8.6: no Content-Length with 204.
  if (reply.status != 204) head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  return head + reply.headers + "\r\n";
}

std::string ToWire(const Reply& reply) { return HeadToWire(reply) + reply.body; }

boost::asio::awaitable<void> Exchange::Send(Reply reply) {
  reusable_ = request_.whole && request_.keep_alive;
  if (!reusable_) reply.headers += "Connection: close\r\n";
  // Not a temporary in the condition: GCC 12 miscompiles `if (!co_await f(temporary))`.
  const std::string wire = ToWire(reply);
  if (!co_await connection_.Write(wire)) reusable_ = false;
}

}  // namespace tms::fake_cluster
