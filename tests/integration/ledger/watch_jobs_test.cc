// WatchJobs over real gRPC and a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/rpc/status.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::Contains;
using Ack = v1::RecordEventsResponse;

// One stream of a watcher. Reads give up after a minute.
class Watcher {
 public:
  explicit Watcher(v1::JobLedgerService::Stub& stub, const std::string& resume_token = "",
                   const v1::JobFilter& filter = {}) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    v1::WatchJobsRequest request;
    request.set_resume_token(resume_token);
    *request.mutable_filter() = filter;
    stream_ = stub.WatchJobs(&context_, request);
  }
  ~Watcher() {
    if (finished_) return;
    context_.TryCancel();
    Finish().IgnoreError();
  }

  // The next response; an empty one if the stream has ended.
  v1::WatchJobsResponse Next() {
    v1::WatchJobsResponse response;
    if (!stream_->Read(&response)) return {};
    token_ = response.resume_token();
    return response;
  }
  // `job_id status` of the next job, bookmarks passed over.
  std::string NextJob() {
    for (;;) {
      const v1::WatchJobsResponse response = Next();
      if (response.resume_token().empty()) return "the end";
      if (!response.has_job()) continue;
      return response.job().job_id() + " " + v1::Job::Status_Name(response.job().status());
    }
  }
  const std::string& token() const { return token_; }

  // Drops what is still to be read and gives the final status.
  absl::Status Finish() {
    finished_ = true;
    while (!Next().resume_token().empty()) {
    }
    const grpc::Status status = stream_->Finish();
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto found = trailers.find("x-tms-resume-token");
    if (found != trailers.end()) trailer_ = {found->second.data(), found->second.size()};
    return rpc::FromGrpc(status);
  }
  const std::string& trailer() const { return trailer_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchJobsResponse>> stream_;
  std::string token_;
  std::string trailer_;
  bool finished_ = false;
};

class WatchJobsTest : public LedgerFixture {};

TEST_F(WatchJobsTest, BeginsWithABookmarkThenTellsEachChangeAsItIsCommitted) {
  Record(MakeStarted("before"));
  Watcher watcher(stub());
  const v1::WatchJobsResponse bookmark = watcher.Next();
  EXPECT_FALSE(bookmark.has_job());
  EXPECT_FALSE(bookmark.resume_token().empty());
  EventStream events(stub());
  events.Ask(MakeStarted("job"));
  EXPECT_EQ(watcher.NextJob(), "job IN_PROGRESS");
  events.Ask(MakeFinished("job"));
  const v1::WatchJobsResponse change = watcher.Next();
  EXPECT_EQ(change.job().status(), v1::Job::SUCCESS);
  EXPECT_TRUE(change.job().request_payload().empty()) << "BASIC view";
  EXPECT_FALSE(change.job().etag().empty());
}

TEST_F(WatchJobsTest, GoesOnWhereItWasWithoutGapOrRepeatAlsoAfterARestart) {
  std::string token;
  {
    Watcher watcher(stub());
    watcher.Next();
    Record(MakeStarted("a"));
    EXPECT_EQ(watcher.NextJob(), "a IN_PROGRESS");
    token = watcher.token();
  }
  Record(MakeStarted("b"));
  Record(MakeFinished("a"));
  {
    Watcher watcher(stub(), token);
    EXPECT_FALSE(watcher.Next().has_job()) << "the bookmark says that the token was accepted";
    EXPECT_EQ(watcher.NextJob(), "b IN_PROGRESS");
    EXPECT_EQ(watcher.NextJob(), "a SUCCESS");
  }
  Stop();
  Start();
  Watcher watcher(stub(), token);
  EXPECT_EQ(watcher.NextJob(), "b IN_PROGRESS");
  EXPECT_EQ(watcher.NextJob(), "a SUCCESS");
  Record(MakeFinished("b"));
  EXPECT_EQ(watcher.NextJob(), "b SUCCESS") << "catching up goes over into what happens now";
}

