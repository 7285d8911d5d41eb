#include "services/action/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tms::action {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTwoClusters[] = R"({"clusters": [
    {"name": "west", "base_url": "HTTPS://West.Example:443/prefix/"},
    {"name": "East", "base_url": "http://east.example:8080", "default_timeout": "1.5s",
     "max_timeout": "10s", "max_in_flight": 2, "max_waiting": 3, "max_response_bytes": 4096,
     "allowed_networks": ["127.0.0.0/8", "::1/128"]}]})";

std::string OneUrl(const std::string& url) {
  return R"({"clusters": [{"name": "a", "base_url": ")" + url + R"("}]})";
}

TEST(CatalogueTest, FillsDefaultsAndNormalises) {
  const auto catalogue = Catalogue::FromJson(kTwoClusters);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  ASSERT_EQ(catalogue->clusters().size(), 2u);

  const Cluster& east = catalogue->clusters()[0];
  EXPECT_EQ(east.name, "East");
  EXPECT_EQ(east.default_timeout, absl::Milliseconds(1500));
  EXPECT_EQ(east.max_timeout, absl::Seconds(10));
  EXPECT_EQ(east.max_in_flight, 2);
  EXPECT_EQ(east.max_waiting, 3);
  EXPECT_EQ(east.max_response_bytes, 4096);
  EXPECT_THAT(east.allowed_networks, ElementsAre("127.0.0.0/8", "::1/128"));

  const Cluster& west = catalogue->clusters()[1];
  EXPECT_EQ(west.base_url, "https://west.example/prefix");
  EXPECT_TRUE(west.tls);
  EXPECT_EQ(west.host, "west.example");
  EXPECT_EQ(west.port, 443);
  EXPECT_EQ(west.path, "/prefix");
  EXPECT_EQ(west.default_timeout, absl::Seconds(30));
  EXPECT_EQ(west.max_in_flight, 256);
}

TEST(CatalogueTest, DefaultTimeoutFollowsALowMaximum) {
  const auto catalogue = Catalogue::FromJson(
      R"({"clusters": [{"name": "a", "base_url": "http://a.example", "max_timeout": "5s"}]})");
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->clusters()[0].default_timeout, absl::Seconds(5));
}

TEST(CatalogueTest, FindsClustersByNameInTheirOwnCase) {
  const auto catalogue = Catalogue::FromJson(kTwoClusters);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_NE(catalogue->FindCluster("East"), nullptr);
  EXPECT_EQ(catalogue->FindCluster("east"), nullptr);
  EXPECT_EQ(catalogue->FindCluster(""), nullptr);
}

TEST(CatalogueTest, KeepsItsPointersWhenMoved) {
  auto catalogue = Catalogue::FromJson(kTwoClusters);
  ASSERT_TRUE(catalogue.ok());
  const Catalogue moved = *std::move(catalogue);
  EXPECT_EQ(moved.FindCluster("West"), nullptr);
  EXPECT_EQ(moved.FindCluster("west"), &moved.clusters()[1]);
  EXPECT_EQ(moved.FindAction("t-enable"), &moved.actions()[2]);
}

class ClusterUrlTest : public ::testing::TestWithParam<const char*> {};
class ForeignUrlTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ClusterUrlTest, BelongsToTheCluster) {
  const auto catalogue = Catalogue::FromJson(kTwoClusters);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(catalogue->FindClusterByUrl(GetParam()), catalogue->FindCluster("west"));
}

INSTANTIATE_TEST_SUITE_P(Spellings, ClusterUrlTest,
                         ::testing::Values("https://west.example/prefix",
                                           "https://west.example/prefix/",
                                           "https://WEST.example:443/prefix",
                                           "HTTPS://west.example/prefix",
                                           "https://west.example/prefix/tms/v1/set/action"));

