// Answers that go on for long: the watch and the export.
#pragma once

#include <atomic>
#include <vector>

#include "services/gateway/audit.h"
#include "services/gateway/authenticator.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route_table.h"
#include "services/gateway/services.h"
#include "services/gateway/stream_slots.h"

namespace tms::gateway {

// What these routes work with; owned by main, outlives them and the server.
struct StreamParts {
  Services& services;
  const Authenticator& authenticator;
  AuditSink& audit;
  Metrics& metrics;
  // A browser opens one watch a tab.
  StreamSlots watches{10, 200};
  StreamSlots exports{2, 16};
  // Between two signs of life on a silent watch; so long at most goes a gone reader unnoticed.
  absl::Duration heartbeat = absl::Seconds(15);
  // How often a stream looks whether its session still lives. Well below the 5 s that are promised.
  absl::Duration session_check = absl::Seconds(1);
  // Set before the server stops, so that streams end by themselves.
  std::atomic<bool> draining = false;
};

// GET /api/v1/jobs:watch
std::vector<Route> WatchRoutes(StreamParts& parts);

// GET /api/v1/jobs:export
std::vector<Route> ExportRoutes(StreamParts& parts);

}  // namespace tms::gateway
