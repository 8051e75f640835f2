// While a stop_signal_guard lives, an interrupt (Ctrl-C), a request to terminate, or a terminal
// that is closed does not end the program: stop_requested() says that it came, and long loops ask.
// A second one ends the program, unless it is that of a terminal, which may come twice. Under nohup
// that stays ignored.
#pragma once

#include <signal.h>

namespace steady::cli {

bool stop_requested() noexcept;

// The signal that came, as the number that an exit status tells; 0 when none came.
int stop_signal() noexcept;

// How many came so far.
unsigned stop_signals_caught() noexcept;

// The exit status of what could not be done: that of the signal, where one came.
inline int status_of_failure() noexcept { return stop_requested() ? 128 + stop_signal() : 1; }

class stop_signal_guard {
 public:
  stop_signal_guard() noexcept;
  ~stop_signal_guard();
  stop_signal_guard(const stop_signal_guard&) = delete;
  stop_signal_guard& operator=(const stop_signal_guard&) = delete;

 private:
  struct sigaction before_interrupt_ {};
  struct sigaction before_terminate_ {};
  struct sigaction before_hangup_ {};
};

}  // namespace steady::cli
