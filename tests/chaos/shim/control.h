// What a test tells the shim, and what the shim tells the test: one small file that both have
// mapped. tests/chaos/fault_shim.py is the other side; the layout is written down in both.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tms::chaos {

// Counters that count down to a fault: below zero means never, zero means the next one.
struct Control {
  int64_t magic;
  // Added to the wall clock.
  std::atomic<int64_t> wall_offset_ns;
  // Calls of fsync and fdatasync that still succeed, and how many fail then (below zero: all).
  std::atomic<int64_t> syncs_until_failure;
  std::atomic<int64_t> sync_failures_left;
  // Bytes by which files may still grow; below zero: no limit.
  std::atomic<int64_t> free_bytes;
  // How long each sync takes longer.
  std::atomic<int64_t> sync_delay_us;
  // Writes, truncations and syncs that are still done before the process kills itself.
  std::atomic<int64_t> steps_until_kill;

  // What happened so far.
  std::atomic<int64_t> syncs;
  std::atomic<int64_t> failed_syncs;
  std::atomic<int64_t> refused_writes;
  std::atomic<int64_t> steps;
};
static_assert(sizeof(Control) == 11 * sizeof(int64_t));
static_assert(std::atomic<int64_t>::is_always_lock_free);

inline constexpr int64_t kControlMagic = 0x314D494853544C46;

// The mapped file that FAULT_SHIM_CONTROL names; null without one, which turns every fault off.
Control* GetControl();

// FAULT_SHIM_DIRECTORY: faults of files strike below it only. Absolute, no symbolic links; empty:
// nowhere.
const std::string& FaultDirectory();

// FAULT_SHIM_PLATTER: where what is durable is kept (platter.h); empty: power is never lost.
const std::string& PlatterDirectory();

}  // namespace tms::chaos