TEST_F(WatchJobsTest, CatchesUpInPartsWithALongHistory) {
  Watcher before(stub());
  before.Next();
  constexpr int kJobs = 2'500;  // more than one batch, and than one read examines
  {
    EventStream events(stub());
    for (int i = 0; i < kJobs; ++i) {
      ASSERT_TRUE(events.Send(MakeStarted(std::to_string(i))));
      if (i >= 500) {
        ASSERT_EQ(events.NextAck().verdict(), Ack::APPLIED);
      }
    }
    for (int i = 0; i < 500; ++i) ASSERT_EQ(events.NextAck().verdict(), Ack::APPLIED);
  }
  const std::string token = before.token();
  Stop();
  Start();
  Watcher watcher(stub(), token);
  for (int i = 0; i < kJobs; ++i) {
    ASSERT_EQ(watcher.NextJob(), std::to_string(i) + " IN_PROGRESS");
  }
}

TEST_F(WatchJobsTest, TellsOnlyWhatTheFilterWants) {
  v1::JobFilter by_user;
  by_user.add_user_ids("bob");
  v1::JobFilter by_cid;
  by_cid.set_cid("bobs-cid");
  Watcher of_bob(stub(), "", by_user);
  Watcher of_cid(stub(), "", by_cid);
  of_bob.Next();
  of_cid.Next();
  Record(MakeStarted("annas"));
  v1::JobEvent bobs = MakeStarted("bobs");
  bobs.mutable_started()->set_user_id("bob");
  bobs.mutable_started()->set_cids(0, "bobs-cid");
  Record(bobs);
  EXPECT_EQ(of_bob.NextJob(), "bobs IN_PROGRESS");
  EXPECT_EQ(of_cid.NextJob(), "bobs IN_PROGRESS");
}

TEST_F(WatchJobsTest, ABookmarkComesWhenNothingElseDoesAndMovesTheTokenOn) {
  v1::JobFilter nobody;
  nobody.add_user_ids("nobody");
  Watcher watcher(stub(), "", nobody);
  const std::string first = watcher.Next().resume_token();
  Record(MakeStarted("job"));
  clock_.Advance(absl::Seconds(16));
  const v1::WatchJobsResponse bookmark = watcher.Next();
  EXPECT_FALSE(bookmark.has_job());
  EXPECT_NE(bookmark.resume_token(), first);
}

TEST_F(WatchJobsTest, S23_RefusesAnAlteredTokenAndAWrongFilter) {
  Watcher altered(stub(), "nonsense");
  EXPECT_THAT(FieldsOf(altered.Finish()), Contains("resume_token"));
  v1::JobFilter filter;
  filter.set_http_status(1);
  Watcher wrong(stub(), "", filter);
  EXPECT_THAT(FieldsOf(wrong.Finish()), Contains("filter.http_status"));
}

TEST_F(WatchJobsTest, F26_AnOlderCopyThatWasPutBackIsRecognisedAlsoOnceItHasGrown) {
  Record(MakeStarted("kept"));
  Stop();
  const std::string copy = db_path() + ".copy";
  std::filesystem::copy_file(db_path(), copy);
  Start();
  std::string token;
  {
    Watcher watcher(stub());
    watcher.Next();
    Record(MakeStarted("lost"));
    watcher.NextJob();
    token = watcher.token();
  }
  Stop();
  std::filesystem::rename(copy, db_path());
  Start();
  Watcher behind(stub(), token);
  EXPECT_EQ(behind.Finish().code(), absl::StatusCode::kOutOfRange) << "the history ends before";
  Record(MakeStarted("another"));
  Record(MakeStarted("one more"));
  Watcher beside(stub(), token);
  EXPECT_EQ(beside.Finish().code(), absl::StatusCode::kOutOfRange) << "another event has its place";
}

TEST_F(WatchJobsTest, AnotherLedgersTokenIsOutOfRange) {
  Record(MakeStarted("job"));
  std::string token;
  {
    Watcher watcher(stub());
    token = watcher.Next().resume_token();
  }
  Stop();
  std::filesystem::remove(db_path());
  Start();
  Watcher watcher(stub(), token);
  EXPECT_EQ(watcher.Finish().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(WatchJobsTest, F22_EndsWithTheLastTokenWhenTheLedgerDrains) {
  Watcher watcher(stub());
  const std::string token = watcher.Next().resume_token();
  ASSERT_TRUE(host_->Drain(absl::Seconds(30)));
  EXPECT_EQ(watcher.Finish().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(watcher.trailer(), token);
}

}  // namespace
}  // namespace tms::ledger
