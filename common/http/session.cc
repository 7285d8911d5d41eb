#include "common/http/session.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/http/server_tls.h"
#include "common/http/target.h"

namespace tms::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// One read of a head; most are smaller.
constexpr size_t kHeadReadBytes = 4096;
// What Beast reads at once of a body.
constexpr size_t kBodyReadBytes = size_t{64} * 1024;
// How long, and how much, we go on reading after the last answer. Closing with unread bytes would
// reset the connection, and the peer could lose the answer.
constexpr auto kLingerTimeout = std::chrono::seconds(2);
constexpr size_t kLingerBytes = size_t{1024} * 1024;

// Headers that decide about safety or framing: of two, readers might each believe another one.
constexpr std::string_view kSingleHeaders[] = {"authorization", "content-length", "content-type",
                                               "cookie",        "expect",         "host",
                                               "origin",        "referer",        "sec-fetch-site"};

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::string_view View(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

std::string HttpDate() {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone());
}

bhttp::response_header<> ToHeader(const Response& response) {
  bhttp::response_header<> header;
  header.version(11);
  header.result(static_cast<unsigned>(response.status));
  for (const Header& field : response.headers) header.insert(field.name, Sanitize(field.value));
  header.set(bhttp::field::date, HttpDate());
  return header;
}

}  // namespace

Session::Session(tcp::socket socket, std::string peer_address, const ServerOptions& options,
                 Handler& handler, MemoryBudget& body_budget)
    : stream_(std::move(socket), options.tls ? options.tls->context().get() : nullptr),
      peer_address_(std::move(peer_address)),
      options_(options),
      handler_(handler),
      body_budget_(body_budget),
      buffer_(options.max_head_bytes + kBodyReadBytes) {
  boost::system::error_code ignored;
  stream_.tcp().socket().set_option(tcp::no_delay(true), ignored);
}

asio::awaitable<void> Session::Run() {
  if (stream_.is_tls() && !co_await Handshake()) co_return;
  After after = After::kNext;
  while (after == After::kNext) after = co_await ServeOne();
  if (after == After::kClose) co_await Close();
}

asio::awaitable<bool> Session::Handshake() {
  stream_.tcp().expires_after(absl::ToChronoNanoseconds(options_.head_timeout));
  const auto [error] = co_await stream_.async_handshake(kAwait);
  co_return !error;
}

void Session::Drain() {
  asio::dispatch(executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->stream_.tcp().cancel();
  });
}

void Session::Abort() {
  asio::dispatch(executor(), [self = shared_from_this()] {
    self->stream_.tcp().close();
    self->cancellation_.emit(asio::cancellation_type::terminal);
  });
}

asio::awaitable<Session::After> Session::ServeOne() {
  Parser parser;
  Request request;
  head_only_ = false;
  Step step = co_await ReadHead(parser);
  if (step == Step::kDone) step = FillRequest(parser, request);
  if (step == Step::kRefused) co_return co_await Refuse();
  if (step == Step::kGone) co_return After::kDrop;

  head_only_ = request.method == "HEAD";
  After after = parser.keep_alive() ? After::kNext : After::kClose;
  auto admitted = handler_.Admit(request);
  if (auto* answer = std::get_if<Response>(&admitted)) {
    // Another request would have to be looked for behind a body that nobody reads.
    if (parser.content_length().value_or(0) > 0) after = After::kClose;
    co_return co_await Send(std::move(*answer), after);
  }
  step = co_await ReadBody(parser, std::get<size_t>(admitted), request);
  if (step == Step::kRefused) co_return co_await Refuse();
  if (step == Step::kGone) co_return After::kDrop;

  Response response = co_await CallHandler(std::move(request));
  body_share_ = {};
  co_return co_await Send(std::move(response), after);
}

