#include "services/ledger/anchor.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/anchor_writer.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::vector<std::string> Lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class AnchorTest : public ::testing::Test {
 protected:
  AnchorKey Key() {
    auto key = AnchorKey::LoadOrMake(key_path_);
    EXPECT_TRUE(key.ok()) << key.status();
    return *std::move(key);
  }

  Anchor AnchorOf(const AnchorKey& key, int64_t number) const {
    return {.chain_id = "chain",
            .number = number,
            .hash = std::string(32, '\7'),
            .time = clock_.Now(),
            .public_key = key.public_key()};
  }

  const TempDir dir_;
  const std::string key_path_ = dir_.File("jobs.db.anchor-key");
  const std::string path_ = dir_.File("jobs.db.anchors");
  FakeClock clock_;
};

TEST_F(AnchorTest, S24_AnchorSaysWhatWasSigned) {
  const AnchorKey key = Key();
  const auto read = ReadAnchor(key.Sign(AnchorOf(key, 17)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->chain_id, "chain");
  EXPECT_EQ(read->number, 17);
  EXPECT_EQ(read->hash, std::string(32, '\7'));
  EXPECT_EQ(read->time, clock_.Now());
  EXPECT_EQ(read->public_key, key.public_key());
}

TEST_F(AnchorTest, S24_AnAnchorThatWasTouchedAnywhereIsRefused) {
  const AnchorKey key = Key();
  const std::string line = key.Sign(AnchorOf(key, 17));
  for (size_t i = 0; i < line.size(); ++i) {
    std::string touched = line;
    touched[i] = touched[i] == '1' ? '2' : '1';
    EXPECT_FALSE(ReadAnchor(touched).ok()) << touched;
    EXPECT_FALSE(ReadAnchor(line.substr(0, i)).ok()) << line.substr(0, i);
  }
  EXPECT_FALSE(ReadAnchor(line + " ").ok());
  EXPECT_FALSE(ReadAnchor("").ok());
}

TEST_F(AnchorTest, KeyIsMadeOnceForItsOwnerAlone) {
  const AnchorKey made = Key();
  struct stat info {};
  ASSERT_EQ(::stat(key_path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(Key().public_key(), made.public_key());
  EXPECT_THAT(ReadAll(key_path_), testing::Not(HasSubstr(HexEncode(made.public_key()))));
}

TEST_F(AnchorTest, WhatIsNoKeyIsRefusedAndLeft) {
  for (const std::string& text : {std::string("secret"), std::string(65, 'a'), std::string()}) {
    std::ofstream(key_path_) << text;
    const auto key = AnchorKey::LoadOrMake(key_path_);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(Message(key.status())), HasSubstr("64 hexadecimal digits"));
    EXPECT_EQ(ReadAll(key_path_), text);
  }
}

TEST_F(AnchorTest, HalfAKeyThatAKilledStartLeftIsMadeAnew) {
  const std::string part = key_path_ + ".part";
  std::ofstream(part) << "ab";
  ASSERT_TRUE(AnchorKey::LoadOrMake(key_path_).ok());
  EXPECT_TRUE(AnchorKey::LoadOrMake(key_path_).ok());
  EXPECT_FALSE(std::filesystem::exists(part));
}

TEST_F(AnchorTest, WriterAnchorsTheLastRowWhenItEnds) {
  {
    AnchorWriter writer({.path = path_, .key_path = key_path_}, clock_);
    writer.Advance("chain", 1, std::string(32, 'a'));
    ASSERT_TRUE(writer.Start().ok());
    writer.Advance("chain", 2, std::string(32, 'b'));
  }
  const std::vector<std::string> lines = Lines(path_);
  ASSERT_FALSE(lines.empty());
  const auto last = ReadAnchor(lines.back());
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->number, 2);
  EXPECT_EQ(last->hash, std::string(32, 'b'));
}

TEST_F(AnchorTest, WriterAnchorsAfterSoManyRowsAndAfterSoLong) {
  AnchorWriter writer(
      {.path = path_, .key_path = key_path_, .interval = absl::Minutes(1), .rows = 100}, clock_);
  ASSERT_TRUE(writer.Start().ok());
  const auto await_lines = [&](size_t count) {
    // Each look of the writer's thread sees more time gone, as on a clock that runs.
    for (int i = 0; i < 6'000 && Lines(path_).size() < count; ++i) {
      clock_.Advance(absl::Milliseconds(1));
      absl::SleepFor(absl::Milliseconds(10));
    }
    return Lines(path_).size();
  };
  clock_.Advance(absl::Seconds(1));
  writer.Advance("chain", 100, std::string(32, 'a'));
  EXPECT_EQ(await_lines(1), 1u);
  writer.Advance("chain", 101, std::string(32, 'b'));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(await_lines(2), 2u);
  EXPECT_EQ(ReadAnchor(Lines(path_).back())->number, 101);
}

TEST_F(AnchorTest, PartOfALineThatAPowerLossLeftIsCutOff) {
  const AnchorKey key = Key();
  const std::string whole = key.Sign(AnchorOf(key, 1));
  std::ofstream(path_) << whole << "\n" << whole.substr(0, 40);
  {
    AnchorWriter writer({.path = path_, .key_path = key_path_}, clock_);
    writer.Advance("chain", 2, std::string(32, 'b'));
    ASSERT_TRUE(writer.Start().ok());
  }
  const std::vector<std::string> lines = Lines(path_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], whole);
  EXPECT_EQ(ReadAnchor(lines[1])->number, 2);
}

TEST_F(AnchorTest, WhereAnchorsCantBeWrittenTheRestGoesOn) {
  AnchorWriter writer({.path = dir_.File("missing/anchors"), .key_path = key_path_}, clock_);
  EXPECT_TRUE(writer.Start().ok());
  writer.Advance("chain", 1, std::string(32, 'a'));
}

}  // namespace
}  // namespace tms::ledger
