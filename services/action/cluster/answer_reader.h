// Reads a cluster's answer from a stream. Brings in Beast: for the .cc of the exchange only.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/action/cluster/classification.h"

namespace tms::action {

// How reading ended; `detail` says what failed where that is kBroken.
struct ReadEnd {
  Ending ending = Ending::kComplete;
  std::string detail;
};

// Reads the one answer of a connection; cannot be used twice.
template <class Stream>
class AnswerReader {
 public:
  AnswerReader(Stream& stream, int64_t max_body_bytes)
      : stream_(stream), max_body_bytes_(static_cast<size_t>(max_body_bytes)) {}

  // Fills `answer` as soon as the headers are complete and then as the body comes, so that it holds
  // what there is when the stream is closed under it. Skips interim answers (1xx but 101).
  boost::asio::awaitable<ReadEnd> Read(std::optional<Answer>& answer) {
    for (int interim = 0; interim <= kMaxInterimAnswers; ++interim) {
      parser_.emplace();
      parser_->header_limit(kMaxHeaderBytes);
      parser_->body_limit(boost::none);  // ReadBody has its own
      boost::system::error_code error;
      co_await boost::beast::http::async_read_header(
          stream_, buffer_, *parser_,
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) co_return Broken(DescribeHeaderError(error));
      const int status = static_cast<int>(parser_->get().result_int());
      if (status < 100) co_return Broken("The answer is not HTTP: bad status");
      if (status >= 200 || status == 101) {
        answer.emplace();
        answer->status = status;
        answer->reason_phrase = std::string(parser_->get().reason());
        co_return co_await ReadBody(answer->body);
      }
    }
    co_return Broken("Too many interim answers");
  }

 private:
  // Far above what a server needs to announce, far below what would keep us busy.
  static constexpr int kMaxInterimAnswers = 16;
  static constexpr uint32_t kMaxHeaderBytes = 32 * 1024;
  // Holds headers of the limit and the beginning of a body; also bounds a chunk's extensions and
  // the trailers.
  static constexpr size_t kMaxBufferBytes = 2 * kMaxHeaderBytes;
  static constexpr size_t kPieceBytes = 16 * 1024;  // what one TLS record brings

  static ReadEnd Broken(std::string detail) { return {Ending::kBroken, std::move(detail)}; }

  static std::string DescribeHeaderError(const boost::system::error_code& error) {
    using HttpError = boost::beast::http::error;
    if (error == HttpError::header_limit || error == HttpError::buffer_overflow) {
      return "The headers of the answer are larger than " + std::to_string(kMaxHeaderBytes) +
             " bytes";
    }
    const bool closed = error == HttpError::end_of_stream || error == HttpError::partial_message;
    const bool http = error.category() == make_error_code(HttpError::end_of_stream).category();
    if (http && !closed) return "The answer is not HTTP: " + error.message();
    return "Connection lost before the answer was there: " +
           (closed ? "closed by the cluster" : error.message());
  }

  boost::asio::awaitable<ReadEnd> ReadBody(std::string& body) {
    std::array<char, kPieceBytes> piece;
    parser_->eager(true);  // many small chunks at once
    while (!parser_->is_done()) {
      parser_->get().body().data = piece.data();
      parser_->get().body().size = piece.size();
      boost::system::error_code error;
      co_await boost::beast::http::async_read_some(
          stream_, buffer_, *parser_,
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      body.append(piece.data(), piece.size() - parser_->get().body().size);
      if (body.size() > max_body_bytes_) {
        body.resize(max_body_bytes_);
        co_return ReadEnd{Ending::kBodyTooLarge, {}};
      }
      if (error && error != boost::beast::http::error::need_buffer) {
        co_return Broken(error.message());
      }
    }
    co_return ReadEnd{};
  }

  Stream& stream_;
  const size_t max_body_bytes_;
  boost::beast::flat_buffer buffer_{kMaxBufferBytes};
  std::optional<boost::beast::http::response_parser<boost::beast::http::buffer_body>> parser_;
};

}  // namespace tms::action
