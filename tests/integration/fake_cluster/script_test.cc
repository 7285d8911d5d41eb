#include "services/fake_cluster/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/status.h"

namespace tms::fake_cluster {
namespace {

using ::testing::HasSubstr;

Choice Parsed(std::string_view text) { return *Choice::Parse(text); }

std::string TakenBy(Script& script, const Request& request) {
  const absl::StatusOr<Choice> choice = script.Take(request);
  return choice.ok() ? choice->ToText() : std::string(Message(choice.status()));
}

TEST(ChoiceTest, ReadsParametersAndKeepsTheSaltToItself) {
  const Choice choice = Parsed("delay~ms=50~applied=0~salt=SECRET");
  EXPECT_EQ(choice.Int("ms", 1000), 50);
  EXPECT_FALSE(choice.applies());
  EXPECT_EQ(choice.ToText(), "delay~applied=0~ms=50");
}

TEST(ChoiceTest, SaysWhatIsWrong) {
  EXPECT_THAT(Message(Choice::Parse("nonsense").status()), HasSubstr("no behaviour `nonsense`"));
  EXPECT_THAT(Message(Choice::Parse("delay~bytes=1").status()), HasSubstr("`bytes`"));
  EXPECT_THAT(Message(Choice::Parse("delay~ms=soon").status()), HasSubstr("`soon`"));
  EXPECT_THAT(Message(Choice::Parse("delay~ms=-1").status()), HasSubstr("`-1`"));
}

TEST(CatalogueTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Behaviour& behaviour : Catalogue()) EXPECT_TRUE(names.insert(behaviour.name).second);
}

TEST(ScriptTest, TheTokenGoesBeforeTheCidsAndTheseBeforeTheNext) {
  Script script(Parsed("accepted"));
  ASSERT_TRUE(script.SetForNext(Parsed("503"), std::nullopt).ok());
  ASSERT_TRUE(script.SetForCids(Parsed("404"), {"listed"}).ok());
  EXPECT_EQ(TakenBy(script, {.token = "fake-401", .cids = {"behave-302", "listed"}}), "401");
  EXPECT_EQ(TakenBy(script, {.token = "t", .cids = {"listed", "behave-302"}}), "302");
  EXPECT_EQ(TakenBy(script, {.token = "t", .cids = {"a", "listed"}}), "404");
  EXPECT_EQ(TakenBy(script, {.token = "t", .cids = {"a"}}), "503");
  script.Clear();
  EXPECT_EQ(TakenBy(script, {.token = "t", .cids = {"a", "listed"}}), "accepted");
}

TEST(ScriptTest, ACountIsUsedUp) {
  Script script(Parsed("accepted"));
  ASSERT_TRUE(script.SetForNext(Parsed("503"), 2).ok());
  EXPECT_EQ(TakenBy(script, {}), "503");
  EXPECT_EQ(TakenBy(script, {}), "503");
  EXPECT_EQ(TakenBy(script, {}), "accepted");
}

TEST(ScriptTest, WhatActsBeforeTheHeadNeedsACountAndTheAdminRoute) {
  Script script(Parsed("accepted"));
  EXPECT_FALSE(script.SetForNext(Parsed("reset-on-accept"), std::nullopt).ok());
  EXPECT_FALSE(script.SetForCids(Parsed("reset-on-accept"), {"a"}).ok());
  EXPECT_THAT(TakenBy(script, {.token = "fake-reset-on-accept"}), HasSubstr("admin route"));
  ASSERT_TRUE(script.SetForNext(Parsed("reset-on-accept"), 1).ok());
  EXPECT_TRUE(script.TakeBeforeHead().has_value());
  EXPECT_FALSE(script.TakeBeforeHead().has_value());
}

}  // namespace
}  // namespace tms::fake_cluster
