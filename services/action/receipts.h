// What courier and backlog read in the ledger's verdicts, and how an event goes to it.
#pragma once

#include "services/action/courier.h"
#include "services/action/spool/spool.h"

namespace tms::action {

EventMessage ToMessage(ledger::v1::JobEvent event);

// The ledger has the event.
bool IsStored(Verdict verdict);

Receipt ToReceipt(ledger::v1::RecordEventsResponse ack);

// Of an event that is durable in the spool.
Receipt InSpool();

// Of the spool's limit.
int64_t StartCost(const EventMessage& started);

}  // namespace tms::action
