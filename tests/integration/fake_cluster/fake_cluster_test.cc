#include "services/fake_cluster/fake_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::fake_cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kBody = R"({"action": "T-Enable", "cids": ["a", "b"]})";
constexpr std::string_view kAccepted =
    R"({"message":"Sending action to migration services","success":true})";

std::unique_ptr<FakeCluster> StartCluster(Config config = {}) {
  auto cluster = FakeCluster::Start(config);
  EXPECT_TRUE(cluster.ok()) << Message(cluster.status());
  return *std::move(cluster);
}

// What came back on one connection, and whether it ended in order.
struct Answer {
  std::string text;
  bool reset = false;
};

// Reads until the end of the stream, at most `limit` bytes.
Answer Exchange(int port, const std::string& request, size_t limit = SIZE_MAX) {
  asio::io_context context;
  tcp::socket socket(context);
  error_code error;
  socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(port)}, error);
  if (!error) asio::write(socket, asio::buffer(request), error);
  Answer answer;
  std::array<char, 4096> buffer;
  while (!error && answer.text.size() < limit) {
    const size_t size = socket.read_some(asio::buffer(buffer), error);
    answer.text.append(buffer.data(), size);
  }
  answer.reset = error == asio::error::connection_reset || error == asio::error::broken_pipe;
  return answer;
}

std::string RequestText(const std::string& method, const std::string& target,
                        const std::string& token, std::string_view body) {
  std::ostringstream text;
  text << method << " " << target << " HTTP/1.1\r\nHost: cluster\r\nConnection: close\r\n";
  if (!token.empty()) text << "Authorization: Bearer " << token << "\r\n";
  text << "Content-Type: application/json\r\nContent-Length: " << body.size() << "\r\n\r\n" << body;
  return text.str();
}

std::string SetAction(const std::string& behaviour) {
  return RequestText("POST", "/tms/v1/set/action", "fake-" + behaviour, kBody);
}

boost::json::array Hits(int port) {
  const std::string text = Exchange(port, RequestText("GET", "/admin/hits", "", "")).text;
  return boost::json::parse(text.substr(text.find("\r\n\r\n"))).as_object().at("hits").as_array();
}

struct Expected {
  std::string behaviour;
  ::testing::Matcher<std::string> text;
  bool reset = false;
  size_t limit = SIZE_MAX;
};

TEST(FakeClusterTest, AnswersAsItsCatalogueSays) {
  const auto cluster = StartCluster({.slow_factor = 0.001});
  const auto status = [](const std::string& line) { return StartsWith("HTTP/1.1 " + line); };
  const auto accepted = AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith(std::string(kAccepted)));
  const std::vector<Expected> table = {
      {"accepted", accepted},
      {"refused-state", HasSubstr(R"("success":false)")},
      {"refused-cids", HasSubstr("those CIDs ['a', 'b'] do not exist")},
      {"refused-cids~count=1", HasSubstr("those CIDs ['a'] do not exist")},
      {"no-success", Not(HasSubstr("success"))},
      {"success-text", HasSubstr(R"("success":"true")")},
      {"list", EndsWith("]")},
      {"empty-200", AllOf(status("200 OK"), EndsWith("\r\n\r\n"))},
      {"empty-204", AllOf(status("204 No Content"), Not(HasSubstr("Content-Length")))},
      {"not-json", EndsWith("</html>")},
      {"big-json~bytes=5000", HasSubstr("Content-Length: 5000\r\n")},
      {"echo-token", HasSubstr("token fake-echo-token")},
      {"401", status("401 Unauthorized")},
      {"404", status("404 Not Found")},
      {"408", status("408 Request Timeout")},
      {"429", HasSubstr("Retry-After: 5\r\n")},
      {"500", status("500 Internal Server Error")},
      {"503", status("503 Service Unavailable")},
      {"504", status("504 Gateway Timeout")},
      {"status~status=418", status("418 ")},
      {"302", HasSubstr("Location: http://cluster/elsewhere/tms/v1/set/action\r\n")},
      {"307~location=http://other/", HasSubstr("Location: http://other/\r\n")},
      {"redirect-self", HasSubstr("Location: /tms/v1/set/action\r\n")},
      {"101", status("101 Switching Protocols")},
      {"chunked", EndsWith("\r\n0\r\n\r\n")},
      {"until-close", AllOf(accepted, Not(HasSubstr("Content-Length")))},
      {"100-continue", AllOf(status("100 Continue"), EndsWith(std::string(kAccepted)))},
      {"103-hints", AllOf(status("103 Early Hints"), EndsWith(std::string(kAccepted)))},
      {"delay~ms=1", accepted},
      {"slow", accepted},
      {"slow-headers~ms=0", accepted},
      {"slow-body~ms=0", accepted},
      {"endless-headers", status("200 OK"), false, 1 << 20},
      {"endless-body", HasSubstr("chunked"), false, 1 << 20},
      {"gzip-bomb", HasSubstr("\r\n\r\n\x1f\x8b")},
      {"cut-body", AllOf(HasSubstr("Content-Length: 65\r\n"), EndsWith("action to mig"))},
      {"cut-chunk", AllOf(HasSubstr("chunked"), EndsWith("action to m"))},
      {"not-http", StartsWith("220 mail")},
      {"close", ""},
      {"reset-before-answer", "", true},
      {"reset-in-answer~bytes=12", "HTTP/1.1 200", true},
      {"reset-in-body~bytes=3", "", true},
      {"no-such-behaviour", status("400 Bad Request")},
  };
  for (const Expected& expected : table) {
    SCOPED_TRACE(expected.behaviour);
    const Answer answer = Exchange(cluster->port(), SetAction(expected.behaviour), expected.limit);
    EXPECT_THAT(answer.text.substr(0, 5000), expected.text);
    EXPECT_EQ(answer.reset, expected.reset);
  }
}

