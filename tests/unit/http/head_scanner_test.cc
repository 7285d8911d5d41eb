#include "common/http/head_scanner.h"

#include <gtest/gtest.h>

namespace tms::http {
namespace {

using State = HeadScanner::State;

constexpr std::string_view kHead = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-A:\tb \r\n\r\n";

TEST(HeadScanner, FindsTheEndHoweverTheBytesArrive) {
  const std::string bytes = std::string(kHead) + "body";
  HeadScanner scanner(8192);
  for (size_t size = 0; size < kHead.size(); ++size) {
    ASSERT_EQ(scanner.Scan(std::string_view(bytes).substr(0, size)), State::kIncomplete) << size;
  }
  ASSERT_EQ(scanner.Scan(bytes), State::kComplete);
  EXPECT_EQ(scanner.head_size(), kHead.size());
}

TEST(HeadScanner, AHeadMayBeExactlyAsLongAsTheLimit) {
  EXPECT_EQ(HeadScanner(kHead.size()).Scan(kHead), State::kComplete);
  HeadScanner scanner(kHead.size() - 1);
  ASSERT_EQ(scanner.Scan(kHead), State::kRefused);
  EXPECT_EQ(scanner.refusal().status, 431);
}

TEST(HeadScanner, AnEndlessLineIsRefusedAtTheLimit) {
  HeadScanner scanner(100);
  EXPECT_EQ(scanner.Scan(std::string(99, 'A')), State::kIncomplete);
  EXPECT_EQ(scanner.Scan(std::string(100, 'A')), State::kRefused);
}

TEST(HeadScanner, RefusesWhatOthersMightReadDifferently) {
  struct Case {
    std::string_view bytes;
    int status;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"\r\nGET / HTTP/1.1\r\n"sv, 400},
      {"GET / HTTP/1.1\n"sv, 400},
      {"GET  / HTTP/1.1\r\n"sv, 400},
      {" GET / HTTP/1.1\r\n"sv, 400},
      {"GET / HTTP/1.1 \r\n"sv, 400},
      {"GET\t/\tHTTP/1.1\r\n"sv, 400},
      {"GET /\r\n"sv, 400},
      {"GET /a b HTTP/1.1\r\n"sv, 400},
      {"GET /\x80 HTTP/1.1\r\n"sv, 400},
      {"GET /\0 HTTP/1.1\r\n"sv, 400},
      {"G@T / HTTP/1.1\r\n"sv, 400},
      {"GET http://x/ HTTP/1.1\r\n"sv, 400},
      {"OPTIONS * HTTP/1.1\r\n"sv, 400},
      {"CONNECT x:80 HTTP/1.1\r\n"sv, 400},
      {"GET / http/1.1\r\n"sv, 400},
      {"GET / HTTP/1.0\r\n"sv, 505},
      {"GET / HTTP/2.0\r\n"sv, 505},
      {"GET / HTTP/1.1\r\nHost: x\n"sv, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n"sv, 400},
      {"GET / HTTP/1.1\r\n\tfolded\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nHost : x\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nHost\r\n"sv, 400},
      {"GET / HTTP/1.1\r\n: x\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nH\x80: x\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nA: x\ry\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nA: x\0y\r\n"sv, 400},
      {"GET / HTTP/1.1\r\nA: \x7f\r\n"sv, 400},
  };
  for (const Case& c : cases) {
    HeadScanner scanner(8192);
    ASSERT_EQ(scanner.Scan(c.bytes), State::kRefused) << c.bytes;
    EXPECT_EQ(scanner.refusal().status, c.status) << c.bytes;
  }
}

}  // namespace
}  // namespace tms::http
