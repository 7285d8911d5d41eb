#include "common/service/denial_log.h"

#include "common/base/status.h"
#include "common/runtime/logging.h"

namespace tms {

void LogDenial(const rpc::CallRecord& record) {
  log::Warning("ACCESS", "denied",
               {{"method", record.method},
                {"reason", Reason(record.status)},
                {"error", Message(record.status)},
                {"identity", record.call.identity},
                {"peer", record.call.peer},
                {"user", record.call.user},
                {"correlation_id", record.call.correlation_id}});
}

}  // namespace tms
