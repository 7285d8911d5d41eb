// The kernel, past every wrapper that this library replaces.
#pragma once

#include <dlfcn.h>

namespace tms::chaos {

using SyscallFunction = long (*)(long number, ...);

inline SyscallFunction RealSyscall() {
  static const auto real = reinterpret_cast<SyscallFunction>(dlsym(RTLD_NEXT, "syscall"));
  return real;
}

// As syscall(2): -1 and errno on failure.
template <typename... Args>
long Raw(long number, Args... arguments) {
  return RealSyscall()(number, arguments...);
}

}  // namespace tms::chaos
