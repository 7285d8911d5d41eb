// Writes anchors while the ledger runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/stop_flag.h"
#include "services/ledger/anchor.h"

namespace tms::ledger {

// Appends an anchor to a file, synced, each time that the chain has grown by many rows or for a
// while, and a last one at the end. Owned by main, outlives the store. Advance is thread-safe and
// takes no time; the disk is touched by a thread of its own, and a file that can't be written is
// logged and tried again: it never holds up the ledger.
class AnchorWriter {
 public:
  struct Options {
    std::string path;
    std::string key_path;
    // An anchor is due after so long or so many rows, whichever comes first.
    absl::Duration interval = absl::Minutes(1);
    int64_t rows = 10'000;
  };

  AnchorWriter(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
  // Writes the last anchor.
  ~AnchorWriter();

  // The chain's end as it is on the disk now.
  void Advance(const std::string& chain_id, int64_t number, const std::string& hash);

  // Loads or makes the key and begins to write, at once if the chain has grown since the newest
  // anchor; once, before the first Advance of a new row is of interest. Returns the public key, in
  // hexadecimal. FAILED_PRECONDITION if the key or the anchors can't be read.
  absl::StatusOr<std::string> Start();

 private:
  struct Head {
    std::string chain_id;
    int64_t number = 0;
    std::string hash;
  };

  absl::Status ReadAnchored();
  void Run();
  Head head();
  bool IsDue(int64_t number);
  void WriteAnchor(const Head& head);
  absl::Status Append(const std::string& line) const;

  const Options options_;
  const Clock& clock_;
  std::optional<AnchorKey> key_;

  absl::Mutex mutex_;
  Head head_ ABSL_GUARDED_BY(mutex_);

  // A crash or an older file has left rows without an anchor, which don't wait for one to be due.
  bool behind_at_start_ = false;

  // Of the thread, and after it of the destructor.
  int64_t anchored_ = 0;
  absl::Duration last_try_;

  StopFlag stop_;
  std::thread thread_;
};

}  // namespace tms::ledger