TEST_P(ForeignUrlTest, BelongsToNoClusterS07) {
  const auto catalogue = Catalogue::FromJson(OneUrl("http://127.0.0.1:8080"));
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  ASSERT_NE(catalogue->FindClusterByUrl("http://127.0.0.1:8080"), nullptr);
  EXPECT_EQ(catalogue->FindClusterByUrl(GetParam()), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Spellings, ForeignUrlTest,
    ::testing::Values(
        "", "127.0.0.1:8080", "//127.0.0.1:8080", "http://169.254.169.254",
        "http://169.254.169.254:8080", "http://[::ffff:127.0.0.1]:8080", "http://2130706433:8080",
        "http://0x7f000001:8080", "http://127.1:8080", "http://user@127.0.0.1:8080",
        "http://@127.0.0.1:8080", "http://127.0.0.1.:8080", "http://127.0.0.1:8081",
        "http://127.0.0.1", "http://127.0.0.1:08080x", "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080//", "http://127.0.0.1:8080/./", "http://127.0.0.1:8080/x/..",
        "http://127.0.0.1:8080/%2e%2e", "http://127.0.0.1:8080?a=b", "http://127.0.0.1:8080/?",
        "http://127.0.0.1:8080/#f", "https://127.0.0.1:8080", "ftp://127.0.0.1:8080",
        "http://127.0.0.1:8080/tms/v1/set", "http://127.0.0.1:8080/tms/v1/set/action/",
        "http://127.0.0.1:8080/TMS/v1/set/action",
        "http://127.0.0.1:8080/tms/v1/set/action/../action", "http://127.0.0.1:8080\\@evil.example",
        " http://127.0.0.1:8080", "http://127.0.0.1:8080\r\nHost: evil.example"));

TEST(CatalogueTest, UrlsOfIpv6ClustersAreComparedByAddress) {
  const auto catalogue = Catalogue::FromJson(OneUrl("http://[0:0::1]:80/"));
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->clusters()[0].base_url, "http://[::1]");
  EXPECT_EQ(catalogue->clusters()[0].host, "::1");
  EXPECT_NE(catalogue->FindClusterByUrl("http://[::1]/tms/v1/set/action"), nullptr);
}

TEST(CatalogueTest, HasTheFiveActionsUnlessOthersAreConfigured) {
  const auto catalogue = Catalogue::FromJson(kTwoClusters);
  ASSERT_TRUE(catalogue.ok());
  const auto code = [&](std::string_view name) {
    const Action* action = catalogue->FindAction(name);
    return action == nullptr ? 0 : action->code;
  };
  EXPECT_EQ(code("tran-begin"), 1);
  EXPECT_EQ(code("TRANS-Begin"), 1);
  EXPECT_EQ(code("pe-enable"), 2);
  EXPECT_EQ(code("T-Enable"), 3);
  EXPECT_EQ(code("PE-FINALIZE"), 4);
  EXPECT_EQ(code("PE-Direct"), 5);
  EXPECT_EQ(code("PE-Direct "), 0);
  EXPECT_EQ(code(""), 0);

  const auto other = Catalogue::FromJson(R"({
      "clusters": [{"name": "a", "base_url": "http://a.example"}],
      "actions": [{"code": 9, "name": "Undo", "aliases": ["un-do"]}, {"code": 7, "name": "Do"}]})");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->FindAction("tran-begin"), nullptr);
  EXPECT_EQ(other->FindAction("UN-DO")->code, 9);
  EXPECT_EQ(other->actions()[0].code, 7);
}

struct BadConfig {
  const char* json;
  const char* says;
};
class BadConfigTest : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefusedWithTheEntryNamed) {
  const auto catalogue = Catalogue::FromJson(GetParam().json);
  ASSERT_FALSE(catalogue.ok());
  EXPECT_EQ(catalogue.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(catalogue.status())), HasSubstr(GetParam().says));
}

#define CLUSTER(fields) R"({"clusters": [{"name": "a", "base_url": "http://a.example")" fields "}]}"

