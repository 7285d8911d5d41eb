#include "services/gateway/web_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/algorithm/string/replace.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>

namespace tms::gateway {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::string HeaderOf(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

// Answers of routes, asked without a server.
class WebRoutesTest : public testing::Test {
 protected:
  explicit WebRoutesTest(std::vector<WebFile> files = {{"/index.html",
                                                        "<script src=\"/@/app.js\"></script>"},
                                                       {"/app.js", "hello()"}})
      : table_(WebRoutes(files)) {}

  http::Response Get(const std::vector<std::string>& path, std::string if_none_match = "") {
    const RouteTable::Match match = table_.Find("GET", path);
    if (match.route == nullptr) return {.status = 404};
    RequestContext context;
    if (!if_none_match.empty()) context.request.headers = {{"if-none-match", if_none_match}};
    return Answer(*match.route, context);
  }
  static http::Response Answer(const Route& route, const RequestContext& context) {
    boost::asio::io_context io;
    auto answer = boost::asio::co_spawn(io, route.handler(context), boost::asio::use_future);
    io.run();
    return answer.get().value();
  }
  // The versioned path of app.js, as the page names it.
  std::vector<std::string> VersionedPath() {
    const std::string page = Get({""}).body;
    const size_t begin = page.find("/v/") + 3;
    return {"v", page.substr(begin, page.find("/app.js") - begin), "app.js"};
  }

  RouteTable table_;
};

TEST_F(WebRoutesTest, AFileIsServedAtItsPathAndAskedForEachTime) {
  const http::Response script = Get({"app.js"});
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.body, "hello()");
  EXPECT_EQ(HeaderOf(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(HeaderOf(script, "Cache-Control"), "no-cache");
}

TEST_F(WebRoutesTest, ThePageNamesPathsThatBrowsersKeepForEver) {
  const http::Response script = Get(VersionedPath());
  EXPECT_EQ(script.body, "hello()");
  EXPECT_THAT(HeaderOf(script, "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(Get({"v", "0123456789abcdef", "app.js"}).status, 404);
}

TEST_F(WebRoutesTest, AnyChangeOfAnyFileChangesTheVersion) {
  const RouteTable other(
      WebRoutes(std::vector<WebFile>{{"/index.html", "<script src=\"/@/app.js\"></script>"},
                                     {"/app.js", "hello()"},
                                     {"/lib.js", ""}}));
  EXPECT_EQ(other.Find("GET", VersionedPath()).route, nullptr);
}

TEST_F(WebRoutesTest, APageLinksTheModulesThatItNeedsEachOnce) {
  const RouteTable table(WebRoutes(std::vector<WebFile>{
      {"/index.html", "<!-- modules -->"},
      {"/app/main.js",
       "import { a } from \"./a.js\";\nconst jobs = () => import(\"./views/jobs.js\");"},
      {"/app/a.js", "import { b } from \"../vendor/b.js\";\nimport x from \"./missing.js\";"},
      {"/app/views/jobs.js", "import { a,\n  c } from \"../a.js\";\n"},
      {"/vendor/b.js", "import { a } from \"../app/a.js\";"}}));
  const auto links = [&](const std::vector<std::string>& path) {
    const auto match = table.Find("GET", path);
    std::string page = match.route ? Answer(*match.route, {}).body : "";
    for (const std::string_view noise : {"<link rel=\"modulepreload\" href=\"/v/", "\">"}) {
      boost::replace_all(page, noise, " ");
    }
    return page;
  };
  constexpr char kMain[] = " [0-9a-f]{16}/app/main.js ";
  EXPECT_THAT(links({"login"}), MatchesRegex(std::string(kMain) +
                                             " [0-9a-f]{16}/app/a.js  [0-9a-f]{16}/vendor/b.js "));
  EXPECT_THAT(links({"jobs"}), MatchesRegex(std::string(kMain) +
                                            " [0-9a-f]{16}/app/views/jobs.js "
                                            " [0-9a-f]{16}/app/a.js  [0-9a-f]{16}/vendor/b.js "));
}

TEST_F(WebRoutesTest, WhatHasNotChangedIsNotSentAgain) {
  const std::string etag = HeaderOf(Get({"app.js"}), "ETag");
  EXPECT_THAT(etag, StartsWith("\""));
  const http::Response same = Get({"app.js"}, etag);
  EXPECT_EQ(same.status, 304);
  EXPECT_THAT(same.body, IsEmpty());
  EXPECT_EQ(Get({"app.js"}, "W/" + etag).status, 304);
  EXPECT_EQ(Get({"app.js"}, "\"another\"").status, 200);
}

TEST_F(WebRoutesTest, S22ThePageMayRunNothingButItsOwnFiles) {
  for (const auto& path : {std::vector<std::string>{""}, {"login"}, {"jobs", "some-id"}}) {
    const http::Response page = Get(path);
    EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
    const std::string policy = HeaderOf(page, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer");
  }
}

TEST(WebFiles, TheBuiltInPageIsWholeAndOfKnownTypes) {
  const auto files = ReadWebFiles();
  ASSERT_TRUE(files.ok());
  const RouteTable table(WebRoutes(*files));
  EXPECT_NE(table.Find("GET", {""}).route, nullptr);
  EXPECT_NE(table.Find("GET", {"vendor", "htm-preact.js"}).route, nullptr);
  for (const WebFile& file : *files) {
    EXPECT_THAT(file.content, Not(IsEmpty())) << file.path;
    EXPECT_NE(MediaTypeOf(file.path), "application/octet-stream") << file.path;
  }
}

TEST(WebFiles, AFolderIsServedOverThem) {
  const std::string folder = testing::TempDir() + "web_files";
  std::filesystem::create_directories(folder + "/lib");
  std::ofstream(folder + "/index.html") << "mine";
  std::ofstream(folder + "/lib/a.js") << "a";
  const auto files = ReadWebFiles(folder);
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files,
              testing::Contains(testing::AllOf(testing::Field(&WebFile::path, "/index.html"),
                                               testing::Field(&WebFile::content, "mine"))));
  EXPECT_THAT(*files, testing::Contains(testing::Field(&WebFile::path, "/lib/a.js")));
  EXPECT_THAT(*files, testing::Contains(testing::Field(&WebFile::path, "/vendor/htm-preact.js")));
  EXPECT_FALSE(ReadWebFiles(folder + "/none").ok());
}

}  // namespace
}  // namespace tms::gateway
