// A cluster to develop, demonstrate and test against: speaks the API and misbehaves on demand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tms::fake_cluster {

struct Config {
  // An address or a name of this machine.
  std::string host = "127.0.0.1";
  // 0: the system chooses.
  int port = 0;
  // PEM files; both or neither.
  std::string tls_cert;
  std::string tls_key;
  // Where hits are appended as JSON lines; empty: memory only.
  std::string hits_file;
  // What requests meet that choose nothing else: NAME~key=value….
  std::string behaviour = "accepted";
  // Of the random times of `slow`.
  uint64_t seed = 0;
  // Scales the times of `slow`.
  double slow_factor = 1.0;
};

// A running server with one thread of its own. Thread-safe.
class FakeCluster {
 public:
  // Serves until it is destroyed, which breaks off whatever is in flight.
  static absl::StatusOr<std::unique_ptr<FakeCluster>> Start(const Config& config);
  ~FakeCluster();
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;

  int port() const;

 private:
  class Server;
  explicit FakeCluster(std::unique_ptr<Server> server);

  const std::unique_ptr<Server> server_;
};

}  // namespace tms::fake_cluster