INSTANTIATE_TEST_SUITE_P(
    Entries, BadConfigTest,
    ::testing::Values(
        BadConfig{"", "Unexpected end"}, BadConfig{"{}", "clusters: at least one"},
        BadConfig{R"({"cluster": []})", "cluster: Cannot find field"},
        BadConfig{CLUSTER(R"(, "tiemout": "1s")"), "tiemout: Cannot find field"},
        BadConfig{R"({"clusters": [{"base_url": "http://a.example"}]})", "clusters[0].name"},
        BadConfig{R"({"clusters": [{"name": "a b", "base_url": "http://a.example"}]})",
                  "clusters[0].name"},
        BadConfig{R"({"clusters": [{"name": "a", "base_url": "http://a.example"},
                                   {"name": "A", "base_url": "http://b.example"}]})",
                  "clusters[1].name"},
        BadConfig{R"({"clusters": [{"name": "a", "base_url": "http://a.example"},
                                   {"name": "b", "base_url": "HTTP://A.example:80/"}]})",
                  "clusters[1].base_url"},
        BadConfig{R"({"clusters": [{"name": "a"}]})", "clusters[0].base_url"},
        BadConfig{CLUSTER(R"(, "default_timeout": "-1s")"), "clusters[0].default_timeout"},
        BadConfig{CLUSTER(R"(, "max_timeout": "120.001s")"), "clusters[0].max_timeout"},
        BadConfig{CLUSTER(R"(, "max_timeout": "5s", "default_timeout": "6s")"),
                  "clusters[0].default_timeout: must be 0.001s to 5s"},
        BadConfig{CLUSTER(R"(, "max_in_flight": -1)"), "clusters[0].max_in_flight"},
        BadConfig{CLUSTER(R"(, "max_waiting": 100001)"), "clusters[0].max_waiting"},
        BadConfig{CLUSTER(R"(, "max_response_bytes": 1048577)"), "clusters[0].max_response_bytes"},
        BadConfig{CLUSTER(R"(, "ca_file": "/nowhere/ca.pem")"), "clusters[0].ca_file"},
        BadConfig{CLUSTER(R"(, "allowed_networks": ["10.0.0.0/8", "10.0.0.1"])"),
                  "clusters[0].allowed_networks[1]"},
        BadConfig{CLUSTER(R"(, "allowed_networks": ["::ffff:10.0.0.0/104"])"),
                  "clusters[0].allowed_networks[0]"},
        BadConfig{CLUSTER(R"(, "allowed_networks": ["10.0.0.1/8"])"),
                  "clusters[0].allowed_networks[0]"},
        BadConfig{R"({"clusters": [{"name": "a", "base_url": "http://a.example"}],
                      "actions": [{"name": "Do"}]})",
                  "actions[0].code"},
        BadConfig{R"({"clusters": [{"name": "a", "base_url": "http://a.example"}],
                      "actions": [{"code": 1, "name": "Do"}, {"code": 1, "name": "Go"}]})",
                  "actions[1].code"},
        BadConfig{R"({"clusters": [{"name": "a", "base_url": "http://a.example"}],
                      "actions": [{"code": 1, "name": "Do"},
                                  {"code": 2, "name": "Go", "aliases": ["x", "DO"]}]})",
                  "actions[1].aliases[1]"}));

class BadUrlTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUrlTest, IsNoBaseUrl) {
  const auto catalogue = Catalogue::FromJson(OneUrl(GetParam()));
  ASSERT_FALSE(catalogue.ok());
  EXPECT_THAT(std::string(Message(catalogue.status())), HasSubstr("clusters[0].base_url"));
}

INSTANTIATE_TEST_SUITE_P(Urls, BadUrlTest,
                         ::testing::Values("a.example", "http://", "http:///path", "ws://a.example",
                                           "http://u:p@a.example", "http://a.example?x",
                                           "http://a.example#x", "http://a.example/a//b",
                                           "http://a.example/../b", "http://a.example/%61",
                                           "http://a.example.", "http://a..example",
                                           "http://2130706433", "http://0x7f.1",
                                           "http://a.example:0", "http://a.example:70000"));

TEST(CatalogueTest, SaysEverythingThatIsWrongAtOnce) {
  const auto catalogue = Catalogue::FromJson(
      R"({"clusters": [{"name": "", "base_url": "x"}], "actions": [{"name": ""}]})");
  EXPECT_EQ(GetViolations(catalogue.status()).size(), 4u) << catalogue.status();
}

TEST(CatalogueTest, NamesAFileThatCannotBeRead) {
  const auto catalogue = Catalogue::Load("/nowhere/clusters.json");
  EXPECT_THAT(std::string(Message(catalogue.status())), HasSubstr("/nowhere/clusters.json"));
}

}  // namespace
}  // namespace tms::action
