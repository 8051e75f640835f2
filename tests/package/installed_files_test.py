"""What CMake writes for installation and for Debian's packages, with settings that packagers use."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from runs_cmake import RunsCMake

PROJECT = Path(__file__).resolve().parents[2]
LIBRARY_ALONE = [
    f"-DSTEADY_BUILD_{part}=OFF" for part in ("TESTS", "CLI", "BENCH", "EXAMPLES", "ENGINE")
]
PARENT = """
cmake_minimum_required(VERSION 3.22)
project(parent LANGUAGES CXX)
include(GNUInstallDirs)
set(STEADY_INSTALL ON)
add_subdirectory({project} steady)
"""


class InstalledFiles(RunsCMake):
    def setUp(self) -> None:
        super().setUp()
        self.build = self.folder / "build"

    def configure(self, *options: str, source: Path = PROJECT, **environment: str) -> str:
        return self.run_cmake("-S", str(source), "-B", str(self.build), *options, **environment)

    def installed(self, stage: str, component: str = "library") -> Path:
        """The root of what is installed, as with DESTDIR."""
        root = self.folder / stage
        self.run_cmake("--install", str(self.build), "--component", component, DESTDIR=str(root))
        return root

    def include_folder(self, module: Path) -> Path:
        """Where pkg-config finds the headers."""
        done = subprocess.run(
            ["pkg-config", "--cflags", "steady"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PKG_CONFIG_PATH": str(module.parent)},
        )
        options = re.findall(r"(?:\\.|\S)+", done.stdout)
        self.assertEqual(len(options), 1, done.stdout)
        self.assertTrue(options[0].startswith("-I"), done.stdout)
        return Path(options[0][2:].replace("\\", ""))

    @unittest.skipIf(shutil.which("pkg-config") is None, "no pkg-config")
    def test_pkg_config_finds_the_headers_wherever_the_library_goes(self) -> None:
        within = "-DCMAKE_INSTALL_PREFIX=/usr/local"
        for libdir in ("lib", "lib/x86_64-linux-gnu", ".", "../lib64", "./lib//deep/"):
            with self.subTest(libdir):
                self.configure(*LIBRARY_ALONE, within, f"-DCMAKE_INSTALL_LIBDIR={libdir}")
                root = self.installed(re.sub(r"\W", "_", libdir))
                (module,) = root.rglob("steady.pc")
                found = self.include_folder(module)
                self.assertEqual(found.resolve(), (root / "usr/local/include").resolve())
                self.assertTrue((found / "steady/hash_map.hpp").is_file())

    @unittest.skipIf(shutil.which("pkg-config") is None, "no pkg-config")
    def test_blanks_in_folders(self) -> None:
        self.configure(
            *LIBRARY_ALONE,
            "-DCMAKE_INSTALL_LIBDIR=/opt/some libraries",
            "-DCMAKE_INSTALL_INCLUDEDIR=/opt/some headers",
        )
        root = self.installed("absolute")
        (module,) = root.rglob("steady.pc")
        self.assertEqual(self.include_folder(module), Path("/opt/some headers"))
        self.configure(
            "-DCMAKE_INSTALL_PREFIX=/opt/some where",
            "-DCMAKE_INSTALL_LIBDIR=lib",
            "-DCMAKE_INSTALL_INCLUDEDIR=include",
        )
        root = self.installed("relative to where")
        (module,) = root.rglob("steady.pc")
        found = self.include_folder(module)
        self.assertEqual(found.resolve(), (root / "opt/some where/include").resolve())

    def test_the_licence_of_a_part_has_a_folder_of_its_own(self) -> None:
        parent = self.folder / "parent"
        parent.mkdir()
        text = PARENT.format(project=PROJECT.as_posix())
        (parent / "CMakeLists.txt").write_text(text, encoding="utf-8")
        self.configure("-DCMAKE_INSTALL_PREFIX=/usr", source=parent)
        root = self.installed("part", "license")
        files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        self.assertEqual(files, ["usr/share/doc/steady/LICENSE"])

    def packager(self, **environment: str) -> tuple[str, bool]:
        """Who Debian's packages are from, and whether CMake says what is missing."""
        said = self.configure(*LIBRARY_ALONE, **environment)
        text = (self.build / "CPackConfig.cmake").read_text(encoding="utf-8")
        found = re.search(r'set\(CPACK_PACKAGE_CONTACT "(.*)"\)', text)
        changes = (self.build / "debian/changelog.Debian").read_text(encoding="utf-8")
        self.assertIn(f" -- {found and found.group(1)}  ", changes)
        return found.group(1) if found else "", "DEBFULLNAME and DEBEMAIL" in said

    @unittest.skipIf(shutil.which("gzip") is None, "no gzip")
    def test_the_packager_as_for_the_tools_of_debian(self) -> None:
        me = "Me Myself <me@here.org>"
        self.assertEqual(self.packager(DEBFULLNAME="Me Myself", DEBEMAIL="me@here.org"), (me, False))
        self.assertEqual(self.packager(DEBEMAIL=me), (me, False))
        self.assertEqual(self.packager(DEBFULLNAME="I", DEBEMAIL=me), ("I <me@here.org>", False))
        self.assertEqual(self.packager(DEBFULLNAME="I", EMAIL="me@here.org"), ("I <me@here.org>", False))
        self.assertEqual(self.packager(DEBEMAIL="me@here.org"), ("Somebody <me@here.org>", True))
        self.assertEqual(self.packager(DEBFULLNAME="I"), ("I <somebody@example.org>", True))
        self.assertEqual(self.packager(), ("Somebody <somebody@example.org>", False))

    def test_the_description_of_the_command_names_all_that_it_does(self) -> None:
        sources = "".join(
            path.read_text(encoding="utf-8") for path in (PROJECT / "cli").glob("*.cpp")
        )
        subcommands = re.findall(r'add_subcommand\(\s*"(\w+)"', sources)
        self.assertGreater(len(subcommands), 5)
        description = PROJECT / "packaging/debian/steady.description"
        words = re.findall(r"\w+", description.read_text(encoding="utf-8"))
        for subcommand in subcommands:
            self.assertTrue(any(word.startswith(subcommand) for word in words), subcommand)

    @unittest.skipIf(shutil.which("gzip") is None, "no gzip")
    def test_headers_in_a_folder_of_one_processor_are_no_package_for_all(self) -> None:
        self.configure(
            *LIBRARY_ALONE,
            "-DCMAKE_INSTALL_PREFIX=/usr",
            "-DCMAKE_INSTALL_LIBDIR=lib/x86_64-linux-gnu",
        )
        text = (self.build / "CPackConfig.cmake").read_text(encoding="utf-8")
        self.assertIn("CPACK_DEBIAN_LIBRARY_PACKAGE_NAME", text)
        self.assertEqual(re.findall("set.CPACK.*PACKAGE_ARCHITECTURE.*", text), [])


if __name__ == "__main__":
    unittest.main()
