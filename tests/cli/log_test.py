"""steady log: signals, what a crash leaves, and maps that change meanwhile."""

import os
import shutil
import signal
import subprocess
import unittest

from command import COMMAND, run
from durable_maps import TIME, DurableMapTest, change_byte, make_other_version

MUCH = 40 << 20


class LogTest(DurableMapTest):
    def log(self, *arguments, status=0):
        done = run("log", *arguments, "stock", cwd=self.directory)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def names(self):
        return sorted(file.name for file in self.path("stock").glob("*.0*"))

    def fill_much(self):
        """A map of 40 MiB, 4,000 changes: reading it takes a while."""
        text = "x" * (MUCH // 4000)
        return self.fill(
            "".join(f"set key{n} {text}\n" for n in range(4000)), "--value", "text", "--sync",
            "never",
        )

    def stop_while(self, is_so, *arguments, command="log"):
        """Starts the command and stops it, as SIGSTOP does, while that is so."""
        shutil.copytree(self.path("stock"), self.path("kept"))
        for _ in range(20):
            process = subprocess.Popen(
                [COMMAND, command, *arguments, "stock"], cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            while process.poll() is None:
                if not is_so(process.pid):
                    continue
                process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                if process.poll() is None and is_so(process.pid):
                    return process
                process.send_signal(signal.SIGCONT)
            # It was too fast: once more.
            shutil.rmtree(self.path("stock"))
            shutil.copytree(self.path("kept"), self.path("stock"))
        self.fail("it is always too fast")
        return None

    def end(self, process, number=None):
        """Lets it go on, with a signal; gives what it printed."""
        if number is not None:
            process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate(timeout=TIME)
        self.assertEqual(process.returncode, 128 + number if number else 0, output + errors)
        return output, errors

    @staticmethod
    def is_reading(pid):
        """Whether it is in the midst of what there is."""
        try:
            with open(f"/proc/{pid}/io", encoding="utf-8") as counts:
                return MUCH // 8 < int(counts.readline().split()[1]) < MUCH * 3 // 4
        except OSError:
            return False  # it has ended

    def test_a_signal_stops_compacting(self):
        self.fill_much()
        partial = self.path("stock") / "snapshot.partial"
        process = self.stop_while(lambda _: partial.exists(), "--compact")
        _, errors = self.end(process, signal.SIGINT)
        self.assertIn("the log before it is still there", errors)
        self.assertTrue(any(name.startswith("log.") for name in self.names()))
        self.assertIn("4000 elements as of position 4000", self.log("--compact").stdout)
        self.assertEqual(self.names(), ["snapshot.00000000000000004000"])

    def test_a_signal_stops_opening(self):
        self.fill_much()
        log = next(self.path("stock").glob("log.*"))
        content = bytearray(log.read_bytes())
        content[len(content) // 2] ^= 1
        log.write_bytes(content)
        before = self.names()
        for action in ("--salvage", "--compact"):
            process = self.stop_while(self.is_reading, action)
            self.assertEqual(self.end(process, signal.SIGTERM), ("", ""))
            self.assertEqual(self.names(), before)
            shutil.rmtree(self.path("kept"))

    def test_a_signal_stops_the_opening_of_a_server(self):
        self.fill_much()
        process = self.stop_while(
            self.is_reading, "--value", "text", "--listen", "unix:socket", "--end-with-input",
            command="serve",
        )
        self.assertEqual(self.end(process, signal.SIGTERM), ("", ""))

    def test_salvages_where_no_header_is_whole(self):
        for kind in ("log", "snapshot"):
            self.fill("set a 1\nset b 2\nset c 3\n")
            if kind == "snapshot":
                self.log("--compact")
            file = self.only(kind)
            change_byte(file, 10)
            before = self.names()
            self.assertIn("see --salvage", self.log("--verify", status=1).stdout)
            for action in ("--salvage", "--compact"):
                said = self.log(action, status=1).stderr
                self.assertIn(f"stock/{file.name} has no whole header: it is damaged", said)
                self.assertIn("steady log --salvage --keys text --value u64 stock\n", said)
            self.assertEqual(self.names(), before)
            done = self.log("--salvage", "--keys", "text", "--value", "u64")
            self.assertIn("3 elements as of position 4294967299", done.stdout)
            self.assertIn(f"{file.name} at byte 0", done.stdout)
            self.assertIn("All records are whole", self.log("--verify").stdout)
            shutil.rmtree(self.path("stock"))

    def test_salvages_texts_where_no_header_is_whole(self):
        self.fill("set a one\n", "--value", "text")
        change_byte(self.only("log"), 10)
        done = self.log("--salvage", "--keys", "text", "--value", "text")
        self.assertIn("1 elements", done.stdout)

    def test_types_that_are_not_those_of_the_files(self):
        self.fill("set a 1\n")
        before = self.names()
        said = self.log("--salvage", "--keys", "text", "--value", "text", status=1).stderr
        self.assertIn("say that keys are text and values u64; leave --keys and --value out", said)
        for words in (["--keys", "text", "--value", "u64"], ["--salvage", "--keys", "text"],
                      ["--compact", "--keys", "text", "--value", "u64"]):
            self.assertIn("equires", self.log(*words, status=2).stderr)
        self.assertEqual(self.names(), before)
        self.log("--salvage", "--keys", "text", "--value", "u64")
        make_other_version(self.only("log"))
        for words in ([], ["--keys", "text", "--value", "u64"]):
            said = self.log("--salvage", *words, status=1).stderr
            self.assertIn("is of another version of the format", said)
            self.assertNotIn("--keys text", said)
        self.assertIn("another version", self.log("--compact", status=1).stderr)

    def test_changes_that_are_missing_in_front_of_a_torn_end(self):
        self.fill("set a 1\nset b 2\nset c 3\n")
        log = self.only("log")
        torn = self.path("stock") / "log.00000000000000000009"
        for content in (b"", log.read_bytes()[:20], bytes(4096)):
            torn.write_bytes(content)
            done = self.log("--verify", status=1)
            self.assertIn("DAMAGED at byte 0: changes 4 to 8 are missing in front of it", done.stdout)
            self.assertNotIn("whole.", done.stdout)
            self.assertIn("from 4 to 8 are missing", self.fill("").stderr)  # so it is not opened
        torn.unlink()
        whole = log.read_bytes()
        self.fill("set d 4\n")
        header = whole[: 8 + int.from_bytes(whole[:4], "little")]
        record = self.only("log").read_bytes()[len(whole) :]
        log.write_bytes(whole[: -len(record)])  # up to position 2
        torn = self.path("stock") / "log.00000000000000000004"
        torn.write_bytes(header + record[:-3])
        done = self.log("--verify", status=1)
        self.assertIn("changes 3 to 3 are missing in front of it", done.stdout)

    def test_files_of_another_map(self):
        self.fill("set a 1\nset b 2\nset c 3\n")
        self.path("stock").rename(self.path("other"))
        self.fill("set d 1\nset e 2\nset f 3\nset g 4\n")
        self.log("--compact")
        self.fill("set h 5\n")
        shutil.copy(next(self.path("other").glob("log.*")), self.path("stock"))
        for words in ([], ["--verify"]):
            done = self.log(*words, status=1)
            self.assertRegex(
                done.stdout,
                r"log\.0+1 .*\n  DAMAGED at byte 0: it is of another map, [0-9a-f]{16}, than log\.0+5; "
                r"take it away, or that\n",
            )
            self.assertEqual(done.stdout.count("DAMAGED"), 1)

    def test_a_segment_that_was_being_made_is_no_damage(self):
        self.fill("set a 1\nset b 2\n")
        log = next(self.path("stock").glob("log.*"))
        next_one = self.path("stock") / "log.00000000000000000003"
        for content in (b"", log.read_bytes()[:20], bytes(4096)):
            next_one.write_bytes(content)
            for words in ([], ["--verify"]):
                done = self.log(*words)
                self.assertIn("torn or being written at byte 0: it has no header", done.stdout)
                self.assertNotIn("DAMAGED", done.stdout)
            self.assertIn("2 elements", self.log("--salvage").stdout)
            self.assertFalse(next_one.exists())

    def test_the_only_file_was_being_made(self):
        self.path("stock").mkdir()
        only = self.path("stock") / "log.00000000000000000001"
        for content in (b"", bytes(4096)):
            only.write_bytes(content)
            self.log("--verify")
            for action in ("--salvage", "--compact"):
                self.assertIn("no changes yet", self.log(action).stdout)
        done = self.fill("set a 1\n")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_segment_in_front_without_a_header_is_damage(self):
        self.fill("set a 1\nset b 2\n")
        log = next(self.path("stock").glob("log.*"))
        shutil.copy(log, self.path("stock") / "log.00000000000000000003")
        log.write_bytes(b"")
        self.assertIn("DAMAGED at byte 0: it has no header", self.log(status=1).stdout)

    def test_a_last_segment_that_lost_its_header_is_damage(self):
        self.fill("set a 1\n")
        self.fill("set b 2\n")  # its record says that the one before was synced
        log = next(self.path("stock").glob("log.*"))
        content = log.read_bytes()
        log.write_bytes(bytes(20) + content[20:])
        self.assertIn("DAMAGED at byte 0: it has no header", self.log("--verify", status=1).stdout)

    def test_what_only_a_snapshot_has_is_not_missing_in_the_log(self):
        """As after kill -9 with --sync never: the snapshot was there before the log."""
        self.fill("".join(f"set key{n} {n}\n" for n in range(5)))
        shutil.copytree(self.path("stock"), self.path("before"))
        self.fill("".join(f"set more{n} {n}\n" for n in range(5)))
        self.log("--compact")
        snapshot = "snapshot.00000000000000000010"
        shutil.copy(self.path("stock") / snapshot, self.path("before"))
        shutil.rmtree(self.path("stock"))
        os.rename(self.path("before"), self.path("stock"))
        self.fill("set a 1\n")  # behind change 5, in the same segment
        verified = self.log("--verify").stdout
        self.assertIn("6 changes, up to 11\nAll records are whole.\n", verified)
        shutil.copytree(self.path("stock"), self.path("kept"))
        self.log("--compact")
        self.assertEqual(self.names(), ["snapshot.00000000000000000011"])

        shutil.rmtree(self.path("stock"))
        os.rename(self.path("kept"), self.path("stock"))
        content = bytearray((self.path("stock") / snapshot).read_bytes())
        content[-20] ^= 1
        (self.path("stock") / snapshot).write_bytes(content)
        self.assertIn("a change that does not come next", self.log("--verify", status=1).stdout)

    def test_a_pipe_of_that_name_is_not_waited_for(self):
        self.fill("set a 1\n")
        os.mkfifo(self.path("stock") / "log.00000000000000000009")
        for words in ([], ["--verify"]):
            done = run("log", *words, "stock", cwd=self.directory)
            self.assertEqual(done.returncode, 1)
            self.assertIn("DAMAGED at byte 0: it is no regular file; take it away", done.stdout)

    def test_looks_again_where_files_come_and_go(self):
        stock = self.path("stock")
        aside = self.path("aside")
        aside.mkdir()
        self.fill_much()
        self.log("--compact")
        shutil.copy(stock / "snapshot.00000000000000004000", aside)
        self.fill("set b 1\n", "--value", "text")
        shutil.copy(stock / "log.00000000000000004001", aside)
        self.log("--compact")
        self.fill("set c 1\n", "--value", "text")
        newer = "snapshot.00000000000000004001"
        os.rename(stock / newer, self.path(newer))
        older = [shutil.move(each, stock) for each in aside.iterdir()]
        self.assertEqual(len(self.names()), 3)

        process = self.stop_while(self.is_reading, "--verify")
        os.rename(self.path(newer), stock / newer)
        for each in older:
            os.remove(each)
        output, _ = self.end(process)
        self.assertIn("4001 elements as of 4001\n", output)
        self.assertTrue(output.endswith("All records are whole.\n"), output)


if __name__ == "__main__":
    unittest.main()
