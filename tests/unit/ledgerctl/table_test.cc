#include "services/ledgerctl/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace tms::ledgerctl {
namespace {

std::string Render(Table& table) {
  std::ostringstream out;
  table.Flush(out);
  return out.str();
}

TEST(TableTest, AlignsLeftAndRight) {
  Table table({{.header = "NAME"}, {.header = "N", .right_aligned = true}}, kUnlimitedWidth);
  table.AddRow({"a", "1"});
  table.AddRow({"longer", "23"});
  EXPECT_EQ(Render(table),
            "NAME     N\n"
            "a        1\n"
            "longer  23\n");
  EXPECT_TRUE(table.dropped().empty());
}

TEST(TableTest, CutsTheLastElasticColumnFirstAndMarksTheCut) {
  Table table(
      {{.header = "ID"}, {.header = "WHO", .min_width = 4}, {.header = "TEXT", .min_width = 2}},
      15);
  table.AddRow({"42", "somebody", "a long message"});
  // Below its header TEXT does not go, so WHO gives way too.
  EXPECT_EQ(Render(table),
            "ID  WHO    TEXT\n"
            "42  some…  a l…\n");
}

TEST(TableTest, DropsColumnsByRankWhereCuttingIsNotEnough) {
  Table table({{.header = "ID"},
               {.header = "KEPT", .drop_rank = 1},
               {.header = "GONE", .drop_rank = 2},
               {.header = "TEXT", .min_width = 4, .drop_rank = 3}},
              9);
  table.AddRow({"42", "here", "away", "far away"});
  EXPECT_EQ(Render(table),
            "ID  KEPT\n"
            "42  here\n");
  EXPECT_EQ(table.dropped(), (std::vector<std::string>{"GONE", "TEXT"}));
}

TEST(TableTest, NeverCutsOrDropsWhatMustStay) {
  Table table({{.header = "ID"}, {.header = "STATUS"}}, 5);
  table.AddRow({"0123456789", "FAILED"});
  EXPECT_EQ(Render(table),
            "ID          STATUS\n"
            "0123456789  FAILED\n");
}

TEST(TableTest, LaterRowsKeepTheFirstOnesColumns) {
  Table table({{.header = "ID"}, {.header = "TEXT", .min_width = 4}}, 10);
  table.AddRow({"1", "one"});
  EXPECT_EQ(Render(table), "ID  TEXT\n1   one\n");
  table.AddRow({"2", "seventeen"});
  EXPECT_EQ(Render(table), "2   sev…\n");
}

TEST(TableTest, CountsCharactersNotBytes) {
  Table table({{.header = "A"}, {.header = "B"}}, kUnlimitedWidth);
  table.AddRow({"äöü", "x"});
  table.AddRow({"abc", "y"});
  EXPECT_EQ(Render(table), "A    B\näöü  x\nabc  y\n");
}

TEST(TableTest, LetsNoControlCharacterReachTheTerminal) {
  Table table({{.header = "A"}}, kUnlimitedWidth);
  table.AddRow({"red \x1b[31m\nnext"});
  const std::string text = Render(table);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

}  // namespace
}  // namespace tms::ledgerctl
