#include "services/ledger/change_feed.h"

#include <gtest/gtest.h>

#include <thread>

namespace tms::ledger {
namespace {

using Found = ChangeFeed::Found;

JobChange Change(int64_t number) {
  return {.position = {.number = number, .hash = std::to_string(number)},
          .job = {.job_id = "job-" + std::to_string(number)}};
}

TEST(ChangeFeedTest, GivesEachChangeBehindANumberInOrder) {
  ChangeFeed feed(10);
  feed.Begin({.number = 5, .hash = "h"});
  EXPECT_EQ(feed.After(5).found, Found::kNothing);
  EXPECT_EQ(feed.head(), (HistoryPosition{5, "h"}));
  feed.Publish({Change(7), Change(9)});
  EXPECT_EQ(feed.After(5).change->job.job_id, "job-7");
  EXPECT_EQ(feed.After(6).change->job.job_id, "job-7");
  EXPECT_EQ(feed.After(7).change->job.job_id, "job-9");
  EXPECT_EQ(feed.After(9).found, Found::kNothing);
  EXPECT_EQ(feed.head(), (HistoryPosition{9, "9"}));
}

TEST(ChangeFeedTest, SaysWhatWasBeforeItsBeginningOrIsNotKeptAnyMore) {
  ChangeFeed feed(2);
  feed.Begin({.number = 5, .hash = "h"});
  EXPECT_EQ(feed.After(4).found, Found::kForgotten);
  feed.Publish({Change(6), Change(7)});
  EXPECT_EQ(feed.After(5).found, Found::kChange);
  feed.Publish({Change(8)});
  EXPECT_EQ(feed.After(5).found, Found::kForgotten);
  EXPECT_EQ(feed.After(6).change->job.job_id, "job-7");
}

TEST(ChangeFeedTest, AwaitEndsWithAChangeWithCloseAndWithTime) {
  ChangeFeed feed(2);
  feed.Begin({.number = 5, .hash = "h"});
  feed.AwaitChange(5, absl::Milliseconds(1));
  feed.AwaitChange(4, absl::Hours(1));
  std::thread publisher([&] { feed.Publish({Change(6)}); });
  feed.AwaitChange(5, absl::Hours(1));
  publisher.join();
  std::thread closer([&] { feed.Close(); });
  feed.AwaitChange(6, absl::Hours(1));
  closer.join();
}

}  // namespace
}  // namespace tms::ledger
