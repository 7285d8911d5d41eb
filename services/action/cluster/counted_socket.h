// A TCP socket that knows how much it handed to the operating system.
#pragma once

#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tms::action {

// A stream for Asio, Beast and TLS on top of it. As thread-safe as a socket: not at all.
class CountedSocket {
 public:
  using lowest_layer_type = boost::asio::ip::tcp::socket;
  using executor_type = lowest_layer_type::executor_type;

  explicit CountedSocket(const executor_type& executor) : socket_(executor) {}

  executor_type get_executor() { return socket_.get_executor(); }
  lowest_layer_type& lowest_layer() { return socket_; }

  // Exact once no write is pending.
  uint64_t bytes_written() const { return bytes_written_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        [this, buffers, begun = false](auto& self, boost::system::error_code error = {},
                                       std::size_t written = 0) mutable {
          if (!std::exchange(begun, true)) {
            const Buffers copy = buffers;  // `self` holds `buffers` and is moved from
            socket_.async_write_some(copy, std::move(self));
            return;
          }
          bytes_written_ += written;
          self.complete(error, written);
        },
        token, socket_);
  }

 private:
  lowest_layer_type socket_;
  uint64_t bytes_written_ = 0;
};

}  // namespace tms::action
