// The program job_ledger_service itself: how it starts, ends and refuses to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/rpc/channel.h"
#include "tests/integration/ledger/ledger_fixture.h"

namespace tms::ledger {
namespace {

using testing::HasSubstr;
using Ack = v1::RecordEventsResponse;

// A ledger in a process of its own; its log comes through a pipe.
class Process {
 public:
  // `max_file_bytes` 0: no limit.
  explicit Process(std::vector<std::string> arguments, rlim_t max_file_bytes = 0) {
    arguments.insert(arguments.begin(), LEDGER_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      if (max_file_bytes != 0) LimitFiles(max_file_bytes);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    log_ = fdopen(ends[0], "r");
  }
  ~Process() {
    if (pid_ > 0) {
      Signal(SIGKILL);
      Wait();
    }
    fclose(log_);
  }

  // Reads the log up to the line that has `text`; everything if none has.
  std::string ReadLogUntil(const std::string& text) {
    std::string lines;
    char line[4096];
    while (fgets(line, sizeof line, log_) != nullptr) {
      lines += line;
      if (std::string(line).find(text) != std::string::npos) break;
    }
    return lines;
  }
  std::string ReadPort() {
    const std::string log = ReadLogUntil("event=serving");
    const size_t at = log.find(" port=");
    if (at == std::string::npos) {
      ADD_FAILURE() << "does not serve: " << log;
      return "0";
    }
    return std::to_string(std::stoi(log.substr(at + 6)));
  }
  void Signal(int signal) { kill(pid_, signal); }
  // The exit code, or minus the signal that ended it.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  // Writes beyond the limit then fail with EFBIG, as on a broken disk.
  static void LimitFiles(rlim_t bytes) {
    const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
  }

  pid_t pid_ = -1;
  FILE* log_ = nullptr;
};

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() { std::filesystem::create_directories(folder_); }
  ~ProcessTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Arguments(const std::string& port = "0") const {
    return {"--db", (folder_ / "jobs.db").string(), "--listen", "127.0.0.1:" + port};
  }
  static std::unique_ptr<v1::JobLedgerService::Stub> Connect(const std::string& port) {
    return v1::JobLedgerService::NewStub(rpc::MakeChannel("127.0.0.1:" + port));
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("ledger-process-" + NewUuidV7(absl::Now()));
};

TEST_F(ProcessTest, KeepsEveryAckedEventOverKill9) {
  {
    Process ledger(Arguments());
    EventStream stream(*Connect(ledger.ReadPort()));
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(stream.Ask(MakeStarted("job" + std::to_string(i))).verdict(), Ack::APPLIED);
    }
    ledger.Signal(SIGKILL);
    EXPECT_EQ(ledger.Wait(), -SIGKILL);
  }
  Process ledger(Arguments());
  EventStream stream(*Connect(ledger.ReadPort()));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(stream.Ask(MakeStarted("job" + std::to_string(i))).verdict(), Ack::REPLAYED);
  }
}

TEST_F(ProcessTest, EndsWithExitCode0OnSigtermAlsoWithAStreamOpen) {
  Process ledger(Arguments());
  {
    EventStream stream(*Connect(ledger.ReadPort()));
    ASSERT_EQ(stream.Ask(MakeStarted("job")).verdict(), Ack::APPLIED);
    ledger.Signal(SIGTERM);
    EXPECT_EQ(stream.NextAck().verdict(), Ack::VERDICT_UNSPECIFIED) << "the stream ends";
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(ledger.Wait(), 0);
  EXPECT_THAT(ledger.ReadLogUntil("event=stopped"), HasSubstr("drained=true"));
}

TEST_F(ProcessTest, RefusesAFileThatAnotherLedgerHasAndSaysSo) {
  Process first(Arguments());
  first.ReadPort();
  Process second(Arguments());
  EXPECT_THAT(second.ReadLogUntil("event=open_failed"), HasSubstr("jobs.db"));
  EXPECT_EQ(second.Wait(), 1);
}

TEST_F(ProcessTest, F17_RefusesAPortThatAnotherLedgerHasSaysSoAndMakesNoFile) {
  Process first(Arguments());
  const std::string port = first.ReadPort();
  std::vector<std::string> arguments = Arguments(port);
  arguments[1] += ".other";
  Process second(arguments);
  EXPECT_THAT(second.ReadLogUntil("event=start_failed"), HasSubstr("127.0.0.1:" + port));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_FALSE(std::filesystem::exists(arguments[1])) << "it must not leave a file behind";
}

TEST_F(ProcessTest, EndsWithExitCode1AndAcksNothingWhenTheDiskFails) {
  constexpr rlim_t kMaxFileBytes = 1 << 20;
  Process ledger(Arguments(), kMaxFileBytes);
  int acked = 0;
  {
    EventStream stream(*Connect(ledger.ReadPort()));
    const auto record = [&] { return stream.Ask(MakeStarted("job" + std::to_string(acked))); };
    while (record().verdict() == Ack::APPLIED) ++acked;
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  EXPECT_THAT(ledger.ReadLogUntil("event=store_failed"), HasSubstr("event=store_failed"));
  EXPECT_EQ(ledger.Wait(), 1);

  Process healthy(Arguments());
  EventStream again(*Connect(healthy.ReadPort()));
  for (int i = 0; i < acked; ++i) {
    ASSERT_EQ(again.Ask(MakeStarted("job" + std::to_string(i))).verdict(), Ack::REPLAYED);
  }
}

TEST_F(ProcessTest, EndsWithExitCode2OnABadFlag) {
  std::vector<std::string> arguments = Arguments();
  arguments.insert(arguments.end(), {"--grace", "soon"});
  Process ledger(arguments);
  EXPECT_THAT(ledger.ReadLogUntil("--grace"), HasSubstr("--grace"));
  EXPECT_EQ(ledger.Wait(), 2);
}

}  // namespace
}  // namespace tms::ledger
