#include "services/gateway/metrics.h"

#include <grpcpp/support/client_interceptor.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace tms::gateway {
namespace {

namespace interception = grpc::experimental;

// From a page in memory to a cluster that takes its whole time.
const prometheus::Histogram::BucketBoundaries kSeconds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                          1,     2.5,  5,     10,   30,  60,   120};

prometheus::Family<prometheus::Counter>& AddCounter(prometheus::Registry& registry,
                                                    const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

// Counts calls that failed, on gRPC's threads. A call may end after the metrics have gone.
class FailureTally {
 public:
  explicit FailureTally(prometheus::Family<prometheus::Counter>& failures) : failures_(&failures) {}

  void Count(const std::string& rpc, absl::StatusCode code) {
    absl::MutexLock lock(&mutex_);
    if (failures_ == nullptr) return;
    failures_->Add({{"rpc", rpc}, {"code", absl::StatusCodeToString(code)}}).Increment();
  }
  void Close() {
    absl::MutexLock lock(&mutex_);
    failures_ = nullptr;
  }

 private:
  absl::Mutex mutex_;
  prometheus::Family<prometheus::Counter>* failures_ ABSL_GUARDED_BY(mutex_);
};

// Closes the tally before the families go.
class Registry final : public prometheus::Registry {
 public:
  ~Registry() override {
    if (tally != nullptr) tally->Close();
  }

  std::shared_ptr<FailureTally> tally;
};

// Sees one call's status.
class FailureCounter final : public interception::Interceptor {
 public:
  FailureCounter(std::shared_ptr<FailureTally> tally, std::string_view rpc)
      : tally_(std::move(tally)), rpc_(rpc) {}

  void Intercept(interception::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            interception::InterceptionHookPoints::POST_RECV_STATUS)) {
      const auto code = static_cast<absl::StatusCode>(methods->GetRecvStatus()->error_code());
      if (code != absl::StatusCode::kOk) tally_->Count(rpc_, code);
    }
    methods->Proceed();
  }

 private:
  const std::shared_ptr<FailureTally> tally_;
  const std::string rpc_;
};

class FailureCounterFactory final : public interception::ClientInterceptorFactoryInterface {
 public:
  explicit FailureCounterFactory(std::shared_ptr<FailureTally> tally) : tally_(std::move(tally)) {}

  interception::Interceptor* CreateClientInterceptor(interception::ClientRpcInfo* info) override {
    // `/tms.ledger.v1.JobLedgerService/GetJob`; the stubs' own text.
    const std::string_view method = info->method();
    return new FailureCounter(tally_, method.substr(std::min<size_t>(1, method.size())));
  }

 private:
  const std::shared_ptr<FailureTally> tally_;
};

const char* NameOf(LoginResult result) {
  switch (result) {
    case LoginResult::kOk:
      return "ok";
    case LoginResult::kFailed:
      return "failed";
    case LoginResult::kThrottled:
      return "throttled";
    case LoginResult::kBusy:
      break;
  }
  return "busy";
}

// A level is no family of its own: it is made for the one answer.
void AddLevels(const Levels& levels, prometheus::Registry& registry) {
  const auto set = [&](const char* name, const char* help, const prometheus::Labels& labels,
                       size_t value) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(
        static_cast<double>(value));
  };
  set("tms_gateway_sessions", "Sessions that live", {}, levels.sessions);
  set("tms_gateway_open_streams", "Streamed answers that run", {{"kind", "watch"}}, levels.watches);
  set("tms_gateway_open_streams", "Streamed answers that run", {{"kind", "export"}},
      levels.exports);
  set("tms_gateway_audit_records_waiting", "Audit records that the ledger has not taken yet", {},
      levels.audit_waiting);
}

}  // namespace

Metrics::Metrics()
    : registry_(std::make_unique<Registry>()),
      requests_(AddCounter(*registry_, "tms_gateway_http_requests_total",
                           "Answers by route and class of status; route - has none")),
      seconds_(prometheus::BuildHistogram()
                   .Name("tms_gateway_http_request_duration_seconds")
                   .Help("From a request's end to its answer's begin")
                   .Register(*registry_)),
      logins_(AddCounter(*registry_, "tms_gateway_logins_total",
                         "Logins by result; busy: too many passwords to compare at once")),
      export_rows_(
          AddCounter(*registry_, "tms_gateway_export_rows_total", "Jobs written into exports")
              .Add({})),
      failures_(AddCounter(*registry_, "tms_gateway_grpc_failures_total",
                           "Calls of the services that did not end OK")),
      audit_lost_(AddCounter(*registry_, "tms_gateway_audit_records_lost_total",
                             "Audit records that found no room to wait")
                      .Add({})) {
  static_cast<Registry&>(*registry_).tally = std::make_shared<FailureTally>(failures_);
  for (const LoginResult result :
       {LoginResult::kOk, LoginResult::kFailed, LoginResult::kThrottled, LoginResult::kBusy}) {
    logins_.Add({{"result", NameOf(result)}});
  }
  prometheus::BuildGauge()
      .Name("tms_gateway_build_info")
      .Help("Which build this is; always 1")
      .Register(*registry_)
      .Add({{"version", TMS_VERSION}, {"compiler", "g++ " __VERSION__}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view method, std::string_view route, int status,
                           absl::Duration elapsed) {
  const prometheus::Labels labels = {{"method", std::string(method)},
                                     {"route", std::string(route)}};
  prometheus::Labels classed = labels;
  classed["status"] = std::to_string(status / 100) + "xx";
  requests_.Add(classed).Increment();
  seconds_.Add(labels, kSeconds).Observe(absl::ToDoubleSeconds(elapsed));
}

void Metrics::CountLogin(LoginResult result) {
  logins_.Add({{"result", NameOf(result)}}).Increment();
}

void Metrics::CountExportRows(size_t rows) { export_rows_.Increment(static_cast<double>(rows)); }

rpc::Interceptors Metrics::CountFailures() {
  rpc::Interceptors interceptors;
  interceptors.push_back(
      std::make_unique<FailureCounterFactory>(static_cast<Registry&>(*registry_).tally));
  return interceptors;
}

std::string Metrics::Text(const Levels& levels) {
  {
    absl::MutexLock lock(&audit_mutex_);
    audit_lost_.Increment(static_cast<double>(levels.audit_lost) - audit_lost_.Value());
  }
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  prometheus::Registry now(prometheus::Registry::InsertBehavior::Merge);
  AddLevels(levels, now);
  std::ranges::move(now.Collect(), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tms::gateway
