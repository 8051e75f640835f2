"""steady serve --load, and options that go with another destination."""

import os
import pty
import subprocess
import unittest

from command import COMMAND, run
from durable_maps import DurableMapTest


class LoadTest(DurableMapTest):
    def load(self, path, *arguments, **options):
        done = run(
            "serve", "stock", "--listen", "unix:socket", "--load", path, "--end-with-input",
            *arguments, cwd=self.directory, stdin=subprocess.DEVNULL, **options,
        )
        self.skip_if_missing(done.stderr)
        return done

    def test_what_cannot_be_read_is_no_empty_file(self):
        self.path("folder").mkdir()
        for path, why in (
            ("folder", "cannot read folder: Is a directory"),
            ("none", "cannot read none: No such file or directory"),
            ("/proc/self/mem", "cannot read /proc/self/mem: Input/output error"),
        ):
            done = self.load(path)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(why, done.stderr)
            self.assertNotIn("serving", done.stderr)

    def test_answers_that_cannot_be_written(self):
        self.write("lines", "set a 1\nget a\nset b 2\n")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.load("lines", stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr, "steady: cannot write to standard output: No space left on device\n"
        )

    def test_names_the_file(self):
        self.write("lines", "set a 1\nnonsense\n")
        done = self.load("lines")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("steady: lines: line 2: it should be"), done.stderr)
        self.assertIn(
            "\nsteady: lines: 1 lines are wrong, and what the others say is done: give --load only "
            "the wrong ones again, mended\n",
            done.stderr,
        )

    def test_a_directory_that_is_not_needed_goes_again(self):
        self.write("wrong", "nonsense\n")
        self.write("lines", "set a 1\nnonsense\n")
        busy = ["--listen", "unix:no/such/socket", "--end-with-input"]
        for arguments in (busy, ["--listen", "unix:socket", "--load", "none"],
                          ["--listen", "unix:socket", "--load", "wrong"],
                          ["--listen", "unix:socket", "--secret-file", "none"]):
            done = run("serve", "new", *arguments, cwd=self.directory, stdin=subprocess.DEVNULL)
            self.skip_if_missing(done.stderr)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertFalse(self.path("new").exists(), arguments)
        self.path("mine").mkdir()
        run("serve", "mine", *busy, cwd=self.directory, stdin=subprocess.DEVNULL)
        self.assertTrue(self.path("mine").exists())
        self.load("lines")
        self.assertTrue(self.only("log").exists())

    def test_tells_how_far_the_opening_is(self):
        self.fill("".join(f"set key{n} {n}\n" for n in range(100_000)), "--sync", "never")
        reader, terminal = pty.openpty()
        done = run(
            "serve", "stock", "--listen", "unix:socket", "--end-with-input", cwd=self.directory,
            stdin=subprocess.DEVNULL, stderr=terminal, env={**os.environ, "TERM": "xterm"},
        )
        os.close(terminal)
        shown = os.read(reader, 100_000).decode()
        os.close(reader)
        self.assertEqual(done.returncode, 0, shown)
        self.assertRegex(shown, r"^\r\x1b\[K\[[#.]{30}\] +\d+ %")

    def test_takes_a_byte_order_mark(self):
        self.write("lines", b"\xef\xbb\xbfset a 1\nget a\n")
        done = self.load("lines")
        self.assertEqual((done.returncode, done.stdout), (0, "a\thas\t1\n"), done.stderr)


class InputTest(DurableMapTest):
    """What comes in is made, or it is told that it was not."""

    def test_where_changes_cannot_share_a_sync(self):
        self.path("stock/feed").mkdir(parents=True)  # cannot be removed, as before a first group
        text = "x" * 10_000
        lines = "".join(f"set key{n} {text}\n" for n in range(200))  # longer than a line may be
        done = self.fill(lines, "--value", "text")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = f"cannot remove {self.path('stock/feed')}: Is a directory; each change is synced by itself"
        self.assertEqual(done.stderr.count(said), 1, "told once")
        self.assertEqual(done.stderr.count("\n"), 2, done.stderr)
        self.assertIn("position 200, 200 elements", self.follow("stock", "--once", "--quiet").stdout)

    def test_input_that_cannot_be_read_is_no_end(self):
        with open("/proc/self/mem", "rb") as unreadable:
            done = run(
                "serve", "stock", "--listen", "unix:socket", "--end-with-input",
                cwd=self.directory, stdin=unreadable,
            )
        self.skip_if_missing(done.stderr)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("\nsteady: cannot read standard input: Input/output error\n", done.stderr)


class SourceTest(DurableMapTest):
    """What would be ignored is refused: somebody may rely on it."""

    def refused(self, *arguments):
        done = run(*arguments, cwd=self.directory, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_options_of_sockets(self):
        self.path("folder").mkdir()
        secret = self.write("secret", "sesame\n")
        for option in ("--secret-file", "--tls-authority", "--tls-pinned"):
            said = self.refused("follow", "redis://localhost/stock", option, secret)
            self.assertIn(f"{option} goes with a server's address", said)
            said = self.refused("follow", "folder", option, secret)
            self.assertIn(f"{option} goes with a server's address", said)
            self.assertIn("folder is a directory", said)
        to_redis = ("serve", "stock", "--redis", "localhost", "--stream", "stock")
        for options in (
            ["--secret-file", secret], ["--tls-certificate", secret, "--tls-key", secret],
        ):
            self.assertIn(f"{options[0]} goes with --listen", self.refused(*to_redis, *options))
        self.assertFalse(self.path("stock").exists())

    def test_types_of_directories(self):
        self.path("folder").mkdir()
        for option in ("--keys", "--value"):
            said = self.refused("follow", "folder", option, "text")
            self.assertIn(f"{option} goes with a server or Redis", said)

    def test_options_of_redis(self):
        self.path("folder").mkdir()
        for source in ("folder", "localhost:7411"):
            for option in ("--group", "--redis-password-file"):
                said = self.refused("follow", source, option, "x")
                self.assertIn(f"{option} goes with redis://", said)

    def test_streams_that_could_not_be_followed(self):
        said = self.refused("serve", "stock", "--redis", "unix:/run/redis", "--stream", "a/b")
        self.assertIn("--stream 'a/b' has a '/'", said)

    def test_a_mistyped_directory_is_no_address(self):
        for source in ("/no/such/dir", "./no:such"):
            done = run("follow", source, "--once")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{source} is no directory, and no address", done.stderr)

    def test_a_socket_needs_no_word_in_front(self):
        self.fill("set a 1\n")
        server = subprocess.Popen(
            [COMMAND, "serve", "stock", "--listen", "unix:socket"], cwd=self.directory,
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.assertIn("serving 1 elements", server.stderr.readline())
        for source in (self.path("socket"), "./socket", "unix:socket"):
            self.assertEqual(self.follow(source, "--once").stdout, "1\thas\ta\t1\n")


if __name__ == "__main__":
    unittest.main()
