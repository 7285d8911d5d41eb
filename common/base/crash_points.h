// Places at which a test build can be made to die (or to stand still), to show what survives.
//
// `TMS_CRASH_POINT("action.start.acked");` is nothing in a build without TMS_CRASH_POINTS, which
// is every release build. In a build with it, environment variables choose a place by its name:
//   TMS_CRASH_AT=NAME[:N]  SIGKILL to the process when it comes there for the Nth time (default 1)
//   TMS_STOP_AT=NAME[:N]   SIGSTOP in the same way; it goes on with SIGCONT
// A value that names no place ends the process at once, so that no test passes by a slip.
#pragma once

#include <string_view>

namespace tms {

// All of them. Only these compile.
inline constexpr std::string_view kCrashPoints[] = {
    // ActionService, in the order in which an action meets them.
    "action.start.before_spool",    // the ledger did not ack STARTED; it is not in the spool yet
    "action.start.spooled",         // STARTED is synced in the spool
    "action.start.acked",           // STARTED is in the ledger
    "action.start.given_up",        // NOT_CALLED is in the spool; the caller was not told yet
    "action.call.before_post",      // the start is durable; nothing was sent to the cluster
    "action.call.answered",         // the cluster has answered (or not); nobody was told
    "action.finish.before_spool",   // the ledger did not ack FINISHED; it is not in the spool yet
    "action.finish.spooled",        // FINISHED is synced in the spool; the caller was not told yet
    "action.finish.acked",          // FINISHED is in the ledger; the caller was not told yet
    "action.delivery.acked",        // the ledger has an event of the spool; its row is still there
    "action.delivery.removed",      // the row is gone
    "action.delivery.dead_letter",  // the ledger refused an event of the spool, which is set aside
    // ActionService, after a start.
    "action.recovery.opened",         // the spool is open, nothing is sent yet
    "action.recovery.before_settle",  // all of the spool is delivered
    "action.recovery.settled",        // the ledger has settled what earlier starts left
    // The ledger, while it migrates a replaced system's file.
    "migration.begun",           // the file is held; nothing is written yet
    "migration.backup_copied",   // the backup is synced under its temporary name
    "migration.copied",          // the copy that is to be the new file is there, not synced
    "migration.rows_written",    // all rows and indexes are in the copy, not committed
    "migration.built",           // the new file is complete and synced
    "migration.backup_renamed",  // the backup has its name
    "migration.wal_retired",     // the old file is complete without its WAL
    "migration.swapped",         // the new file is in place; it is not opened yet
    // Every process that writes SQLite (the ledger, and the ActionService's spool).
    "sqlite.group.before_commit",
    "sqlite.group.committed",  // on disk; nobody was told yet
    "sqlite.checkpoint.before",
    "sqlite.checkpoint.done",
};

// Does not compile for a name that is not in the list.
consteval std::string_view CrashPointName(std::string_view name) {
  for (const std::string_view known : kCrashPoints) {
    if (known == name) return known;
  }
  throw "no such crash point";
}

// Does what the environment says about this place. Thread-safe; does nothing in most cases.
void ReachCrashPoint(std::string_view name);

}  // namespace tms

#ifdef TMS_CRASH_POINTS
#define TMS_CRASH_POINT(name) ::tms::ReachCrashPoint(::tms::CrashPointName(name))
#else
#define TMS_CRASH_POINT(name) static_cast<void>(::tms::CrashPointName(name))
#endif
