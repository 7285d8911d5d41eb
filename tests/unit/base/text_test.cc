#include "common/base/text.h"

#include <gtest/gtest.h>

namespace tms {
namespace {

using std::string_literals::operator""s;

TEST(Text, TrimsAsciiWhiteSpaceOnly) {
  EXPECT_EQ(Trim(" \t\r\n 7654321 \v\f"), "7654321");
  EXPECT_EQ(Trim("   "), "");
  EXPECT_EQ(Trim("a b"), "a b");
}

TEST(Text, RecognisesValidUtf8) {
  EXPECT_TRUE(IsValidUtf8("plain"));
  EXPECT_TRUE(IsValidUtf8("grüße 顧客 🙂"));
  EXPECT_FALSE(IsValidUtf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(IsValidUtf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsValidUtf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsValidUtf8("\xE2\x82"));          // cut
  EXPECT_FALSE(IsValidUtf8("\x80"));
}

TEST(Text, ControlCharactersAreNotPrintable) {
  EXPECT_TRUE(IsPrintable("alpha_01_sub_2"));
  for (const std::string& bad : {"a\rb"s, "a\nb"s, "a\0b"s, "a\x7f"s, "a\xC2\x85"s, "\xFF"s}) {
    EXPECT_FALSE(IsPrintable(bad));
  }
}

TEST(Text, CutsAtACodePointsBoundary) {
  EXPECT_EQ(CutUtf8("grüße", 3), "gr");
  EXPECT_EQ(CutUtf8("grüße", 4), "grü");
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutCharacters("grüße", 3), "grü");
  EXPECT_EQ(CutCharacters("grüße", 9), "grüße");
  EXPECT_EQ(CountCharacters("grüße"), 5u);
}

TEST(Text, SanitizedTextIsOneValidLine) {
  EXPECT_EQ(Sanitize("a\r\nb\0c"s + "\xFF"), "a  b c\xEF\xBF\xBD");
  EXPECT_EQ(RepairUtf8("a\n\xFF"), "a\n\xEF\xBF\xBD");
}

TEST(Text, Base64UrlHasOneSpellingForEachValue) {
  for (const std::string& bytes : {""s, "f"s, "fo"s, "foo"s, "\xFF\xFE\0"s}) {
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(bytes)), bytes);
  }
  EXPECT_EQ(Base64UrlEncode("fo"), "Zm8");
  EXPECT_FALSE(Base64UrlDecode("Zm9").has_value());  // leftover bits are not zero
  EXPECT_FALSE(Base64UrlDecode("Zm8=").has_value());
  EXPECT_FALSE(Base64UrlDecode("Z").has_value());
  EXPECT_FALSE(Base64UrlDecode("Zm 8").has_value());
}

TEST(Text, ComparesAsciiWithoutCase) {
  EXPECT_TRUE(EqualsIgnoreCaseAscii("Trans-Begin", "TRANS-BEGIN"));
  EXPECT_FALSE(EqualsIgnoreCaseAscii("Trans-Begin", "Trans-Begi"));
}

}  // namespace
}  // namespace tms
