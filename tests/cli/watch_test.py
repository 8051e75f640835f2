"""`steady watch` without a terminal: sentences, recorded frames, pages that play them."""

import json
import re
import shutil
import signal
import subprocess
import unittest

from command import COMMAND, CommandTest, run

FRAME = re.compile(r"^Frame (\d+): (.*)\.$", re.MULTILINE)


class PlainTest(CommandTest):
    def test_frames_in_sentences(self):
        done = run("watch", "--plain", "--frames", "40", "--seed", "7")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        numbers = [int(number) for number, _ in FRAME.findall(done.stdout)]
        self.assertEqual(numbers, list(range(1, 41)))
        self.assertIn("growing because of the load, from 256 to 512 buckets", done.stdout)
        self.assertIn("Old array: 256 buckets of 14 slots, full in tenths of the line: moved,",
                      done.stdout)
        self.assertRegex(done.stdout, r"New array: 512 .*: 4\d %.*nothing yet\.")
        self.assertTrue(done.stdout.isascii())

    def test_only_some_frames_and_those_in_which_something_begins(self):
        done = run("watch", "--plain", "--frames", "60", "--every", "1000", "--seed", "7")
        frames = FRAME.findall(done.stdout)
        self.assertEqual(frames[0][0], "1")
        self.assertEqual(len(frames) - 1, done.stdout.count("\nNote: "))

    def test_keys_are_pressed_before_their_frame(self):
        done = run("watch", "--plain", "--keys", "_w__e", "--frames", "5", "--seed", "7")
        self.assertIn("Frame 2: inserting, at rest.\nNote: a walker starts", done.stdout)
        self.assertIn("Frame 5: erasing, at rest.\nNote: now erasing", done.stdout)

    def test_quit_is_a_key_too(self):
        done = run("watch", "--plain", "--keys", "__q", "--frames", "50")
        self.assertEqual(len(FRAME.findall(done.stdout)), 2)

    def test_a_signal_ends_it_with_what_was_recorded(self):
        page = self.path("page.html")
        with subprocess.Popen(
            [COMMAND, "watch", "--plain", "--frames", "1000000", "--animation", page],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            while "Frame 20:" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assertIn("</html>", page.read_text(encoding="utf-8"))

    def test_wrong_options_say_what_is_right(self):
        for arguments, expected in (
            (["--frames", "0"], "'0' is not a whole number from 1"),
            (["--keys", "i?"], "there is no key '?'; the keys are: i insert"),
            (["--pace", "1"], "from 2 to 4000"),
            (["--nonsense"], "watch takes --help, --n, --most"),
        ):
            done = run("watch", "--plain", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(expected, done.stderr)

    def test_without_a_terminal_it_says_what_else_there_is(self):
        done = run("watch", stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"no terminal|built without ncurses")
        self.assertIn("--plain", done.stderr)

    def test_reader_gone(self):
        done = subprocess.run(
            ["sh", "-c", '"$0" watch --plain --frames 100000 | head -1', COMMAND],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
        )
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("cannot write to standard output: Broken pipe", done.stderr)


class RecordTest(CommandTest):
    def record(self, *arguments):
        lines, page = self.path("frames.jsonl"), self.path("page.html")
        done = run("watch", "--seed", "7", "--record", lines, "--animation", page, *arguments,
                   stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        frames = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
        return frames, page.read_text(encoding="utf-8")

    def played(self, page):
        """The frames in a page."""
        found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
        return json.loads(found.group(1))

    def test_the_tour_shows_every_kind_of_migration(self):
        frames, page = self.record("--tour")
        self.assertEqual(
            {frame["kind"] for frame in frames},
            {"at rest", "growing", "shrinking", "compacting", "reseeding"},
        )
        self.assertEqual(self.played(page), frames)

    def test_frames_agree_with_themselves(self):
        frames, _ = self.record("--frames", "150")
        self.assertEqual([frame["frame"] for frame in frames], list(range(1, 151)))
        for frame in frames:
            for array in (frame["old"], frame["new"]):
                self.assertEqual(len(array["states"]), len(array["full"]))
                self.assertEqual(len(array["states"]), len(array["chains"]))
            if frame["kind"] == "growing":
                moved = frame["old"]["states"].count(".") / len(frame["old"]["states"])
                self.assertAlmostEqual(moved, frame["frontier"], delta=0.02)
                self.assertEqual(2 * frame["old"]["buckets"], frame["new"]["buckets"])
        self.assertEqual(frames[-1]["so_far"]["inserted"],
                         sum(frame["here"]["inserted"] for frame in frames))

    def test_the_page_needs_nothing_else(self):
        _, page = self.record("--frames", "3")
        self.assertNotRegex(page, r"https?://|<link|src=")
        self.assertIn("steady_player", page)

    @unittest.skipIf(shutil.which("node") is None, "node is not installed")
    def test_the_player_is_javascript(self):
        _, page = self.record("--frames", "3")
        script = self.write("player.js", re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0])
        done = subprocess.run(["node", "--check", script], stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_files_that_cannot_be_written(self):
        for option in ("--record", "--animation"):
            done = run("watch", "--frames", "2", option, "/no/such/file")
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot write /no/such/file: No such file", done.stderr)
            done = run("watch", "--frames", "2", option, "/dev/full")
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot write /dev/full: No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
