// Delivers events over one long-lived RecordEvents stream, from memory.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "services/action/backoff.h"
#include "services/action/courier.h"
#include "services/action/event.h"
#include "services/action/ledger_stream.h"

namespace tms::action {

// Confined to `strand`; created with make_shared. Everything that is not acked is sent again, in
// its order, on the next stream; acks are matched by (job_id, event_seq).
class StreamCourier final : public Courier, public std::enable_shared_from_this<StreamCourier> {
 public:
  // `ack_wait`: how long a start waits for its ack, also for a stream to carry it.
  StreamCourier(boost::asio::any_io_executor strand,
                std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub,
                absl::Duration ack_wait, const Clock& clock);

  // Begins to connect, and again whenever the stream ends.
  void Open();
  // Ends the stream for good.
  void Close();

  boost::asio::awaitable<absl::StatusOr<Receipt>> Start(ledger::v1::JobEvent started,
                                                        absl::Duration deadline) override;
  boost::asio::awaitable<Receipt> Finish(ledger::v1::JobEvent finished) override;
  boost::asio::awaitable<size_t> Flush(absl::Duration deadline) override;

 private:
  using Message = LedgerStream::Message;
  using Ack = ledger::v1::RecordEventsResponse;

  // Where an ack goes to whoever waits for it.
  struct Delivery {
    Event acked;
    Ack ack;
  };
  // An event without an ack.
  struct Undelivered {
    Message message;
    std::shared_ptr<Delivery> delivery;  // null: nobody waits
    // Of a FINISHED: what must go first if the ledger does not know the job. Null where the start
    // was given up, so that there may rightly be no such job.
    Message started;
    int resends_of_start = 0;
    bool written = false;
  };
  using EventKey = std::pair<std::string, int64_t>;

  static EventKey KeyOf(const Message& message);
  static Receipt ToReceipt(Ack ack);

  int64_t Enqueue(Undelivered event);
  Undelivered TakeOut(int64_t turn);
  // Writes the next event unless one is being written.
  void Pump();
  void GiveUpStart(int64_t turn);

  void OnAck(Ack ack);
  // The ledger was restored from a backup and lacks the job of this FINISHED.
  void OnUnknownJob(Undelivered finished, Ack ack);
  void OnStreamDone(const grpc::Status& status);

  const boost::asio::any_io_executor strand_;
  const std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub_;
  const absl::Duration ack_wait_;
  const Clock& clock_;

  // Events by the turn in which they go out, and the turn of each by its key.
  std::map<int64_t, Undelivered> undelivered_;
  std::map<EventKey, int64_t> turns_;
  int64_t next_turn_ = 0;
  // STARTED events of jobs that have no outcome yet, by job id.
  std::map<std::string, Message> started_;

  std::shared_ptr<LedgerStream> stream_;
  int64_t next_to_write_ = 0;  // on this stream
  bool writing_ = false;
  Backoff backoff_;
  boost::asio::steady_timer reconnect_;
  bool closed_ = false;
  bool reported_down_ = false;
  std::shared_ptr<Event> flushed_;  // set when nothing is undelivered; null: nobody asked
};

}  // namespace tms::action
