// A spool in memory.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "services/action/spool/spool.h"

namespace tms::action {

// Confined to one strand.
class FakeSpool final : public Spool {
 public:
  template <typename Result>
  using Awaitable = boost::asio::awaitable<Result>;

  // Every put fails so from now on; OK: none.
  void FailPuts(absl::Status status) { put_status_ = std::move(status); }
  // As if the disk were full but for the room that is held.
  void SetRoomHeld(bool held) { room_held_ = held; }

  Awaitable<absl::Status> Put(std::vector<EventMessage> events) override {
    if (!put_status_.ok()) co_return put_status_;
    const bool with_start = std::any_of(events.begin(), events.end(), [](const EventMessage& each) {
      return each->event().has_started();
    });
    if (with_start && !room_held_) {
      co_return MakeStatus(absl::StatusCode::kResourceExhausted, "SPOOL_FULL", "full");
    }
    for (const EventMessage& each : events) Add(each->event());
    co_return absl::OkStatus();
  }

  Awaitable<absl::StatusOr<std::vector<SpooledEvent>>> Next(int64_t after,
                                                            size_t max_bytes) override {
    std::vector<SpooledEvent> next;
    size_t bytes = 0;
    for (const SpooledEvent& each : events_) {
      if (each.position <= after) continue;
      bytes += each.event.ByteSizeLong();
      if (!next.empty() && bytes > max_bytes) break;
      next.push_back(each);
    }
    co_return next;
  }

  Awaitable<absl::StatusOr<std::optional<ledger::v1::JobEvent>>> FindStart(
      std::string job_id) override {
    co_return Find(job_id, 1);
  }

  Awaitable<absl::StatusOr<std::optional<SpooledRequest>>> FindRequest(
      std::string user_id, std::string request_id) override {
    std::optional<SpooledRequest> found;
    const auto look = [&](const ledger::v1::JobEvent& event) {
      const auto& started = event.started();
      if (started.spooled() && started.user_id() == user_id && started.request_id() == request_id) {
        found = SpooledRequest{.started = event, .finished = FindOutcome(event.job_id())};
      }
    };
    for (const SpooledEvent& each : events_) look(each.event);
    for (const DeadLetter& each : letters_) {
      if (!free_.contains(each.event.job_id())) look(each.event);
    }
    co_return found;
  }

  Awaitable<absl::Status> RemoveStart(std::string job_id) override {
    if (!Find(job_id, 2)) Erase(job_id, 1);
    co_return absl::OkStatus();
  }

  Awaitable<absl::Status> RemoveJob(std::string job_id) override {
    Erase(job_id, 1);
    Erase(job_id, 2);
    free_.insert(job_id);
    co_return absl::OkStatus();
  }

  Awaitable<absl::Status> Bury(EventMessage message, std::string verdict,
                               std::string detail) override {
    const auto& event = message->event();
    Erase(event.job_id(), event.event_seq());
    letters_.push_back({.position = next_position_++,
                        .event = event,
                        .verdict = std::move(verdict),
                        .detail = std::move(detail)});
    if (IsNotCalled(event)) free_.insert(event.job_id());
    co_return absl::OkStatus();
  }

  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> ListDeadLetters(int64_t after,
                                                                     int limit) override {
    std::vector<DeadLetter> found;
    for (const DeadLetter& each : letters_) {
      if (each.position > after && std::ssize(found) < limit) found.push_back(each);
    }
    co_return found;
  }

  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> Revive(int64_t position) override {
    const auto letter = FindLetter(position);
    if (letter == letters_.end()) co_return NoLetter();
    const std::string job_id = letter->event.job_id();
    std::vector<DeadLetter> revived;
    for (const int64_t seq : {1, 2}) {
      for (const DeadLetter& each : letters_) {
        if (each.event.job_id() == job_id && each.event.event_seq() == seq) revived.push_back(each);
      }
    }
    for (const DeadLetter& each : revived) {
      Add(each.event);
      letters_.erase(FindLetter(each.position));
    }
    co_return revived;
  }

  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> Drop(int64_t position) override {
    const auto letter = FindLetter(position);
    if (letter == letters_.end()) co_return NoLetter();
    std::vector<DeadLetter> dropped{*letter};
    letters_.erase(letter);
    co_return dropped;
  }

  Awaitable<absl::Status> HoldRoom() override { co_return absl::OkStatus(); }

  SpoolUsage usage() const override {
    SpoolUsage usage{.events = std::ssize(events_),
                     .dead_letters = std::ssize(letters_),
                     .last_position = next_position_ - 1,
                     .room_held = room_held_};
    for (const auto& each : events_) usage.bytes += SpoolCost(each.event.ByteSizeLong());
    for (const auto& each : letters_) usage.bytes += SpoolCost(each.event.ByteSizeLong());
    return usage;
  }

 private:
  std::optional<ledger::v1::JobEvent> Find(const std::string& job_id, int64_t seq) const {
    for (const SpooledEvent& each : events_) {
      if (each.event.job_id() == job_id && each.event.event_seq() == seq) return each.event;
    }
    return std::nullopt;
  }
  std::optional<ledger::v1::JobEvent> FindOutcome(const std::string& job_id) const {
    for (const DeadLetter& each : letters_) {
      if (each.event.job_id() == job_id && each.event.has_finished()) return each.event;
    }
    return Find(job_id, 2);
  }
  void Add(const ledger::v1::JobEvent& event) {
    if (Find(event.job_id(), event.event_seq())) return;
    events_.push_back({.position = next_position_++, .event = event});
  }
  void Erase(const std::string& job_id, int64_t seq) {
    std::erase_if(events_, [&](const SpooledEvent& each) {
      return each.event.job_id() == job_id && each.event.event_seq() == seq;
    });
  }
  std::vector<DeadLetter>::iterator FindLetter(int64_t position) {
    return std::find_if(letters_.begin(), letters_.end(),
                        [&](const DeadLetter& each) { return each.position == position; });
  }
  static absl::Status NoLetter() {
    return MakeStatus(absl::StatusCode::kNotFound, "no such dead letter");
  }

  std::vector<SpooledEvent> events_;
  std::vector<DeadLetter> letters_;
  // Jobs whose buried starts hold no request_id.
  std::set<std::string> free_;
  int64_t next_position_ = 1;
  absl::Status put_status_;
  bool room_held_ = true;
};

}  // namespace tms::action
