"""node_hash_set.hpp and node_hash_map.hpp say, but for names, what hash_set.hpp and hash_map.hpp say."""

import re
import unittest
from pathlib import Path

HEADERS = Path(__file__).resolve().parents[2] / "include" / "steady"
FLAT_NAMES = {"node_hash_set": "hash_set", "node_hash_map": "hash_map", "node_container": "flat_container"}


def container(name):
    """From the container's class on: its words, without spaces, which formatting changes with lengths of names."""
    text = (HEADERS / f"{name}.hpp").read_text(encoding="utf-8")
    for node, flat in FLAT_NAMES.items():
        text = re.sub(rf"\b{node}\b", flat, text)
    flat = FLAT_NAMES.get(name, name)
    found = re.search(rf"^template <class Key,[^;{{}}]*?>\s*class {flat}\b.*", text, re.MULTILINE | re.DOTALL)
    return re.sub(r"//|\s+", "\n", found[0]).split() if found else []


class TwinHeadersTest(unittest.TestCase):
    def expect_twins(self, flat, node):
        flat, node = container(flat), container(node)
        self.assertGreater(len(flat), 200, "the class was not found")
        self.assertEqual("".join(flat), "".join(node))

    def test_sets(self):
        self.expect_twins("hash_set", "node_hash_set")

    def test_maps(self):
        self.expect_twins("hash_map", "node_hash_map")


if __name__ == "__main__":
    unittest.main()
