"""Says on stderr what is being done: in one line on a terminal, now and then elsewhere."""

import sys
import time

SECONDS_BETWEEN_LINES = 10


class Progress:
    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.start = time.monotonic()
        self.shown_at = None

    def show(self, text):
        now = time.monotonic()
        line = f"{now - self.start:4.0f} s  {text}"
        if self.stream.isatty():
            print(f"\r{line:<70}", end="", file=self.stream, flush=True)
        elif self.shown_at is None or now - self.shown_at >= SECONDS_BETWEEN_LINES:
            print(line, file=self.stream, flush=True)
            self.shown_at = now

    def end(self):
        if self.stream.isatty():
            print(f"\r{'':<70}\r", end="", file=self.stream, flush=True)
