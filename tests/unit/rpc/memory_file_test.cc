#include "common/rpc/memory_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace tms::rpc {
namespace {

std::string Read(std::istream& file) { return {std::istreambuf_iterator<char>(file), {}}; }

TEST(MemoryFileTest, WhoOpenedItBeforeReadsOnWhatItOpened) {
  MemoryFile file;
  ASSERT_TRUE(file.Replace("the first content").ok());
  std::ifstream before(file.path());
  ASSERT_TRUE(file.Replace("another").ok());
  EXPECT_EQ(Read(before), "the first content");
  std::ifstream after(file.path());
  EXPECT_EQ(Read(after), "another");
}

TEST(MemoryFileTest, EachContentHasASecondOfItsOwn) {
  MemoryFile file;
  time_t last = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(file.Replace("same").ok());
    struct stat entry {};
    ASSERT_EQ(stat(file.path().c_str(), &entry), 0);
    EXPECT_GT(entry.st_mtime, last);
    last = entry.st_mtime;
  }
}

}  // namespace
}  // namespace tms::rpc
