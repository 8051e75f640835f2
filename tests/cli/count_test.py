"""steady count, as a user sees it."""

import json
import os
import pty
import re
import signal
import subprocess
import time
import unittest
from collections import Counter
from pathlib import Path

from command import COMMAND, CommandTest, maps_of, run

SOURCES = Path(__file__).resolve().parents[2] / "include"


def count_of(text, name):
    """The number in a line of totals such as `bytes        1,234`."""
    return int(re.search(rf"^{name} +([\d,]+)$", text, re.MULTILINE)[1].replace(",", ""))


class CountTest(CommandTest):
    def small_tree(self):
        self.write("a.c", "int main(void) { return x_1 + x_1; } // int")
        self.write("sub/b.txt", "main int\n" * 1000)
        self.write("sub/binary", b"\x7fELF\x00int\x00\xff\xfe main\x80x_1")
        self.write("sub/empty", "")
        return self.directory

    def test_exact_output(self):
        done = run("count", self.small_tree(), "--top", 4)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        expected = (
            "count  identifier\n"
            "1,003  int\n"
            "1,002  main\n"
            "    3  x_1\n"
            "    1  ELF\n"
            "\n"
            "files        4\n"
            "bytes        9,063\n"
            "identifiers  2,011\n"
            "distinct     6\n"
            "time         "
        )
        self.assertEqual(done.stdout[: len(expected)], expected)
        self.assertRegex(done.stdout, r"\nmap +steady::hash_map \S+, grown \d+ times\n")
        self.assertRegex(done.stdout, r"\npeak memory +\S+ [MG]iB\n")
        self.assertIn("2,011 samples", done.stdout)

    def test_ties_are_in_the_order_of_names(self):
        file = self.write("file", "delta alpha charlie bravo")
        done = run("count", file, "--top", 3)
        self.assertEqual(
            done.stdout.splitlines()[1:4], ["    1  alpha", "    1  bravo", "    1  charlie"]
        )

    def test_options(self):
        tree = self.small_tree()
        _, found = self.run_json("count", tree, "--min-length", 4, "--top", 1)
        self.assertEqual(found["top"], [{"identifier": "main", "count": 1002}])
        self.assertEqual(found["identifiers"], 1004)
        self.assertEqual(found["distinct"], 3)
        done, found = self.run_json("count", tree, "--top", 0)
        self.assertEqual(found["top"], [])
        self.assertTrue(done.stdout.startswith("files "), done.stdout)

    def test_percentiles_need_samples(self):
        done, found = self.run_json("count", self.small_tree())
        latency = found["latency_ns"]
        self.assertEqual(latency["samples"], 2011)
        self.assertIsNotNone(latency["p99.9"])
        self.assertIsNone(latency["p99.99"])
        self.assertRegex(done.stdout, r"\n +p99\.99 +-\n +p99\.999 +-\n +max +\d")
        values = [latency[name] for name in ("p50", "p90", "p99", "p99.9", "max")]
        self.assertEqual(values, sorted(values))

    def test_json_agrees_with_text(self):
        done, found = self.run_json("count", self.small_tree())
        for name in ("files", "bytes", "identifiers", "distinct"):
            self.assertEqual(found[name], count_of(done.stdout, name), name)
        lines = [f"{e['count']:>5,}  {e['identifier']}" for e in found["top"]]
        self.assertEqual(done.stdout.splitlines()[1 : 1 + len(lines)], lines)
        self.assertEqual((found["command"], found["ending"]), ("count", "complete"))
        self.assertEqual(found["problems"], [])

    def test_json_to_standard_output(self):
        done = run("count", self.small_tree(), "--json", "-")
        self.assertEqual(json.loads(done.stdout)["distinct"], 6)

    def test_json_replaces_a_longer_file(self):
        self.write("result.json", "x" * 100_000)
        self.run_json("count", self.write("file", "word"))

    def test_a_name_that_is_not_utf8(self):
        missing = os.fsencode(self.directory) + b"/\xff"
        file = self.path("result.json")
        done = subprocess.run(
            [COMMAND, b"count", missing, b"--json", file], capture_output=True, check=False
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn(missing, done.stderr)
        self.assertEqual(len(json.loads(file.read_text(encoding="utf-8"))["problems"]), 1)

    def test_every_map_counts_the_same(self):
        expected = Counter()
        for path in SOURCES.rglob("*"):
            if path.is_file():
                expected.update(re.findall(rb"[A-Za-z0-9_]+", path.read_bytes()))
        for name in maps_of("texts"):
            with self.subTest(name):
                _, found = self.run_json("count", SOURCES, "--map", name, "--top", 1_000_000)
                counted = {e["identifier"].encode(): e["count"] for e in found["top"]}
                self.assertEqual(counted, dict(expected))
                self.assertEqual(found["growths"] is not None, name == "steady")

    def test_empty_directory(self):
        empty = self.path("empty")
        empty.mkdir()
        done, found = self.run_json("count", empty)
        self.assertTrue(done.stdout.startswith("files        0\n"))
        self.assertEqual(done.stderr, "")
        self.assertEqual(found["latency_ns"]["max"], None)

    def test_an_identifier_longer_than_a_block(self):
        file = self.write("file", "x" * 300_000 + " y")
        done, found = self.run_json("count", file)
        self.assertEqual(found["top"][0]["identifier"], "x" * 300_000)
        self.assertIn("... (300,000 characters)", done.stdout)


class TroubleTest(CommandTest):
    def test_missing_path(self):
        file = self.write("file", "word")
        missing = self.path("missing")
        done, found = self.run_json("count", missing, file, status=1)
        self.assertEqual(done.stderr, f"steady: {missing}: No such file or directory\n")
        self.assertEqual(count_of(done.stdout, "distinct"), 1)
        self.assertEqual(
            found["problems"], [{"path": str(missing), "reason": "No such file or directory"}]
        )

    def test_path_in_a_circle(self):
        file = self.write("file", "word")
        circle = self.path("circle")
        circle.symlink_to("circle")
        done = run("count", circle, file)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{circle}: Too many levels of symbolic links", done.stderr)
        self.assertEqual(count_of(done.stdout, "distinct"), 1)

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable_file(self):
        self.write("file", "word")
        closed = self.write("closed", "other")
        closed.chmod(0)
        done = run("count", self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"steady: {closed}: Permission denied\n")
        self.assertEqual(count_of(done.stdout, "distinct"), 1)

    def test_a_file_whose_reading_fails(self):
        # At offset 0 nothing is mapped, so this regular file can be opened but not read.
        file = self.write("file", "word")
        done = run("count", "/proc/self/mem", file)
        self.assertEqual(done.returncode, 1)
        self.assertIn("steady: /proc/self/mem: Input/output error\n", done.stderr)
        self.assertEqual(count_of(done.stdout, "files"), 1)

    def test_out_of_memory(self):
        words = [b"word_%06d_%s" % (i, b"x" * 40) for i in range(400_000)]
        file = self.write("words", b"\n".join(words))
        for name in maps_of("texts"):
            with self.subTest(name):
                done, found = self.run_json("count", file, "--map", name, status=1, memory=48)
                self.assertIn("steady: out of memory with", done.stderr)
                self.assertEqual(found["ending"], "out of memory")
                self.assertGreater(found["distinct"], 10_000)
                self.assertEqual(found["distinct"], found["identifiers"])
                self.assertEqual(count_of(done.stdout, "distinct"), found["distinct"])
                if name == "absl":
                    self.assertIsNone(found["top"])
                    self.assertIn("no identifiers are listed", done.stderr)
                else:
                    self.assertEqual(
                        [e["identifier"] for e in found["top"]],
                        [word.decode() for word in words[:20]],
                    )

    def start_on_an_endless_file(self, **options):
        """Counts some words and then a file that takes long; returns while it is at the latter."""
        self.write("a", "word " * 10)
        endless = self.path("b")
        endless.touch()
        os.truncate(endless, 1 << 36)  # a hole: long to read, nothing on disk
        started = subprocess.Popen(
            [COMMAND, "count", self.directory],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        self.wait_until_open(started, endless)
        return started

    def test_stopped_by_a_signal(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number):
                started = self.start_on_an_endless_file()
                started.send_signal(number)
                output, errors = started.communicate(timeout=60)
                self.assertEqual(started.returncode, status, errors)
                self.assertIn("stopped; what was counted so far is shown", errors)
                self.assertTrue(output.startswith("count  identifier\n   10  word\n"), output)

    def test_a_terminal_that_is_closed_tells_twice(self):
        started = self.start_on_an_endless_file()
        started.send_signal(signal.SIGHUP)
        started.send_signal(signal.SIGHUP)
        output, errors = started.communicate(timeout=60)
        self.assertEqual(started.returncode, 129, errors)
        self.assertTrue(output.startswith("count  identifier\n   10  word\n"), output)

    def test_goes_on_under_nohup(self):
        started = self.start_on_an_endless_file(
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
        started.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        self.assertIsNone(started.poll())
        started.send_signal(signal.SIGTERM)
        _, errors = started.communicate(timeout=60)
        self.assertEqual(started.returncode, 143, errors)

    def test_reader_gone_meanwhile(self):
        started = self.start_on_an_endless_file()
        started.stdout.close()
        started.send_signal(signal.SIGINT)
        errors = started.stderr.read()
        started.stderr.close()
        self.assertEqual(started.wait(timeout=60), 130)
        self.assertIn("cannot write to standard output: Broken pipe", errors)

    @staticmethod
    def wait_until_open(process, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                try:
                    if link.readlink() == path:
                        return
                except FileNotFoundError:
                    pass  # closed meanwhile
        raise TimeoutError


class ProgressTest(CommandTest):
    def test_a_bar_on_a_terminal_only(self):
        file = self.write("file", "word " * 100_000)
        reader, terminal = pty.openpty()
        done = run("count", file, self.path("missing"), stdout=terminal, stderr=terminal)
        os.close(terminal)
        shown = os.read(reader, 100_000).decode()
        os.close(reader)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(shown, r"\r\x1b\[K\[#*\.*\] +\d+ %  \S+ KiB of 488 KiB  \S+ .iB/s")
        # The bar is gone before the result is written.
        self.assertIn("\r\x1b[K  count  identifier", shown)
        self.assertNotIn("%", shown.partition("identifier")[2])
        self.assertEqual(run("count", file).stderr, "")

    def test_no_bar_on_a_dumb_terminal(self):
        file = self.write("file", "word " * 100_000)
        reader, terminal = pty.openpty()
        run("count", file, stderr=terminal, env={**os.environ, "TERM": "dumb"})
        os.write(terminal, b".")
        os.close(terminal)
        self.assertEqual(os.read(reader, 100), b".")
        os.close(reader)


if __name__ == "__main__":
    unittest.main()
