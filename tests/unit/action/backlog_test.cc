// What each verdict on a spooled event means: the whole table.
#include "services/action/backlog.h"

#include <gtest/gtest.h>

#include "tests/unit/action/spool/spool_events.h"

namespace tms::action {
namespace {

using Ack = ledger::v1::RecordEventsResponse;

TEST(BacklogFate, AStartThatMayHaveBeenCalled) {
  const auto start = MakeStart("a", "r1", /*spooled=*/true);
  const auto fate = [&](Ack::Verdict verdict, bool running) {
    return DecideFate(start->event(), verdict, running);
  };
  for (const auto stored : {Ack::APPLIED, Ack::REPLAYED}) {
    EXPECT_EQ(fate(stored, true), Fate::kKeep);
    EXPECT_EQ(fate(stored, false), Fate::kRemoveStart);
  }
  for (const bool running : {true, false}) {
    EXPECT_EQ(fate(Ack::DUPLICATE_OF, running), Fate::kSendAgain);
    EXPECT_EQ(fate(Ack::CONFLICT, running), Fate::kSendAgain);
    EXPECT_EQ(fate(Ack::REJECTED, running), Fate::kBury);
    EXPECT_EQ(fate(Ack::INVALID, running), Fate::kBury);
    EXPECT_EQ(fate(Ack::UNKNOWN_JOB, running), Fate::kBury);
    EXPECT_EQ(fate(Ack::VERDICT_UNSPECIFIED, running), Fate::kBury);
  }
}

TEST(BacklogFate, AStartThatWasGivenUpF25) {
  const auto start = MakeStart("a", "r1", /*spooled=*/false);
  EXPECT_EQ(DecideFate(start->event(), Ack::APPLIED, false), Fate::kRemoveStart);
  EXPECT_EQ(DecideFate(start->event(), Ack::REPLAYED, false), Fate::kRemoveStart);
  for (const auto refused : {Ack::DUPLICATE_OF, Ack::CONFLICT, Ack::REJECTED, Ack::INVALID}) {
    EXPECT_EQ(DecideFate(start->event(), refused, false), Fate::kRemoveJob);
  }
}

TEST(BacklogFate, AnOutcome) {
  const auto finish = MakeFinish("a");
  EXPECT_EQ(DecideFate(finish->event(), Ack::APPLIED, false), Fate::kRemoveJob);
  EXPECT_EQ(DecideFate(finish->event(), Ack::REPLAYED, false), Fate::kRemoveJob);
  EXPECT_EQ(DecideFate(finish->event(), Ack::UNKNOWN_JOB, false), Fate::kSendAgain);
  for (const auto refused :
       {Ack::REJECTED, Ack::INVALID, Ack::DUPLICATE_OF, Ack::CONFLICT, Ack::VERDICT_UNSPECIFIED}) {
    EXPECT_EQ(DecideFate(finish->event(), refused, false), Fate::kBury);
  }
}

}  // namespace
}  // namespace tms::action
