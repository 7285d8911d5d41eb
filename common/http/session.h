// One connection of the HTTP server. Internal to this room: it drags Beast in.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/http/any_stream.h"
#include "common/http/server.h"

namespace tms::http {

// Reads requests one after the other, has each answered before it reads the next. Owned by the
// server while it runs. Drain and Abort may be called from any thread; all else happens on the
// connection's strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, std::string peer_address,
          const ServerOptions& options, Handler& handler, MemoryBudget& body_budget);

  // Until the connection is to be closed, whoever wants that.
  boost::asio::awaitable<void> Run();

  // Closes at once if no request has begun, else after the answer to the present one.
  void Drain();
  // Cancels whatever runs and cuts the connection.
  void Abort();

  boost::asio::any_io_executor executor() { return stream_.get_executor(); }
  boost::asio::cancellation_slot cancellation_slot() { return cancellation_.slot(); }
  const std::string& peer_address() const { return peer_address_; }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  // How a step of a request ended.
  enum class Step {
    kDone,
    kRefused,  // refusal_ says why; the peer is to be told
    kGone,     // the connection broke, ended or was too slow: there is nobody to tell
  };
  // What becomes of the connection.
  enum class After {
    kNext,   // it can serve another request
    kClose,  // the peer is to read a last answer
    kDrop,   // there is nothing more to say
  };

  boost::asio::awaitable<bool> Handshake();
  boost::asio::awaitable<After> ServeOne();
  boost::asio::awaitable<Step> ReadHead(Parser& parser);
  Step ParseHead(size_t head_size, Parser& parser);
  Step FillRequest(const Parser& parser, Request& request);
  boost::asio::awaitable<Step> ReadBody(Parser& parser, size_t limit, Request& request);
  boost::asio::awaitable<Response> CallHandler(Request request);
  boost::asio::awaitable<After> Refuse();
  boost::asio::awaitable<After> Send(Response response, After after);
  boost::asio::awaitable<bool> SendHeader(boost::beast::http::response_header<> header);
  boost::asio::awaitable<bool> SendStream(boost::beast::http::response_header<> header,
                                          BodyProducer& producer);
  boost::asio::awaitable<void> Close();
  Step Refused(int status, std::string_view detail);

  AnyStream stream_;
  const std::string peer_address_;
  const ServerOptions& options_;
  Handler& handler_;
  MemoryBudget& body_budget_;
  boost::asio::cancellation_signal cancellation_;
  boost::beast::flat_buffer buffer_;  // bytes that arrived and belong to no request yet
  Refusal refusal_;
  MemoryBudget::Share body_share_;  // of the request that is being served
  bool served_any_ = false;
  bool head_only_ = false;  // the present request is a HEAD
  bool idle_ = true;        // no byte of a request has arrived
  bool draining_ = false;
};

}  // namespace tms::http
