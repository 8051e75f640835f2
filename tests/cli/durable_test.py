"""steady log, steady serve and steady follow, as a user runs them."""

import itertools
import re
import resource
import shutil
import subprocess
import time
import unittest

from command import COMMAND, run
from durable_maps import TIME, DurableMapTest


class DurableTest(DurableMapTest):
    def test_follows_a_server_and_its_directory(self):
        server, address = self.serve()
        self.tell(server, "set apples 3\nadd apples 4\nset pears 5\nerase pears\nget apples\n")
        self.assertEqual(server.stdout.readline(), "apples\thas\t7\n")
        done = self.follow(address, "--until", 4, "--once")
        self.assertEqual(done.stdout, "4\thas\tapples\t7\n")
        done = self.follow("stock", "--once")
        self.assertEqual(done.stdout.splitlines()[-1], "4\terase\tpears")
        follower = subprocess.Popen(
            [COMMAND, "follow", address, "--until", "6"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        self.assertEqual(follower.stdout.readline(), "4\thas\tapples\t7\n")
        self.tell(server, "set two\\words 1\nclear\n")
        output, errors = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, errors), (0, ""))
        self.assertEqual(output, "5\tset\ttwo\\\\words\t1\n6\tclear\n")
        server.terminate()
        server.communicate(timeout=TIME)
        self.assertEqual(server.returncode, 128 + 15)

    def test_keys_do_not_control_a_terminal(self):
        self.fill(b"set a\x1b\x7f\xc2\x9bb\xc3\xa9 1\n")
        done = self.follow("stock", "--once")
        self.assertEqual(done.stdout, "1\tset\ta\\x1b\\x7f\\xc2\\x9bb\u00e9\t1\n")

    def test_goes_on_from_a_checkpoint(self):
        self.fill("set a 1\nset b 2\n")
        first = self.follow("stock", "--once", "--checkpoint", "here")
        self.assertIn("1\tset\ta\t1\n", first.stdout)
        self.fill("set c 3\n")
        second = self.follow("stock", "--once", "--checkpoint", "here")
        self.assertEqual(second.stdout.splitlines()[-1], "3\tset\tc\t3")
        self.assertNotIn("set\ta", second.stdout)

    def test_a_server_that_is_killed_comes_back(self):
        server, address = self.serve()
        self.tell(server, "".join(f"set key{n} {n}\n" for n in range(100)))
        follower = subprocess.Popen(
            [COMMAND, "follow", address, "--until", "101", "--quiet"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        self.follow(address, "--until", 100, "--quiet")
        server.kill()
        server.wait(timeout=TIME)
        again, _ = self.serve_at(address)
        self.tell(again, "set last 1\n")
        output, errors = follower.communicate(timeout=TIME)
        self.assertEqual(follower.returncode, 0, errors)
        self.assertRegex(errors, rf"^(steady: {re.escape(address)}: .+; trying again\n)*$")
        self.assertRegex(output, r"^position 101, 101 elements")

    def test_says_that_a_server_cannot_be_reached(self):
        self.serve()  # only to know whether there are sockets
        follower = subprocess.Popen(
            [COMMAND, "follow", "unix:none", "--once"], cwd=self.directory,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.kill)
        self.assertEqual(
            follower.stderr.readline(),
            "steady: unix:none: No such file or directory; trying again\n",
        )
        follower.terminate()
        self.assertEqual(follower.communicate(timeout=TIME), ("", ""))
        self.assertEqual(follower.returncode, 128 + 15)

    def serve_at(self, address):
        for _ in range(100):
            process = subprocess.Popen(
                [COMMAND, "serve", "stock", "--listen", address], cwd=self.directory,
                stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            if "serving 100 elements" in process.stderr.readline():
                self.addCleanup(process.communicate)
                self.addCleanup(process.kill)
                return process, address
            process.communicate()
            time.sleep(0.05)
        self.fail("the server does not come back")
        return None

    def test_wants_the_secret(self):
        secret = self.write("secret", "sesame\n")
        wrong = self.write("wrong", "open\n")
        server, address = self.serve("--secret-file", secret)
        self.tell(server, "set a 1\n")
        done = self.follow(address, "--once", "--secret-file", wrong, status=1)
        self.assertIn("another secret", done.stderr)
        self.assertEqual(done.stdout, "")
        done = self.follow(address, "--once", status=1)
        self.assertIn("wants a secret", done.stderr)
        done = self.follow(address, "--until", 1, "--secret-file", secret)
        self.assertEqual(done.stdout.split("\t")[-2:], ["a", "1\n"])
        windows = self.write("windows", "sesame\r\n")
        done = self.follow(address, "--until", 1, "--secret-file", windows)
        self.assertEqual(done.stdout.split("\t")[-2:], ["a", "1\n"])
        self.path("folder").mkdir()
        self.write("empty", "\n")
        self.write("half_empty", "\r\n")
        for name, why in (
            ("none", "cannot read none: No such file or directory; its first line should be"),
            ("folder", "cannot read folder: Is a directory; its first line should be"),
            ("empty", "empty: its first line should be the secret, and is empty"),
            ("half_empty", "half_empty: its first line should be the secret, and is empty"),
        ):
            done = self.follow(address, "--once", "--secret-file", name, status=1)
            self.assertIn(why, done.stderr)

    def test_says_why_it_cannot_listen(self):
        _, address = self.serve()
        for where, why in (
            (address, "Address already in use"),
            ("unix:no/such/socket", "No such file or directory"),
        ):
            done = run("serve", "other", "--listen", where, cwd=self.directory)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, f"steady: cannot listen at {where}: {why}\n")

    def test_says_which_line_is_wrong(self):
        much = "x" * (3 << 20)
        done = self.fill(
            f"set a 1\nset b x\nadd a 1 2\nnonsense\nset  a 1\nset {much} 1\nset c\n"
            f"add a {2**64 - 1}\n"
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 2: 'x' is not a whole number", done.stderr)
        self.assertIn("line 3: '1 2' is not", done.stderr)
        self.assertIn("line 4: it should be", done.stderr)
        self.assertIn("line 5: the key is missing, or there are two blanks", done.stderr)
        self.assertIn("line 6: it is longer than a MiB", done.stderr)
        self.assertIn("line 7: it should be 'set KEY VALUE'", done.stderr)
        self.assertIn("line 8: 1 and 18446744073709551615 are too much", done.stderr)
        self.assertIn("7 lines are wrong, and what the others say is done", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 8)

    def serve_with_little_room(self, *arguments):
        """A server whose files may have 2 KiB, as on a disk that is nearly full."""
        process = subprocess.Popen(
            [COMMAND, "serve", "stock", "--listen", "unix:socket", "--end-with-input", *arguments],
            cwd=self.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, resource.RLIM_INFINITY)),
        )
        self.addCleanup(process.kill)
        said = process.stderr.readline()
        self.skip_if_missing(said)
        self.assertIn("serving 0 elements", said)
        return process

    def fill_up(self, server):
        """Until a change fails; gives how many that took, and what was said first."""
        end = time.monotonic() + TIME
        for n in itertools.count(1):
            self.assertLess(time.monotonic(), end, "the disk does not get full")
            self.tell(server, f"set key{n} {n}\nget key{n}\n")
            if server.stdout.readline() == f"key{n}\tnone\n":
                return n, server.stderr.readline()
        return None

    def test_goes_on_when_a_change_has_failed(self):
        for sync in ("each", "never"):
            server = self.serve_with_little_room("--sync", sync)
            lines, said = self.fill_up(server)
            self.assertRegex(said, "cannot write .*/stock/log.0000000000000000000")
            self.assertRegex(said, "File too large|later")
            resource.prlimit(
                server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            self.tell(server, "set later 1\nget later\n")
            self.assertEqual(server.stdout.readline(), "later\thas\t1\n")
            output, errors = server.communicate(timeout=TIME)
            self.assertEqual((server.returncode, output), (1, ""), errors)
            where = f"({2 * lines + 1}|{2 * lines + 2})"  # the set or, if its sync tells, the get
            self.assertRegex(errors, f"line {where}: changes succeed again")
            self.assertIn("1 changes were not made", errors)
            done = self.follow("stock", "--once")
            self.assertTrue(done.stdout.endswith("\tset\tlater\t1\n"), done.stdout)
            self.assertNotIn(f"set\tkey{lines}\t", done.stdout)
            done = run("log", "--verify", "stock", cwd=self.directory)
            self.assertEqual(done.returncode, 0, done.stdout)
            shutil.rmtree(self.path("stock"))

    def test_says_at_the_end_what_is_not_on_the_disk(self):
        server = self.serve_with_little_room()
        self.fill_up(server)
        self.tell(server, "".join(f"set more{n} 1\n" for n in range(50)))
        _, errors = server.communicate(timeout=TIME)
        self.assertEqual(server.returncode, 1)
        self.assertIn("51 changes were not made", errors)
        self.assertLess(errors.count("\n"), 6, "the same trouble is told once")

    def test_other_types_are_refused(self):
        self.fill("set a 1\n")
        done = self.fill("set a b\n", "--value", "text")
        self.assertEqual(done.returncode, 1)
        self.assertIn("holds a map of text to u64", done.stderr)
        self.assertFalse(done.stderr.startswith("steady: steady:"))

    def test_lists_verifies_compacts_and_salvages(self):
        self.fill("".join(f"set key{n} {n}\n" for n in range(200)))
        done = run("log", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^text to u64, map [0-9a-f]{16}\nlog\.0+1 +\S+ \S+ +changes after 0\n$")
        done = run("log", "--verify", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("200 changes, up to 200\nAll records are whole.\n", done.stdout)

        done = run("log", "--compact", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("200 elements as of position 200", done.stdout)
        self.assertEqual([file.name for file in self.path("stock").glob("log.*")], [])
        done = run("log", "--verify", "stock", cwd=self.directory)
        self.assertIn("200 elements as of 200\nAll records are whole.\n", done.stdout)

        self.fill("".join(f"set new{n} {n}\n" for n in range(200)))
        self.fill("set end 1\n")  # behind a sync, so that damage before it is no torn end
        log = sorted(self.path("stock").glob("log.*"))[-1]
        damaged = bytearray(log.read_bytes())
        damaged[len(damaged) * 3 // 4] ^= 1
        log.write_bytes(damaged)
        done = run("log", "--verify", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"DAMAGED at byte \d+: no whole record there")
        for done in (self.fill(""), run("log", "--compact", "stock", cwd=self.directory)):
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"is damaged at byte \d+: ")
            self.assertIn(
                "\nsteady: to keep what can be read: steady log --salvage stock\n", done.stderr
            )
        done = run("log", "--salvage", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("400 elements", done.stdout)
        self.assertIn("passed over", done.stdout)
        done = run("log", "--verify", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_follows_past_a_damaged_snapshot(self):
        self.fill("set a 1\nset b 2\n")
        log = next(self.path("stock").glob("log.*"))
        kept = log.read_bytes()
        run("log", "--compact", "stock", cwd=self.directory)
        log.write_bytes(kept)  # as where the writer was killed before it removed the log
        snapshot = next(self.path("stock").glob("snapshot.*"))
        snapshot.write_bytes(snapshot.read_bytes()[:-2])
        done = self.follow("stock", "--once")
        self.assertEqual(done.stdout, "1\tset\ta\t1\n2\tset\tb\t2\n")
        self.assertRegex(
            done.stderr,
            r"^steady: /.*/stock/snapshot\.0+2 is damaged at byte \d+: .*; passed over\n$",
        )
        log.unlink()
        done = self.follow("stock", "--once", status=1)
        self.assertRegex(done.stderr, r"snapshot\.0+2 is damaged at byte \d+")

    def test_torn_end_is_no_damage(self):
        self.fill("set a 1\nset b 2\n")
        log = next(self.path("stock").glob("log.*"))
        log.write_bytes(log.read_bytes()[:-3])
        done = run("log", "--verify", "stock", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"1 changes, up to 1\n  torn or being written at byte \d+")
        done = run("log", "--compact", "stock", cwd=self.directory)
        self.assertRegex(done.stdout, r"bytes of a write that did not finish, cut\n1 elements")

    def test_directories_without_a_map(self):
        self.path("empty").mkdir()
        for options in ([], ["--verify"], ["--salvage"]):
            done = run("log", *options, "empty", cwd=self.directory)
            self.assertEqual(done.returncode, 1)
            self.assertIn("durable map", done.stderr)
        done = run("log", "none", cwd=self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "cannot list /.*/none:")
        done = run("follow", "no-address", cwd=self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertIn("HOST:PORT", done.stderr)


if __name__ == "__main__":
    unittest.main()
