// Measures the SQLite JobStore: events a second against plain SQLite, and reads on many rows.
//
//   store_bench write DIR [EVENTS]  events through Record with 64 and 512 in flight, and the same
//                                   rows written by plain SQLite in commits of as many events
//   store_bench fill DIR ROWS [DAY] makes DIR/jobs.db with that many jobs, over the year that
//   begins
//                                   on that day, or else on 2026-01-01
//   store_bench read DIR            times lists and statistics on it
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/ids.h"
#include "common/base/time_text.h"
#include "common/sqlite/connection.h"
#include "services/ledger/sqlite/schema.h"
#include "services/ledger/sqlite/sqlite_job_store.h"

namespace tms::ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Of CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID; says more than the wall clock where
// others use the machine too.
double CpuSeconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Prints how many events a second there were since it was made, and what one cost.
class Meter {
 public:
  void Print(const std::string& what, size_t event_count) const {
    const auto count = static_cast<double>(event_count);
    std::printf("%-24s %8.0f events/s %8.1f us of CPU each\n", what.c_str(),
                count / SecondsSince(start_),
                (CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_) * 1e6 / count);
  }

 private:
  const SteadyClock::time_point start_ = SteadyClock::now();
  const double cpu_ = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

// Jobs like the ones seen: twenty users, three clusters, five actions, most of them successful.
class Jobs {
 public:
  explicit Jobs(absl::Time begin, absl::Duration step) : now_(begin), step_(step) {}

  // The next job's two events.
  std::pair<OwnerEvent, OwnerEvent> Next() {
    now_ += step_;
    OwnerEvent started{.job_id = NewUuidV7(now_),
                       .event_seq = 1,
                       .occurred_at = now_,
                       .owner = "action-1",
                       .incarnation = 1,
                       .fact = Start()};
    OwnerEvent finished{.job_id = started.job_id,
                        .event_seq = 2,
                        .occurred_at = now_ + absl::Seconds(1),
                        .owner = "action-1",
                        .incarnation = 1,
                        .fact = Finish()};
    return {std::move(started), std::move(finished)};
  }

