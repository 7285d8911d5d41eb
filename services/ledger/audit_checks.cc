#include "services/ledger/audit_checks.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "services/ledger/checks.h"
#include "services/ledger/file_history.h"

namespace tms::ledger {
namespace {

std::string At(std::string_view field, size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

bool IsActionWord(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kMaxAuditActionCharacters && fits(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return fits(c) || c == '_'; });
}

void CheckAction(std::string_view field, std::string_view action, Violations& violations) {
  if (!IsActionWord(action)) {
    violations.Add(field, "must be UPPER_SNAKE_CASE of 1 to 64 characters");
  }
}

void CheckValues(std::string_view field, const std::vector<std::string>& values,
                 void (*check)(std::string_view, std::string_view, Violations&),
                 Violations& violations) {
  if (values.size() > kMaxFilterValues) violations.Add(field, "must hold at most 100 values");
  for (size_t i = 0; i < std::min(values.size(), kMaxFilterValues); ++i) {
    check(At(field, i), values[i], violations);
  }
}

void CheckName(std::string_view field, std::string_view name, Violations& violations) {
  CheckText(field, name, 1, kMaxNameCharacters, violations);
}

}  // namespace

absl::Status CheckAuditRecord(const AuditRecord& record) {
  Violations violations;
  CheckName("record.user_id", record.user_id, violations);
  CheckAction("record.action", record.action, violations);
  if (record.action == kOlderFileAccepted) {
    violations.Add("record.action", "is recorded by the ledger alone");
  }
  CheckText("record.target", record.target, 0, kMaxAuditTextCharacters, violations);
  CheckText("record.source_ip", record.source_ip, 0, kMaxAddressCharacters, violations);
  CheckText("record.detail", record.detail, 0, kMaxAuditTextCharacters, violations);
  CheckText("record.error_message", record.error_message.value_or(""), 0, kMaxAuditTextCharacters,
            violations);
  CheckText("record.record_key", record.record_key, 0, kMaxNameCharacters, violations);
  if (record.elapsed &&
      (*record.elapsed < absl::ZeroDuration() || *record.elapsed > kMaxAuditElapsed)) {
    violations.Add("record.elapsed", "must be 0 to 365 days");
  }
  if (record.customer_ids.size() > kMaxCids) {
    violations.Add("record.customer_ids", "must hold at most 50000 customers");
  } else {
    for (size_t i = 0; i < record.customer_ids.size(); ++i) {
      CheckName(At("record.customer_ids", i), record.customer_ids[i], violations);
    }
  }
  return violations.ToStatus();
}

void CheckAuditFilter(const AuditFilter& filter, Violations& violations) {
  CheckValues("user_ids", filter.user_ids, CheckName, violations);
  CheckValues("actions", filter.actions, CheckAction, violations);
  CheckText("customer_id", filter.customer_id, 0, kMaxNameCharacters, violations);
  if (filter.occurred_after && filter.occurred_before &&
      *filter.occurred_after > *filter.occurred_before) {
    violations.Add("occurred_before", "must not be before the start");
  }
}

}  // namespace tms::ledger
