#include "tests/chaos/shim/control.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdlib>

#include "tests/chaos/shim/raw.h"

namespace tms::chaos {
namespace {

Control* Map() {
  const char* path = std::getenv("FAULT_SHIM_CONTROL");
  if (path == nullptr) return nullptr;
  const int file = static_cast<int>(Raw(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  // A test whose faults silently do nothing would pass: better to end here.
  if (file < 0) std::abort();
  void* memory = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  Raw(SYS_close, file);
  if (memory == MAP_FAILED) std::abort();
  auto* control = static_cast<Control*>(memory);
  if (control->magic != kControlMagic) std::abort();
  return control;
}

const std::string& Environment(const char* name) {
  const char* value = std::getenv(name);
  return *new std::string(value == nullptr ? "" : value);
}

}  // namespace

Control* GetControl() {
  static Control* const control = Map();
  return control;
}

const std::string& FaultDirectory() {
  static const std::string& directory = Environment("FAULT_SHIM_DIRECTORY");
  return directory;
}

const std::string& PlatterDirectory() {
  static const std::string& directory = Environment("FAULT_SHIM_PLATTER");
  return directory;
}

}  // namespace tms::chaos