asio::awaitable<Session::Step> Session::ReadHead(Parser& parser) {
  HeadScanner scanner(options_.max_head_bytes);
  idle_ = buffer_.size() == 0;
  stream_.tcp().expires_after(absl::ToChronoNanoseconds(
      idle_ && served_any_ ? options_.idle_timeout : options_.head_timeout));
  while (!draining_ || !idle_) {
    switch (scanner.Scan(View(buffer_))) {
      case HeadScanner::State::kComplete:
        co_return ParseHead(scanner.head_size(), parser);
      case HeadScanner::State::kRefused:
        co_return Refused(scanner.refusal().status, scanner.refusal().detail);
      case HeadScanner::State::kIncomplete:
        break;
    }
    const auto [error, size] =
        co_await stream_.async_read_some(buffer_.prepare(kHeadReadBytes), kAwait);
    if (error) break;
    buffer_.commit(size);
    if (idle_) stream_.tcp().expires_after(absl::ToChronoNanoseconds(options_.head_timeout));
    idle_ = false;
  }
  co_return Step::kGone;
}

Session::Step Session::ParseHead(size_t head_size, Parser& parser) {
  // Bodies are limited below, by what the handler allows.
  parser.body_limit(boost::none);
  parser.header_limit(static_cast<std::uint32_t>(options_.max_head_bytes));
  parser.eager(false);
  boost::system::error_code error;
  parser.put(asio::buffer(buffer_.data(), head_size), error);
  buffer_.consume(head_size);
  if (error || !parser.is_header_done()) return Refused(400, "the head is malformed");
  served_any_ = true;
  return Step::kDone;
}

Session::Step Session::FillRequest(const Parser& parser, Request& request) {
  const auto& head = parser.get();
  if (head.find(bhttp::field::transfer_encoding) != head.end()) {
    return Refused(400, "Transfer-Encoding is not accepted; send Content-Length");
  }
  for (const std::string_view name : kSingleHeaders) {
    if (head.count(beast::string_view(name.data(), name.size())) > 1) {
      return Refused(400, "a header that must be single is repeated");
    }
  }
  // Beast reads `5, 5` as 5.
  const std::string_view length = View(head[bhttp::field::content_length]);
  if (length.find_first_not_of("0123456789") != length.npos) {
    return Refused(400, "Content-Length is not a number");
  }
  if (head[bhttp::field::host].empty()) return Refused(400, "the Host header is missing");
  absl::StatusOr<Target> target = ParseTarget(View(head.target()));
  if (!target.ok()) return Refused(400, Message(target.status()));

  request.method = View(head.method_string());
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  for (const auto& field : head) {
    request.headers.push_back(
        {ToLowerAscii(View(field.name_string())), std::string(View(field.value()))});
  }
  request.peer_address = peer_address_;
  return Step::kDone;
}

