#include "common/base/ids.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace tms {
namespace {

TEST(Ids, UuidV7HasVersionVariantAndTime) {
  const std::string id = NewUuidV7(absl::FromUnixMillis(0x0123456789ab));
  EXPECT_TRUE(
      std::regex_match(id, std::regex("01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")))
      << id;
}

TEST(Ids, UuidsOfOneMomentDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(NewUuidV7(absl::UnixEpoch()));
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(Ids, LaterUuidsSortBehind) {
  EXPECT_LT(NewUuidV7(absl::FromUnixMillis(1'000)), NewUuidV7(absl::FromUnixMillis(1'001)));
}

}  // namespace
}  // namespace tms
