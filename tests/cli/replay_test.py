"""steady replay, as a user sees it."""

import json
import os
import pty
import re
import socket
import unittest

from command import CommandTest, maps_of, run


def trace_of(count, keys=4000, step=0.0001):
    """Lines of a trace, and what a model says about it: (text, hits, misses, elements)."""
    lines, model, hits, misses = ["time,operation,key,size"], set(), 0, 0
    for i in range(count):
        key = i * 7919 * 31 % keys
        operation = ("put", "get", "put", "get", "delete")[i % 5]
        lines.append(f"{i * step:.6f},{operation},{key},{i % 100}")
        if operation == "put":
            model.add(key)
            continue
        hits, misses = (hits + 1, misses) if key in model else (hits, misses + 1)
        if operation == "delete":
            model.discard(key)
    return "\n".join(lines) + "\n", hits, misses, len(model)


class ReplayTest(CommandTest):
    def test_standard_input_from_where_it_is(self):
        text, *_ = trace_of(1000)
        words = ("replay", "-", "--duration", "0.01", "--rounds", "1", "--map", "steady")
        here, there = socket.socketpair()
        with here, there:
            here.sendall(text.encode())
            here.shutdown(socket.SHUT_WR)
            _, found = self.run_json(*words, stdin=there)
        self.assertEqual(found["requests"], 1000)
        file = self.write("trace.csv", "a line that somebody has read\n" + text)
        with open(file, "rb", buffering=0) as partly_read:
            partly_read.read(len("a line that somebody has read\n"))
            _, found = self.run_json(*words, stdin=partly_read)
        self.assertEqual(found["requests"], 1000)

    def test_a_trace(self):
        text, hits, misses, elements = trace_of(20_000)
        file = self.write("trace.csv", text)
        done, found = self.run_json("replay", file, "--speed", 20, "--rounds", 2)
        self.assertEqual(done.stderr, "")
        self.assertEqual([row["name"] for row in found["maps"]], maps_of("numbers"))
        self.assertEqual((found["requests"], found["reads"], found["writes"], found["erases"]),
                         (20_000, 8000, 8000, 4000))
        self.assertEqual((found["speed"], found["span_ns"], found["rounds"]), (20, 1_999_900_000, 2))
        for row in found["maps"]:
            with self.subTest(row["name"]):
                self.assertIsNone(row["failure"])
                self.assertEqual((row["hits"], row["misses"], row["elements"]), (hits, misses, elements))
        for row in [*found["maps"], found["control"]]:
            for name in ("p50", "p90", "p99", "p99.9"):
                self.assertLessEqual(row["service_ns"][name], row["response_ns"][name])
            self.assertLessEqual(row["service_ns"]["max"]["min"], row["response_ns"]["max"]["min"])
        lines = done.stdout.splitlines()
        self.assertIn(maps_of("numbers") + ["control"], [line.split() for line in lines])
        self.assertEqual(lines[-1], found["in_short"])
        self.assertIn("(reads 8,000, writes 8,000, erasures 4,000)", lines[0])

    def test_standard_input_texts_and_fewer_maps(self):
        text = "key;when\nabc;1\ndef;1\nabc;2\n"
        done, found = self.run_json(
            "replay", "-", "--separator", ";", "--time-column", "when", "--time-unit", "ms",
            "--map", "steady,boost", input=text,
        )
        self.assertEqual([row["name"] for row in found["maps"]], ["steady", "boost"])
        self.assertEqual((found["keys"], found["source"], found["span_ns"]), ("string", "standard input", 1_000_000))
        self.assertEqual(found["maps"][0]["elements"], 2)
        self.assertNotIn("std::unordered_map", done.stdout)

    def test_fill(self):
        text = "time,operation,key\n1,get,5\n1,get,5\n1,get,6\n"
        for fill, elements, hits in (([], 0, 0), (["--fill"], 2, 1)):
            _, found = self.run_json("replay", "-", "--map", "std", *fill, input=text)
            self.assertEqual((found["maps"][0]["elements"], found["maps"][0]["hits"]), (elements, hits))

    def test_a_coarse_clock(self):
        text = "time,key\n" + "".join(f"{i // 100},{i}\n" for i in range(1000))
        done, found = self.run_json("replay", "-", "--duration", "0.05", "--map", "steady", input=text)
        self.assertEqual(found["at_once"], 990)
        self.assertIn("990 requests have the time of the one before", done.stdout)
        self.assertGreaterEqual(found["maps"][0]["late"], 990)
        self.assertAlmostEqual(found["speed"], 180)
        done, found = self.run_json(
            "replay", "-", "--duration", "0.05", "--map", "steady", "--spread", input=text
        )
        self.assertEqual((found["at_once"], found["spread"]), (0, True))
        self.assertIn("were spread evenly", done.stdout)

    def test_bad_lines(self):
        text = "time,operation,key\n1,put,5\n2,jump,6\n3,put,7\noops\n"
        done = run("replay", "-", input=text)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(
            done.stderr,
            "steady: standard input: line 3: the operation 'jump' is not known; --reads, --writes and "
            "--erases say what it is; --skip-bad-lines passes over such lines\n",
        )
        done, found = self.run_json("replay", "-", "--speed", 100, "--skip-bad-lines", input=text)
        self.assertEqual((found["requests"], found["skipped_lines"]), (2, 2))
        self.assertTrue(found["first_skipped"].startswith("line 3: the operation 'jump'"))
        self.assertIn("2 bad lines skipped; the first is line 3", done.stdout)
        done, found = self.run_json("replay", "-", "--speed", 100, "--skip-bad-lines", "--writes", "put,jump", input=text)
        self.assertEqual((found["requests"], found["skipped_lines"]), (3, 1))

    def test_tells_how_much_of_a_trace_is_read(self):
        file = self.write("trace.csv", "time,key\n0,1\n0,2\n" + "," * 8)
        for arguments, shown_first in (
            ([file], r"\[#+\] 100 %  25 B of 25 B"), (["-"], "reading the trace: 25 B"),
        ):
            reader, terminal = pty.openpty()
            with open(file, encoding="utf-8") as text:
                done = run(
                    "replay", *arguments, stdin=text, stderr=terminal,
                    env={**os.environ, "TERM": "xterm"},
                )
            os.close(terminal)
            shown = os.read(reader, 100_000).decode()
            os.close(reader)
            self.assertEqual(done.returncode, 1, shown)
            self.assertRegex(shown, rf"^\r\x1b\[K{shown_first}")

    def test_a_replay_that_would_take_years(self):
        done = run("replay", "-", "--speed", "1e-300", input="time,key\n1,1\n2,1\n")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--speed and --duration make it shorter", done.stderr)
        self.assertLess(len(done.stderr), 300)

    def test_a_replay_in_no_time(self):
        file = self.write("trace.csv", "time,key\n0,1\n1,2\n")
        done = run("replay", file, "--duration", "1e-310")
        self.assertEqual(done.returncode, 1)
        self.assertIn("too short for a replay of 1.000 s", done.stderr)

    def test_a_skipped_line_is_shown_in_part(self):
        file = self.write("trace.csv", "time,key\n" + "x" * 100_000 + ",1\n0,1\n")
        _, found = self.run_json("replay", file, "--skip-bad-lines", "--map", "steady", "--rounds", 1)
        self.assertLess(len(found["first_skipped"]), 1100)

    def test_a_skipped_line_does_not_control_a_terminal(self):
        file = self.write("trace.csv", "time,key\n\x1b[2Jx,1\n0,1\n")
        done = run("replay", file, "--skip-bad-lines", "--map", "steady", "--rounds", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the time '?[2Jx' is no number", done.stdout)

    def test_requests_of_one_moment(self):
        _, found = self.run_json("replay", "-", "--duration", 3, "--map", "std", input="time,key\n1,1\n1,2\n")
        self.assertEqual((found["speed"], found["maps"][0]["elements"]), (1, 2))

    def test_what_cannot_be_read(self):
        directory = self.path("directory")
        directory.mkdir()
        for path, expected in (
            (self.path("missing"), "No such file or directory"),
            (directory, "Is a directory"),
            (self.write("empty", ""), "there are no requests in it"),
        ):
            done = run("replay", path)
            self.assertEqual((done.returncode, done.stderr), (1, f"steady: {path}: {expected}\n"))

    def test_a_map_that_runs_out_of_memory(self):
        text = "time,key\n" + "".join(f"0,{i}\n" for i in range(600_000))
        file = self.write("trace.csv", text)
        done, found = self.run_json("replay", file, status=1, memory=80)
        failures = {row["name"]: row["failure"] for row in found["maps"]}
        self.assertEqual(failures["absl"], "out of memory")
        self.assertIsNone(failures["steady"])
        self.assertIn("steady: absl::flat_hash_map: out of memory\n", done.stderr)

    def test_report(self):
        report = self.path("report.html")
        text, *_ = trace_of(5000)
        self.run_json("replay", "-", "--speed", 20, "--report", report, input=text)
        html = report.read_text(encoding="utf-8")
        for part in ("Response times, by percentile", "Service times, by percentile", "replay - --speed 20"):
            self.assertIn(part, html)
        self.assertEqual(html.count("<figcaption>"), 4)

    def test_memory_over_time(self):
        report = self.path("report.html")
        text = "time,key\n" + "".join(f"{i / 1e6:.6f},{i}\n" for i in range(100_000))
        _, found = self.run_json("replay", "-", "--report", report, input=text)
        data = re.search(r'id="data">(.*?)</script>', report.read_text(encoding="utf-8"), re.DOTALL)
        memory = json.loads(data.group(1))["plots"]["memory"]["maps"]
        self.assertEqual([each["name"] for each in memory], maps_of("numbers"))
        for each, row in zip(memory, found["maps"]):
            with self.subTest(row["name"]):
                # 100 ms and more, from nothing to what the other runs ended with.
                self.assertGreaterEqual(len(each["bytes"]) * each["interval_ns"], 99_000_000)
                self.assertLess(each["bytes"][0], each["bytes"][-1] / 4)
                self.assertLess(abs(each["bytes"][-1] - row["final_memory_bytes"]), 3_000_000)


if __name__ == "__main__":
    unittest.main()
