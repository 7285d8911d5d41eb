#include "services/gateway/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tms::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RouteTable Table() {
  return RouteTable({{.method = "GET", .pattern = "/jobs/{id}"},
                     {.method = "PATCH", .pattern = "/jobs/{id}"},
                     {.method = "GET", .pattern = "/jobs/latest"},
                     {.method = "GET", .pattern = "/jobs"},
                     {.method = "GET", .pattern = "/jobs:stats"},
                     {.method = "GET", .pattern = "/jobs/{id}/cids/{cid}"}});
}

TEST(RouteTable, FindsByMethodAndPath) {
  const RouteTable table = Table();
  EXPECT_EQ(table.Find("GET", {"jobs"}).route->pattern, "/jobs");
  EXPECT_EQ(table.Find("GET", {"jobs:stats"}).route->pattern, "/jobs:stats");
  EXPECT_EQ(table.Find("PATCH", {"jobs", "1"}).route->method, "PATCH");
  const auto match = table.Find("GET", {"jobs", "a b", "cids", "7"});
  EXPECT_THAT(match.path_parameters, ElementsAre("a b", "7"));
}

TEST(RouteTable, ALiteralSegmentWins) {
  EXPECT_EQ(Table().Find("GET", {"jobs", "latest"}).route->pattern, "/jobs/latest");
}

TEST(RouteTable, AnUnknownPathHasNoMethods) {
  for (const std::vector<std::string>& path : std::vector<std::vector<std::string>>{
           {}, {""}, {"job"}, {"jobs", ""}, {"jobs", "1", "cids"}, {"jobs", "1", "cids", ""}}) {
    const auto match = Table().Find("GET", path);
    EXPECT_EQ(match.route, nullptr);
    EXPECT_THAT(match.allowed_methods, IsEmpty());
  }
}

TEST(RouteTable, S16AnotherMethodNamesTheAllowedOnes) {
  const auto match = Table().Find("TRACE", {"jobs", "1"});
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed_methods, "GET, PATCH");
}

TEST(RouteTable, HeadFindsOnlyWhatAnyoneMayRead) {
  const RouteTable table({{.method = "GET", .pattern = "/open", .access = Access::kAnyone},
                          {.method = "GET", .pattern = "/closed"}});
  EXPECT_EQ(table.Find("HEAD", {"open"}).route->pattern, "/open");
  EXPECT_EQ(table.Find("HEAD", {"closed"}).route, nullptr);
  EXPECT_EQ(table.Find("POST", {"open"}).allowed_methods, "GET, HEAD");
}

}  // namespace
}  // namespace tms::gateway
