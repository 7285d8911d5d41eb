#include "services/fake_cluster/request.h"

#include <boost/beast/http/field.hpp>
#include <boost/json/parse.hpp>
#include <string_view>
#include <utility>

#include "common/base/text.h"

namespace tms::fake_cluster {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;

// Above what any client of ours may send: 50,000 cids of 128 four-byte characters.
constexpr uint64_t kMaxBodyBytes = 64 << 20;
constexpr uint32_t kMaxHeadBytes = 64 << 10;
constexpr size_t kReadBytes = 16 << 10;

std::string BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return std::string(authorization.starts_with(kScheme) ? authorization.substr(kScheme.size())
                                                        : std::string_view());
}

void ReadJson(Request& request) {
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error || !body.is_object()) return;
  const json::value* action = body.get_object().if_contains("action");
  const json::value* cids = body.get_object().if_contains("cids");
  if (action == nullptr || !action->is_string() || cids == nullptr || !cids->is_array()) return;
  for (const json::value& cid : cids->get_array()) {
    if (!cid.is_string()) return;
    request.cids.emplace_back(cid.get_string().c_str(), cid.get_string().size());
  }
  request.action = std::string(action->get_string().c_str(), action->get_string().size());
  request.well_formed = true;
}

}  // namespace

RequestReader::RequestReader(Connection& connection, boost::beast::flat_buffer& left_over)
    : connection_(connection), buffer_(left_over) {
  parser_.header_limit(kMaxHeadBytes);
  parser_.body_limit(kMaxBodyBytes);
}

template <typename Done>
asio::awaitable<bool> RequestReader::ReadUntil(Done done) {
  while (!done()) {
    if (buffer_.size() > 0) {
      boost::system::error_code error;
      const size_t used = parser_.put(buffer_.data(), error);
      buffer_.consume(used);
      if (error && error != http::error::need_more) co_return false;
      if (used > 0) continue;
    }
    const auto space = buffer_.prepare(kReadBytes);
    const size_t size = co_await connection_.Read({static_cast<char*>(space.data()), space.size()});
    if (size == 0) co_return false;
    buffer_.commit(size);
  }
  co_return true;
}

asio::awaitable<bool> RequestReader::ReadHead() {
  co_return co_await ReadUntil([this] { return parser_.is_header_done(); });
}

asio::awaitable<bool> RequestReader::ReadBody(size_t bytes) {
  parser_.eager(true);
  co_return co_await ReadUntil(
      [this, bytes] { return parser_.is_done() || parser_.get().body().size() >= bytes; });
}

Request RequestReader::Take() {
  const auto& message = parser_.get();
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .host = std::string(message[http::field::host]),
                  .content_type = std::string(message[http::field::content_type]),
                  .token = BearerToken(std::string(message[http::field::authorization])),
                  .body = message.body(),
                  .whole = parser_.is_done(),
                  .keep_alive = parser_.is_header_done() && message.keep_alive()};
  for (const auto& field : message) request.header_names.emplace_back(field.name_string());
  if (request.whole) ReadJson(request);
  return request;
}

bool IsSetAction(const Request& request) {
  return request.method == "POST" && request.target.ends_with("/tms/v1/set/action");
}

}  // namespace tms::fake_cluster
