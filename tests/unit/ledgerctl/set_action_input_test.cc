#include "services/ledgerctl/set_action_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/base/status.h"

namespace tms::ledgerctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/set_action_input_" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(SetActionInputTest, TokenFromStandardInputIsTrimmed) {
  std::istringstream in(" secret\n");
  const auto input = ReadInput({.cids = {"a", "b"}}, in);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->token.Reveal(), "secret");
  EXPECT_THAT(input->cids, ElementsAre("a", "b"));
}

TEST(SetActionInputTest, FileGoesBeforeEnvironment) {
  std::istringstream in("unread");
  const auto input = ReadInput({.token_file = WriteFile("token", "from file\n"),
                                .token_variable = "from environment",
                                .cids = {"a"}},
                               in);
  EXPECT_EQ(input->token.Reveal(), "from file");
}

TEST(SetActionInputTest, CidsFromStandardInputWhereTheTokenIsNot) {
  std::istringstream in("a\nb\n");
  const auto input = ReadInput({.token_variable = "secret"}, in);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_THAT(input->cids, ElementsAre("a", "b"));
}

TEST(SetActionInputTest, TypedCidsAndTheirFileAddUp) {
  std::istringstream in("secret");
  const auto input = ReadInput({.cids = {"a"}, .cids_file = WriteFile("cids", "b\nc\n")}, in);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_THAT(input->cids, ElementsAre("a", "b", "c"));
}

std::string Error(const InputSources& sources, const std::string& standard_input) {
  std::istringstream in(standard_input);
  const auto input = ReadInput(sources, in);
  return input.ok() ? "accepted" : std::string(Message(input.status()));
}

TEST(SetActionInputTest, SaysWhatIsMissing) {
  EXPECT_THAT(Error({.cids = {"a"}}, " \n"), HasSubstr("no token"));
  EXPECT_THAT(Error({.token_variable = "", .cids = {"a"}}, "x"), HasSubstr("no token"));
  EXPECT_THAT(Error({}, "secret"), HasSubstr("no customers"));
  EXPECT_THAT(Error({.token_variable = "secret"}, ""), HasSubstr("no customers"));
  EXPECT_THAT(Error({.token_file = "/nowhere/at/all", .cids = {"a"}}, ""),
              HasSubstr("cannot open /nowhere/at/all"));
}

TEST(SetActionInputTest, ErrorsNeverShowTheToken) {
  EXPECT_EQ(Error({}, "canary-token").find("canary"), std::string::npos);
}

}  // namespace
}  // namespace tms::ledgerctl