asio::awaitable<Session::Step> Session::ReadBody(Parser& parser, size_t limit, Request& request) {
  const uint64_t size = parser.content_length().value_or(0);
  if (size > limit) {
    co_return Refused(413, "the body is larger than the " + std::to_string(limit) +
                               " bytes that this route takes");
  }
  body_share_ = body_budget_.Take(0);
  stream_.tcp().expires_after(absl::ToChronoNanoseconds(options_.body_timeout));
  const std::string_view expect = request.FindHeader("expect");
  if (EqualsIgnoreCaseAscii(expect, "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [error, sent] = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
    if (error) co_return Step::kGone;
  } else if (!expect.empty()) {
    co_return Refused(417, "the only expectation that is met is 100-continue");
  }
  // Of the budget a body takes what has arrived of it, so that slow ones hold up nobody.
  while (!parser.is_done()) {
    const size_t before = parser.get().body().size();
    const auto [error, read] = co_await bhttp::async_read_some(stream_, buffer_, parser, kAwait);
    if (error) co_return Step::kGone;
    if (!body_share_.Grow(parser.get().body().size() - before)) {
      co_return Refused(503, "too many large requests at the same time");
    }
  }
  request.body = std::move(parser.get().body());
  co_return Step::kDone;
}

asio::awaitable<Response> Session::CallHandler(Request request) {
  try {
    co_return co_await handler_.Handle(std::move(request));
  } catch (const std::exception&) {
  }
  co_return handler_.OnRefused({500, "the request could not be handled"}, peer_address_);
}

asio::awaitable<Session::After> Session::Refuse() {
  Response response = handler_.OnRefused(refusal_, peer_address_);
  co_return co_await Send(std::move(response), After::kClose);
}

asio::awaitable<Session::After> Session::Send(Response response, After after) {
  if (draining_) after = After::kClose;
  stream_.tcp().expires_after(absl::ToChronoNanoseconds(options_.write_timeout));
  bhttp::response_header<> header = ToHeader(response);
  if (after == After::kClose) header.set(bhttp::field::connection, "close");
  // To HEAD no body is sent: its reader would take it for the next answer.
  const bool not_modified = response.status == 304;
  if (head_only_ || not_modified) {
    if (!not_modified)
      header.set(bhttp::field::content_length, std::to_string(response.body.size()));
    co_return co_await SendHeader(std::move(header)) ? after : After::kDrop;
  }
  if (response.producer != nullptr) {
    const bool complete = co_await SendStream(std::move(header), *response.producer);
    co_return complete ? after : After::kDrop;
  }
  bhttp::response<bhttp::string_body> message(std::move(header), std::move(response.body));
  message.prepare_payload();
  const auto [error, size] = co_await bhttp::async_write(stream_, message, kAwait);
  co_return error ? After::kDrop : after;
}

asio::awaitable<bool> Session::SendHeader(bhttp::response_header<> header) {
  bhttp::response<bhttp::empty_body> message(std::move(header));
  bhttp::response_serializer<bhttp::empty_body> serializer(message);
  const auto [error, size] = co_await bhttp::async_write_header(stream_, serializer, kAwait);
  co_return !error;
}

asio::awaitable<bool> Session::SendStream(bhttp::response_header<> header, BodyProducer& producer) {
  bhttp::response<bhttp::empty_body> message(std::move(header));
  message.chunked(true);
  bhttp::response_serializer<bhttp::empty_body> serializer(message);
  const auto [error, size] = co_await bhttp::async_write_header(stream_, serializer, kAwait);
  if (error) co_return false;
  while (true) {
    // A producer may take its time; only writing is under the deadline.
    stream_.tcp().expires_never();
    const absl::StatusOr<std::string> piece = co_await producer.Next();
    if (!piece.ok()) co_return false;
    stream_.tcp().expires_after(absl::ToChronoNanoseconds(options_.write_timeout));
    if (piece->empty()) break;
    const auto chunk = bhttp::make_chunk(asio::buffer(*piece));
    const auto [write_error, written] = co_await asio::async_write(stream_, chunk, kAwait);
    if (write_error) co_return false;
  }
  const auto [last_error, last] =
      co_await asio::async_write(stream_, bhttp::make_chunk_last(), kAwait);
  co_return !last_error;
}

asio::awaitable<void> Session::Close() {
  boost::system::error_code error;
  if (stream_.is_tls()) {
    // Tells the peer that nothing was cut off, and waits for its word in turn.
    stream_.tcp().expires_after(kLingerTimeout);
    co_await stream_.async_shutdown(kAwait);
    co_return;
  }
  stream_.tcp().socket().shutdown(tcp::socket::shutdown_send, error);
  if (error) co_return;
  stream_.tcp().expires_after(kLingerTimeout);
  for (size_t drained = 0; drained < kLingerBytes;) {
    buffer_.clear();
    const auto [read_error, size] =
        co_await stream_.async_read_some(buffer_.prepare(kBodyReadBytes), kAwait);
    if (read_error) break;
    drained += size;
  }
}

Session::Step Session::Refused(int status, std::string_view detail) {
  refusal_ = Refusal{status, std::string(detail)};
  return Step::kRefused;
}

}  // namespace tms::http
