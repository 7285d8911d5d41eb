// Between the wire's messages and the domain's types. Enums have the same values on both sides.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "services/ledger/job_store.h"
#include "services/ledger/job_update.h"
#include "services/ledger/ledger.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::ledger {

// Conversions cast between the two, so the values must agree.
static_assert(static_cast<int>(JobStatus::kFailed) == v1::Job::FAILED);
static_assert(static_cast<int>(FailureReason::kInterrupted) == v1::Job::INTERRUPTED);
static_assert(static_cast<int>(Effect::kUnknown) == v1::Job::UNKNOWN);
static_assert(static_cast<int>(OutcomeSource::kTold) == v1::Job::TOLD);
static_assert(static_cast<int>(Verdict::kInvalid) == v1::RecordEventsResponse::INVALID);
static_assert(static_cast<int>(HistoryKind::kMigrated) == v1::HistoryEvent::MIGRATED);
static_assert(static_cast<int>(StatsDimension::kTime) == v1::GetJobStatsRequest::TIME);
static_assert(static_cast<int>(StatsBucket::kMonth) == v1::GetJobStatsRequest::MONTH);

// From the wire. What the domain's types cannot hold (an unknown enum value, a time outside the
// proto's range, a missing oneof) is INVALID_ARGUMENT with the field's name; limits are the
// ledger's to check. Times lose what is finer than a microsecond.
absl::StatusOr<OwnerEvent> FromProto(const v1::JobEvent& event);
absl::StatusOr<JobFilter> FromProto(const v1::JobFilter& filter);
absl::StatusOr<JobUpdate> FromProto(const v1::UpdateJobRequest& request);

struct StatsRequest {
  StatsQuery query;
  std::optional<StatsBucket> bucket;
};
absl::StatusOr<StatsRequest> FromProto(const v1::GetJobStatsRequest& request);

// Whether the FULL view is asked for; `fallback` if none is named.
absl::StatusOr<bool> WantsFull(v1::JobView view, v1::JobView fallback);

// To the wire. Fields of the FULL view are set where `job` has them.
void ToProto(const Job& job, v1::Job& message);
void ToProto(const HistoryEvent& event, v1::HistoryEvent& message);
void ToProto(const Stats& stats, v1::GetJobStatsResponse& message);

}  // namespace tms::ledger
