"""What a file with a map makes the compiler emit: nothing that the file does not use, and with the
engine compiled apart nothing of the engine."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include"

SOURCE = """
#include <string>
#include <steady/hash_map.hpp>
void assign(steady::hash_map<std::string, int>& map) { map["a"] = 1; }
"""


def emitted(source, *options):
    """The demangled names of the functions in the object file of `source`."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "file.cpp")
        path.write_text(source, encoding="utf-8")
        compiler = os.environ.get("CXX", "c++")
        subprocess.run(
            [compiler, "-std=c++20", "-O2", "-DNDEBUG", *options, "-I", str(INCLUDE), "-c", "-o",
             path.with_suffix(".o"), path],
            check=True,
        )
        listed = subprocess.run(
            ["nm", "-C", "--defined-only", path.with_suffix(".o")],
            check=True, capture_output=True, text=True,
        ).stdout
    return [line.split(None, 2)[2] for line in listed.splitlines() if line.split()[1] in "tTwW"]


class EmittedFunctionsTest(unittest.TestCase):
    def assert_none(self, names, *words):
        for word in words:
            found = [name for name in names if word in name]
            self.assertEqual(found, [], f"{word}: a file that only assigns does not use it")

    def test_assigning_emits_nothing_else(self):
        names = emitted(SOURCE)
        self.assert_none(
            names, "walker<", "snapshot<", "node_handle", "line_visit", "bucket_search",
            "invariants", "statistics", "copy_from", "reserve_gradually", "table_iterator",
        )

    def test_engine_compiled_apart_is_not_emitted(self):
        names = emitted(SOURCE, "-DSTEADY_COMPILED_ENGINE=1")
        self.assert_none(
            names, "migration<", "element_transfer<", "small_growth<", "cold_blocks<",
            "bucket_array<", "incremental_destruction<", "bucket_search<", "header_run<",
        )
        # Assigning, inserting, moving and destroying elements, hashing, comparing.
        self.assertLessEqual(len(names), 30)

    def test_stress_migration_brings_its_own_engine(self):
        """The compiled one has none: programs would not link."""
        names = emitted(SOURCE, "-DSTEADY_COMPILED_ENGINE=1", "-DSTEADY_STRESS_MIGRATION=1")
        self.assertTrue([name for name in names if "migration<" in name])

    def test_further_types_share_the_engine(self):
        of_one = emitted(SOURCE)
        of_two = emitted(
            SOURCE + "void assign(steady::hash_map<int, double>& map) { map[1] = 1; }\n"
        )
        self.assertLessEqual(len(of_two) - len(of_one), 25)


if __name__ == "__main__":
    unittest.main()
