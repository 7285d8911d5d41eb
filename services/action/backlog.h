// Delivers what is in the spool.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "services/action/event.h"
#include "services/action/event_lane.h"
#include "services/action/spool/spool.h"

namespace tms::action {

// What an ack means for a spooled event.
enum class Fate {
  kKeep,         // the ledger has the start; kept until the outcome is there too
  kRemoveStart,  // the ledger has the start, and nobody here will tell an outcome
  kRemoveJob,    // nothing is left to be told about the job
  kSendAgain,    // the ledger must hear the start first, or again
  kBury,         // it will never be taken
};

// `running`: the call of the job is still being made here. Pure.
Fate DecideFate(const ledger::v1::JobEvent& event,
                ledger::v1::RecordEventsResponse::Verdict verdict, bool running);

// Confined to `strand`; created with make_shared. Reads the spool in its order, keeps a bounded
// window of it under way, and removes from it what the ledger has.
class Backlog final : public std::enable_shared_from_this<Backlog> {
 public:
  // What the courier knows about jobs that run here.
  struct Jobs {
    // The ledger has the job's start. Whether its call is still being made here.
    std::function<bool(const std::string& job_id)> on_started;
    // Its STARTED, if it is in memory; else null.
    std::function<EventMessage(const std::string& job_id)> find_start;
  };

  // `spool` and `clock` outlive it.
  Backlog(boost::asio::any_io_executor strand, Spool& spool, std::shared_ptr<EventLane> lane,
          Jobs jobs, const Clock& clock);

  void Open();
  void Close();
  // There is something new in the spool.
  void Wake();

  // Set when all that was in the spool at the start is delivered or set aside.
  const std::shared_ptr<Event>& earlier_delivered() const { return earlier_delivered_; }
  // Clock::SinceBoot() when an event was last taken out of the spool.
  absl::Duration last_progress() const { return last_progress_; }

 private:
  // A spooled event that is on its way.
  struct Sent {
    EventMessage message;
    int64_t position = 0;
    size_t bytes = 0;
    int resends = 0;
  };

  boost::asio::awaitable<void> Run();
  // Waits for Wake, at most `limit`.
  boost::asio::awaitable<void> Sleep(absl::Duration limit);
  void Send(Sent sent);
  boost::asio::awaitable<void> Settle(Sent sent, EventLane::Ack ack);
  // Whether it is on its way again.
  boost::asio::awaitable<bool> SendAgain(Sent& sent, const EventLane::Ack& ack);
  boost::asio::awaitable<void> Forget(Fate fate, const Sent& sent, const EventLane::Ack& ack);
  void Done(const Sent& sent);
  bool IsEarlier(int64_t position) const { return position <= earlier_until_; }
  void CheckEarlier();

  const boost::asio::any_io_executor strand_;
  Spool& spool_;
  const std::shared_ptr<EventLane> lane_;
  const Jobs jobs_;
  const Clock& clock_;

  int64_t place_ = 0;  // position of the last event that was read
  size_t bytes_sent_ = 0;
  // What the spool held at the start: up to which position, whether all of it has been read that
  // was not removed before, and how many of it are under way.
  const int64_t earlier_until_;
  bool earlier_read_ = false;
  int64_t earlier_sent_ = 0;
  const std::shared_ptr<Event> earlier_delivered_ = std::make_shared<Event>();
  std::shared_ptr<Event> wake_ = std::make_shared<Event>();
  absl::Duration last_progress_;
  bool closed_ = false;
};

}  // namespace tms::action
