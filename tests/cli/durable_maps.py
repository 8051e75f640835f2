"""Durable maps for the tests of steady log, steady serve and steady follow."""

import re
import subprocess

from command import COMMAND, CommandTest, run

TIME = 60


class DurableMapTest(CommandTest):
    """With a map in the directory stock."""

    def serve(self, *arguments, stdin=subprocess.PIPE):
        """Starts a server on a free port; gives (process, its address)."""
        process = subprocess.Popen(
            [COMMAND, "serve", "stock", "--listen", "127.0.0.1:0", *map(str, arguments)],
            cwd=self.directory,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        line = process.stderr.readline()
        self.skip_if_missing(line)
        found = re.search(r"serving (\d+) elements of stock at (127\.0\.0\.1:\d+)", line)
        self.assertIsNotNone(found, line)
        return process, found.group(2)

    def skip_if_missing(self, errors):
        """Where the command was built without Boost.Asio or OpenSSL."""
        missing = re.search(r"built without .*install \S+", errors)
        if missing:
            self.skipTest(missing.group())

    def tell(self, process, text):
        process.stdin.write(text)
        process.stdin.flush()

    def follow(self, source, *arguments, status=0):
        done = run("follow", source, *arguments, cwd=self.directory)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def fill(self, lines, *arguments):
        """A map that was written and closed."""
        file = self.write("lines", lines)
        done = run(
            "serve", "stock", "--listen", "unix:socket", "--load", file, "--end-with-input",
            *arguments, cwd=self.directory, stdin=subprocess.DEVNULL,
        )
        self.skip_if_missing(done.stderr)
        return done
