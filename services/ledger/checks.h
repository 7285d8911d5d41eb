// The ledger's limits on what it is sent. Each is enforced here and nowhere else in this service.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Ids, names and labels: what people and programs name things with. Code points.
inline constexpr size_t kMaxNameCharacters = 128;
inline constexpr size_t kMaxUrlCharacters = 2'048;
inline constexpr size_t kMaxAddressCharacters = 64;
// Fleets of 27,682 customers were seen.
inline constexpr size_t kMaxCids = 50'000;
inline constexpr size_t kFingerprintBytes = 32;
// Far above any cluster's maximum (120 s); a job must not stay open for days.
inline constexpr absl::Duration kMaxTimeout = absl::Hours(1);
// Refusals of 3,048 characters were seen; twice that, and more, is for people to read.
inline constexpr size_t kMaxErrorMessageBytes = 8 << 10;
inline constexpr size_t kMaxResponseSummaryBytes = 8 << 10;
inline constexpr size_t kMinReasonCharacters = 3;
inline constexpr size_t kMaxReasonCharacters = 1'000;
// Values of one repeated field of a filter: bounds the statement that they become part of.
inline constexpr size_t kMaxFilterValues = 100;
inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 500;

// OK, or INVALID_ARGUMENT that names the fields of tms.ledger.v1.JobEvent.
absl::Status CheckEvent(const OwnerEvent& event);

// Makes the free texts of an outcome fit to be stored and shown: one line, cut where too long. They
// come from clusters; an outcome must never be lost because of its wording.
void TidyFinish(JobFinish& finish);

// Each adds what is wrong to `violations`.
void CheckText(std::string_view field, std::string_view text, size_t min_characters,
               size_t max_characters, Violations& violations);
void CheckHttpStatus(std::string_view field, std::optional<int> http_status,
                     Violations& violations);
// Fields are named as in ListJobsRequest.
void CheckFilter(const JobFilter& filter, Violations& violations);
// Fields are named as in GetJobStatsRequest.
void CheckStatsQuery(const StatsQuery& query, Violations& violations);
void CheckPageSize(int page_size, Violations& violations);

// The size that a request's valid page_size stands for.
int EffectivePageSize(int page_size);

}  // namespace tms::ledger
