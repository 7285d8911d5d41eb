// The one way out to a cluster: one POST, classified.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/secret.h"
#include "tms/ledger/v1/job.pb.h"

namespace tms::action {

// A configured cluster, validated; immutable, shared by all calls.
struct Cluster {
  std::string name;
  // Normalised: lower-case scheme and host, no default port, no final `/`.
  std::string base_url;
  std::string description;

  // Parts of base_url.
  bool tls = false;
  std::string host;  // without brackets
  uint16_t port = 0;
  std::string path;  // "" or "/prefix"

  absl::Duration default_timeout = absl::Seconds(30);
  absl::Duration max_timeout = absl::Seconds(120);
  int max_in_flight = 256;
  int max_waiting = 1000;
  std::string ca_file;  // empty: the system's CAs
  std::vector<std::string> allowed_networks;
  int64_t max_response_bytes = 1 << 20;
};

// One Set Action to be sent.
struct ClusterCall {
  const Cluster* cluster = nullptr;
  std::string action;
  std::vector<std::string> cids;
  Secret bearer_token;
  // Over everything from DNS to the last byte of the body.
  absl::Duration timeout;
  // Clock::SinceBoot() at which the timeout ends. Looked at once more right before the first byte.
  absl::Duration deadline;
};

// How the call ended: the row of the classification table (`finished`), and the answer's body as it
// came, at most the cluster's max_response_bytes.
struct CallResult {
  tms::ledger::v1::JobFinished finished;
  std::string response_body;
};

// Thread-safe; owned by main. Owns the connection of each call.
class ClusterClient {
 public:
  virtual ~ClusterClient() = default;

  // Makes at most one POST, on a connection of its own. Never throws and never fails: whatever
  // happens is a classified result. Resumes on the executor of the awaiting coroutine, not later
  // than shortly after the deadline.
  virtual boost::asio::awaitable<CallResult> Call(ClusterCall call) = 0;
};

}  // namespace tms::action
