// SettleOwner over real gRPC and a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::Contains;
using testing::HasSubstr;
using Ack = v1::RecordEventsResponse;

class SettleOwnerTest : public LedgerFixture {
 protected:
  absl::StatusOr<int> Settle(const std::string& owner, int64_t incarnation) {
    v1::SettleOwnerRequest request;
    request.set_owner(owner);
    request.set_incarnation(incarnation);
    return SettleOwner(request);
  }
};

TEST_F(SettleOwnerTest, EndsWhatTheEarlierIncarnationLeftAtOnce) {
  Record(MakeStarted("left"));
  v1::JobEvent present = MakeStarted("present");
  present.set_incarnation(2);
  Record(present);
  EXPECT_EQ(*Settle("action-1", 2), 1);
  const auto job = GetJob("left");
  EXPECT_EQ(job->status(), v1::Job::FAILED);
  EXPECT_EQ(job->failure_reason(), v1::Job::INTERRUPTED);
  EXPECT_EQ(job->effect(), v1::Job::UNKNOWN);
  EXPECT_EQ(job->outcome_source(), v1::Job::PRESUMED);
  EXPECT_THAT(job->error_message(), HasSubstr("check the cluster"));
  EXPECT_EQ(GetJob("present")->status(), v1::Job::IN_PROGRESS);
  EXPECT_EQ(*Settle("action-1", 2), 0) << "asked again";
}

TEST_F(SettleOwnerTest, SettlesMoreJobsThanOneTransactionTakes) {
  constexpr int kJobs = kMaxJobsPerSweep + 3;
  EventStream stream(stub());
  for (int i = 0; i < kJobs; ++i) ASSERT_TRUE(stream.Send(MakeStarted(std::to_string(i))));
  for (int i = 0; i < kJobs; ++i) ASSERT_EQ(stream.NextAck().verdict(), Ack::APPLIED);
  EXPECT_EQ(*Settle("action-1", 2), kJobs);
  EXPECT_EQ(GetJob(std::to_string(kJobs - 1))->failure_reason(), v1::Job::INTERRUPTED);
}

TEST_F(SettleOwnerTest, F15_TheLateTruthOfAFencedIncarnationReplacesInterrupted) {
  EventStream stream(stub());
  stream.Ask(MakeStarted("job"));
  ASSERT_EQ(*Settle("action-1", 2), 1);
  EXPECT_EQ(stream.Ask(MakeFinished("job")).verdict(), Ack::APPLIED);
  EXPECT_EQ(GetJob("job")->status(), v1::Job::SUCCESS);
  EXPECT_EQ(stream.Ask(MakeStarted("another")).verdict(), Ack::REJECTED) << "it may not begin";
}

TEST_F(SettleOwnerTest, NamesWhatIsWrongWithTheRequest) {
  EXPECT_THAT(FieldsOf(Settle("", 2).status()), Contains("owner"));
  EXPECT_THAT(FieldsOf(Settle("action-1", 0).status()), Contains("incarnation"));
}

}  // namespace
}  // namespace tms::ledger
