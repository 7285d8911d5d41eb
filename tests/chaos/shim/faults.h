// Whether a fault strikes now: the decisions, without the deed.
#pragma once

#include <cstdint>

#include "tests/chaos/shim/control.h"

namespace tms::chaos {

// To be called before anything that changes what is on the disk; may end the process.
void Step(Control& control);

void DelaySync(const Control& control);
bool SyncFails(Control& control);

// Takes room for `growth` bytes; returns how many there are.
int64_t TakeRoom(Control& control, int64_t growth);
void GiveRoom(Control& control, int64_t bytes);

}  // namespace tms::chaos
