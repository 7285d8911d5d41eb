// A terminal that does not show what is typed.
#pragma once

#include <termios.h>

namespace tms {

// While this lives, standard input is not echoed; without effect where it is no terminal. For
// main's thread.
class HiddenInput {
 public:
  // Asks with `prompt` on stderr.
  explicit HiddenInput(const char* prompt);
  ~HiddenInput();
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  bool hidden_ = false;
  termios before_{};
};

}  // namespace tms
