// Delivers events over one long-lived RecordEvents stream, from memory.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "services/action/backoff.h"
#include "services/action/ledger_stream.h"
#include "services/action/spool/spool.h"

namespace tms::action {

// Confined to `strand`; created with make_shared. Events go out in the order in which they were
// sent. What is not acked goes again, in its order, on the next stream; acks are matched by
// (job_id, event_seq). Decides nothing about verdicts.
class EventLane final : public std::enable_shared_from_this<EventLane> {
 public:
  using Ack = ledger::v1::RecordEventsResponse;
  using OnAck = std::function<void(Ack)>;
  using Turn = int64_t;

  // `name` is for log lines. `on_up` is called whenever the ledger answers after it did not.
  EventLane(std::string name, boost::asio::any_io_executor strand,
            std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub,
            std::function<void()> on_up);

  // Begins to connect, and again whenever the stream ends.
  void Open();
  // Ends the stream for good; what waits is never acked.
  void Close();
  // Connects now if it waits to do so: the ledger is known to be back.
  void Nudge();

  // Sends until it is acked: `on_ack` is then called, once.
  Turn Send(EventMessage message, OnAck on_ack);
  // Sends it no more. Whether it may have reached the ledger; `on_ack` is not called any more.
  bool Withdraw(Turn turn);

  // The last stream broke, and none has worked since.
  bool is_down() const { return link_ == Link::kDown; }

 private:
  enum class Link { kOpening, kUp, kDown };
  struct Undelivered {
    EventMessage message;
    OnAck on_ack;
    bool written = false;
  };
  using EventKey = std::pair<std::string, int64_t>;

  void OpenStream();
  // Writes the next event unless one is being written.
  void Pump();
  void OnUp();
  void OnStreamAck(Ack ack);
  void OnStreamDone(const grpc::Status& status);
  void Reconnect(absl::Duration wait);

  const std::string name_;
  const boost::asio::any_io_executor strand_;
  const std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub_;
  const std::function<void()> on_up_;

  // Events by the turn in which they go out, and their turns by key.
  std::map<Turn, Undelivered> undelivered_;
  std::multimap<EventKey, Turn> turns_;
  Turn next_turn_ = 0;

  std::shared_ptr<LedgerStream> stream_;
  Turn next_to_write_ = 0;  // on this stream
  bool writing_ = false;
  Link link_ = Link::kOpening;
  Backoff backoff_;
  boost::asio::steady_timer reconnect_;
  bool closed_ = false;
};

}  // namespace tms::action
