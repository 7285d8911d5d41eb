#include "services/fake_cluster/answers.h"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <limits>
#include <random>
#include <string>
#include <utility>

namespace tms::fake_cluster {
namespace {

// Blocks in which endless answers are written: large enough to be fast.
constexpr size_t kBlockBytes = 16 << 10;

// Where `302` and `307` point: another path of this server, so that a client that follows is seen.
std::string Elsewhere(const Exchange& exchange) {
  return exchange.choice().Text(
      "location", "http://" + exchange.request().host + "/elsewhere/tms/v1/set/action");
}

Answer Redirect(Exchange& exchange, int status, std::string_view reason, std::string location) {
  return exchange.Send(
      {.status = status, .reason = reason, .headers = "Location: " + std::move(location) + "\r\n"});
}

std::string AcceptedHead(std::string_view framing) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  head += framing;
  return head + "\r\n\r\n";
}

std::string Chunk(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string size;
  for (size_t rest = bytes.size(); rest > 0; rest /= 16) size.insert(0, 1, kDigits[rest % 16]);
  return size + "\r\n" + std::string(bytes) + "\r\n";
}

std::string AcceptedOnWire() { return ToWire({.body = std::string(kAccepted.body)}); }

// One byte every `ms`, until the client has had enough.
Answer Dribble(Exchange& exchange, std::string text) {
  const absl::Duration pause = absl::Milliseconds(exchange.choice().Int("ms", 100));
  for (const char byte : text) {
    co_await exchange.connection().Sleep(pause);
    if (!co_await exchange.connection().Write({&byte, 1})) co_return;
  }
}

// Writes `block` again and again, until `bytes` were sent or the client has had enough.
Answer Repeat(Exchange& exchange, std::string block) {
  const auto limit = static_cast<size_t>(exchange.choice().Int("bytes", INT64_MAX));
  for (size_t sent = 0; sent < limit; sent += block.size()) {
    if (!co_await exchange.connection().Write(block)) co_return;
  }
}

// A deflate block of `size` zero bytes that ends at a byte's boundary, so that copies of it can be
// put behind each other.
std::string DeflatedZeros(size_t size) {
  namespace zlib = boost::beast::zlib;
  const std::string zeros(size, '\0');
  std::string block(size, '\0');
  zlib::deflate_stream stream;
  zlib::z_params params;
  params.next_in = zeros.data();
  params.avail_in = zeros.size();
  params.next_out = block.data();
  params.avail_out = block.size();
  boost::system::error_code error;
  stream.write(params, zlib::Flush::full, error);
  block.resize(params.total_out);
  return block;
}

}  // namespace

Answer SendCanned(Exchange& exchange, const Canned& canned) {
  return exchange.Send({.status = canned.status,
                        .reason = canned.reason,
                        .content_type = canned.content_type,
                        .headers = std::string(canned.headers),
                        .body = std::string(canned.body)});
}

Answer RefuseCids(Exchange& exchange) {
  int64_t left = exchange.choice().Int("count", std::numeric_limits<int32_t>::max());
  std::string list;
  for (const std::string& cid : exchange.request().cids) {
    if (left-- <= 0) break;
    list += (list.empty() ? "'" : ", '") + cid + "'";
  }
  return exchange.Send(
      {.body = R"({"success":false,"message":"those CIDs [)" + list + R"(] do not exist"})"});
}

Answer SendStatus(Exchange& exchange) {
  const int status = static_cast<int>(exchange.choice().Int("status", 500));
  return exchange.Send({.status = status, .reason = "As Asked"});
}

Answer Redirect302(Exchange& exchange) {
  return Redirect(exchange, 302, "Found", Elsewhere(exchange));
}

Answer Redirect307(Exchange& exchange) {
  return Redirect(exchange, 307, "Temporary Redirect", Elsewhere(exchange));
}

Answer RedirectToItself(Exchange& exchange) {
  return Redirect(exchange, 302, "Found", exchange.request().target);
}

Answer EchoToken(Exchange& exchange) {
  return exchange.Send({.body = R"({"success":false,"message":"token )" + exchange.request().token +
                                R"( may not do this"})"});
}

Answer SendBigJson(Exchange& exchange) {
  constexpr std::string_view kFrame = R"({"success":true,"message":""})";
  const auto size = static_cast<size_t>(exchange.choice().Int("bytes", 1 << 20));
  std::string body(kFrame);
  body.insert(kFrame.size() - 2, size > kFrame.size() ? size - kFrame.size() : 0, 'x');
  return exchange.Send({.body = std::move(body)});
}

Answer SendInChunks(Exchange& exchange) {
  const size_t half = kAccepted.body.size() / 2;
  co_await exchange.connection().Write(AcceptedHead("Transfer-Encoding: chunked") +
                                       Chunk(kAccepted.body.substr(0, half)) +
                                       Chunk(kAccepted.body.substr(half)) + "0\r\n\r\n");
}

