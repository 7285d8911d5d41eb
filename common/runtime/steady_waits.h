// Makes abseil's timed waits, and with them gRPC's timers, independent of the wall clock.
#pragma once

namespace tms {

// Abseil 20220623 turns every time limit into a wall time and lets the kernel wait for that. Set
// back by a year meanwhile, such a wait lasts a year longer; gRPC 1.51's timer thread waits that
// way, so no timer of it fired then, keepalive and reconnection among them. The file of this
// function holds a definition of abseil's wait (a weak symbol, meant to be replaced) which measures
// what is left once, when it begins, and then waits on the monotonic clock. Linked in, it is in
// force for the whole process. This does nothing but have it linked in.
void LinkSteadyWaits();

}  // namespace tms
