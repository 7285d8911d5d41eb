#include "services/gateway/audit.h"

#include "absl/time/clock.h"
#include "common/base/ids.h"
#include "common/base/text.h"
#include "google/protobuf/util/time_util.h"

namespace tms::gateway {
namespace {

using google::protobuf::util::TimeUtil;

// The ledger takes no longer texts.
constexpr size_t kMaxUserBytes = 128;
constexpr size_t kMaxTextBytes = 2048;

std::string Clean(std::string_view text, size_t max_bytes) {
  return std::string(CutUtf8(Sanitize(text), max_bytes));
}

}  // namespace

tms::ledger::v1::AuditRecord MakeAuditRecord(std::string_view user, std::string_view address,
                                             const Deed& deed) {
  tms::ledger::v1::AuditRecord record;
  record.set_user_id(user.empty() ? "(unknown)" : Clean(user, kMaxUserBytes));
  record.set_action(std::string(deed.action));
  record.set_target(Clean(deed.target, kMaxTextBytes));
  record.set_source_ip(std::string(address));
  record.set_success(deed.success);
  record.set_detail(Clean(deed.detail, kMaxTextBytes));
  *record.mutable_occurred_at() = TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(absl::Now()));
  // A record that has to be sent twice counts once.
  record.set_record_key(NewUuidV7(absl::Now()));
  return record;
}

tms::ledger::v1::AuditRecord MakeAuditRecord(const RequestContext& context, const Deed& deed) {
  return MakeAuditRecord(context.caller.user, context.client_address, deed);
}

tms::ledger::v1::AuditRecord ToAuditRecord(const UserChange& change) {
  auto record = MakeAuditRecord(
      change.actor, "", {.action = change.action, .target = change.user, .detail = change.detail});
  TimeUtil::FromString(change.at, record.mutable_occurred_at());
  // Told again after a crash, it still counts once. The time tells databases apart.
  record.set_record_key("user-change " + std::to_string(change.id) + " " + change.at);
  return record;
}

}  // namespace tms::gateway
