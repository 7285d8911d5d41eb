// Where events are kept that the ledger has not confirmed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::action {

using EventMessage = std::shared_ptr<const ledger::v1::RecordEventsRequest>;

// Room that a FINISHED takes at most: 8 KiB of answer, 4 KiB of message, and what a row costs.
inline constexpr int64_t kOutcomeRoom = 20 << 10;

// What an event of that size takes of the spool's limit: pages are not shared by long rows.
constexpr int64_t SpoolCost(size_t event_bytes) {
  constexpr int64_t kShared = 512;
  constexpr int64_t kPage = 4096;
  const auto bytes = static_cast<int64_t>(event_bytes);
  return bytes + kShared < kPage ? bytes + kShared : (bytes / kPage + 2) * kPage;
}

// Whether this is the outcome of an action that never called its cluster.
inline bool IsNotCalled(const ledger::v1::JobEvent& event) {
  return event.finished().failure_reason() == ledger::v1::Job::NOT_CALLED;
}

struct SpooledEvent {
  int64_t position = 0;
  ledger::v1::JobEvent event;
};

// The start that a request_id stands for, and its outcome if that is known.
struct SpooledRequest {
  ledger::v1::JobEvent started;
  std::optional<ledger::v1::JobEvent> finished;
};

struct DeadLetter {
  int64_t position = 0;
  ledger::v1::JobEvent event;
  // The ledger's verdict and why.
  std::string verdict;
  std::string detail;
  absl::Time buried_at;
};

struct SpoolUsage {
  int64_t events = 0;
  int64_t dead_letters = 0;
  // Of both, as SpoolCost counts.
  int64_t bytes = 0;
  // The newest event's.
  int64_t last_position = 0;
  // Whether the disk has the room that outcomes may need.
  bool room_held = true;
};

// Thread-safe. Coroutines resume on the awaiting one's executor, in the order of the calls. Every
// call may return UNAVAILABLE: the disk does not do it now, or not any more. Bounds nothing by
// itself, except by the disk: whoever puts looks at the limit.
class Spool {
 public:
  virtual ~Spool() = default;

  // Keeps all of `events` or none; durable on return. An event that is there already stays as it
  // is. A put with a STARTED is refused, RESOURCE_EXHAUSTED (SPOOL_FULL), where it would take the
  // disk's last room, which is for outcomes.
  virtual boost::asio::awaitable<absl::Status> Put(std::vector<EventMessage> events) = 0;

  // The events after `position` in the order in which they were put: as many as `max_bytes` holds,
  // but one if there is any.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<SpooledEvent>>> Next(
      int64_t after, size_t max_bytes) = 0;

  // The STARTED of a job, if it is here.
  virtual boost::asio::awaitable<absl::StatusOr<std::optional<ledger::v1::JobEvent>>> FindStart(
      std::string job_id) = 0;

  // The start with this request_id, of an action that was or may have been called; also one that
  // was buried, until it is dropped, its outcome NOT_CALLED is buried too, or the job is removed.
  virtual boost::asio::awaitable<absl::StatusOr<std::optional<SpooledRequest>>> FindRequest(
      std::string user_id, std::string request_id) = 0;

  // Forgets a job's STARTED, unless its FINISHED is here.
  virtual boost::asio::awaitable<absl::Status> RemoveStart(std::string job_id) = 0;
  // Forgets a job's events.
  virtual boost::asio::awaitable<absl::Status> RemoveJob(std::string job_id) = 0;

  // Sets an event aside, whether or not it is here, for people to look at.
  virtual boost::asio::awaitable<absl::Status> Bury(EventMessage event, std::string verdict,
                                                    std::string detail) = 0;
  // Oldest first, after `position`; a page may be short of `limit` and has one if there is any.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> ListDeadLetters(
      int64_t after, int limit) = 0;
  // Puts all dead letters of that one's job at the end of what is to be delivered, in the job's
  // order, and returns them. NOT_FOUND.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> Revive(
      int64_t position) = 0;
  // Forgets that one, and returns it. NOT_FOUND.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<DeadLetter>>> Drop(
      int64_t position) = 0;

  // Tries again to hold the room for outcomes on the disk.
  virtual boost::asio::awaitable<absl::Status> HoldRoom() = 0;

  virtual SpoolUsage usage() const = 0;
};

}  // namespace tms::action
