"""Where steady follow begins and ends: checkpoints, positions, and output that gets lost."""

import fcntl
import os
import signal
import struct
import subprocess
import termios
import unittest

from command import COMMAND, run
from durable_maps import TIME, DurableMapTest, change_byte, make_other_version


class CheckpointTest(DurableMapTest):
    def test_has_nothing_that_was_not_printed(self):
        self.fill("set a 1\nset b 2\n")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = run(
                "follow", "stock", "--once", "--checkpoint", "here", cwd=self.directory, stdout=full
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output: No space left", done.stderr)
        done = self.follow("stock", "--once", "--checkpoint", "here")
        self.assertEqual(done.stdout, "1\tset\ta\t1\n2\tset\tb\t2\n")

    def test_stays_when_the_reader_goes_away(self):
        # More than a pipe takes, so that the follower is still writing.
        self.fill("".join(f"set key{n} {n}\n" for n in range(20_000)), "--sync", "never")
        reading, writing = os.pipe()
        follower = subprocess.Popen(
            [COMMAND, "follow", "stock", "--once", "--checkpoint", "here"], cwd=self.directory,
            stdout=writing, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        os.close(writing)
        self.assertTrue(os.read(reading, 10))
        os.close(reading)
        _, errors = follower.communicate(timeout=TIME)
        self.assertEqual(follower.returncode, 1)
        self.assertIn("Broken pipe", errors)
        done = self.follow("stock", "--once", "--checkpoint", "here")
        self.assertEqual(done.stdout.count("\n"), 20_000)

    def test_has_what_was_received_before_a_failure(self):
        self.fill("".join(f"set key{n} {n}\n" for n in range(5000)), "--sync", "never")
        (self.path("stock") / "log.00000000000000005001").mkdir()  # cannot be read
        done = self.follow("stock", "--once", "--checkpoint", "here", status=1)
        self.assertRegex(done.stderr, r"cannot read /.*/stock/log\.0+5001: Is a directory")
        self.assertEqual(done.stdout.count("\n"), 5000)
        again = self.follow("stock", "--once", "--checkpoint", "here", status=1)
        self.assertEqual(again.stdout, "")
        done = self.follow("stock", "--once", "--quiet", status=1)
        self.assertRegex(done.stdout, "^position 5000, 5000 elements")

    def test_a_signal_ends_it_where_the_reader_stands_still(self):
        self.fill("".join(f"set key{n} {n}\n" for n in range(20_000)), "--sync", "never")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            reading, writing = os.pipe()
            self.addCleanup(os.close, reading)
            room = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
            follower = subprocess.Popen(
                [COMMAND, "follow", "stock", "--once", "--checkpoint", "here"], cwd=self.directory,
                stdout=writing, stderr=subprocess.PIPE, text=True,
            )
            self.addCleanup(follower.kill)
            os.close(writing)
            while struct.unpack("i", fcntl.ioctl(reading, termios.FIONREAD, bytes(4)))[0] < room:
                self.assertIsNone(follower.poll())
            self.wait_until_it_sleeps(follower)
            follower.send_signal(number)
            _, errors = follower.communicate(timeout=TIME)
            self.assertEqual(follower.returncode, 128 + number, errors)
            self.assertIn("stopped by a signal before all of it was taken", errors)
            self.assertFalse(self.path("here").exists())

    def wait_until_it_sleeps(self, process):
        while True:
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "S":
                    return

    def test_that_cannot_be_written_is_found_at_once(self):
        self.fill("set a 1\n")
        for path, why in (
            ("no/such/here", "cannot write no/such/here.partial: No such file or directory"),
            (".", "it is a directory"),
        ):
            done = self.follow("stock", "--once", "--checkpoint", path, status=1)
            self.assertEqual(done.stdout, "")
            self.assertIn(why, done.stderr)

    def test_one_that_was_not_completed_is_no_hindrance(self):
        self.fill("set a 1\n")
        self.write("here.partial", "half of one")
        self.follow("stock", "--once", "--checkpoint", "here")
        self.assertEqual(self.follow("stock", "--once", "--checkpoint", "here").stdout, "")
        self.assertFalse(self.path("here.partial").exists())


class UntilTest(DurableMapTest):
    def test_nothing_behind_the_position_is_taken(self):
        self.fill("".join(f"set key{n} {n}\n" for n in range(10)))
        for words in ([], ["--quiet"]):
            done = self.follow("stock", "--until", 3, "--checkpoint", "here", *words)
            if not words:
                self.assertEqual(done.stdout.splitlines()[-1], "3\tset\tkey2\t2")
            else:
                self.assertRegex(done.stdout, "^position 3, 3 elements")
            rest = self.follow("stock", "--until", 7, "--checkpoint", "here")
            self.assertEqual(
                rest.stdout, "".join(f"{n + 1}\tset\tkey{n}\t{n}\n" for n in range(3, 7))
            )
            again = self.follow("stock", "--until", 5, "--checkpoint", "here")
            self.assertEqual(again.stdout, "")
            self.path("here").unlink()

    def test_of_a_server(self):
        server, address = self.serve()
        self.tell(server, "set a 1\nget a\n")
        server.stdout.readline()
        follower = subprocess.Popen(
            [COMMAND, "follow", address, "--until", "3", "--checkpoint", "here"],
            cwd=self.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        self.assertEqual(follower.stdout.readline(), "1\thas\ta\t1\n")
        self.tell(server, "set b 2\nset c 3\nset d 4\nset e 5\nget e\n")
        server.stdout.readline()
        output, errors = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, errors), (0, ""))
        self.assertEqual(output, "2\tset\tb\t2\n3\tset\tc\t3\n")
        done = self.follow(address, "--once", "--checkpoint", "here")
        self.assertEqual(done.stdout, "4\tset\td\t4\n5\tset\te\t5\n")

    def test_a_snapshot_may_be_later(self):
        self.fill("set a 1\nset b 2\nset a 3\n")
        run("log", "--compact", "stock", cwd=self.directory)
        done = self.follow("stock", "--until", 2)
        self.assertEqual(sorted(done.stdout.splitlines()), ["3\thas\ta\t3", "3\thas\tb\t2"])


class TornEndTest(DurableMapTest):
    def test_is_told_of_and_ends_it_with_once(self):
        self.fill("set a 1\nset b 2\n")
        log = next(self.path("stock").glob("log.*"))
        log.write_bytes(log.read_bytes()[:-3])
        done = self.follow("stock", "--once", "--checkpoint", "here", status=1)
        self.assertEqual(done.stdout, "1\tset\ta\t1\n")
        self.assertRegex(
            done.stderr,
            r"^steady: the end of /.*/stock/log\.0+1 is being written, or torn; it is not waited for "
            r"any longer\n$",
        )
        follower = subprocess.Popen(
            [COMMAND, "follow", "stock", "--until", "2", "--checkpoint", "here"],
            cwd=self.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        self.assertIn("torn; waiting for its writer", follower.stderr.readline())
        self.fill("set c 3\n")
        output, errors = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, errors), (0, ""))
        self.assertEqual(output, "2\tset\tc\t3\n")