 private:
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  JobStart Start() {
    static constexpr const char* kActions[] = {"Tran-Begin", "PE-Enable", "T-Enable", "PE-Finalize",
                                               "PE-Direct"};
    const int action = Below(5);
    JobStart start{.user_id = "user" + std::to_string(Below(20)) + "@example.com",
                   .action_code = action + 1,
                   .action_name = kActions[action],
                   .cluster = "cluster-" + std::to_string(Below(3)),
                   .cluster_url = "https://cluster.example.com:8443",
                   .timeout = absl::Seconds(30)};
    for (int i = 0; i < 2; ++i) {
      start.cids.push_back("0123456789abcdef01234567" + std::to_string(10'000'000 + Below(50'000)));
    }
    // One customer in every hundredth job: too frequent to be looked up, too rare to be met soon.
    if (Below(100) == 0) start.cids.push_back("everywhere");
    if (Below(10) == 0) start.batch_id = "batch-" + std::to_string(Below(2'000));
    return start;
  }

  JobFinish Finish() {
    const int fate = Below(100);
    JobFinish finish{
        .outcome = {.status = JobStatus::kSuccess, .http_status = 200, .effect = Effect::kApplied},
        .response_summary = R"({"message":"Sending action to migration services","success":true})",
        .elapsed = absl::Milliseconds(250 + Below(18'000))};
    Outcome& outcome = finish.outcome;
    if (fate >= 80) {
      outcome.status = JobStatus::kFailed;
      outcome.error_message = "TMS bootstrap status(INIT) is not Ready";
      outcome.failure_reason = FailureReason::kRejected;
      outcome.effect = Effect::kNotApplied;
    }
    if (fate >= 95) {
      outcome.failure_reason = FailureReason::kHttpError;
      outcome.http_status = 401;
    }
    if (fate >= 98) {
      outcome.failure_reason = FailureReason::kTimeout;
      outcome.http_status.reset();
      outcome.effect = Effect::kUnknown;
    }
    return finish;
  }

  absl::Time now_;
  const absl::Duration step_;
  std::mt19937 random_{42};
};

// The order in which events are sent: each job ends `lag` jobs after it began.
std::vector<OwnerEvent> MakeEvents(Jobs& jobs, size_t job_count, size_t lag) {
  std::vector<OwnerEvent> events, ends;
  for (size_t i = 0; i < job_count; ++i) {
    auto [started, finished] = jobs.Next();
    events.push_back(std::move(started));
    ends.push_back(std::move(finished));
    if (i >= lag) events.push_back(std::move(ends[i - lag]));
  }
  for (size_t i = job_count - std::min(lag, job_count); i < job_count; ++i) {
    events.push_back(std::move(ends[i]));
  }
  return events;
}

// Counts what is in flight and holds the sender at the bound.
class Window {
 public:
  explicit Window(int bound) : bound_(bound) {}

  void Enter() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::HasRoom));
    ++in_flight_;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --in_flight_;
  }
  void WaitUntilEmpty() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::IsEmpty));
  }

 private:
  bool HasRoom() const { return in_flight_ < bound_; }
  bool IsEmpty() const { return in_flight_ == 0; }

  absl::Mutex mutex_;
  const int bound_;
  int in_flight_ = 0;
};

std::unique_ptr<SqliteJobStore> Open(const std::string& path) {
  auto store = SqliteJobStore::Open({.path = path}, SystemClock());
  Check(store.status());
  return *std::move(store);
}

void RecordAll(JobStore& store, std::vector<OwnerEvent> events, int in_flight) {
  Window window(in_flight);
  for (OwnerEvent& event : events) {
    window.Enter();
    store.Record(std::move(event), [&](const absl::StatusOr<RecordResult>& result) {
      Check(result.status());
      if (result->verdict != Verdict::kApplied) Die(result->detail);
      window.Leave();
    });
  }
  window.WaitUntilEmpty();
}

// What the rows cost by themselves: the same tables and indexes, nothing looked up, nothing
// decided, no counters.
class PlainWriter {
 public:
  explicit PlainWriter(const std::string& path) {
    auto connection = sqlite::Connection::Open(path, sqlite::OpenMode::kCreateOrWrite);
    Check(connection.status());
    connection_ = *std::move(connection);
    Check(connection_->SetUpWriter());
    Check(sqlite::Migrate(*connection_, path, 0, LedgerSchema(), absl::Now()).status());
  }

  void Write(const std::vector<OwnerEvent>& events, int group) {
    for (size_t i = 0; i < events.size(); ++i) {
      if (i % group == 0) Check(connection_->Run("BEGIN IMMEDIATE"));
      WriteOne(events[i]);
      if ((i + 1) % group != 0 && i + 1 != events.size()) continue;
      Check(connection_->Run("COMMIT"));
      if (connection_->wal_frames() > 4'000) Check(connection_->Checkpoint());
    }
  }

 private:
  void WriteOne(const OwnerEvent& event) {
    static constexpr char kJob[] =
        "INSERT INTO jobs(job_id, created_at, user_id, status, action_code, action_name, cluster, "
        "batch_id, updated_at, timeout_ms, customer_count, owner, incarnation, cluster_url, "
        "request_payload) VALUES(?1, ?2, ?3, 'IN_PROGRESS', ?4, ?5, ?6, ?7, ?2, 30000, 2, ?8, 1, "
        "?9, '{\"action\": \"T-Enable\", \"cids\": "
        "[\"0123456789abcdef0123456710000000\", \"0123456789abcdef0123456710000000\"]}')";
    static constexpr char kCid[] = "INSERT INTO job_cids VALUES(?1, ?2, ?3)";
    static constexpr char kEnd[] =
        "UPDATE jobs SET status = ?2, http_status = ?3, failure_reason = ?4, effect = ?5, "
        "error_message = ?6, outcome_source = 'TOLD', updated_at = ?7, finished_at = ?7, "
        "elapsed_ms = 1000, response_summary = ?8, version = 2 WHERE job_id = ?1";
    static constexpr char kEvent[] =
        "INSERT INTO job_events(job_id, kind, event_seq, occurred_at, recorded_at, actor, "
        "incarnation, verdict, status, content_digest, cids_digest, cid_count) "
        "VALUES(?1, ?2, ?3, ?4, ?4, 'action-1', 1, 'APPLIED', 'SUCCESS', zeroblob(32), "
        "zeroblob(32), 2)";
    const std::string time = FormatTimestamp(event.occurred_at);
    if (const auto* start = std::get_if<JobStart>(&event.fact)) {
      const auto batch = start->batch_id.empty() ? std::nullopt : std::optional(start->batch_id);
      Check(connection_->Run(kJob, event.job_id, time, start->user_id, start->action_code,
                             start->action_name, start->cluster, batch, event.owner,
                             start->cluster_url));
      const int64_t number = connection_->last_row_id();
      int position = 0;
      for (const std::string& cid : start->cids) {
        Check(connection_->Run(kCid, number, ++position, cid));
      }
    } else {
      const auto& finish = std::get<JobFinish>(event.fact);
      const std::string reason(ToWord(finish.outcome.failure_reason));
      Check(connection_->Run(
          kEnd, event.job_id, ToWord(finish.outcome.status), finish.outcome.http_status,
          reason.empty() ? std::nullopt : std::optional(reason), ToWord(finish.outcome.effect),
          finish.outcome.error_message, time, finish.response_summary));
    }
    Check(connection_->Run(kEvent, event.job_id, "STARTED", event.event_seq, time));
  }

  std::unique_ptr<sqlite::Connection> connection_;
};

void MeasureWrites(const std::string& dir, size_t event_count) {
  for (const int in_flight : {64, 512}) {
    const std::string name = dir + "/write-" + std::to_string(in_flight);
    const auto events = [&] {
      Jobs jobs(absl::Now(), absl::Milliseconds(5));
      return MakeEvents(jobs, event_count / 2, 1'000);
    };
    const std::string bound = std::to_string(in_flight);
    {
      const auto store = Open(name + "-store.db");
      std::vector<OwnerEvent> all = events();
      const Meter meter;
      RecordAll(*store, std::move(all), in_flight);
      meter.Print("store, " + bound + " in flight", event_count);
    }
    {
      PlainWriter writer(name + "-plain.db");
      const std::vector<OwnerEvent> all = events();
      const Meter meter;
      writer.Write(all, in_flight);
      meter.Print("plain, " + bound + " a commit", event_count);
    }
  }
}

void Fill(const std::string& dir, int rows, const std::string& first_day) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(first_day, &day)) Die("not a day: " + first_day);
  const auto store = Open(dir + "/jobs.db");
  Jobs jobs(absl::FromCivil(day, absl::UTCTimeZone()), absl::Hours(24 * 365) / rows);
  const Meter meter;
  constexpr int kChunk = 10'000;
  for (int made = 0; made < rows; made += kChunk) {
    RecordAll(*store, MakeEvents(jobs, static_cast<size_t>(std::min(kChunk, rows - made)), 1'000),
              512);
  }
  meter.Print("fill", 2 * static_cast<size_t>(rows));
}

void Time(const char* what, const std::function<size_t()>& call) {
  constexpr int kRounds = 21;
  std::vector<double> millis, cpu_millis;
  size_t size = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto start = SteadyClock::now();
    const double cpu = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
    size = call();
    millis.push_back(SecondsSince(start) * 1'000);
    cpu_millis.push_back((CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1'000);
  }
  std::ranges::sort(millis);
  std::ranges::sort(cpu_millis);
  std::printf("%-44s p50 %7.2f ms (CPU %7.2f ms)   worst %7.2f ms   %zu rows\n", what,
              millis[kRounds / 2], cpu_millis[kRounds / 2], millis.back(), size);
}

void MeasureLists(JobStore& store) {
  constexpr int kPage = 50;
  const auto list = [&](const char* what, const JobFilter& filter) {
    Time(what, [&] {
      const auto page = store.ListJobs(filter, std::nullopt, kPage);
      Check(page.status());
      return page->jobs.size();
    });
  };
  const auto day = [](int month) {
    return absl::FromCivil(absl::CivilDay(2026, month, 1), absl::UTCTimeZone());
  };
  list("list", {});
  list("list user", {.user_ids = {"user7@example.com"}});
  list("list user FAILED", {.user_ids = {"user7@example.com"}, .statuses = {JobStatus::kFailed}});
  list("list two users, action, cluster", {.user_ids = {"user7@example.com", "user8@example.com"},
                                           .action_codes = {3},
                                           .clusters = {"cluster-1"}});
  list("list unknown user", {.user_ids = {"nobody", "no-one"}});
  list("list IN_PROGRESS", {.statuses = {JobStatus::kInProgress}});
  list("list FAILED", {.statuses = {JobStatus::kFailed}});
  list("list TIMEOUT", {.failure_reasons = {FailureReason::kTimeout}});
  list("list effect UNKNOWN", {.effects = {Effect::kUnknown}});
  list("list http_status 401", {.http_status = 401});
  list("list http_status 503 (none)", {.http_status = 503});
  list("list cluster", {.clusters = {"cluster-1"}});
  list("list batch", {.batch_id = "batch-7"});
  list("list cid", {.cid = "0123456789abcdef0123456710000007"});
  list("list cid, unknown", {.cid = "nobody"});
  list("list cid of every hundredth job", {.cid = "everywhere"});
  list("list of a month", {.created_after = day(3), .created_before = day(4)});
  const auto first = store.ListJobs({}, std::nullopt, 1);
  Check(first.status());
  const std::string job_id = first->jobs.at(0).job_id;
  Time("get job, full", [&] {
    Check(store.GetJob(job_id, true).status());
    return size_t{1};
  });
}

void MeasureStats(JobStore& store) {
  const auto stats = [&](const char* what, const StatsQuery& query) {
    Time(what, [&] {
      const auto rows = store.GetStats(query, 10'000);
      Check(rows.status());
      return rows->size();
    });
  };
  using enum StatsDimension;
  const auto day = [](int month, int number) {
    return absl::FromCivil(absl::CivilDay(2026, month, number), absl::UTCTimeZone());
  };
  stats("stats total", {.bucket = StatsBucket::kHour});
  stats("stats by status, year in months",
        {.group_by = {kTime, kStatus}, .bucket = StatsBucket::kMonth});
  stats("stats by status, year in days",
        {.group_by = {kTime, kStatus}, .bucket = StatsBucket::kDay});
  stats("stats by status, two weeks in hours", {.group_by = {kTime, kStatus},
                                                .bucket = StatsBucket::kHour,
                                                .created_after = day(6, 1),
                                                .created_before = day(6, 15)});
  stats("stats by user", {.group_by = {kUser}, .bucket = StatsBucket::kHour});
  stats("stats by user, a month in days", {.group_by = {kUser, kTime},
                                           .bucket = StatsBucket::kDay,
                                           .created_after = day(6, 1),
                                           .created_before = day(7, 1)});
  stats("stats of one user by status, year in days", {.group_by = {kTime, kStatus},
                                                      .bucket = StatsBucket::kDay,
                                                      .user_ids = {"user7@example.com"}});
  stats("stats by all but user and time, half a year",
        {.group_by = {kStatus, kFailureReason, kEffect, kCluster, kAction},
         .bucket = StatsBucket::kHour,
         .created_after = day(2, 10) + absl::Hours(3),
         .created_before = day(8, 9) + absl::Hours(7)});
}

void MeasureReads(const std::string& dir) {
  const auto store = Open(dir + "/jobs.db");
  MeasureLists(*store);
  MeasureStats(*store);
}

int Main(const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  if (what == "write" && args.size() >= 2) {
    MeasureWrites(args[1], args.size() > 2 ? std::stoul(args[2]) : 60'000);
  } else if (what == "fill" && args.size() >= 3) {
    Fill(args[1], std::stoi(args[2]), args.size() > 3 ? args[3] : "2026-01-01");
  } else if (what == "read" && args.size() == 2) {
    MeasureReads(args[1]);
  } else {
    std::fprintf(stderr,
                 "usage: store_bench write DIR [EVENTS] | fill DIR ROWS [DAY] | read DIR\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace tms::ledger

int main(int argc, char** argv) { return tms::ledger::Main({argv + 1, argv + argc}); }
