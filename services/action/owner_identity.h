// Who this ActionService is to the ledger, across restarts.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tms::action {

// Holds the spool for this process: nobody else can claim it until this goes (or the process ends,
// however it ends). Owned by main.
class OwnerIdentity {
 public:
  // Claims the spool at `spool_path` and counts this start. The identity is kept beside the spool:
  // `<spool>.owner` (id and incarnation, replaced whole and synced before this returns) and
  // `<spool>.lock`. `now` goes into an id that is made on the first start.
  // FAILED_PRECONDITION: another process holds it. DATA_LOSS: the file holds something else, which
  // is left as it is. UNAVAILABLE: the disk says no.
  static absl::StatusOr<OwnerIdentity> Claim(const std::string& spool_path, absl::Time now);

  OwnerIdentity(OwnerIdentity&& other) noexcept;
  OwnerIdentity& operator=(OwnerIdentity&&) = delete;
  ~OwnerIdentity();

  // Stable identity of this instance, a UUID.
  const std::string& id() const { return id_; }
  // Which of its starts this is, counted from 1.
  int64_t incarnation() const { return incarnation_; }

 private:
  explicit OwnerIdentity(int lock_descriptor) : lock_descriptor_(lock_descriptor) {}

  int lock_descriptor_;
  std::string id_;
  int64_t incarnation_ = 0;
};

}  // namespace tms::action
