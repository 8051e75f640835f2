"""`steady watch` in a terminal that tmux provides: what is on the screen, and what keys do."""

import os
import re
import shutil
import subprocess
import time
import unittest

from command import COMMAND, CommandTest, run


class Terminal:
    """A terminal of its own, on a server of its own."""

    def __init__(self, directory, command, columns=80, rows=24, locale="C.UTF-8"):
        self.socket = directory / "tmux"
        self.environment = dict(os.environ, LC_ALL=locale, TERM="xterm-256color")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows,
                  f"{command}; echo ended with $?; sleep 100")

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-u", "-S", self.socket, *map(str, arguments)],
            env=self.environment, check=True, stdout=subprocess.PIPE, text=True, timeout=60,
        ).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def wait_for(self, pattern, seconds=60):
        """Until the screen has it: no matter how slow the machine is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.screen()
            if re.search(pattern, screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} did not come; the screen is:\n{screen}")

    def close(self):
        self.tmux("kill-server")


@unittest.skipIf(shutil.which("tmux") is None, "tmux is not installed")
@unittest.skipIf("built without" in run("watch", stdin=subprocess.DEVNULL).stderr,
                 "the command was built without ncurses")
class WatchTerminalTest(CommandTest):
    def start(self, *options, **terminal):
        opened = Terminal(self.directory, " ".join([f"'{COMMAND}' watch --seed 7 --fps 60", *options]),
                          **terminal)
        self.addCleanup(opened.close)
        return opened

    def test_a_migration_can_be_seen(self):
        terminal = self.start("--pace", "200")
        screen = terminal.wait_for("growing 256 → 512 buckets: [1-9]\\d % moved")
        terminal.press("Space")
        screen = terminal.wait_for("inserting \\(paused\\)")
        lines = screen.splitlines()
        frontier = next(line for line in lines if line.startswith(" frontier")).index("▲")
        old = next(n for n, line in enumerate(lines) if line.startswith(" frontier")) - 2
        self.assertEqual(set(lines[old][15:frontier]), {"·"}, screen)
        self.assertEqual(lines[old][frontier + 1], "█", screen)
        self.assertIn("a lookup searches one bucket", " ".join(screen.split()))

    def test_keys(self):
        terminal = self.start("--n", "3000", "--pace", "100")
        terminal.wait_for("at rest")
        terminal.press("h")
        terminal.wait_for("steady watch: keys")
        terminal.press("h")
        terminal.wait_for("inserting")
        terminal.press("n")
        terminal.wait_for("resting")
        terminal.press("r")
        terminal.press("w")
        terminal.wait_for("w: walkers")
        terminal.press("e")
        terminal.wait_for("erasing")
        terminal.wait_for("reseeded 1")
        terminal.press("q")
        terminal.wait_for("ended with 0")

    def test_an_attack_and_its_end(self):
        terminal = self.start("--pace", "50")
        terminal.wait_for("at rest")
        terminal.press("a")
        terminal.wait_for("x: attack")
        terminal.wait_for("reseeding 256 → 256 buckets.*cause: overflow")
        terminal.wait_for("reseeded 1")

    def test_small_terminals_and_resizing(self):
        terminal = self.start(columns=50, rows=12)
        terminal.wait_for("make it 60 x 18")
        terminal.tmux("resize-window", "-x", "100", "-y", "30")
        terminal.wait_for("the array")

    def test_without_utf_8(self):
        terminal = self.start("--pace", "200", locale="C")
        screen = terminal.wait_for("growing 256 -> 512 buckets: [1-9]\\d % moved")
        self.assertTrue(screen.isascii())

    def test_interrupt_leaves_the_terminal_as_it_was(self):
        terminal = self.start()
        terminal.wait_for("the array")
        terminal.press("C-c")
        screen = terminal.wait_for("ended with 130")
        self.assertNotIn("the array", screen)


if __name__ == "__main__":
    unittest.main()
