// What every Spool promises.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "tests/unit/action/spool/await.h"
#include "tests/unit/action/spool/spool_events.h"

namespace tms::action {

// `Made` makes one: `Made::spool()`.
template <typename Made>
class SpoolContract : public ::testing::Test {
 protected:
  absl::Status Put(std::vector<EventMessage> events) {
    return Await(context_, spool().Put(std::move(events)));
  }
  std::vector<std::string> NextJobs(int64_t after, size_t max_bytes = 1 << 20) {
    std::vector<std::string> jobs;
    const auto next = *Await(context_, spool().Next(after, max_bytes));
    for (const auto& event : next) {
      jobs.push_back(event.event.job_id() + "/" + std::to_string(event.event.event_seq()));
    }
    return jobs;
  }
  Spool& spool() { return made_.spool(); }

  boost::asio::io_context context_;
  Made made_;
};

TYPED_TEST_SUITE_P(SpoolContract);

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TYPED_TEST_P(SpoolContract, KeepsEventsInTheOrderOfTheirPuts) {
  ASSERT_TRUE(this->Put({MakeStart("b"), MakeFinish("b")}).ok());
  ASSERT_TRUE(this->Put({MakeStart("a")}).ok());
  EXPECT_THAT(this->NextJobs(0), ElementsAre("b/1", "b/2", "a/1"));
  const auto first = *Await(this->context_, this->spool().Next(0, 1));
  ASSERT_THAT(first, SizeIs(1));  // one, however long
  EXPECT_THAT(this->NextJobs(first[0].position), ElementsAre("b/2", "a/1"));
  EXPECT_EQ(this->spool().usage().events, 3);
  EXPECT_GT(this->spool().usage().bytes, 0);
}

TYPED_TEST_P(SpoolContract, AnEventThatIsThereStaysAsItIs) {
  ASSERT_TRUE(this->Put({MakeFinish("a", ledger::v1::Job::SUCCESS)}).ok());
  ASSERT_TRUE(this->Put({MakeFinish("a", ledger::v1::Job::FAILED)}).ok());
  const auto events = *Await(this->context_, this->spool().Next(0, 1 << 20));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].event.finished().status(), ledger::v1::Job::SUCCESS);
}

TYPED_TEST_P(SpoolContract, APlaceStaysValidWhenAllWasRemoved) {
  ASSERT_TRUE(this->Put({MakeStart("a")}).ok());
  const int64_t place = this->spool().usage().last_position;
  ASSERT_TRUE(Await(this->context_, this->spool().RemoveJob("a")).ok());
  EXPECT_THAT(this->NextJobs(0), IsEmpty());
  EXPECT_EQ(this->spool().usage().bytes, 0);
  ASSERT_TRUE(this->Put({MakeStart("b")}).ok());
  EXPECT_THAT(this->NextJobs(place), ElementsAre("b/1"));
}

TYPED_TEST_P(SpoolContract, AStartGoesOnlyIfItsOutcomeIsNotHere) {
  ASSERT_TRUE(this->Put({MakeStart("a")}).ok());
  ASSERT_TRUE(this->Put({MakeStart("b"), MakeFinish("b")}).ok());
  ASSERT_TRUE(Await(this->context_, this->spool().RemoveStart("a")).ok());
  ASSERT_TRUE(Await(this->context_, this->spool().RemoveStart("b")).ok());
  EXPECT_THAT(this->NextJobs(0), ElementsAre("b/1", "b/2"));
  EXPECT_TRUE((*Await(this->context_, this->spool().FindStart("b"))).has_value());
  EXPECT_FALSE((*Await(this->context_, this->spool().FindStart("a"))).has_value());
}

TYPED_TEST_P(SpoolContract, FindsTheStartOfARequestIdThatMayHaveBeenCalled) {
  ASSERT_TRUE(this->Put({MakeStart("a", "r1"), MakeFinish("a")}).ok());
  ASSERT_TRUE(this->Put({MakeStart("b", "r2", false)}).ok());
  const auto find = [&](const char* user, const char* request) {
    return *Await(this->context_, this->spool().FindRequest(user, request));
  };
  const auto found = find("ada", "r1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->started.job_id(), "a");
  ASSERT_TRUE(found->finished.has_value());
  EXPECT_FALSE(find("bob", "r1").has_value());
  EXPECT_FALSE(find("ada", "r2").has_value());
}

TYPED_TEST_P(SpoolContract, DeadLettersAreSetAsideListedRevivedAndDropped) {
  ASSERT_TRUE(this->Put({MakeStart("a", "r1"), MakeStart("b")}).ok());
  Spool& spool = this->spool();
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeStart("a", "r1"), "INVALID", "cids")).ok());
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeFinish("c"), "REJECTED", "why")).ok());
  EXPECT_THAT(this->NextJobs(0), ElementsAre("b/1"));
  EXPECT_EQ(spool.usage().dead_letters, 2);
  const auto letters = *Await(this->context_, spool.ListDeadLetters(0, 10));
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].event.job_id(), "a");
  EXPECT_EQ(letters[0].verdict, "INVALID");
  EXPECT_EQ(letters[0].detail, "cids");
  EXPECT_THAT(*Await(this->context_, spool.ListDeadLetters(letters[0].position, 10)), SizeIs(1));

  ASSERT_TRUE(Await(this->context_, spool.Revive(letters[0].position)).ok());
  EXPECT_THAT(this->NextJobs(0), ElementsAre("b/1", "a/1"));
  EXPECT_TRUE((*Await(this->context_, spool.FindRequest("ada", "r1"))).has_value());
  ASSERT_TRUE(Await(this->context_, spool.Drop(letters[1].position)).ok());
  EXPECT_EQ(spool.usage().dead_letters, 0);
  for (const auto& gone : letters) {
    EXPECT_EQ(Await(this->context_, spool.Drop(gone.position)).status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(Await(this->context_, spool.Revive(gone.position)).status().code(),
              absl::StatusCode::kNotFound);
  }
}

