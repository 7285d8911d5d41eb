// F20, F26: an older file is served only if somebody says so, and only that one.
#include "services/ledger/older_file_guard.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/anchor_file.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string HashOf(char way, int64_t number) {
  std::string hash(31, way);
  return hash + static_cast<char>(number);
}

class OlderFileGuardTest : public ::testing::Test {
 protected:
  // Row `number` of a history that goes `way`.
  void Sign(int64_t number, char way = 'a', const std::string& chain_id = "chain") {
    const Anchor anchor{.chain_id = chain_id,
                        .number = number,
                        .hash = HashOf(way, number),
                        .time = clock_.Now(),
                        .public_key = key_.public_key()};
    std::ofstream(anchors_, std::ios::app) << key_.Sign(anchor) << "\n";
  }
  static FileHistory History(int64_t rows, char way = 'a') {
    return {.chain_id = "chain",
            .last_number = rows,
            .hash_of = [=](int64_t number) -> absl::StatusOr<std::string> {
              return number <= rows ? HashOf(way, number) : "";
            }};
  }
  absl::Status Judge(const FileHistory& history, std::optional<int64_t> accepted = std::nullopt) {
    return OlderFileGuard("jobs.db", anchors_, accepted).Judge(history);
  }
  std::string Refusal(const FileHistory& history, std::optional<int64_t> accepted = std::nullopt) {
    const absl::Status status = Judge(history, accepted);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    return std::string(Message(status));
  }

  const TempDir dir_;
  const std::string anchors_ = dir_.File("jobs.db.anchors");
  const AnchorKey key_ = AnchorKey::LoadOrMake(dir_.File("key")).value();
  FakeClock clock_;
};

TEST_F(OlderFileGuardTest, TheFileThatWasAnchoredPasses) {
  EXPECT_TRUE(Judge(FileHistory{}).ok()) << "nothing was anchored";
  EXPECT_TRUE(Judge(History(5)).ok());
  Sign(3);
  Sign(5);
  EXPECT_TRUE(Judge(History(5)).ok());
  EXPECT_TRUE(Judge(History(9)).ok());
  EXPECT_TRUE(Judge(History(9), 4).ok()) << "nothing to accept";
}

TEST_F(OlderFileGuardTest, F20_AnOlderFileIsRefusedAndWhatIsMissingNamed) {
  Sign(3);
  Sign(9);
  EXPECT_THAT(Refusal(History(5)),
              AllOf(HasSubstr("it ends at event 5"), HasSubstr("events 6 to 9 are missing"),
                    HasSubstr("--accept-older-file 5"), HasSubstr("docs/operations.md")));
  EXPECT_THAT(Refusal(FileHistory{}), AllOf(HasSubstr("has no history"), HasSubstr("events 1 to 9"),
                                            HasSubstr("--accept-older-file 0")));
}

TEST_F(OlderFileGuardTest, F20_AFileThatWentAnotherWayIsRefused) {
  Sign(3);
  Sign(7, 'b');
  Sign(9, 'b');
  EXPECT_THAT(Refusal(History(12)),
              AllOf(HasSubstr("other events behind 3"), HasSubstr("events 4 to 9 are missing"),
                    HasSubstr("--accept-older-file 12")));
  EXPECT_THAT(Refusal(History(8)), HasSubstr("other events behind 3"));
  EXPECT_THAT(Refusal(History(12, 'c')), HasSubstr("events 1 to 9 are missing"));
}

TEST_F(OlderFileGuardTest, F20_AFileOfAnotherHistoryIsRefused) {
  Sign(3, 'a', "another");
  EXPECT_THAT(Refusal(History(5)), AllOf(HasSubstr("events 1 to 3 of the history another"),
                                         HasSubstr("--accept-older-file 5")));
}

TEST_F(OlderFileGuardTest, F20_OnlyTheFileThatIsMeantIsAccepted) {
  Sign(9);
  for (const int64_t other : {4, 6, 9}) {
    EXPECT_THAT(Refusal(History(5), other), HasSubstr("--accept-older-file 5"));
  }
  EXPECT_TRUE(Judge(History(5), 5).ok());
  EXPECT_TRUE(Judge(FileHistory{}, 0).ok());
}

