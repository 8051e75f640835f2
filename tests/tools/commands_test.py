"""The commands refuse what they do not know and explain themselves, at once and touching nothing."""

import ast
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **options)


class CommandsTest(unittest.TestCase):
    def test_wrong_options(self):
        for command, right in (
            ("check", "--full"),
            ("demo", "--quick"),
            ("tools/check_format", "--fix"),
            ("tools/coverage", "--help"),
            ("tools/fuzz", "SECONDS"),
            ("tools/install_dependencies", "rivals"),
            ("tools/amalgamate", "--nonsense"),
            ("tools/make_man_pages", "--help"),
            ("tools/extract_examples", "--help"),
            ("tools/print_version", "Usage: print_version"),
        ):
            done = run(str(ROOT / command), "--nonsense")
            self.assertEqual(done.returncode, 2, command)
            self.assertIn(right, done.stderr)

    def test_help(self):
        """Each command and each script of tools/, by both names of the option."""
        scripts = [path.name for path in (ROOT / "tools").iterdir() if path.is_file()]
        self.assertGreater(len(scripts), 10)
        for command in ["check", "demo"] + [f"tools/{name}" for name in scripts]:
            for option in ("--help", "-h"):
                with self.subTest(f"{command} {option}"):
                    done = run(str(ROOT / command), option)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    usage = rf"(?i)usage: (\S*/)?{Path(command).name}\b"
                    self.assertRegex(done.stdout, usage)

    def test_check_format_without_clang_format(self):
        """It says what to install; a system of which only this is in the path."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("bash", "env", "dirname"):
                os.symlink(shutil.which(name), Path(folder, name))
            done = run(str(ROOT / "tools/check_format"), env={"PATH": folder})
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt install clang-format-14", done.stderr)

    def test_check_format_in_a_repository_that_ignores_its_files(self):
        """What is unpacked inside another project is formatted all the same; no files are an error."""
        if shutil.which("git") is None or shutil.which("clang-format-14") is None:
            self.skipTest("no git or no clang-format-14")
        with tempfile.TemporaryDirectory() as folder:
            unpacked = Path(folder, "third party/steady")
            unpacked.joinpath("tools").mkdir(parents=True)
            shutil.copy(ROOT / "tools/check_format", unpacked / "tools")
            shutil.copy(ROOT / ".clang-format", unpacked)
            subprocess.run(["git", "init", "--quiet"], check=True, cwd=folder)
            Path(folder, ".gitignore").write_text("/third party/\n", encoding="utf-8")
            check_format = unpacked / "tools/check_format"
            without = run(str(check_format), stdin=subprocess.DEVNULL, timeout=100)
            (unpacked / "file.cpp").write_text("int   a;\n", encoding="utf-8")
            unformatted = run(str(check_format), stdin=subprocess.DEVNULL, timeout=100)
            formatted = run(str(check_format), "--fix", stdin=subprocess.DEVNULL, timeout=100)
        self.assertEqual(without.returncode, 1)
        self.assertIn("no C++ files", without.stderr)
        self.assertEqual(unformatted.returncode, 1)
        self.assertEqual((formatted.returncode, formatted.stdout), (0, "check_format: 1 files\n"))

    def test_a_program_that_is_not_there(self):
        done = run(str(ROOT / "tools/build_site"), "--command", "/no/such/steady")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such/steady", done.stderr)

    def test_numbers_of_jobs(self):
        for wrong in ("0", "-1", "many"):
            done = run(str(ROOT / "tools/check_platforms"), "--list", f"--jobs={wrong}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"--jobs: '{wrong}'", done.stderr)

    def test_count_lines_takes_its_program_from_where_it_is_called(self):
        with tempfile.TemporaryDirectory() as folder:
            stub = Path(folder, "valgrind")
            stub.write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n', encoding="utf-8")
            stub.chmod(0o755)
            Path(folder, "program").symlink_to("/bin/true")
            environment = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"]}
            done = subprocess.run(
                [ROOT / "tools/count_lines", "./program"],
                capture_output=True,
                text=True,
                cwd=folder,
                env=environment,
            )
        self.assertNotIn("is not there", done.stderr)
        self.assertIn("cachegrind did not say", done.stderr)

    def test_manual_pages_of_another_program(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in ("/bin/true", "/no/such/steady"):
                done = run(str(ROOT / "tools/make_man_pages"), program, folder)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(program, done.stderr)

    def test_demo_of_a_missing_path(self):
        done = run(str(ROOT / "demo"), "/no/such/path")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such/path", done.stderr)


@unittest.skipIf(shutil.which("git") is None, "no git")
class ResumedCheckTest(unittest.TestCase):
    """`check` in a repository of its own, whose tools, cmake and ctest only write down their calls."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = Path(self.directory.name, "checkout")
        self.log = Path(self.directory.name, "log")
        shutil.copytree(ROOT / "tools", self.root / "tools")
        for tool in (self.root / "tools").iterdir():
            if tool.is_file():
                self.stub(tool, 'echo "${0##*/}" >>"$LOG"')
        for tool in ("cmake", "ctest"):
            self.stub(Path(self.directory.name, tool), f'echo {tool} >>"$LOG"; [ $FAILS != {tool} ]')
        shutil.copy(ROOT / "check", self.root)
        (self.root / ".gitignore").write_text("/build/\n", encoding="utf-8")
        self.git("init", "--quiet")
        self.commit()

    def stub(self, path, body):
        path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def git(self, *command):
        subprocess.run(["git", *command], check=True, cwd=self.root)

    def commit(self):
        self.git("add", "--all")
        by = ("-c", "user.name=n", "-c", "user.email=n@n", "-c", "commit.gpgsign=false")
        self.git(*by, "commit", "--quiet", "--message", "all")

    def check(self, *options, fails="nothing", **more):
        """Gives (result, the calls that the stubs saw)."""
        self.log.write_text("", encoding="utf-8")
        environment = dict(
            os.environ,
            PATH=self.directory.name + os.pathsep + os.environ["PATH"],
            LOG=str(self.log),
            FAILS=fails,
            **more,
        )
        done = subprocess.run(
            ["./check", *options], cwd=self.root, env=environment, capture_output=True, text=True
        )
        return done, self.log.read_text(encoding="utf-8").splitlines()

    def test_goes_on_where_it_stopped(self):
        stopped, calls = self.check(fails="ctest")
        self.assertEqual(stopped.returncode, 1)
        self.assertEqual(calls[-3:], ["cmake", "cmake", "ctest"])
        resumed, calls = self.check("--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertEqual(calls[:2], ["ctest", "cmake"])
        self.assertIn("(before)", resumed.stdout)
        self.assertEqual(self.check("--resume")[1], [])

    def test_keeps_going_and_tells_all_that_failed(self):
        whole = self.check()[1]
        failed, calls = self.check("--keep-going", fails="ctest")
        self.assertEqual((failed.returncode, calls), (1, whole))
        self.assertEqual(failed.stderr.count("check failed: "), calls.count("ctest"))
        self.assertEqual(failed.stdout.count(" (failed)"), calls.count("ctest"))
        self.assertNotIn("check passed", failed.stdout)
        resumed, calls = self.check("--resume")
        self.assertEqual((resumed.returncode, set(calls)), (0, {"ctest"}))

    def test_begins_anew_without_being_asked_or_with_other_files(self):
        whole = self.check()[1]
        self.assertEqual(self.check()[1], whole)
        (self.root / "file").write_text("another", encoding="utf-8")
        refused, calls = self.check("--resume")
        self.assertEqual((refused.returncode, calls), (2, []))
        self.assertIn("--resume", refused.stderr)
        self.commit()
        self.assertEqual(self.check("--resume")[1], whole)

    def test_more_tests_are_not_passed_because_fewer_have(self):
        of_all = self.check("--all")[1]
        self.check()
        resumed, calls = self.check("--all", "--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        for command in ("cmake", "ctest"):  # tests/refused has the same tests
            self.assertGreaterEqual(calls.count(command), of_all.count(command) - 1, calls)

    def test_what_was_built_otherwise_since_is_built_again(self):
        """Even if that other build was interrupted: it has configured the folder."""
        self.check("--all", fails="ctest")
        self.check("--resume", fails="cmake")
        self.assertEqual(self.check("--all", "--resume")[1][:3], ["cmake", "cmake", "ctest"])

    def test_the_repository_around_a_copy_does_not_know_its_files(self):
        shutil.rmtree(self.root / ".git")
        around = self.root.parent
        (around / ".gitignore").write_text("*\n", encoding="utf-8")
        subprocess.run(["git", "init", "--quiet"], check=True, cwd=around)
        by = ("-c", "user.name=n", "-c", "user.email=n@n", "-c", "commit.gpgsign=false")
        nothing = ("commit", "--quiet", "--allow-empty", "--message", "n")
        subprocess.run(["git", *by, *nothing], check=True, cwd=around)
        whole, calls = self.check()
        self.assertEqual(whole.returncode, 0, whole.stderr)
        self.assertIn("check_format", calls)
        refused, calls = self.check("--resume")
        self.assertEqual((refused.returncode, calls), (2, []))

    def test_how_long_to_fuzz_is_checked_before_all_else(self):
        for wrong in ("0", "5m", "-1", "010"):
            refused, calls = self.check("--full", STEADY_FUZZ_SECONDS=wrong)
            self.assertEqual((refused.returncode, calls), (2, []), wrong)
            self.assertIn(f"STEADY_FUZZ_SECONDS is '{wrong}'", refused.stderr)
        self.assertEqual(self.check(STEADY_FUZZ_SECONDS="0")[0].returncode, 0)


class DemoTest(unittest.TestCase):
    """A copy of ./demo among stubs that write down how they are called."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.checkout = self.folder / "checkout"
        self.stub("tools/install_dependencies", '[ "$*" != "${WITHOUT-}" ]')
        self.stub("bin/cmake", "exit 0")
        self.stub("build/release/cli/steady", "exit 0")
        shutil.copy(ROOT / "demo", self.checkout)

    def stub(self, name, body):
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f'#!/usr/bin/env bash\necho "{path.name} $*" >>"$LOG"\n{body}\n'
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def demo(self, *arguments, **environment):
        """Gives (result, the calls that the stubs saw), from another folder."""
        log = self.folder / "log"
        log.touch()
        paths = str(self.checkout / "bin") + os.pathsep + os.environ["PATH"]
        done = subprocess.run(
            [self.checkout / "demo", *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PATH": paths, "LOG": str(log), **environment},
        )
        return done, log.read_text(encoding="utf-8").splitlines()

    def test_paths_are_those_of_the_caller(self):
        (self.folder / "text").touch()
        done, calls = self.demo("text", "/usr/include")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"steady count {self.folder}/text /usr/include", calls)

    def test_a_rival_that_cannot_be_installed(self):
        done, calls = self.demo(WITHOUT="rivals")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(calls[-1].startswith("steady compare "), calls)
        self.assertIn("without the maps that are missing", done.stdout)

    def test_a_file_that_cannot_be_read(self):
        """steady count ends with 1 then, and has counted the others."""
        for status in (1, 2):
            (self.folder / "log").unlink(missing_ok=True)
            self.stub("build/release/cli/steady", f'[ "$1" != count ] || exit {status}')
            done, calls = self.demo()
            compares = calls[-1].startswith("steady compare ")
            self.assertEqual((compares, done.returncode), (True, 0) if status == 1 else (False, 2))
            self.assertEqual("Not all could be counted" in done.stdout, compares)

    def test_what_is_needed_must_be_there(self):
        done, calls = self.demo(WITHOUT="build cli")
        self.assertEqual((done.returncode, calls), (1, ["install_dependencies build cli"]))


def python_scripts():
    """Those that users run: the project's own tools, and what debuggers load."""
    for folder in ("tools", "debug", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                text = path.read_bytes()
                if path.suffix == ".py" or text.startswith(b"#!/usr/bin/env python3"):
                    yield path.relative_to(ROOT), text


def is_annotated(tree):
    return any(
        getattr(node, "annotation", None) or getattr(node, "returns", None) for node in ast.walk(tree)
    )


class PythonOfUsersTest(unittest.TestCase):
    """Users may have an older Python than Debian 12: for one header, Meson and debuggers, 3.7."""

    def test_annotations_are_not_evaluated(self):
        """`str | None` and `list[str]` there would need Python 3.10 and 3.9."""
        annotated = 0
        for path, text in python_scripts():
            tree = ast.parse(text)
            if is_annotated(tree):
                annotated += 1
                imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
                first = imports[0].module if imports else ""
                self.assertEqual(first, "__future__", f"{path}: from __future__ import annotations")
        self.assertGreater(annotated, 20)

    def test_syntax_of_an_old_python(self):
        scripts = list(python_scripts())
        self.assertIn(Path("tools/amalgamate"), [path for path, _ in scripts])
        for path, text in scripts:
            with self.subTest(path):
                ast.parse(text, feature_version=(3, 7))


class InstallDependenciesTest(unittest.TestCase):
    """With a pretended system: stubs of dpkg-query, apt-get and the like write down their calls."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.log = Path(self.directory.name, "log")
        self.log.touch()
        # Everything apt could offer exists; nothing but the packages in $INSTALLED is there.
        self.stub("apt-get", 'echo "apt-get $*" >>"$LOG"')
        self.stub("apt-cache", "exit 0")
        self.stub("sudo", 'echo sudo >>"$LOG"; exec "$@"')
        self.stub("id", 'echo "$USER_ID"')
        self.stub(
            "dpkg-query",
            'case " $INSTALLED " in *" ${*: -1} "*) echo installed ;; *) exit 1 ;; esac',
        )

    def stub(self, name, body):
        path = Path(self.directory.name, name)
        path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def install(self, *groups, installed="", user_id="0"):
        """Gives (result, the calls that the stubs saw)."""
        environment = dict(
            os.environ,
            PATH=self.directory.name + os.pathsep + os.environ["PATH"],
            INSTALLED=installed,
            LOG=str(self.log),
            USER_ID=user_id,
        )
        done = run(str(ROOT / "tools/install_dependencies"), *groups, env=environment)
        return done, self.log.read_text(encoding="utf-8").splitlines()

    def test_nothing_missing(self):
        done, calls = self.install("build", installed="g++ cmake ninja-build")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(calls, [])

    def test_installs_only_what_is_missing(self):
        done, calls = self.install("build", installed="g++ cmake")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ninja-build", done.stdout)
        self.assertEqual(len(calls), 2, calls)
        self.assertTrue(calls[0].endswith(" update"), calls)
        self.assertTrue(calls[1].endswith(" -y ninja-build"), calls)

    def test_coverage(self):
        done, calls = self.install("coverage", installed="g++")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(calls[1].endswith(" -y gcovr"), calls)

    def test_npm_from_elsewhere_will_do(self):
        self.stub("npm", "exit 0")
        done, calls = self.install("report", installed="chromium nodejs")
        self.assertEqual((done.returncode, calls), (0, []))

    def test_names_the_groups(self):
        for groups in ((), ("nonsense",)):
            done, calls = self.install(*groups)
            self.assertEqual((done.returncode, calls), (2, []))
            for group in (
                "build",
                "cli",
                "rivals",
                "check",
                "packaging",
                "bazel",
                "observe",
                "coverage",
                "report",
                "site",
                "platforms",
            ):
                self.assertIn(group, done.stderr)

    def test_what_apt_does_not_know_keeps_nothing_from_being_installed(self):
        self.stub("apt-cache", 'case "$*" in *libcuckoo-dev*) exit 100 ;; esac')
        self.stub("c++", 'grep -q cuckoo && exit 1; exit 0')
        done, calls = self.install("rivals")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libabsl-dev", calls[-1])
        self.assertNotIn("libcuckoo-dev", calls[-1])
        self.assertIn("in Debian: libcuckoo-dev", done.stderr)
        self.assertNotIn("absl", done.stderr)

    def test_one_of_several_will_do(self):
        others = "libabsl-dev libcuckoo-dev libtbb-dev"
        done, calls = self.install("rivals", installed=f"libboost1.83-dev {others}")
        self.assertEqual((done.returncode, calls), (0, []))

    def test_what_two_groups_need_is_installed_once(self):
        done, calls = self.install("rivals", "check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(calls[1].split().count("libtbb-dev"), 1, calls)

    def test_sudo_only_for_others_than_root(self):
        _, calls = self.install("build", installed="g++ cmake", user_id="1000")
        self.assertEqual(calls.count("sudo"), 2, calls)

    def test_without_sudo_it_says_what_root_has_to_do(self):
        # A system of which only this is in the path.
        Path(self.directory.name, "sudo").unlink()
        for name in ("bash", "env"):
            os.symlink(shutil.which(name), Path(self.directory.name, name))
        environment = dict(PATH=self.directory.name, INSTALLED="g++ cmake", LOG=str(self.log), USER_ID="1000")
        done = run(str(ROOT / "tools/install_dependencies"), "build", env=environment)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.log.read_text(encoding="utf-8"), "")
        self.assertIn("As root: apt-get install ninja-build\n", done.stderr)
        self.assertIn("command ninja (in Debian: ninja-build)", done.stderr)
        self.assertNotIn("not found", done.stderr)

    def test_what_was_built_by_hand_counts_where_apt_fails(self):
        self.stub("apt-get", "exit 100")
        for name in ("c++", "cmake", "ninja"):
            self.stub(name, "exit 0")
        done, _ = self.install("build")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_says_what_to_install_where_apt_fails(self):
        self.stub("apt-get", "exit 100")
        self.stub("c++", "exit 1")  # no header is ever found
        done, _ = self.install("cli")
        self.assertEqual(done.returncode, 1)
        self.assertIn("header CLI/CLI.hpp (in Debian: libcli11-dev)", done.stderr)


if __name__ == "__main__":
    unittest.main()
