// Who is logged in.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/gateway/caller.h"

namespace tms::gateway {

struct SessionLimits {
  // Without a request.
  absl::Duration idle = absl::Minutes(15);
  // Since the login, whatever happens.
  absl::Duration total = absl::Hours(12);
  // Of one user; a further login ends the one that was used least recently.
  size_t per_user = 20;
  // Of all users; a further login does the same. 300 bytes each.
  size_t all = 10'000;
};

// Sessions live in memory only: a restart of the gateway ends them. What is kept is a digest of
// each id, so that a look into our memory opens nothing. Thread-safe. Owned by main.
class SessionStore {
 public:
  SessionStore(const SessionLimits& limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  struct Session {
    Caller caller;  // `session` is the key of this one
    absl::Time login_time;
    absl::Time last_activity;
  };

  // Makes a session and returns its id, which nobody else knows. `caller.session` is ignored.
  std::string Begin(Caller caller);

  // The session with this id if it still lives; counts as activity.
  std::optional<Session> Touch(std::string_view id);

  // Likewise, but no activity.
  std::optional<Session> Find(std::string_view id) const;

  // Whether it lives, by key; no activity.
  bool Lives(std::string_view key) const;

  // What `key` names, if it lives.
  std::optional<Session> Peek(std::string_view key) const;

  void End(const std::string& key);

  size_t size() const;

  // Those that live.
  size_t live() const;

 private:
  struct Entry {
    Session session;
    absl::Duration began;  // Clock::SinceBoot()
    absl::Duration used;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  bool LivesAt(const Entry& entry, absl::Duration now) const {
    return now - entry.used < limits_.idle && now - entry.began < limits_.total;
  }
  // Makes room for one more session of `user`.
  void MakeRoom(std::string_view user, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SessionLimits limits_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // by digest of the id
};

}  // namespace tms::gateway
