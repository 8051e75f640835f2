#include "cli/stop_signal.hpp"

namespace steady::cli {

namespace {

volatile sig_atomic_t caught = 0;
volatile sig_atomic_t times_caught = 0;

void remember(int number) {
  times_caught = times_caught + 1;
  if (caught == 0) caught = number;
}

void listen(int number, struct sigaction& before, int flags = static_cast<int>(SA_RESETHAND)) {
  struct sigaction action {};
  action.sa_handler = remember;
  sigemptyset(&action.sa_mask);
  action.sa_flags = flags;  // usually the second one is not caught
  sigaction(number, &action, &before);
}

}  // namespace

bool stop_requested() noexcept { return caught != 0; }

int stop_signal() noexcept { return caught; }

unsigned stop_signals_caught() noexcept { return static_cast<unsigned>(times_caught); }

stop_signal_guard::stop_signal_guard() noexcept {
  caught = 0;
  listen(SIGINT, before_interrupt_);
  listen(SIGTERM, before_terminate_);
  listen(SIGHUP, before_hangup_, 0);
  if (before_hangup_.sa_handler == SIG_IGN) sigaction(SIGHUP, &before_hangup_, nullptr);
}

stop_signal_guard::~stop_signal_guard() {
  sigaction(SIGINT, &before_interrupt_, nullptr);
  sigaction(SIGTERM, &before_terminate_, nullptr);
  sigaction(SIGHUP, &before_hangup_, nullptr);
}

}  // namespace steady::cli
