#include "common/runtime/hidden_input.h"

#include <unistd.h>

#include <iostream>

namespace tms {

HiddenInput::HiddenInput(const char* prompt) {
  if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  hidden_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  std::cerr << prompt << std::flush;
}

HiddenInput::~HiddenInput() {
  if (!hidden_) return;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  std::cerr << '\n';
}

}  // namespace tms