class NoMapTest(DurableMapTest):
    def test_once_does_not_wait_for_ever(self):
        self.fill("set a 1\n")
        whole = self.only("log").read_bytes()
        sources = {
            "empty": " has no durable map yet",
            "torn": "has no whole header: it is damaged, torn, or being written",
            "damaged": "has no whole header: it is damaged, torn, or being written",
            "newer": "is of another version of the format; this command reads version 1",
        }
        followers = {}
        for name in sources:
            self.path(name).mkdir()
            log = self.path(name) / "log.00000000000000000001"
            if name == "torn":
                log.write_bytes(whole[:20])
            elif name != "empty":
                log.write_bytes(whole)
            if name == "damaged":
                change_byte(log, 10)
            if name == "newer":
                make_other_version(log)
            for words in (["--once"], []):
                follower = subprocess.Popen(
                    [COMMAND, "follow", name, *words], cwd=self.directory, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True,
                )
                self.addCleanup(follower.communicate)
                self.addCleanup(follower.kill)
                followers[name, bool(words)] = follower
        for name, why in sources.items():
            with self.subTest(name):
                once = followers[name, True]
                output, errors = once.communicate(timeout=TIME)
                self.assertEqual((once.returncode, output), (1, ""), errors)
                self.assertRegex(errors, f"^steady: .*{name}.*{why}; it is not waited for any longer\n$")
                waiting = followers[name, False]
                self.assertRegex(waiting.stderr.readline(), f"{why}; waiting for its writer\n$")
                self.assertIsNone(waiting.poll())
        self.path("empty/log.00000000000000000001").write_bytes(whole)
        self.assertEqual(followers["empty", False].stdout.readline(), "1\tset\ta\t1\n")


if __name__ == "__main__":
    unittest.main()