TEST_F(OlderFileGuardTest, F26_AnAcceptanceIsRecordedAndTheAnchorsAreKept) {
  Sign(9);
  OlderFileGuard guard("jobs.db", anchors_, 5);
  ASSERT_TRUE(guard.Judge(History(5)).ok());
  ASSERT_TRUE(guard.record().has_value());
  EXPECT_EQ(guard.record()->action, kOlderFileAccepted);
  EXPECT_EQ(guard.record()->target, "events 6 to 9");
  EXPECT_THAT(guard.record()->detail, HasSubstr("events 6 to 9 are missing"));

  const auto lines = ReadNewestAnchorLines(anchors_).value();
  const std::string away = guard.PutAnchorsAway(clock_.Now()).value().value();
  EXPECT_THAT(away, HasSubstr(anchors_ + ".until-9-"));
  EXPECT_FALSE(std::filesystem::exists(anchors_));
  EXPECT_EQ(ReadNewestAnchorLines(away).value(), lines);
}

TEST_F(OlderFileGuardTest, F26_ACrashBetweenTheRecordAndTheAnchorsNeedsNoOtherNumber) {
  Sign(9);
  OlderFileGuard first("jobs.db", anchors_, 5);
  ASSERT_TRUE(first.Judge(History(5)).ok());
  FileHistory recorded = History(6);
  recorded.last_record_key = first.record()->record_key;
  OlderFileGuard second("jobs.db", anchors_, 5);
  ASSERT_TRUE(second.Judge(recorded).ok());
  EXPECT_EQ(second.record()->record_key, recorded.last_record_key);
  EXPECT_THAT(Refusal(recorded), HasSubstr("--accept-older-file 5"));
  // Another loss needs another word.
  recorded.last_record_key = "somebody's";
  EXPECT_THAT(Refusal(recorded, 5), HasSubstr("--accept-older-file 6"));
}

TEST_F(OlderFileGuardTest, F20_ALogThatLostItsEndIsRefusedAlsoWhereNothingOfItWasSigned) {
  for (const bool anchored : {false, true}) {
    if (anchored) Sign(5);
    FileHistory history = History(5);
    history.lost_commits = 3;
    EXPECT_THAT(Refusal(history), AllOf(HasSubstr("jobs.db-wal is damaged"),
                                        HasSubstr("3 commits behind event 5 can't be read"),
                                        HasSubstr("--accept-older-file 5")));
    EXPECT_THAT(Refusal(history, 4), HasSubstr("--accept-older-file 5"));
    OlderFileGuard guard("jobs.db", anchors_, 5);
    ASSERT_TRUE(guard.Judge(history).ok());
    EXPECT_EQ(guard.record()->action, kOlderFileAccepted);
    EXPECT_THAT(guard.record()->detail, HasSubstr("3 commits behind event 5"));
    EXPECT_EQ(guard.PutAnchorsAway(clock_.Now()).value(), std::nullopt) << "they are still true";
    EXPECT_EQ(std::filesystem::exists(anchors_), anchored);
  }
  Sign(9);
  FileHistory history = History(5);
  history.lost_commits = 3;
  EXPECT_THAT(Refusal(history),
              AllOf(HasSubstr("events 6 to 9 are missing"), HasSubstr("jobs.db-wal is damaged")));
}

TEST_F(OlderFileGuardTest, F20_WhatIsNoAnchorIsSaidAndTheOthersCount) {
  Sign(9);
  std::ofstream(anchors_, std::ios::app) << "rubbish\n"
                                         << "half a li";
  OlderFileGuard guard("jobs.db", anchors_, std::nullopt);
  EXPECT_TRUE(guard.Judge(History(9)).ok());
  EXPECT_THAT(guard.unreadable(), ElementsAre("rubbish"));
  EXPECT_THAT(Refusal(History(5)), HasSubstr("events 6 to 9"));
}

TEST_F(OlderFileGuardTest, OnlyTheEndOfALargeFileIsRead) {
  for (int i = 1; i <= 2'000; ++i) Sign(7);
  Sign(9);
  const auto lines = ReadNewestAnchorLines(anchors_).value();
  EXPECT_LT(lines.size(), 1'000u);
  EXPECT_EQ(ReadAnchor(lines.front())->number, 9);
  for (const std::string& line : lines) EXPECT_TRUE(ReadAnchor(line).ok());
  EXPECT_TRUE(Judge(History(9)).ok());
  EXPECT_THAT(Refusal(History(8)), HasSubstr("events 9 to 9"));
}

TEST_F(OlderFileGuardTest, AnchorsThatCantBeReadRefuse) {
  std::filesystem::create_directory(anchors_);
  EXPECT_THAT(Refusal(History(5)), HasSubstr("cannot read " + anchors_));
}

}  // namespace
}  // namespace tms::ledger
