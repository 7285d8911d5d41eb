// The courier's policy: the stream first, the spool where the stream does not answer in time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "services/action/backlog.h"
#include "services/action/courier.h"
#include "services/action/event.h"
#include "services/action/event_lane.h"
#include "services/action/spool/spool.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::action {

// What becomes of new actions while the ledger does not answer.
enum class LedgerDown { kSpool, kReject };

struct CourierOptions {
  // How long an event waits for its ack before it goes by the spool.
  absl::Duration ack_wait = absl::Milliseconds(250);
  // The same for a start that may not go by the spool, and is then refused: a person waits.
  absl::Duration decision_wait = absl::Seconds(2);
  LedgerDown ledger_down = LedgerDown::kSpool;
  // Most that the spool may hold, and how much of it the disk holds ready for outcomes.
  int64_t spool_limit = int64_t{256} << 20;
  int64_t outcome_bytes = 1 << 20;
};

// Confined to `strand`; created with make_shared. Two lanes to the ledger: what is large, and what
// comes out of the spool, holds up nothing that is small and that a caller waits for. Of one job
// nothing is sent on one lane before the other lane's is acked.
class SpoolingCourier final : public Courier, public std::enable_shared_from_this<SpoolingCourier> {
 public:
  using MakeStub = std::function<std::unique_ptr<ledger::v1::JobLedgerService::StubInterface>()>;

  // `spool` and `clock` outlive it.
  SpoolingCourier(boost::asio::any_io_executor strand, const MakeStub& make_stub, Spool& spool,
                  CourierOptions options, const Clock& clock);

  // Begins to connect and to deliver.
  void Open();
  // Ends the streams for good.
  void Close();

  boost::asio::awaitable<absl::StatusOr<Receipt>> Start(ledger::v1::JobEvent started,
                                                        StartTerms terms) override;
  boost::asio::awaitable<Receipt> Finish(ledger::v1::JobEvent finished) override;
  boost::asio::awaitable<size_t> Flush(absl::Duration deadline) override;

  Backlog& backlog() { return *backlog_; }

 private:
  using Ack = ledger::v1::RecordEventsResponse;

  // A job that was begun here and whose outcome is not durable yet.
  struct RunningJob {
    EventMessage started;
    int64_t reserved = 0;  // of the spool's limit
    bool in_ledger = false;
    bool in_spool = false;
  };
  using JobPtr = std::shared_ptr<RunningJob>;

  // Nothing if no ack came by `deadline`; `written` then says whether the event may have come.
  boost::asio::awaitable<std::optional<Ack>> SendAndWait(std::shared_ptr<EventLane> lane,
                                                         EventMessage message,
                                                         absl::Duration deadline, bool& written);

  // Takes room for the start and its outcome. SPOOL_FULL.
  boost::asio::awaitable<absl::Status> Reserve(const JobPtr& job);
  void Release(const JobPtr& job);
  // What the spool knows of the request, where the ledger may not know it yet.
  boost::asio::awaitable<absl::StatusOr<std::optional<Receipt>>> FindSpooled(
      const ledger::v1::JobEvent& started);

  boost::asio::awaitable<absl::StatusOr<Receipt>> StartBySpool(JobPtr job, bool written);
  // Sees to it that a start which the ledger may have taken ends NOT_CALLED.
  boost::asio::awaitable<void> GiveUp(JobPtr job, bool written);
  void TellFromMemory(const JobPtr& job, const EventMessage& finished);

  boost::asio::awaitable<std::optional<Receipt>> FinishByStream(const JobPtr& job,
                                                                EventMessage finished,
                                                                absl::Duration patience);
  boost::asio::awaitable<std::optional<Receipt>> FinishBySpool(const JobPtr& job,
                                                               EventMessage finished);

  const std::shared_ptr<EventLane>& LaneFor(const EventMessage& message) const;
  // `started`, marked as one that may have been called.
  static EventMessage Spooled(const EventMessage& started);

  const boost::asio::any_io_executor strand_;
  Spool& spool_;
  const CourierOptions options_;
  const Clock& clock_;

  std::shared_ptr<EventLane> quick_;
  std::shared_ptr<EventLane> bulk_;
  std::shared_ptr<Backlog> backlog_;
  std::map<std::string, JobPtr> jobs_;
  int64_t reserved_ = 0;
  size_t only_in_memory_ = 0;  // outcomes that neither spool nor ledger have
  absl::Duration next_hold_;
  bool closed_ = false;
};

}  // namespace tms::action
