// A connection with or without TLS. Internal to this room: it drags Beast in.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace tms::http {

// An Asio stream. Deadlines are those of tcp(). Belongs to one connection and its strand.
class AnyStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  // In the clear if `tls` is null.
  AnyStream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls) {
    if (tls == nullptr) {
      plain_.emplace(std::move(socket));
    } else {
      tls_.emplace(std::move(socket), *tls);
    }
  }

  executor_type get_executor() { return tcp().get_executor(); }
  boost::beast::tcp_stream& tcp() { return tls_.has_value() ? tls_->next_layer() : *plain_; }
  bool is_tls() const { return tls_.has_value(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, size_t)>(
        [this](auto&& handler, const Buffers& to) {
          using Handler = std::decay_t<decltype(handler)>;
          tls_.has_value() ? tls_->async_read_some(to, std::forward<Handler>(handler))
                           : plain_->async_read_some(to, std::forward<Handler>(handler));
        },
        token, buffers);
  }

  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, size_t)>(
        [this](auto&& handler, const Buffers& from) {
          using Handler = std::decay_t<decltype(handler)>;
          tls_.has_value() ? tls_->async_write_some(from, std::forward<Handler>(handler))
                           : plain_->async_write_some(from, std::forward<Handler>(handler));
        },
        token, buffers);
  }

  // Only with is_tls().
  template <typename Token>
  auto async_handshake(Token&& token) {
    return tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Token>(token));
  }
  template <typename Token>
  auto async_shutdown(Token&& token) {
    return tls_->async_shutdown(std::forward<Token>(token));
  }

 private:
  std::optional<boost::beast::tcp_stream> plain_;
  std::optional<boost::beast::ssl_stream<boost::beast::tcp_stream>> tls_;
};

}  // namespace tms::http
