// S14, S16: requests that two readers might understand differently are refused, the connection is
// closed, and what follows on it is not answered.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/unit/http/test_server.h"

namespace tms::http {
namespace {

using test::RawHttpClient;
using test::RawResponse;

struct Case {
  const char* name;
  std::string bytes;
  int status = 400;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

std::vector<Case> Cases() {
  const std::string host = "Host: x\r\n";
  const std::string chunks = "0\r\n\r\n";
  return {
      {"Chunked", "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + chunks},
      {"ChunkedAndLength", "POST /a HTTP/1.1\r\n" + host +
                               "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks},
      {"GzipAndLength", "POST /a HTTP/1.1\r\n" + host +
                            "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n" + chunks},
      {"ChunkedIdentity",
       "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunks},
      {"Xchunked", "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n" + chunks},
      {"EmptyTransferEncoding", "GET /a HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n"},
      {"TrailerNamesCookie", "POST /a HTTP/1.1\r\n" + host +
                                 "Transfer-Encoding: chunked\r\nTrailer: Cookie\r\n\r\n"
                                 "0\r\nCookie: role=admin\r\n\r\n"},
      {"TwoLengths",
       "POST /a HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello"},
      {"TwoEqualLengths",
       "POST /a HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {"LengthList", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 5, 5\r\n\r\nhello"},
      {"SignedLength", "POST /a HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\nhello"},
      {"NegativeLength", "POST /a HTTP/1.1\r\n" + host + "Content-Length: -5\r\n\r\nhello"},
      {"HexLength", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 0x5\r\n\r\nhello"},
      {"EmptyLength", "POST /a HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\nhello"},
      {"HugeLength",
       "POST /a HTTP/1.1\r\n" + host + "Content-Length: 18446744073709551617\r\n\r\nhello"},
      {"NoHost", "GET /a HTTP/1.1\r\n\r\n"},
      {"EmptyHost", "GET /a HTTP/1.1\r\nHost:\r\n\r\n"},
      {"TwoHosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
      {"TwoOrigins", "GET /a HTTP/1.1\r\n" + host + "Origin: a\r\norigin: b\r\n\r\n"},
      {"Folded", "GET /a HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n"},
      {"FoldedFirst", "GET /a HTTP/1.1\r\n " + host + "\r\n"},
      {"SpaceBeforeColon", "GET /a HTTP/1.1\r\nHost : x\r\n\r\n"},
      {"BareLineFeed", "GET /a HTTP/1.1\nHost: x\n\n"},
      {"AbsoluteForm", "GET http://x/a HTTP/1.1\r\n" + host + "\r\n"},
      {"Asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n"},
      {"Connect", "CONNECT x:443 HTTP/1.1\r\n" + host + "\r\n"},
      {"Http10", "GET /a HTTP/1.0\r\n" + host + "\r\n", 505},
      {"Http10Chunked",
       "POST /a HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + chunks, 505},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)},
      {"DotSegments", "GET /a/../b HTTP/1.1\r\n" + host + "\r\n"},
      {"EncodedDotSegments", "GET /%2e%2e/b HTTP/1.1\r\n" + host + "\r\n"},
      {"DoubleSlash", "GET //a HTTP/1.1\r\n" + host + "\r\n"},
      {"EncodedNul", "GET /a%00 HTTP/1.1\r\n" + host + "\r\n"},
      {"UnknownExpectation", "GET /a HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n", 417},
  };
}

class Strictness : public testing::TestWithParam<Case> {};

TEST_P(Strictness, S14IsRefusedAndTheConnectionClosed) {
  TestServer server;
  RawHttpClient client(server.port);
  const RawResponse response = client.Exchange(GetParam().bytes + Get("/second"));
  EXPECT_EQ(response.status, GetParam().status) << response.body;
  EXPECT_EQ(response.Header("connection"), "close");
  EXPECT_TRUE(client.ClosesSilently());
  EXPECT_EQ(server.handler.handled, 0);
}

INSTANTIATE_TEST_SUITE_P(Requests, Strictness, testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tms::http
