// Measures the SQLite JobStore: events a second against plain SQLite, and reads on many rows.
//
//   store_bench write DIR [EVENTS]   events through Record with 64 and 512 in flight, and the same
//                                    rows written by plain SQLite in commits of as many events
//   store_bench fill DIR ROWS [DAY]  makes DIR/jobs.db with that many jobs, over the year that
//                                    begins on that day, or else on 2026-01-01
//   store_bench read DIR             times lists and statistics on it
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/bench_store.h"
#include "tests/bench/made_up_jobs.h"
#include "tests/bench/meter.h"
#include "tests/bench/store_reads.h"
#include "tests/bench/store_writes.h"

namespace tms::ledger {
namespace {

void Fill(const std::string& dir, int rows, const std::string& first_day) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(first_day, &day)) Die("not a day: " + first_day);
  const auto store = OpenStore(dir + "/jobs.db");
  MadeUpJobs jobs(absl::FromCivil(day, absl::UTCTimeZone()), absl::Hours(24 * 365) / rows);
  const Meter meter;
  constexpr int kChunk = 10'000;
  for (int made = 0; made < rows; made += kChunk) {
    RecordAll(*store, MakeEvents(jobs, static_cast<size_t>(std::min(kChunk, rows - made)), 1'000),
              512);
  }
  meter.Print("fill", 2 * static_cast<size_t>(rows));
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
