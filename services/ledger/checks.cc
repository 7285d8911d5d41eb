#include "services/ledger/checks.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "common/base/text.h"
#include "services/ledger/job_transitions.h"

namespace tms::ledger {
namespace {

std::string At(std::string_view field, size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

bool IsPrintableText(std::string_view text, size_t min_characters, size_t max_characters) {
  if (!IsPrintable(text)) return false;
  const size_t characters = CountCharacters(text);
  return characters >= min_characters && characters <= max_characters;
}

void CheckName(std::string_view field, std::string_view text, Violations& violations) {
  CheckText(field, text, 1, kMaxNameCharacters, violations);
}

void CheckOptionalName(std::string_view field, std::string_view text, Violations& violations) {
  CheckText(field, text, 0, kMaxNameCharacters, violations);
}

void CheckCids(const std::vector<std::string>& cids, Violations& violations) {
  constexpr std::string_view kField = "started.cids";
  if (cids.empty() || cids.size() > kMaxCids) {
    violations.Add(kField, "must hold 1 to 50000 customers");
    return;
  }
  std::unordered_set<std::string_view> seen;
  seen.reserve(cids.size());
  for (size_t i = 0; i < cids.size(); ++i) {
    // Fields are named only where they are wrong: there are many.
    if (!IsPrintableText(cids[i], 1, kMaxNameCharacters)) {
      CheckName(At(kField, i), cids[i], violations);
    }
    if (!seen.insert(cids[i]).second) violations.Add(At(kField, i), "is given twice");
  }
}

void CheckStart(const JobStart& start, Violations& violations) {
  CheckName("started.user_id", start.user_id, violations);
  CheckOptionalName("started.batch_id", start.batch_id, violations);
  if (start.action_code < 1) violations.Add("started.action_code", "must be 1 or more");
  CheckName("started.action_name", start.action_name, violations);
  CheckName("started.cluster", start.cluster, violations);
  CheckText("started.cluster_url", start.cluster_url, 1, kMaxUrlCharacters, violations);
  CheckCids(start.cids, violations);
  CheckOptionalName("started.request_id", start.request_id, violations);
  if (start.fingerprint.size() != (start.request_id.empty() ? 0 : kFingerprintBytes)) {
    violations.Add("started.fingerprint", "must have 32 bytes with a request_id, else none");
  }
  if (start.timeout <= absl::ZeroDuration() || start.timeout > kMaxTimeout) {
    violations.Add("started.timeout", "must be above 0 and at most 1 h");
  }
  CheckText("started.source_ip", start.source_ip, 0, kMaxAddressCharacters, violations);
  CheckOptionalName("started.rerun_of", start.rerun_of, violations);
}

void CheckFinish(const JobFinish& finish, Violations& violations) {
  CheckHttpStatus("finished.http_status", finish.outcome.http_status, violations);
  if (const auto fault = CheckClaim(finish.outcome)) {
    violations.Add("finished." + fault->field, fault->description);
  }
  if (finish.elapsed && *finish.elapsed < absl::ZeroDuration()) {
    violations.Add("finished.elapsed", "must not be negative");
  }
}

// Checks a repeated field of names.
void CheckNames(std::string_view field, const std::vector<std::string>& names,
                Violations& violations) {
  for (size_t i = 0; i < std::min(names.size(), kMaxFilterValues); ++i) {
    CheckName(At(field, i), names[i], violations);
  }
}

template <typename Value>
void CheckCount(std::string_view field, const std::vector<Value>& values, Violations& violations) {
  if (values.size() > kMaxFilterValues) violations.Add(field, "must hold at most 100 values");
}

void CheckRange(std::string_view field, std::optional<absl::Time> after,
                std::optional<absl::Time> before, Violations& violations) {
  if (after && before && *after > *before) violations.Add(field, "must not be before the start");
}

// The conditions that lists and statistics share; both call them by the same names.
template <typename Query>
void CheckConditions(const std::string& prefix, const Query& query, Violations& violations) {
  CheckCount(prefix + "user_ids", query.user_ids, violations);
  CheckCount(prefix + "statuses", query.statuses, violations);
  CheckCount(prefix + "failure_reasons", query.failure_reasons, violations);
  CheckCount(prefix + "effects", query.effects, violations);
  CheckCount(prefix + "action_codes", query.action_codes, violations);
  CheckCount(prefix + "clusters", query.clusters, violations);
  CheckNames(prefix + "user_ids", query.user_ids, violations);
  CheckNames(prefix + "clusters", query.clusters, violations);
  CheckRange(prefix + "created_before", query.created_after, query.created_before, violations);
}

}  // namespace

absl::Status CheckEvent(const OwnerEvent& event) {
  Violations violations;
  CheckName("job_id", event.job_id, violations);
  CheckName("owner", event.owner, violations);
  if (event.incarnation < 0) violations.Add("incarnation", "must not be negative");
  if (const auto* start = std::get_if<JobStart>(&event.fact)) {
    if (event.event_seq != 1) violations.Add("event_seq", "must be 1 for a start");
    CheckStart(*start, violations);
  } else {
    if (event.event_seq < 2) violations.Add("event_seq", "must be 2 or more for an end");
    CheckFinish(std::get<JobFinish>(event.fact), violations);
  }
  return violations.ToStatus();
}

void TidyFinish(JobFinish& finish) {
  if (auto& message = finish.outcome.error_message) {
    *message = std::string(CutUtf8(Sanitize(*message), kMaxErrorMessageBytes));
  }
  if (auto& summary = finish.response_summary;
      summary && summary->size() > kMaxResponseSummaryBytes) {
    *summary = std::string(CutUtf8(*summary, kMaxResponseSummaryBytes));
    finish.response_summary_cut = true;
  }
}

void CheckText(std::string_view field, std::string_view text, size_t min_characters,
               size_t max_characters, Violations& violations) {
  if (IsPrintableText(text, min_characters, max_characters)) return;
  violations.Add(field, "must have " + std::to_string(min_characters) + " to " +
                            std::to_string(max_characters) + " printable characters");
}

void CheckHttpStatus(std::string_view field, std::optional<int> http_status,
                     Violations& violations) {
  if (http_status && (*http_status < 100 || *http_status > 999)) {
    violations.Add(field, "must be 100 to 999");
  }
}

void CheckFilter(const JobFilter& filter, Violations& violations) {
  CheckConditions("filter.", filter, violations);
  CheckOptionalName("filter.cid", filter.cid, violations);
  CheckOptionalName("filter.batch_id", filter.batch_id, violations);
  CheckOptionalName("filter.request_id", filter.request_id, violations);
  CheckHttpStatus("filter.http_status", filter.http_status, violations);
}

void CheckStatsQuery(const StatsQuery& query, Violations& violations) {
  CheckConditions("", query, violations);
  std::unordered_set<StatsDimension> seen;
  for (const StatsDimension dimension : query.group_by) {
    if (!seen.insert(dimension).second) {
      violations.Add("group_by", "must not name a dimension twice");
      return;
    }
  }
}

void CheckPageSize(int page_size, Violations& violations) {
  if (page_size < 0) violations.Add("page_size", "must not be negative");
}

int EffectivePageSize(int page_size) {
  return page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize);
}

}  // namespace tms::ledger
