// The audit history: what happened outside the ledger and belongs into its chain.
#include <utility>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "services/ledger/audit_checks.h"
#include "services/ledger/checks.h"
#include "services/ledger/ledger.h"

namespace tms::ledger {
namespace {

void AddTime(PartsEncoder& parts, const std::optional<absl::Time>& time) {
  parts.Add(time ? std::to_string(absl::ToUnixMicros(*time)) : std::string());
}

void AddAll(PartsEncoder& parts, const std::vector<std::string>& texts) {
  parts.Add(static_cast<long long>(texts.size()));
  for (const std::string& text : texts) parts.Add(text);
}

// The same bytes for the same filter, others for any other.
std::string Encode(const AuditFilter& filter) {
  PartsEncoder parts;
  AddAll(parts, filter.user_ids);
  AddAll(parts, filter.actions);
  parts.Add(filter.customer_id);
  AddTime(parts, filter.occurred_after);
  AddTime(parts, filter.occurred_before);
  return parts.bytes();
}

}  // namespace

void Ledger::RecordAudit(AuditRecord record, JobStore::AuditDone done) {
  if (absl::Status checked = CheckAuditRecord(record); !checked.ok()) {
    done(std::move(checked));
    return;
  }
  if (record.occurred_at == absl::InfinitePast()) record.occurred_at = clock_.Now();
  store_.RecordAudit(std::move(record), std::move(done));
}

absl::StatusOr<AuditList> Ledger::ListAudit(const AuditFilter& filter, const PageRequest& page) {
  constexpr std::string_view kMethod = "ListAudit";
  Violations violations;
  CheckAuditFilter(filter, violations);
  CheckPageSize(page.page_size, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());

  const std::string query = Encode(filter);
  std::optional<AuditKey> after;
  if (!page.page_token.empty()) {
    TMS_ASSIGN_OR_RETURN(const PagePosition position,
                         tokens_.Open(kMethod, query, page.page_token));
    after =
        AuditKey{.occurred_at = absl::FromUnixMicros(position.time_us), .number = position.number};
  }
  TMS_ASSIGN_OR_RETURN(AuditPage found,
                       store_.ListAudit(filter, after, EffectivePageSize(page.page_size)));
  AuditList list{.records = std::move(found.records)};
  if (found.next) {
    list.next_page_token = tokens_.Seal(
        kMethod, query,
        {.time_us = absl::ToUnixMicros(found.next->occurred_at), .number = found.next->number});
  }
  return list;
}

}  // namespace tms::ledger
