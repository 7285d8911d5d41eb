// How a status says that a disk is full: the one failure that passes by itself once there is room.
#pragma once

#include <cerrno>

namespace tms {

// The reason of such a status.
inline constexpr char kReasonFull[] = "RESOURCE_EXHAUSTED";

// kReasonFull if a system call failed because there is no room, else empty.
inline const char* ReasonOfErrno(int error) {
  return error == ENOSPC || error == EDQUOT ? kReasonFull : "";
}

}  // namespace tms
