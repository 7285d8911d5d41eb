// How a refusal to let somebody in is logged.
#pragma once

#include "common/rpc/unary_edge.h"

namespace tms {

// Tag ACCESS, event `denied`: who, from where, which method, why. `record.status` is
// PERMISSION_DENIED.
void LogDenial(const rpc::CallRecord& record);

}  // namespace tms
