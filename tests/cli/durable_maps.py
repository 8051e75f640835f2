"""Durable maps for the tests of steady log, steady serve and steady follow."""

import re
import subprocess

from command import COMMAND, CommandTest, run

TIME = 60


def crc32c(content):
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def make_other_version(file):
    """Changes the version in the header of a file, and its checksum (docs/formats.md)."""
    content = bytearray(file.read_bytes())
    length = int.from_bytes(content[:4], "little")
    content[17:19] = (2).to_bytes(2, "little")  # behind length, checksum, tag and 8 bytes
    whole = bytes(content[:4]) + bytes(content[8 : 8 + length])
    content[4:8] = crc32c(whole).to_bytes(4, "little")
    file.write_bytes(content)


def change_byte(file, at):
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


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

    def only(self, kind):
        """The file of a map that is a log, or a snapshot."""
        found = list(self.path("stock").glob(kind + ".0*"))
        self.assertEqual(len(found), 1, found)
        return found[0]

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
