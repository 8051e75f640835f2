"""tools/check_layers finds each kind of violation, and nothing in a tree that is right."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK_LAYERS = Path(__file__).resolve().parents[2] / "tools" / "check_layers"

# A small tree that obeys every rule.
RIGHT = {
    "hash_map.hpp": "#pragma once\n#include <cstdint>\n#include <steady/detail/table/table.hpp>\n",
    "stats.hpp": "#pragma once\n#include <steady/detail/base/bits.hpp>\n#define STEADY_STATS 1\n",
    "detail/base/bits.hpp": "#pragma once\n#if 1\n#endif\n",
    "detail/line/tag_group_sse2.hpp": "#pragma once\n#include <emmintrin.h>\n",
    "detail/table/table.hpp": "#pragma once\n#include <steady/detail/base/bits.hpp>\n"
    "#include <steady/stats.hpp>\n",
    "detail/concurrent/epoch.hpp": "#pragma once\n#include <steady/detail/base/bits.hpp>\n",
}


class CheckLayersTest(unittest.TestCase):
    def check(self, changes):
        """Runs the script over RIGHT with some files replaced; gives (exit status, output)."""
        with tempfile.TemporaryDirectory() as directory:
            for name, text in {**RIGHT, **changes}.items():
                path = Path(directory, "steady", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            done = subprocess.run(
                [sys.executable, str(CHECK_LAYERS), directory], capture_output=True, text=True
            )
            return done.returncode, done.stdout

    def assert_right(self, changes):
        status, output = self.check(changes)
        self.assertEqual((status, output.count("\n")), (0, 1), output)

    def assert_wrong(self, changes, *parts):
        status, output = self.check(changes)
        self.assertEqual((status, output.count("\n")), (1, 1), output)
        for part in parts:
            self.assertIn(part, output)

    def test_right_tree(self):
        self.assert_right({})

    def test_detail_including_a_facade(self):
        text = "#pragma once\n\n#include <steady/hash_map.hpp>\n"
        self.assert_wrong({"detail/table/extra.hpp": text}, "detail/table/extra.hpp:3:", "lies above")

    def test_detail_including_concurrent(self):
        text = "#pragma once\n#include <steady/detail/concurrent/epoch.hpp>\n"
        self.assert_wrong({"detail/table/extra.hpp": text}, "detail/table/extra.hpp:2:", "lies above")

    def test_lower_room_including_a_higher_one(self):
        text = "#pragma once\n#include <steady/detail/table/table.hpp>\n"
        self.assert_wrong({"detail/array/extra.hpp": text}, "array/extra.hpp:2:", "lies above")

    def test_unknown_room(self):
        self.assert_wrong({"detail/attic/a.hpp": "#pragma once\n"}, "attic is no room")
        self.assert_wrong({"detail/a.hpp": "#pragma once\n"}, "a.hpp is no room")

    def test_concurrent_including_a_facade(self):
        text = "#pragma once\n#include <steady/hash_map.hpp>\n"
        self.assert_wrong({"detail/concurrent/extra.hpp": text}, "extra.hpp:2:", "lies above")

    def test_base_header_including_a_facade(self):
        text = "#pragma once\n#include <steady/hash_map.hpp>\n"
        self.assert_wrong({"work.hpp": text}, "work.hpp:2:", "lies above", "base header")

    def test_cycle(self):
        changes = {
            "detail/table/a.hpp": "#pragma once\n#include <steady/detail/table/b.hpp>\n",
            "detail/table/b.hpp": "#pragma once\n#include <steady/detail/table/a.hpp>\n",
        }
        self.assert_wrong(
            changes, "b.hpp:2:", "steady/detail/table/a.hpp -> steady/detail/table/b.hpp -> steady/detail/table/a.hpp"
        )

    def test_header_including_itself(self):
        text = "#pragma once\n#include <steady/detail/table/a.hpp>\n"
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "include cycle")

    def test_missing_header(self):
        text = "#pragma once\n#include <steady/detail/table/nowhere.hpp>\n"
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "does not exist")

    def test_relative_include(self):
        text = '#pragma once\n#include "bits.hpp"\n'
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "whole path")

    def test_foreign_library(self):
        text = "#pragma once\n#include <boost/config.hpp>\n"
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "<boost/config.hpp>")

    def test_c_header_with_h(self):
        self.assert_wrong({"detail/table/a.hpp": "#pragma once\n#include <stdint.h>\n"}, "<stdint.h>")

    def test_platform_header_elsewhere(self):
        text = "#pragma once\n#include <sys/mman.h>\n"
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "address_range")
        self.assert_right({"detail/memory/address_range.hpp": text})

    def test_macro_without_prefix(self):
        self.assert_wrong({"detail/table/a.hpp": "#pragma once\n# define LIKELY(x) x\n"}, "STEADY_LIKELY")

    def test_condition_elsewhere(self):
        for keyword in ("if 1", "ifdef NDEBUG", "ifndef NDEBUG"):
            text = f"#pragma once\n#{keyword}\n#endif\n"
            self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:2:", "#" + keyword.split()[0])
            self.assert_right({"detail/base/config.hpp": text})

    def test_no_pragma_once(self):
        self.assert_wrong({"detail/table/a.hpp": "// empty\n"}, "a.hpp:1:", "#pragma once")

    def test_length(self):
        self.assert_right({"detail/table/a.hpp": "#pragma once\n" + "\n" * 449})
        self.assert_wrong({"detail/table/a.hpp": "#pragma once\n" + "\n" * 450}, "a.hpp:451:", "450")
        self.assert_right({"hash_map.hpp": "#pragma once\n" + "\n" * 700})

    def test_comments_do_not_count(self):
        text = "#pragma once\n// #define A\n/*\n#include <boost/a.hpp>\n#if 1\n*/\n"
        self.assert_right({"detail/table/a.hpp": text})

    def test_line_numbers_after_a_comment(self):
        text = "#pragma once\n/*\n\n*/\n#define A\n"
        self.assert_wrong({"detail/table/a.hpp": text}, "a.hpp:5:")

    def test_slashes_inside_a_string_are_no_comment(self):
        text = '#pragma once\n#include <steady/detail/base/bits.hpp>\nauto u = "http://x"; /*\n*/\n'
        self.assert_right({"detail/table/a.hpp": text})

    def test_nothing_to_check(self):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run([sys.executable, str(CHECK_LAYERS), directory], capture_output=True)
            self.assertEqual(done.returncode, 2)

    def test_wrong_option(self):
        done = subprocess.run([sys.executable, str(CHECK_LAYERS), "--all"], capture_output=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
