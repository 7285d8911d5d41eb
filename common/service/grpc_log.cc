#include "common/service/grpc_log.h"

#include <grpc/support/log.h>

#include <string_view>
#include <utility>

#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/runtime/logging.h"

namespace tms {
namespace {

constexpr char kTag[] = "GRPC";
constexpr std::string_view kLastWords = "assertion failed";

ABSL_CONST_INIT absl::Mutex limit_mutex(absl::kConstInit);
LineLimit limit ABSL_GUARDED_BY(limit_mutex);

std::optional<int64_t> PassNow() {
  const absl::Duration now = SystemClock().SinceBoot();
  absl::MutexLock lock(&limit_mutex);
  return limit.Pass(now);
}

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// On whatever thread of gRPC's has something to say.
void Write(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  const std::string_view message = args->message;
  if (message.substr(0, kLastWords.size()) == kLastWords) {
    log::Error(kTag, "grpc", {{"message", message}, {"file", FileName(args->file)}});
    return;
  }
  const std::optional<int64_t> gone = PassNow();
  if (!gone.has_value()) return;
  log::Warning(kTag, "grpc",
               {{"message", message}, {"file", FileName(args->file)}, {"lines_left_out", *gone}});
}

}  // namespace

std::optional<int64_t> LineLimit::Pass(absl::Duration now) {
  if (now - window_begin_ >= absl::Minutes(1)) {
    window_begin_ = now;
    passed_ = 0;
  }
  if (passed_ == kLinesAMinute) {
    ++gone_;
    return std::nullopt;
  }
  ++passed_;
  return std::exchange(gone_, 0);
}

void RouteGrpcLog() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(Write);
}

}  // namespace tms
