"""LLDB, with debug/lldb/steady.py, lists what is in containers in every state, as the program does.
Of large ones it lists the first elements: gdb_test.py sees to the rest, by the same code."""

import glob
import re
import unittest

from debuggers import NUMBER_OR_TEXT, ROOT, SUBJECTS, Truth, check_summary, debugger, run

# Debian 12's LLDB 14 does not find its own modules, nor, where another Python comes first in the
# path, those of the system.
MODULES = glob.glob("/usr/lib/llvm-*/lib/python3*/*-packages") + ["/usr/lib/python3/dist-packages"]

START = f"""
command script import {ROOT}/debug/lldb/steady.py
breakpoint set -n stop_here
process launch -- TRUTH
up
"""
LISTED = 256  # target.max-children-count


def parts_of(output: str):
    """What LLDB printed of each variable, by name."""
    starts = re.split(r"\n\(lldb\) frame variable (\S+)\n", output)
    return dict(zip(starts[1::2], starts[2::2]))


def elements_in(text: str):
    lines = re.findall(r"^  \[\d+\] = (.*(?:\n    .*)*)", text, re.MULTILINE)
    return [tuple(re.findall(rf"(?:= |^){NUMBER_OR_TEXT}", line)) for line in lines]


@unittest.skipUnless(debugger("lldb"), "lldb is not installed (Debian: lldb)")
class LldbTest(unittest.TestCase):
    maxDiff = 2000

    def run_script(self, subject: str, script: str):
        command = ["lldb", "-b", "-x", "-s", "COMMANDS", subject]
        return run(self, command, START + script, {"PYTHONPATH": ":".join(MODULES)})

    def printed(self, subject: str, names):
        output, truth = self.run_script(
            subject, "".join(f"frame variable {name}\n" for name in names)
        )
        return parts_of(output), truth

    def test_containers(self):
        for subject in SUBJECTS:
            texts, truth = self.printed(subject, Truth.of(subject).containers)
            for name, container in truth.containers.items():
                with self.subTest(subject=subject, container=name):
                    self.check(name, container, texts[name])

    def check(self, name, container, text):
        check_summary(self, name, container, text)
        found = elements_in(text)
        self.assertEqual(len(found), min(container.size, LISTED))
        if name == "of_chars":
            return  # LLDB shows the characters, not their numbers
        self.assertEqual(len(set(found)), len(found), "an element is shown twice")
        length = 2 if container.is_map() else 1
        found = [element[:length] for element in found]
        self.assertLessEqual(set(found), set(container.elements))

    def test_iterators(self):
        names = ["found", "first", "in_new_array", "node", "key", "past"]
        texts, truth = self.printed(SUBJECTS[0], names)
        for name, element in truth.iterators.items():
            shown = re.search(r"steady iterator \{\n  element = (.*)\n", texts[name])
            self.assertIsNotNone(shown, texts[name])
            self.assertEqual(
                tuple(re.findall(rf"(?:= |^){NUMBER_OR_TEXT}", shown.group(1))), element
            )
        self.assertIn("steady iterator, end()", texts["past"])

    def test_commands(self):
        output, _ = self.run_script(
            SUBJECTS[0],
            "steady_where of_words into\nsteady_where of_two into\nsteady_info grown_large\n"
            "steady_info\n",
        )
        self.assertRegex(output, r"slot \d+ of bucket \d+ in the array, offset 32\n.*text 7.* 70")
        self.assertIn("no element of this container", output)
        self.assertIn("from 256 to 512 buckets", output)
        self.assertIn("1 arguments are needed", output)

    def test_classes_derived_from_containers(self):
        output, _ = self.run_script(SUBJECTS[0], "steady_info inherited\n")
        self.assertIn("steady::hash_map with 1 element\n", output)

    def test_what_is_not_initialised_is_told(self):
        script = (
            "script from functools import reduce\n"
            "script inner = lambda of, name: of.GetChildMemberWithName(name).GetNonSyntheticValue()\n"
            "script find = lambda path: reduce(inner, path.split('.')[1:], "
            "lldb.frame.FindVariable(path.split('.')[0]).GetNonSyntheticValue())\n"
            "script done = lldb.SBCommandReturnObject()\n"
        )
        no_memory = "no memory at"
        cases = (
            ("of_two.table_.state_.size", (1 << 64) - 1, "2 elements were found"),
            ("of_two.table_.state_.root", (1 << 64) - 8, no_memory),
            ("of_two.table_.state_.shape.word_", 0x013F, "a shift of 63"),
            ("shared.container_.state_.root", 8, no_memory),
        )
        for path, value, _ in cases:
            name = path.split(".")[0]
            script += (
                f"script lldb.process.WriteMemory(find('{path}').GetLoadAddress(), "
                f"({value}).to_bytes(8, 'little'), lldb.SBError())\n"
                f"frame variable {name}\n"
            )
            for command in (f"steady_info {name}", f"steady_where {name} into"):
                # What goes wrong so does not end the rest.
                script += "script done.Clear(); lldb.debugger.GetCommandInterpreter()"
                script += f".HandleCommand('{command}', done); print(done)\n"
        output, _ = self.run_script(SUBJECTS[0], script)
        parts = output.split("(lldb) script lldb.process")[1:]
        self.assertEqual(len(parts), len(cases), output)
        for part, (_, _, told) in zip(parts, cases):
            self.assertIn(told, part)
        self.assertNotRegex(output, "Traceback|OverflowError|ValueError")


if __name__ == "__main__":
    unittest.main()
