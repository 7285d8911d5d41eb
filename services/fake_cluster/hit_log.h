// Everything that clients asked of this cluster, for tests to compare with what they recorded.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/fake_cluster/behaviour.h"
#include "services/fake_cluster/request.h"

namespace tms::fake_cluster {

// One JSON line per request. Owned by the server, used by its one thread.
class HitLog {
 public:
  // Appends to the file `path`; without one, hits are kept in memory only.
  static absl::StatusOr<std::unique_ptr<HitLog>> Open(const std::string& path);
  ~HitLog();
  HitLog(const HitLog&) = delete;
  HitLog& operator=(const HitLog&) = delete;

  // Writes the hit to the file before it returns. The token's digest is written, never the token.
  void Add(const Request& request, const std::string& peer, const Choice& choice);

  // A JSON array of the latest hits, at most 10,000.
  std::string ToJson() const;
  // How many there were since the start or the last Clear.
  size_t count() const { return count_; }
  // Forgets the hits in memory; the file stays.
  void Clear();

 private:
  explicit HitLog(int file) : file_(file) {}

  const int file_;
  long sequence_ = 0;
  size_t count_ = 0;
  std::deque<std::string> latest_;
};

}  // namespace tms::fake_cluster
