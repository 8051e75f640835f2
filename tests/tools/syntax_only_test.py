"""tools/syntax_only lets the compiler check a source, and makes empty files instead of code."""

import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILER = "clang++"  # g++ instantiates no templates when it only looks


class SyntaxOnlyTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.source = Path(directory.name, "source.cpp")
        self.output = Path(directory.name, "source.o")

    def run_it(self, *arguments):
        return subprocess.run(
            [str(ROOT / "tools/syntax_only"), COMPILER, *arguments], capture_output=True, text=True
        )

    def compile(self, text, *options):
        self.source.write_text(text, encoding="utf-8")
        return self.run_it(*options, "-o", str(self.output), "-c", str(self.source))

    def test_a_correct_source_becomes_an_empty_object(self):
        done = self.compile("int main() { return 0; }\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.output.read_bytes(), b"")

    def test_errors_within_templates_are_found(self):
        done = self.compile("template <class T> int f(T t) { return t.x; }\nint g() { return f(1); }\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("source.cpp", done.stderr)
        self.assertFalse(self.output.exists())

    def test_warnings_count(self):
        unused = "static int f() { return 0; }\n"
        self.assertEqual(self.compile(unused).returncode, 0)
        self.assertNotEqual(self.compile(unused, "-Wall", "-Werror").returncode, 0)

    def test_without_a_compiler(self):
        done = subprocess.run([str(ROOT / "tools/syntax_only")], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--help", done.stderr)

    def test_nothing_is_linked(self):
        done = self.run_it("no_such_object.o", "-o", str(self.output))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.output.read_bytes(), b"")


if __name__ == "__main__":
    unittest.main()
