// What people did at the gateway, for the audit history.
#pragma once

#include <string>
#include <string_view>

#include "services/gateway/route_table.h"
#include "services/gateway/user_database.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::gateway {

// Takes records and never blocks. Thread-safe.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void Record(tms::ledger::v1::AuditRecord record) = 0;
};

// What happened, beside who did it from where.
struct Deed {
  std::string_view action;  // UPPER_SNAKE_CASE
  std::string target;
  bool success = true;
  std::string detail;
};

// A record of now.
tms::ledger::v1::AuditRecord MakeAuditRecord(std::string_view user, std::string_view address,
                                             const Deed& deed);
tms::ledger::v1::AuditRecord MakeAuditRecord(const RequestContext& context, const Deed& deed);

// What the audit history says of a change of an account.
tms::ledger::v1::AuditRecord ToAuditRecord(const UserChange& change);

}  // namespace tms::gateway
