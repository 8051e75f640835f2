"""include/steady/version.hpp alone states the version: package files that cannot read it agree."""

import json
import re
import subprocess
import unittest
from pathlib import Path

from conan_stand_ins import recipe

PROJECT = Path(__file__).resolve().parents[2]


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def header_version() -> str:
    parts = dict(
        re.findall(
            r"^#define STEADY_VERSION_(\w+) (\d+)$", text_of("include/steady/version.hpp"), re.M
        )
    )
    return ".".join(parts[part] for part in ("MAJOR", "MINOR", "PATCH"))


class Versions(unittest.TestCase):
    def setUp(self) -> None:
        self.version = header_version()

    def test_print_version(self) -> None:
        """meson.build takes it from there."""
        done = subprocess.run(
            [PROJECT / "tools/print_version"], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, self.version + "\n")
        self.assertIn("run_command('tools/print_version'", text_of("meson.build"))

    def test_vcpkg(self) -> None:
        manifest = json.loads(text_of("packaging/vcpkg/steady/vcpkg.json"))
        self.assertEqual((manifest["name"], manifest["version"]), ("steady", self.version))

    def test_bazel(self) -> None:
        module = re.search(
            r'module\(\s*name = "steady",\s*version = "([^"]*)"', text_of("MODULE.bazel")
        )
        self.assertIsNotNone(module)
        self.assertEqual(module and module.group(1), self.version)

    def test_conan(self) -> None:
        steady = recipe()
        steady.set_version()
        self.assertEqual((steady.name, steady.version), ("steady", self.version))

    def test_documents(self) -> None:
        """What readers copy asks for this version."""
        text = text_of("docs/packaging.md")
        asked = re.findall(
            r'find_package\(steady ([\d.]+)|name = "steady", version = "([^"]*)"', text
        )
        self.assertGreaterEqual(len(asked), 2)
        for version in map("".join, asked):
            self.assertIn(version, (self.version, self.version.rpartition(".")[0]))
        stated = re.findall(r"Steady is at version ([\d.]*\d)", text_of("README.md"))
        self.assertEqual(stated, [self.version.rpartition(".")[0]])

    def test_no_other_package_file_states_one(self) -> None:
        """What is filled in from the header has the name of the version, not its number."""
        known = {"MODULE.bazel", "packaging/vcpkg/steady/vcpkg.json"}
        files = [path for path in (PROJECT / "packaging").rglob("*") if path.is_file()]
        files += [
            PROJECT / name
            for name in ("meson.build", "MODULE.bazel", "BUILD.bazel", "CMakeLists.txt")
        ]
        files += list((PROJECT / "cmake").iterdir())
        stating = {
            path.relative_to(PROJECT).as_posix()
            for path in files
            if "__pycache__" not in path.parts
            and f"{self.version}" in path.read_text(encoding="utf-8")
        }
        self.assertEqual(stating, known)


if __name__ == "__main__":
    unittest.main()
