"""debug/steady.natvis, which nobody here can try: it is XML, it says that it is untested, and every
member that it names is still in the headers."""

import re
import unittest
import xml.etree.ElementTree

from debuggers import ROOT

FILE = ROOT / "debug/steady.natvis"
# A name, and what may follow it up to the semicolon: an array's size, bits, a first value.
DECLARATION = re.compile(r"\b(\w+)(?:\[[^\]\n]*\])?(?: : 1)?(?: = [^;\n]+|\{[^;\n]*\})?;")
OF_OTHERS = {"_Storage", "_Value"}  # members of std::atomic there


class NatvisTest(unittest.TestCase):
    def test_it_is_xml_and_says_what_it_is(self):
        root = xml.etree.ElementTree.parse(FILE).getroot()
        self.assertTrue(root.tag.endswith("AutoVisualizer"))
        self.assertIn("UNTESTED", FILE.read_text())

    def test_members_exist(self):
        headers = "\n".join(path.read_text() for path in (ROOT / "include").rglob("*.hpp"))
        declared = set(DECLARATION.findall(headers))
        tree = xml.etree.ElementTree.parse(FILE)
        texts = [text for node in tree.iter() for text in (node.text or "", *node.attrib.values())]
        named = {name for text in texts for name in re.findall(r"(?:\.|->)([a-z_]\w*)", text, re.I)}
        named |= {name for text in texts for name in re.findall(r"\b([a-z]\w*_)\b", text)}
        self.assertGreater(len(named), 12)
        for name in named - OF_OTHERS:
            self.assertIn(name, declared, f"{FILE.name} names {name}, which no header declares")


if __name__ == "__main__":
    unittest.main()