TYPED_TEST_P(SpoolContract, ABuriedStartHoldsItsRequestIdUntilItIsDropped) {
  Spool& spool = this->spool();
  ASSERT_TRUE(this->Put({MakeStart("a", "r1"), MakeStart("b", "r2", false)}).ok());
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeStart("a", "r1"), "INVALID", "")).ok());
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeStart("b", "r2", false), "INVALID", "")).ok());
  const auto find = [&](const char* request) {
    return *Await(this->context_, spool.FindRequest("ada", request));
  };
  ASSERT_TRUE(find("r1").has_value());
  EXPECT_EQ(find("r1")->started.job_id(), "a");
  EXPECT_FALSE(find("r1")->finished.has_value());
  EXPECT_FALSE(find("r2").has_value());  // was never called
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeFinish("a"), "UNKNOWN_JOB", "")).ok());
  EXPECT_TRUE(find("r1")->finished.has_value());
  const auto letters = *Await(this->context_, spool.ListDeadLetters(0, 10));
  ASSERT_TRUE(Await(this->context_, spool.Drop(letters[0].position)).ok());
  EXPECT_FALSE(find("r1").has_value());
}

TYPED_TEST_P(SpoolContract, WhatWasNotCalledHoldsNoRequestId) {
  Spool& spool = this->spool();
  const auto bury = [&](EventMessage event) {
    ASSERT_TRUE(Await(this->context_, spool.Bury(std::move(event), "INVALID", "")).ok());
  };
  const auto is_held = [&](const char* request) {
    return (*Await(this->context_, spool.FindRequest("ada", request))).has_value();
  };
  bury(MakeStart("a", "r1"));
  bury(MakeStart("b", "r2"));
  EXPECT_TRUE(is_held("r1"));
  bury(MakeNotCalled("a"));
  EXPECT_FALSE(is_held("r1"));
  // The ledger has the job's outcome, or has never heard of a job that was not called.
  ASSERT_TRUE(Await(this->context_, spool.RemoveJob("b")).ok());
  EXPECT_FALSE(is_held("r2"));
}

TYPED_TEST_P(SpoolContract, ADeadJobIsRevivedWholeAndInItsOrder) {
  Spool& spool = this->spool();
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeFinish("a"), "UNKNOWN_JOB", "")).ok());
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeFinish("b"), "INVALID", "")).ok());
  ASSERT_TRUE(Await(this->context_, spool.Bury(MakeStart("a"), "INVALID", "")).ok());
  const auto letters = *Await(this->context_, spool.ListDeadLetters(0, 10));
  ASSERT_THAT(letters, SizeIs(3));
  const auto revived = *Await(this->context_, spool.Revive(letters[0].position));
  ASSERT_THAT(revived, SizeIs(2));
  EXPECT_TRUE(revived[0].event.has_started());
  EXPECT_THAT(this->NextJobs(0), ElementsAre("a/1", "a/2"));
  EXPECT_EQ(spool.usage().dead_letters, 1);
  EXPECT_EQ(spool.usage().events, 2);
}

REGISTER_TYPED_TEST_SUITE_P(SpoolContract, KeepsEventsInTheOrderOfTheirPuts,
                            AnEventThatIsThereStaysAsItIs, APlaceStaysValidWhenAllWasRemoved,
                            AStartGoesOnlyIfItsOutcomeIsNotHere,
                            FindsTheStartOfARequestIdThatMayHaveBeenCalled,
                            DeadLettersAreSetAsideListedRevivedAndDropped,
                            ABuriedStartHoldsItsRequestIdUntilItIsDropped,
                            WhatWasNotCalledHoldsNoRequestId, ADeadJobIsRevivedWholeAndInItsOrder);

}  // namespace tms::action
