// What a person may ask to have changed on a job, and what that makes of it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// Of `values` only the fields that `mask` names count: any of `status`, `http_status`, `effect`,
// `error_message`.
struct JobUpdate {
  std::string job_id;
  std::vector<std::string> mask;
  Outcome values;
  std::string reason;
  std::string etag;
  // The acting person.
  std::string user_id;
};

// INVALID_ARGUMENT that names the fields of UpdateJobRequest, or the metadata of the person.
absl::Status CheckUpdate(const JobUpdate& update);

// The outcome that `update` claims for a job that stands as `current`. What the mask leaves out
// stays, except where it would be untrue: a job that has no outcome yet is first taken as
// interrupted; SUCCESS means APPLIED; a message that speaks of an earlier status, or of an effect
// that is no longer unknown, goes.
// INVALID_ARGUMENT if no job can end so.
absl::StatusOr<Outcome> MakeClaim(const Outcome& current, const JobUpdate& update);

// The version that an etag stands for; one that no row has if it is not an etag of ours.
int64_t VersionOf(std::string_view etag);

}  // namespace tms::ledger
