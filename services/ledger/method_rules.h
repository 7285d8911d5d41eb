// Which peers may call which method of JobLedgerService: the table of docs/security.md.
#pragma once

#include "common/rpc/peers.h"

namespace tms::ledger {

rpc::MethodRules LedgerMethodRules();

}  // namespace tms::ledger
