"""steady serve --redis and steady follow redis://..., with a redis-server of the test's own."""

import shutil
import socket
import subprocess
import time
import unittest

from command import COMMAND, CommandTest, run

TIME = 60


@unittest.skipUnless(shutil.which("redis-server"), "there is no redis-server to be run")
class RedisTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.start_redis()

    def start_redis(self):
        self.address = f"unix:{self.path('redis')}"
        self.source = f"redis://{self.address}/stock"
        self.redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path("redis"), "--save", "",
             "--dir", self.directory, "--logfile", self.path("redis.log"), "--appendonly", "yes",
             "--appendfsync", "no"],
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(self.redis.wait)
        self.addCleanup(self.redis.kill)

    def serve(self, lines, *arguments):
        """Changes a map, until Redis has all of it."""
        done = run(
            "serve", "stock", "--redis", self.address, "--end-with-input",
            *(arguments if "--stream" in arguments else ("--stream", "stock", *arguments)), cwd=self.directory, input=lines,
        )
        if "built without" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def follow(self, *arguments, source=None, status=0):
        done = run("follow", source or self.source, *arguments, cwd=self.directory)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def start_follower(self, *arguments):
        follower = subprocess.Popen(
            [COMMAND, "follow", self.source, *arguments], cwd=self.directory,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(follower.communicate)
        self.addCleanup(follower.kill)
        return follower

    def test_a_map_goes_through_redis(self):
        done = self.serve("set apples 3\nadd apples 4\nset pears 5\nerase pears\n")
        self.assertIn(f"serving 0 elements of stock at {self.source}\n", done.stderr)
        self.assertEqual(self.follow("--once", "--checkpoint", "here").stdout.splitlines()[-1],
                         "4\thas\tapples\t7")
        follower = self.start_follower("--until", "6", "--group", "one")
        self.assertEqual(follower.stdout.readline(), "4\thas\tapples\t7\n")
        self.serve("set plums 1\nclear\n")
        output, errors = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, errors), (0, ""))
        self.assertEqual(output, "5\tset\tplums\t1\n6\tclear\n")
        self.assertEqual(self.follow("--once", "--checkpoint", "here").stdout,
                         "5\tset\tplums\t1\n6\tclear\n")

    def test_a_follower_waits_for_the_stream(self):
        self.serve("", "--stream", "other")  # only to know whether there is hiredis
        follower = self.start_follower("--until", "1")
        while "there is no stream stock yet" not in (line := follower.stderr.readline()):
            self.assertIn("trying again", line)
        self.serve("set a 1\n")
        output, _ = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, output), (0, "1\thas\ta\t1\n"))

    def test_a_redis_that_is_killed_comes_back(self):
        self.serve("set a 1\n")
        follower = self.start_follower("--until", "2")
        self.assertEqual(follower.stdout.readline(), "1\thas\ta\t1\n")
        self.redis.kill()
        self.redis.wait()
        self.assertIn("; trying again", follower.stderr.readline())
        self.start_redis()
        self.serve("set b 2\n")
        output, _ = follower.communicate(timeout=TIME)
        self.assertEqual((follower.returncode, output), (0, "2\tset\tb\t2\n"))

    def test_a_server_without_redis_waits_for_it(self):
        self.serve("")  # only to know whether there is hiredis
        self.redis.kill()
        self.redis.wait()
        server = subprocess.Popen(
            [COMMAND, "serve", "stock", "--redis", self.address, "--stream", "stock",
             "--end-with-input"],
            cwd=self.directory, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.assertIn("serving 0 elements", server.stderr.readline())
        self.assertIn(f"{self.address}: ", server.stderr.readline())
        self.start_redis()
        server.communicate(timeout=TIME)
        self.assertEqual(server.returncode, 0)

    def test_what_is_refused(self):
        self.serve("set a 1\n")
        done = self.follow("--once", "--value", "text", status=1)
        self.assertIn("the stream has text to 'u64', and this is text to 'text'", done.stderr)
        for wrong in ("redis://localhost", "redis:///stock", "redis://localhost/"):
            self.assertIn("names no stream", self.follow(source=wrong, status=1).stderr)
        self.assertIn("is no address", self.follow(source="redis://a:b:c/x", status=1).stderr)
        self.assertIn("goes with redis://", self.follow("--group", "g", source="stock", status=2).stderr)
        for words in (["--redis", self.address], ["--stream", "stock"]):
            done = run("serve", "stock", *words, cwd=self.directory)
            self.assertEqual(done.returncode, 2, done.stderr)
        other = run(
            "serve", "other", "--value", "text", "--redis", self.address, "--stream", "stock",
            "--end-with-input", cwd=self.directory, input="",
        )
        self.assertEqual(other.returncode, 1)
        self.assertIn("the stream has text to 'u64'", other.stderr)

    def test_names_with_slashes(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        redis = subprocess.Popen(
            ["redis-server", "--port", str(port), "--save", "", "--dir", self.directory],
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(redis.wait)
        self.addCleanup(redis.kill)
        self.address = f"127.0.0.1:{port}"
        done = self.serve("set a 1\n", "--stream", "a/b")
        self.assertIn(f"at redis://{self.address}/a/b\n", done.stderr)
        done = self.follow("--until", "1", source=f"redis://{self.address}/a/b")
        self.assertEqual(done.stdout, "1\thas\ta\t1\n")

    def test_nothing_behind_the_position_is_taken(self):
        self.serve("set a 1\n")
        self.follow("--once", "--checkpoint", "here")
        self.serve("".join(f"set key{n} {n}\n" for n in range(2, 8)))
        for until in (3, 5):
            done = self.follow("--until", until, "--checkpoint", "here")
            self.assertEqual([line[0] for line in done.stdout.splitlines()],
                             [str(until - 1), str(until)])

    def test_output_that_is_lost_is_not_acknowledged(self):
        self.serve("set a 1\n")
        self.follow("--once", "--checkpoint", "here", "--group", "one")
        self.serve("set b 2\nset c 3\n")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = run("follow", self.source, "--once", "--checkpoint", "here", "--group", "one",
                       cwd=self.directory, stdout=full)
        self.assertEqual(done.returncode, 1)
        pending = subprocess.run(
            ["redis-cli", "-s", self.path("redis"), "xpending", "stock", "one"],
            capture_output=True, text=True, check=True,
        )
        self.assertNotEqual(pending.stdout.splitlines()[0], "0")
        done = self.follow("--once", "--checkpoint", "here", "--group", "one")
        self.assertEqual(done.stdout, "2\tset\tb\t2\n3\tset\tc\t3\n")

    def test_wants_the_password(self):
        self.serve("set a 1\n")
        for _ in range(200):
            done = subprocess.run(
                ["redis-cli", "-s", self.path("redis"), "config", "set", "requirepass", "sesame"],
                capture_output=True, text=True, check=False,
            )
            if done.stdout.startswith("OK"):
                break
            time.sleep(0.05)
        secret = self.write("password", "sesame\n")
        self.assertIn("NOAUTH", self.follow("--once", status=1).stderr)
        self.serve("set b 2\n", "--redis-password-file", secret)
        done = self.follow("--once", "--redis-password-file", secret)
        self.assertIn("\tb\t2\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
