// A ledger whose answers the test decides.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/rpc/server.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::action {

// Thread-safe. By default every event is applied: STARTED makes a job IN_PROGRESS, FINISHED ends
// it, and a FINISHED of a job that was never started is UNKNOWN_JOB. Can be stopped and started
// again on its port; it then still knows its jobs.
class FakeLedger final : public ledger::v1::JobLedgerService::Service {
 public:
  using Ack = ledger::v1::RecordEventsResponse;
  using Event = ledger::v1::JobEvent;
  using Job = ledger::v1::Job;

  FakeLedger() { Start(); }
  ~FakeLedger() override { Stop(); }

  void Start();
  // Ends streams at once, as a killed process does.
  void Stop();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Called with each event after it was applied: what it returns is the ack, nothing withholds it.
  // It may block. Null: as by default.
  using Script = std::function<std::optional<Ack>(const Event&, Ack by_default)>;
  void SetScript(Script script);
  // While it is full, a stream ends UNAVAILABLE at its first event.
  void SetFull(bool full) { full_ = full; }
  // Answer of GetJob, which otherwise knows the jobs that were recorded.
  void SetJob(const Job& job);
  // As if it had been restored from an older backup.
  void ForgetJobs();

  // The events that came in, also those that came again, in their order.
  std::vector<Event> events() const;
  // Waits until `count` events came in; fails the test after ten seconds.
  std::vector<Event> WaitForEvents(size_t count) const;

  // A call of SettleOwner, and how many events had come in before it.
  struct Settled {
    int64_t incarnation = 0;
    size_t after_events = 0;
  };
  // Waits until that many calls came in; fails the test after ten seconds.
  std::vector<Settled> WaitForSettled(size_t count) const;

  grpc::Status SettleOwner(grpc::ServerContext* context,
                           const ledger::v1::SettleOwnerRequest* request,
                           ledger::v1::SettleOwnerResponse* response) override;
  grpc::Status RecordEvents(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<Ack, ledger::v1::RecordEventsRequest>* stream) override;
  grpc::Status GetJob(grpc::ServerContext* context, const ledger::v1::GetJobRequest* request,
                      Job* response) override;

 private:
  Ack Apply(const Event& event);

  int port_ = 0;
  std::unique_ptr<rpc::Server> server_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Script script_;
  std::atomic<bool> full_ = false;
  std::map<std::string, Job> jobs_;
  std::vector<Event> events_;
  std::vector<Settled> settled_;
};

}  // namespace tms::action
