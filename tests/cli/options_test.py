"""Options, help, and where the output goes."""

import os
import resource
import signal
import subprocess
import time
import unittest

from command import COMMAND, CommandTest, MAPS, run


class OptionsTest(CommandTest):
    def test_wrong_options_say_what_is_right(self):
        file = self.write("file", "word")
        for arguments, expected in (
            ([], "count, compare, replay, watch, log, serve and follow"),
            (["nonsense"], "count, compare, replay, watch, log, serve and follow"),
            (["--nonsense"], "count, compare, replay, watch, log, serve and follow"),
            (["cuont", file], "there is no command 'cuont'"),
            (["", file], "there is no command ''"),
            (["count"], "PATH is required"),
            (["count", file, "--nonsense"], "count takes --help, PATH, --top"),
            (["count", file, "--top", "-3"], "'-3' is not a whole number from 0"),
            (["count", file, "--top", "3x"], "'3x' is not a whole number"),
            (["count", file, "--top", "99999999999999999999"], "is not a whole number"),
            (["count", file, "--top"], "--top"),
            (["count", file, "--min-length", "long"], "'long' is not a whole number"),
            (["count", file, "--map", "foo"], "the maps are " + ", ".join(each["name"] for each in MAPS)),
            (["compare"], "--n N"),
            (["compare", file, "--n", "5"], "not both"),
            (["compare", file, "--keys", "u64"], "--keys u64 goes with --n"),
            (["compare", "--n", "0"], "'0' is not a whole number from 1"),
            (["compare", "--n", "5", "--rounds", "0"], "from 1 to 100"),
            (["compare", "--n", "5", "--keys", "u32"], "'u32' is neither u64 nor string"),
            (["compare", "--n", "5", "--hash", "any"], "'any' is neither same nor own"),
            (["replay"], "TRACE is required"),
            (["replay", file, "--speed", "0"], "'0' is not a number above 0"),
            (["replay", file, "--speed", "1", "--duration", "1"], "excludes"),
            (["replay", file, "--map", "steady,foo"], "there is no map 'foo'"),
            (["replay", file, "--map", "steady,std,STEADY"], "'steady,std,STEADY' names steady twice"),
            (["replay", file, "--separator", ";;"], "neither one character nor the word tab"),
            (["replay", file, "--time-unit", "min"], "'min' is none of s, ms, us, ns"),
            (["replay", file, "--rounds", "0"], "from 1 to 100"),
            (["replay", file, "--map", ","], "',' names no map; the maps are"),
            (["serve", file, "--listen", ""], "'' is no address; give HOST:PORT"),
            (["serve", file, "--listen", "unix:"], "'unix:' is no address"),
            (["log"], "DIR is required"),
            (["log", file, "--verify", "--salvage"], "excludes"),
            (["serve", file, "--value", "u32"], "'u32' is neither u64 nor text"),
            (["serve", file, "--sync", "now"], "'now' is none of each, interval and never"),
            (["follow", file, "--until", "0"], "'0' is not a whole number from 1"),
        ):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(expected, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_numbers_are_decimal(self):
        words = " ".join(f"word{n}" for n in range(20))
        file = self.write("file", words)
        for number, lines in (("010", 10), ("08", 8), ("0", 0), ("00", 0)):
            _, found = self.run_json("count", "--top", number, file)
            self.assertEqual(len(found["top"]), lines, number)
        done = run("watch", "--plain", "--frames", "010")
        self.assertEqual(done.stdout.count("Frame "), 10)
        done = run("watch", "--plain", "--frames", "08")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_two_files_of_one_path(self):
        same = self.path("same")
        other = self.directory / "." / "same"
        for arguments in (
            ["compare", "--n", "1000", "--rounds", "1", "--json", same, "--report", same],
            ["replay", "none", "--json", same, "--report", f"{self.directory}/./same"],
            ["watch", "--frames", "1", "--record", same, "--animation", other],
        ):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("give each a file of its own", done.stderr)
            self.assertFalse(same.exists())
        done = run("watch", "--frames", "1", "--record", "/dev/null", "--animation", "/dev/null")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_results_do_not_replace_what_is_read(self):
        trace = "time,key\n0,1\n1,2\n"
        file = self.write("trace.csv", trace)
        self.path("link").symlink_to("trace.csv")
        os.link(file, self.path("other_name"))
        for path in (file, self.path("link"), f"{self.directory}/./trace.csv", self.path("other_name")):
            for arguments in (
                ["count", "/no/such/path", file, "--json", path],
                ["compare", file, "--json", path],
                ["compare", file, "--report", path],
                ["replay", file, "--json", path],
                ["replay", file, "--report", path],
            ):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"{path} would replace what is read, {file}; give", done.stderr)
        with open(file, encoding="utf-8") as opened:
            done = run("replay", "-", "--json", file, stdin=opened)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("would replace what is read, standard input", done.stderr)
        self.assertEqual(file.read_text(encoding="utf-8"), trace)
        done = run("count", "/dev/null", "--json", "/dev/null")
        self.assertIn("neither a regular file nor a directory", done.stderr)

    def test_paths_in_brackets_are_paths(self):
        """Where the library of options would take a list."""
        self.write("[aa]", "bracketed")
        self.write("aa", "other")
        self.write("[]", "nothing")
        self.write("{}", "braced")
        for arguments in (["[aa]", "[]", "{}"], ["--", "[aa]", "[]", "{}"], ["{}", "--", "[aa]", "[]"]):
            done = run("count", *arguments, cwd=self.directory)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(
                sorted(line.split()[1] for line in done.stdout.splitlines()[1:4]),
                ["braced", "bracketed", "nothing"],
            )
        done = run("count", "{}", cwd=self.directory)
        self.assertTrue(done.stdout.startswith("count  identifier\n    1  braced\n"), done.stdout)

    def test_paths_that_begin_with_a_dash(self):
        self.write("-dash", "dashed dashed")
        self.write("file", "word")
        for paths in (["--", "-dash", "file"], ["file", "--", "-dash"]):
            done = run("count", *paths, cwd=self.directory)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("count  identifier\n    2  dashed\n    1  word"))

    def test_empty_values_are_refused(self):
        """A variable that is not set must not take a protection away."""
        file = self.write("file", "word")
        for options, name, kind in (
            (["--secret-file", ""], "--secret-file", "FILE"),
            (["--tls-certificate", "", "--tls-key", ""], "--tls-certificate", "FILE"),
            (["--tls-certificate", file, "--tls-key", ""], "--tls-key", "FILE"),
            (["--redis", "", "--stream", "x"], "--redis", "ADDRESS"),
            (["--redis", "localhost", "--stream", ""], "--stream", "NAME"),
            (["--redis", "localhost", "--stream", "x", "--redis-password-file", ""],
             "--redis-password-file", "FILE"),
            (["--load", ""], "--load", "FILE"),
        ):
            self.assert_empty(["serve", "stock", *options, "--end-with-input"], name, kind)
        for options, name, kind in (
            (["--secret-file", ""], "--secret-file", "FILE"),
            (["--tls-authority", ""], "--tls-authority", "FILE"),
            (["--tls-pinned", ""], "--tls-pinned", "FILE"),
            (["--tls-authority", file, "--tls-name", ""], "--tls-name", "NAME"),
            (["--checkpoint", ""], "--checkpoint", "FILE"),
        ):
            self.assert_empty(["follow", "unix:none", "--once", *options], name, kind)
        for option in ("--group", "--redis-password-file", "--checkpoint"):
            source = "redis://localhost/x"
            kind = "NAME" if option == "--group" else "FILE"
            self.assert_empty(["follow", source, option, ""], option, kind)
        self.assert_empty(["count", file, "--json", ""], "--json", "FILE")
        self.assert_empty(["compare", "--n", "5", "--report", ""], "--report", "FILE")
        self.assert_empty(["replay", file, "--reads", ""], "--reads", "WORDS")
        self.assert_empty(["replay", file, "--key-column", ""], "--key-column", "COLUMN")
        for option in ("--record", "--animation"):
            self.assert_empty(["watch", "--frames", "1", option, ""], option, "FILE")
        for arguments in (["count", ""], ["count", file, ""], ["replay", ""], ["log", ""],
                          ["serve", ""], ["follow", ""]):
            done = run(*arguments, cwd=self.directory)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("is an empty text; give a path", done.stderr)
        self.assertEqual(sorted(self.directory.iterdir()), [file])

    def assert_empty(self, arguments, name, kind):
        with self.subTest(arguments):
            done = run(*arguments, cwd=self.directory, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            said = f"{name} is given an empty text; give {kind}, or leave {name} out"
            self.assertIn(said, done.stderr)

    def test_the_next_word_is_no_value(self):
        kept = "int main(void);"
        file = self.write("main.c", kept)
        for arguments in (
            ["count", "--json=", "main.c", "main.c"],
            ["compare", "--report=", "main.c", "main.c"],
            ["watch", "--frames", "1", "--record=", "main.c"],
            ["serve", "stock", "--secret-file=", "--end-with-input"],
        ):
            done = run(*arguments, cwd=self.directory, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            option = next(word for word in arguments if word.endswith("="))
            said = f"{option[:-1]} has nothing behind its '='; give {option}VALUE, or leave"
            self.assertIn(said, done.stderr)
        for arguments, option, other in (
            (["count", "--json", "--top", "5", "main.c"], "--json", "--top"),
            (["watch", "--frames", "1", "--record", "--plain"], "--record", "--plain"),
            (["serve", "stock", "--secret-file", "--end-with-input"], "--secret-file",
             "--end-with-input"),
        ):
            done = run(*arguments, cwd=self.directory, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(f"{option} is given {other}, which is an option", done.stderr)
        self.assertEqual(file.read_text(encoding="utf-8"), kept)
        self.assertEqual(list(self.directory.iterdir()), [file])
        self.write("--json=", "named so")
        done = run("count", "--", "--json=", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("named", done.stdout)

    def test_help_and_version(self):
        self.assertIn("watched at work, kept in files, served and followed", run("--help").stdout)
        for arguments, expected in (
            (["--help"], "compare"),
            (["count", "--help"], "steady count --top 5"),
            (["compare", "--help"], "steady compare --n 8000000"),
            (["replay", "--help"], "steady replay trace.csv"),
            (["log", "--help"], "steady log --verify"),
            (["serve", "--help"], "steady serve stock"),
            (["follow", "--help"], "steady follow 127.0.0.1:7411 --once"),
        ):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(expected, done.stdout)
            self.assertTrue(done.stdout.endswith("\n"))
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^steady \d+\.\d+\.\d+\n$")


class OutputTest(CommandTest):
    """Output that cannot be delivered is noticed before the work: no path is looked at."""

    missing = "/no/such/path"

    def assert_failed_early(self, done, reason):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(reason, done.stderr)
        self.assertNotIn(self.missing, done.stderr)

    def test_reader_gone(self):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = run("count", self.missing, stdout=writing)
        finally:
            os.close(writing)
        self.assert_failed_early(done, "cannot write to standard output: Broken pipe")

    def test_closed_output(self):
        done = subprocess.run(
            ["sh", "-c", '"$0" count "$1" >&-', COMMAND, self.missing],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.assert_failed_early(done, "cannot write to standard output: Bad file descriptor")

    def test_closed_error_output_does_not_end_up_in_a_file(self):
        file = self.path("result.json")
        done = subprocess.run(
            ["sh", "-c", '"$0" count "$1" --json "$2" 2>&-', COMMAND, self.missing, file],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.assertEqual(done.returncode, 1)
        self.assertTrue(file.read_text(encoding="utf-8").startswith("{"))

    def test_json_file_that_cannot_be_written(self):
        for command in (["count", self.missing], ["compare", self.missing]):
            for path, reason in ((self.directory, "Is a directory"), ("/no/x", "No such file")):
                done = run(*command, "--json", path)
                self.assert_failed_early(done, f"cannot write {path}: {reason}")

    def test_files_are_made_when_there_is_something_to_write(self):
        json_file, report = self.path("a"), self.path("b")
        done = run("replay", self.missing, "--json", json_file, "--report", report)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(list(self.directory.iterdir()), [])
        with subprocess.Popen(
            [COMMAND, "compare", "--n", "5000000", "--json", json_file, "--report", report]
        ) as process:
            time.sleep(0.3)
            process.terminate()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(list(self.directory.iterdir()), [])
        kept = self.write("kept", "this")
        link = self.path("link")
        link.symlink_to("target")
        done = run("replay", self.missing, "--json", kept, "--report", link)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(kept.read_text(encoding="utf-8"), "this")
        self.assertTrue(link.is_symlink())

    def test_a_recording_is_kept_where_the_page_cannot_be_written(self):
        good = self.write("good.jsonl", "this")
        done = run("watch", "--record", good, "--animation", "/no/such/page", "--frames", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write /no/such/page", done.stderr)
        self.assertEqual(good.read_text(encoding="utf-8"), "this")
        page = self.path("page")
        done = run("watch", "--record", "/no/such/lines", "--animation", page, "--frames", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write /no/such/lines", done.stderr)
        self.assertFalse(page.exists())

    def test_errors_are_short_and_harmless(self):
        head = "\u00e9" * 500_000
        done = run("replay", self.write("trace.csv", head + "\n1,2\n"))
        self.assertEqual(done.returncode, 1)
        self.assertLess(len(done.stderr), 5000)
        self.assertTrue(done.stderr.startswith("steady: "))
        self.assertTrue(done.stderr.endswith("\u00e9 ...\n"))
        done = run("count", "/no/\x1b[2J\x7f\u009b1m\u00e9")
        self.assertIn("/no/?[2J??1m\u00e9: No such file", done.stderr)

    def test_a_result_stays_where_the_next_one_has_no_room(self):
        file = self.write("file", " ".join(f"word{n}" for n in range(100)))
        old = self.write("result.json", "the result before")
        old.chmod(0o640)
        link = self.path("link")
        link.symlink_to("result.json")
        new = self.path("new.json")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

        for path in (old, link, new):
            done = run("count", file, "--json", path, preexec_fn=limit)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"cannot write {path}: File too large", done.stderr)
            self.assertEqual(old.read_text(encoding="utf-8"), "the result before")
            self.assertEqual(sorted(self.directory.iterdir()), sorted([file, link, old]))
        for path in (old, link):
            old.write_text("the result before", encoding="utf-8")
            done = run("count", file, "--json", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(old.read_text(encoding="utf-8").startswith("{"))
            self.assertEqual(old.stat().st_mode & 0o777, 0o640)
            self.assertTrue(link.is_symlink())
            self.assertEqual(sorted(self.directory.iterdir()), sorted([file, link, old]))
        hard = self.path("hard")
        os.link(old, hard)
        self.assertEqual(run("count", file, "--top", 1, "--json", old).returncode, 0)
        self.assertEqual(hard.read_bytes(), old.read_bytes())

    def test_full_disk(self):
        # Found out only by writing; still an error, not a silent loss.
        file = self.write("file", "word")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = run("count", file, stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output: No space left on device", done.stderr)
        done = run("count", file, "--json", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write /dev/full: No space left on device", done.stderr)
        self.assertIn("word", done.stdout)
        frames = 5000
        done = run("watch", "--plain", "--frames", frames, "--record", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write /dev/full: No space left on device", done.stderr)
        self.assertLess(done.stdout.count("Frame "), frames // 5)


if __name__ == "__main__":
    unittest.main()
