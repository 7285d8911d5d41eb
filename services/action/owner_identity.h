// Who this ActionService is to the ledger, across restarts.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tms::action {

// Holds the spool for this process: nobody else can claim it until this goes (or the process ends,
// however it ends). Owned by main.
class OwnerIdentity {
 public:
  // Claims the spool at `spool_path`. The identity is kept beside the spool: `<spool>.owner` (id,
  // incarnation and spool_start) and `<spool>.lock`. `now` goes into an id that is made on the
  // first start. FAILED_PRECONDITION: another process holds it. DATA_LOSS: the file holds something
  // else, which is left as it is. UNAVAILABLE: the disk says no.
  static absl::StatusOr<OwnerIdentity> Claim(const std::string& spool_path, absl::Time now);

  OwnerIdentity(OwnerIdentity&& other) noexcept;
  OwnerIdentity& operator=(OwnerIdentity&&) = delete;
  ~OwnerIdentity();

  // Writes down that this start is one: the file is replaced whole and synced before this returns.
  // To be called once the spool is open, before anything is told in this identity's name.
  // `spool_start` is the start that the spool says was the last to use it. UNAVAILABLE: the disk
  // says no.
  absl::Status CountStart(int64_t spool_start) const;

  // Whether an earlier start was counted, so that there is a spool.
  bool has_started_before() const { return incarnation_ > 1; }

  // Stable identity of this instance, a UUID.
  const std::string& id() const { return id_; }
  // Which of its starts this is, counted from 1.
  int64_t incarnation() const { return incarnation_; }
  // What the spool said at the last start; 0: it said nothing.
  int64_t spool_start() const { return spool_start_; }

 private:
  OwnerIdentity(std::string path, int lock_descriptor)
      : path_(std::move(path)), lock_descriptor_(lock_descriptor) {}

  const std::string path_;
  int lock_descriptor_;
  std::string id_;
  int64_t incarnation_ = 0;
  int64_t spool_start_ = 0;
};

}  // namespace tms::action
