#include "common/http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tms::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Target, SplitsAndDecodes) {
  const auto target =
      ParseTarget("/api/v1/jobs/a%20b%C3%A4:x?cid=a%2Bb+c&cid=&flag&a=1%2F%2E%2E=2");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_THAT(target->path, ElementsAre("api", "v1", "jobs", "a bä:x"));
  EXPECT_THAT(target->query,
              ElementsAre(QueryParameter{"cid", "a+b c"}, QueryParameter{"cid", ""},
                          QueryParameter{"flag", ""}, QueryParameter{"a", "1/..=2"}));
}

TEST(Target, OnlyTheLastSegmentMayBeEmpty) {
  EXPECT_THAT(ParseTarget("/")->path, ElementsAre(""));
  EXPECT_THAT(ParseTarget("/a/")->path, ElementsAre("a", ""));
  EXPECT_THAT(ParseTarget("/a?")->query, IsEmpty());
}

TEST(Target, S16RefusesWhatCouldMeanAnotherPath) {
  for (const char* target :
       {"",         "a",           "*",        "http://x/", "//",      "//a",       "/a//b",
        "/a//",     "/.",          "/..",      "/a/./b",    "/a/../b", "/%2e%2e/a", "/%2E./a",
        "/a/.%2e",  "/a%2fb",      "/a%2Fb",   "/a%5cb",    "/a%00",   "/a%0a",     "/a%7f",
        "/a%",      "/a%2",        "/a%zz",    "/%ff",      "/%c0%ae", "/a#b",      "/a?b#c",
        "/a?b=%00", "/a?b=%0d%0a", "/a?%ff=1", "/a?b=%",    "/a b",    "/a?b c",    "/a\\b"}) {
    EXPECT_FALSE(ParseTarget(target).ok()) << target;
  }
}

}  // namespace
}  // namespace tms::http
