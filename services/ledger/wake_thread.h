// Wakes watchers when something has changed, and now and then for the time.
#pragma once

#include <thread>

#include "common/base/stop_flag.h"
#include "common/rpc/stream_hub.h"
#include "services/ledger/change_feed.h"

namespace tms::ledger {

// One thread for all watchers, so that the store's own never writes to a stream. Owned by main,
// gone before the feed and the hub are.
class WakeThread {
 public:
  WakeThread(ChangeFeed& feed, rpc::StreamHub& hub);
  ~WakeThread();
  WakeThread(const WakeThread&) = delete;
  WakeThread& operator=(const WakeThread&) = delete;

 private:
  ChangeFeed& feed_;
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace tms::ledger
