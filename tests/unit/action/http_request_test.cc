#include "services/action/cluster/http_request.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

namespace tms::action {
namespace {

Cluster MakeCluster(const std::string& host, uint16_t port, bool tls) {
  Cluster cluster;
  cluster.host = host;
  cluster.port = port;
  cluster.tls = tls;
  return cluster;
}

std::string Serialise(const Cluster& cluster) {
  ClusterCall call;
  call.cluster = &cluster;
  call.action = "T-Enable";
  call.cids = {"7", "b"};
  call.bearer_token = Secret("tok/en=");
  return std::string(SerialiseRequest(call).Reveal());
}

TEST(HttpRequest, IsThisByteForByte) {
  Cluster cluster = MakeCluster("one.example", 8443, true);
  cluster.path = "/prefix";
  EXPECT_EQ(Serialise(cluster),
            "POST /prefix/tms/v1/set/action HTTP/1.1\r\n"
            "Host: one.example:8443\r\n"
            "Content-Type: application/json\r\n"
            "Authorization: Bearer tok/en=\r\n"
            "Content-Length: 42\r\n"
            "Connection: close\r\n"
            "\r\n"
            "{\"action\": \"T-Enable\", \"cids\": [\"7\", \"b\"]}");
}

TEST(HttpRequest, HostNamesThePortUnlessItIsTheDefault) {
  const auto host_is = [](const Cluster& cluster, const std::string& host) {
    return Serialise(cluster).find("\r\nHost: " + host + "\r\n") != std::string::npos;
  };
  EXPECT_TRUE(host_is(MakeCluster("a.example", 443, true), "a.example"));
  EXPECT_TRUE(host_is(MakeCluster("a.example", 80, true), "a.example:80"));
  EXPECT_TRUE(host_is(MakeCluster("a.example", 80, false), "a.example"));
  EXPECT_TRUE(host_is(MakeCluster("10.0.0.1", 443, false), "10.0.0.1:443"));
  EXPECT_TRUE(host_is(MakeCluster("2001:db8::1", 8080, false), "[2001:db8::1]:8080"));
  EXPECT_TRUE(host_is(MakeCluster("2001:db8::1", 443, true), "[2001:db8::1]"));
}

TEST(HttpRequest, BodyIsJsonWhateverTheNames) {
  const std::vector<std::string> cids = {"alpha_sub_1", "quo\"te", "back\\slash", "M\xC3\xBCller"};
  const std::string body = SerialiseBody("A \"name\"", cids);
  const boost::json::value parsed = boost::json::parse(body);
  EXPECT_EQ(parsed.at("action").as_string(), "A \"name\"");
  ASSERT_EQ(parsed.at("cids").as_array().size(), cids.size());
  for (size_t i = 0; i < cids.size(); ++i) {
    EXPECT_EQ(parsed.at("cids").as_array()[i].as_string(), cids[i]);
  }
  EXPECT_EQ(SerialiseBody("a", {}), R"({"action": "a", "cids": []})");
}

TEST(HttpRequest, ATokenIsSendableIfItIsVisibleAscii) {
  EXPECT_TRUE(IsSendableToken("eyJ-_.~+/="));
  for (const std::string& token :
       {std::string(), std::string("a b"), std::string("a\r\nb"), std::string("a\0b", 3),
        std::string("a\x7F"), std::string("\xC3\xA9")}) {
    EXPECT_FALSE(IsSendableToken(token)) << token;
  }
}

}  // namespace
}  // namespace tms::action
