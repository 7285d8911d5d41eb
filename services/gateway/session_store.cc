#include "services/gateway/session_store.h"

#include <algorithm>
#include <utility>

#include "common/base/digest.h"
#include "common/base/ids.h"
#include "common/base/text.h"

namespace tms::gateway {
namespace {

constexpr size_t kIdBytes = 32;
// A cookie longer than any id of ours is not looked up.
constexpr size_t kMaxIdText = 64;

}  // namespace

std::string SessionStore::Begin(Caller caller) {
  const std::string id = Base64UrlEncode(RandomBytes(kIdBytes));
  const absl::Duration now = clock_.SinceBoot();
  std::string key = Sha256(id);
  caller.session = key;
  absl::MutexLock lock(&mutex_);
  MakeRoom(caller.user, now);
  Session session{
      .caller = std::move(caller), .login_time = clock_.Now(), .last_activity = clock_.Now()};
  entries_.emplace(std::move(key), Entry{std::move(session), now, now});
  return id;
}

std::optional<SessionStore::Session> SessionStore::Touch(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdText) return std::nullopt;
  const absl::Duration now = clock_.SinceBoot();
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(Sha256(id));
  if (found == entries_.end()) return std::nullopt;
  if (!LivesAt(found->second, now)) {
    entries_.erase(found);
    return std::nullopt;
  }
  Session before = found->second.session;
  found->second.used = now;
  found->second.session.last_activity = clock_.Now();
  return before;
}

std::optional<SessionStore::Session> SessionStore::Find(std::string_view id) const {
  if (id.empty() || id.size() > kMaxIdText) return std::nullopt;
  return Peek(Sha256(id));
}

std::optional<SessionStore::Session> SessionStore::Peek(std::string_view key) const {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || !LivesAt(found->second, clock_.SinceBoot())) return std::nullopt;
  return found->second.session;
}

bool SessionStore::Lives(std::string_view key) const { return Peek(key).has_value(); }

void SessionStore::End(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  entries_.erase(key);
}

size_t SessionStore::size() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

size_t SessionStore::live() const {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = clock_.SinceBoot();
  return static_cast<size_t>(std::ranges::count_if(
      entries_, [&](const auto& entry) { return LivesAt(entry.second, now); }));
}

void SessionStore::MakeRoom(std::string_view user, absl::Duration now) {
  std::erase_if(entries_, [&](const auto& entry) { return !LivesAt(entry.second, now); });
  auto oldest = entries_.end();
  auto oldest_of_user = entries_.end();
  size_t of_user = 0;
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (oldest == entries_.end() || at->second.used < oldest->second.used) oldest = at;
    if (at->second.session.caller.user != user) continue;
    ++of_user;
    if (oldest_of_user == entries_.end() || at->second.used < oldest_of_user->second.used) {
      oldest_of_user = at;
    }
  }
  if (of_user >= limits_.per_user) {
    entries_.erase(oldest_of_user);
  } else if (entries_.size() >= limits_.all) {
    entries_.erase(oldest);
  }
}

}  // namespace tms::gateway
