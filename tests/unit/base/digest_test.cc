#include "common/base/digest.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace tms {
namespace {

TEST(Digest, MatchesPublishedVectors) {
  EXPECT_EQ(HexEncode(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2.
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, PartsThatJoinAlikeEncodeDifferently) {
  EXPECT_NE(PartsEncoder().Add("ab").Add("c").bytes(), PartsEncoder().Add("a").Add("bc").bytes());
  EXPECT_NE(PartsEncoder().Add("a").bytes(), PartsEncoder().Add("a").Add("").bytes());
}

TEST(Digest, ConstantTimeEqualComparesContent) {
  EXPECT_TRUE(ConstantTimeEqual("same", std::string("same")));
  EXPECT_FALSE(ConstantTimeEqual("same", "sane"));
  EXPECT_FALSE(ConstantTimeEqual("same", "sam"));
}

}  // namespace
}  // namespace tms
