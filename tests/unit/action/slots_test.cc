#include "services/action/slots.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "common/base/fake_clock.h"
#include "common/base/status.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;

// One coroutine that asks for a place, and what it got.
struct Caller {
  std::optional<absl::StatusOr<Slot>> result;
  asio::cancellation_signal cancel;

  bool HasSlot() const { return result.has_value() && result->ok(); }
  std::string Refusal() const {
    return result.has_value() && !result->ok() ? Reason(result->status()) : "";
  }
};

// Two places, a queue of two; time stands still.
class SlotsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Caller> Ask(absl::Duration deadline = absl::InfiniteDuration()) {
    auto caller = std::make_unique<Caller>();
    asio::co_spawn(io_, slots_->Acquire(deadline),
                   asio::bind_cancellation_slot(
                       caller->cancel.slot(),
                       [caller = caller.get()](std::exception_ptr, absl::StatusOr<Slot> result) {
                         caller->result = std::move(result);
                       }));
    Settle();
    return caller;
  }
  // Runs everything that can run without waiting.
  void Settle() {
    io_.restart();
    io_.poll();
  }

  FakeClock clock_;
  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>(2, 2, clock_);
  asio::io_context io_;
};

TEST_F(SlotsTest, GivesPlacesUpToTheCapAndTakesThemBack) {
  const auto first = Ask();
  EXPECT_TRUE(first->HasSlot());
  {
    const auto second = Ask();
    EXPECT_TRUE(second->HasSlot());
    EXPECT_EQ(slots_->in_flight(), 2);
  }
  EXPECT_EQ(slots_->in_flight(), 1);
}

TEST_F(SlotsTest, ServesThoseWhoWaitInTheirOrder) {
  auto first = Ask(), second = Ask(), third = Ask(), fourth = Ask();
  EXPECT_FALSE(third->result.has_value());
  EXPECT_EQ(slots_->waiting(), 2);
  second.reset();
  Settle();
  EXPECT_TRUE(third->HasSlot());
  EXPECT_FALSE(fourth->result.has_value());
  EXPECT_EQ(slots_->in_flight(), 2);
  first.reset();
  Settle();
  EXPECT_TRUE(fourth->HasSlot());
}

TEST_F(SlotsTest, RefusesWhenTheQueueIsFull) {
  auto first = Ask(), second = Ask(), third = Ask(), fourth = Ask();
  const auto fifth = Ask();
  EXPECT_EQ(fifth->Refusal(), "CLUSTER_BUSY");
  EXPECT_EQ(fifth->result->status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SlotsTest, ANewcomerDoesNotOvertakeTheQueue) {
  auto first = Ask(), second = Ask(), third = Ask();
  first->result.reset();
  const auto newcomer = Ask();
  EXPECT_TRUE(third->HasSlot());
  EXPECT_FALSE(newcomer->result.has_value());
}

TEST_F(SlotsTest, WhoComesAfterItsDeadlineGetsNoPlace) {
  const auto late = Ask(clock_.SinceBoot());
  EXPECT_EQ(late->Refusal(), "DEADLINE_IN_QUEUE");
  EXPECT_EQ(late->result->status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(slots_->in_flight(), 0);
}

TEST_F(SlotsTest, ADeadlineEndsTheWaitWhenItComes) {
  auto first = Ask(), second = Ask();
  auto patient = Ask();
  auto hasty = Ask(clock_.SinceBoot() + absl::Milliseconds(1));
  clock_.Advance(absl::Milliseconds(1));
  io_.restart();
  while (!hasty->result.has_value()) io_.run_one();
  EXPECT_EQ(hasty->Refusal(), "DEADLINE_IN_QUEUE");
  EXPECT_EQ(slots_->waiting(), 1);
}

TEST_F(SlotsTest, ACancelledCallerLeavesTheQueue) {
  auto first = Ask(), second = Ask(), third = Ask(), fourth = Ask();
  third->cancel.emit(asio::cancellation_type::terminal);
  Settle();
  EXPECT_EQ(third->result->status().code(), absl::StatusCode::kCancelled);
  first.reset();
  Settle();
  EXPECT_TRUE(fourth->HasSlot());
}

TEST_F(SlotsTest, APlaceHandedToACancelledCallerIsNotLost) {
  auto first = Ask(), second = Ask(), third = Ask();
  first.reset();
  third->cancel.emit(asio::cancellation_type::terminal);
  Settle();
  third.reset();
  EXPECT_EQ(slots_->in_flight(), 1);
}

TEST_F(SlotsTest, ClosingRefusesAllButThoseInFlight) {
  auto first = Ask(), second = Ask(), third = Ask();
  slots_->Close();
  Settle();
  EXPECT_TRUE(first->HasSlot());
  EXPECT_EQ(third->Refusal(), "DRAINING");
  first.reset();
  EXPECT_EQ(Ask()->Refusal(), "DRAINING");
  EXPECT_EQ(slots_->in_flight(), 1);
}

TEST_F(SlotsTest, WaitersMayBeDestroyedBeforeTheyAreServed) {
  auto first = Ask(), second = Ask();
  {
    asio::io_context other;
    asio::co_spawn(other, slots_->Acquire(absl::InfiniteDuration()),
                   [](std::exception_ptr, absl::StatusOr<Slot>) {});
    other.poll();
    EXPECT_EQ(slots_->waiting(), 1);
  }
  EXPECT_EQ(slots_->waiting(), 0);
  first.reset();
  EXPECT_EQ(slots_->in_flight(), 1);
}

}  // namespace
}  // namespace tms::action