Answer SendUntilClose(Exchange& exchange) {
  co_await exchange.connection().Write(AcceptedHead("Connection: close") +
                                       std::string(kAccepted.body));
}

Answer SendAndLinger(Exchange& exchange) {
  co_await exchange.connection().Write(AcceptedOnWire());
  co_await exchange.connection().WaitForPeerToClose();
}

Answer SendContinueFirst(Exchange& exchange) {
  co_await exchange.connection().Write("HTTP/1.1 100 Continue\r\n\r\n" + AcceptedOnWire());
}

Answer SendEarlyHintsFirst(Exchange& exchange) {
  co_await exchange.connection().Write(
      "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + AcceptedOnWire());
}

Answer AcceptAfterDelay(Exchange& exchange) {
  co_await exchange.connection().Sleep(absl::Milliseconds(exchange.choice().Int("ms", 1000)));
  co_await SendCanned(exchange, kAccepted);
}

Answer AcceptSlowly(Exchange& exchange) {
  Tempo& tempo = exchange.tempo();
  const bool quick = std::bernoulli_distribution(0.5)(tempo.random);
  const double seconds =
      quick ? 0.28 : std::uniform_real_distribution<double>(10, 18)(tempo.random);
  co_await exchange.connection().Sleep(absl::Seconds(seconds * tempo.slow_factor));
  co_await SendCanned(exchange, kAccepted);
}

Answer DribbleHead(Exchange& exchange) { return Dribble(exchange, AcceptedOnWire()); }

Answer DribbleBody(Exchange& exchange) {
  const std::string body(kAccepted.body);
  const std::string head = HeadToWire({.body = body});
  if (!co_await exchange.connection().Write(head)) co_return;
  co_await Dribble(exchange, body);
}

Answer NeverAnswer(Exchange& exchange) { co_await exchange.connection().WaitForPeerToClose(); }

Answer EndlessHeaders(Exchange& exchange) {
  std::string block;
  while (block.size() < kBlockBytes) block += "X-Filler: " + std::string(100, 'x') + "\r\n";
  if (!co_await exchange.connection().Write("HTTP/1.1 200 OK\r\n")) co_return;
  co_await Repeat(exchange, std::move(block));
}

Answer EndlessBody(Exchange& exchange) {
  const std::string head = AcceptedHead("Transfer-Encoding: chunked");
  if (!co_await exchange.connection().Write(head)) co_return;
  co_await Repeat(exchange, Chunk(std::string(kBlockBytes, ' ')));
}

Answer GzipBomb(Exchange& exchange) {
  constexpr size_t kUnpackedBlock = 1 << 20;
  // RFC 1952: deflate, no name, no time. The final checksum is left out: no client may get there.
  std::string body("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  const std::string block = DeflatedZeros(kUnpackedBlock);
  const auto unpacked = static_cast<size_t>(exchange.choice().Int("bytes", 100 << 20));
  for (size_t size = 0; size < unpacked; size += kUnpackedBlock) body += block;
  return exchange.Send({.headers = "Content-Encoding: gzip\r\n", .body = std::move(body)});
}

Answer CutBody(Exchange& exchange) {
  const std::string text = AcceptedOnWire();
  co_await exchange.connection().Write(
      std::string_view(text).substr(0, text.size() - kAccepted.body.size() / 2));
}

Answer CutChunk(Exchange& exchange) {
  const std::string chunk = Chunk(kAccepted.body);
  co_await exchange.connection().Write(AcceptedHead("Transfer-Encoding: chunked") +
                                       chunk.substr(0, chunk.size() / 2));
}

Answer SwitchProtocols(Exchange& exchange) {
  co_await exchange.connection().Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

Answer SpeakSomethingElse(Exchange& exchange) {
  co_await exchange.connection().Write("220 mail.example.com ESMTP ready\r\n");
}

Answer CloseSilently(Exchange&) { co_return; }

Answer ResetNow(Exchange& exchange) {
  exchange.connection().Reset();
  co_return;
}

Answer ResetOnceBytesCame(Exchange& exchange) {
  co_await exchange.connection().WaitForBytes();
  exchange.connection().Reset();
}

Answer ResetInAnswer(Exchange& exchange) {
  const std::string text = AcceptedOnWire();
  const auto bytes = static_cast<size_t>(exchange.choice().Int("bytes", 20));
  co_await exchange.connection().Write(std::string_view(text).substr(0, bytes));
  // The client must get these bytes, and RST throws away what it has not yet read.
  co_await exchange.connection().Sleep(absl::Milliseconds(exchange.choice().Int("ms", 100)));
  exchange.connection().Reset();
}

}  // namespace tms::fake_cluster