TEST(FakeClusterTest, NeverAnswersUntilTheClientGoes) {
  const auto cluster = StartCluster();
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(cluster->port())});
  asio::write(socket, asio::buffer(SetAction("never")));
  while (Hits(cluster->port()).empty()) {
  }
  socket.non_blocking(true);
  char byte = 0;
  error_code error;
  socket.read_some(asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, asio::error::would_block);
}

TEST(FakeClusterTest, ResetsBeforeTheRequestIsRead) {
  const auto cluster = StartCluster();
  for (const std::string behaviour :
       {"reset-on-accept", "reset-before-read", "reset-in-request~bytes=30"}) {
    SCOPED_TRACE(behaviour);
    const std::string order = R"({"behaviour":")" + behaviour + R"(","count":1})";
    const auto put = RequestText("PUT", "/admin/behaviour", "", order);
    EXPECT_THAT(Exchange(cluster->port(), put).text, HasSubstr("200 OK"));
    const Answer answer = Exchange(cluster->port(), SetAction("accepted"));
    EXPECT_EQ(answer.text, "");
    EXPECT_TRUE(answer.reset);
    EXPECT_FALSE(Hits(cluster->port()).back().at("whole").as_bool());
  }
}

TEST(FakeClusterTest, LogsWhatItGotWithoutTheToken) {
  const std::string path = ::testing::TempDir() + "hits_" + std::to_string(getpid()) + ".jsonl";
  std::filesystem::remove(path);
  const auto cluster = StartCluster({.hits_file = path});
  Exchange(cluster->port(), SetAction("accepted~salt=CANARY"));

  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_THAT(line, Not(HasSubstr("CANARY")));
  const boost::json::object hit = boost::json::parse(line).as_object();
  EXPECT_EQ(hit.at("sequence").as_int64(), 1);
  EXPECT_EQ(hit.at("target").as_string(), "/tms/v1/set/action");
  EXPECT_EQ(hit.at("action").as_string(), "T-Enable");
  EXPECT_EQ(hit.at("cid_count").as_int64(), 2);
  EXPECT_EQ(hit.at("body_bytes").as_int64(), kBody.size());
  EXPECT_EQ(hit.at("body_sha256").as_string(), HexEncode(Sha256(kBody)));
  EXPECT_EQ(hit.at("token_sha256").as_string(), HexEncode(Sha256("fake-accepted~salt=CANARY")));
  EXPECT_TRUE(hit.at("whole").as_bool());
  EXPECT_TRUE(hit.at("applied").as_bool());
  std::filesystem::remove(path);
}

TEST(FakeClusterTest, RefusesWhatARealClusterRefuses) {
  const auto cluster = StartCluster();
  const std::string route = "/tms/v1/set/action";
  const auto answer = [&](const std::string& method, const std::string& target,
                          const std::string& token, std::string_view body) {
    return Exchange(cluster->port(), RequestText(method, target, token, body)).text;
  };
  EXPECT_THAT(answer("POST", route, "", kBody), HasSubstr(" 401 "));
  EXPECT_THAT(answer("POST", route, "t", "{}"), HasSubstr(" 400 "));
  EXPECT_THAT(answer("POST", route, "t", R"({"action":"a","cids":[1]})"), HasSubstr(" 400 "));
  EXPECT_THAT(answer("GET", route, "t", ""), HasSubstr(" 404 "));
  EXPECT_THAT(answer("POST", "/elsewhere", "t", kBody), HasSubstr(" 404 "));
  EXPECT_THAT(answer("POST", "/prefix" + route, "t", kBody), HasSubstr(" 200 "));
  EXPECT_EQ(Hits(cluster->port()).size(), 6u);
}

TEST(FakeClusterTest, NamesWhatItCannotStartWith) {
  EXPECT_THAT(Message(FakeCluster::Start({.behaviour = "nonsense"}).status()),
              HasSubstr("nonsense"));
  EXPECT_THAT(Message(FakeCluster::Start({.tls_cert = "a.pem"}).status()), HasSubstr("key"));
  const auto first = StartCluster();
  EXPECT_THAT(Message(FakeCluster::Start({.port = first->port()}).status()),
              HasSubstr("cannot bind"));
}

}  // namespace
}  // namespace tms::fake_cluster
