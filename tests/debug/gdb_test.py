"""GDB, with debug/gdb/steady.py, lists what is in containers in every state, as programs do."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from debuggers import NUMBER_OR_TEXT, ROOT, SUBJECTS, Container, Truth, check_summary, debugger, run

START = f"""
set print elements 0
set print repeats unlimited
set print pretty off
source {ROOT}/debug/gdb/steady.py
break stop_here
run TRUTH
up
"""
MAP_ELEMENT = re.compile(
    rf"\[{NUMBER_OR_TEXT}(?: '[^']*')?\] = (?:{{number = )?{NUMBER_OR_TEXT}"
)


def elements_in(text: str, container: Container):
    """What a printed container says of its elements."""
    body = text.split(" = ", 2)[2] if text.count(" = ") > 1 else ""
    if container.is_map():
        return [found.groups() for found in MAP_ELEMENT.finditer(body)]
    return [(found,) for found in re.findall(NUMBER_OR_TEXT, body)]


@unittest.skipUnless(debugger("gdb"), "gdb is not installed (Debian: gdb)")
class GdbTest(unittest.TestCase):
    maxDiff = 2000

    def run_script(self, subject: str, script: str):
        command = ["gdb", "-batch", "-nx", "-x", "COMMANDS", "--args", subject]
        return run(self, command, START + script)

    def printed(self, subject: str, names):
        """What gdb prints of each expression, and what the program says."""
        output, truth = self.run_script(
            subject, "".join(f"echo \\n=={name}==\\n\nprint {name}\n" for name in names)
        )
        parts = re.split(r"\n==(.*?)==\n", output)
        return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]))), truth

    def test_containers(self):
        for subject in SUBJECTS:
            names = list(Truth.of(subject).containers)
            self.assertGreater(len(names), 30)
            texts, truth = self.printed(subject, names)
            for name, container in truth.containers.items():
                with self.subTest(subject=subject, container=name):
                    check_summary(self, name, container, texts[name])
                    self.assertEqual(
                        sorted(elements_in(texts[name], container)), sorted(container.elements)
                    )
                    self.assertNotIn("remark", texts[name])

    def test_what_leads_to_containers_and_elements(self):
        for subject in SUBJECTS:
            names = ["found", "first", "in_new_array", "node", "key"]
            names += ["past", "*pointer", "reference"]
            texts, truth = self.printed(subject, names)
            for name, element in truth.iterators.items():
                shown = re.search(r"steady iterator = \{element = (.*)\}", texts[name])
                self.assertIsNotNone(shown, texts[name])
                self.assertEqual(tuple(re.findall(NUMBER_OR_TEXT, shown.group(1))), element)
            self.assertIn("end()", texts["past"])
            for name in ("*pointer", "reference"):
                self.assertIn("steady::hash_map with 2 elements = {[0] = 0, [1] = 10}", texts[name])

    def test_nested_containers(self):
        texts, _ = self.printed(SUBJECTS[0], ["nested"])
        self.assertIn(
            "steady::hash_map with 1 element = {[1] = steady::hash_set with 1 element = {10}}",
            texts["nested"],
        )

    def test_commands(self):
        output, _ = self.run_script(
            SUBJECTS[0],
            "steady where of_words into\n"
            "steady where of_nodes into_node\n"
            "steady where of_two into\n"
            "steady info grown_large\n"
            'print $steady_find(of_words, "text 7")\n'
            "print $steady_find(grown_large, 700)\n"
            'print $steady_find(shared_nodes, "text 9")\n'
            "print $steady_find(of_two, 99)\n",
        )
        self.assertRegex(output, r"slot \d+ of bucket \d+ in the array, offset 32\n.*text 7.* 70")
        self.assertRegex(output, r"slot \d+ of bucket \d+ in the array, offset 32\n.*text 3.* 30")
        self.assertIn("no element of this container", output)
        self.assertIn("from 256 to 512 buckets", output)
        self.assertIn("= 70\n", output)
        self.assertIn("= 7000\n", output)
        self.assertIn('= "text 90"\n', output)
        self.assertIn("no such key: 99", output)

    def test_finds_keys_as_the_container_does(self):
        """A number is one of the keys' type: 0.1 is another double than it is a float."""
        values = {
            "$steady_find(doubles, 2)": 20,
            "$steady_find(doubles, 0.1)": 1,
            "$steady_find(floats, 0.1)": 1,
            "$steady_find(floats, 0.5)": 5,
            "$steady_find(shared_doubles, 2)": 20,
            "$steady_find(unsigned_numbers, 0xffffffff)": 3,
            "$steady_find(unsigned_numbers, -1)": 3,
            "$steady_find(of_two, 1.0)": 10,
            "$steady_find(of_words, name)": 70,
        }
        texts, _ = self.printed(SUBJECTS[0], list(values))
        for n, (name, value) in enumerate(values.items()):
            self.assertEqual(texts.get(name), f"${n + 1} = {value}", name)
        typed = (r"a", r"a\0", r"a\0b")
        output, _ = self.run_script(
            SUBJECTS[0], "".join(f'print $steady_find(with_nul, "{key}")\n' for key in typed)
        )
        self.assertRegex(output, r"\$1 = 1\n\$2 = 2\n\$3 = 3\n")
        for key in ["doubles, 3", "floats, 0.2", "of_two, 1.5"]:
            with self.subTest(key=key):
                output, _ = self.run_script(SUBJECTS[0], f"print $steady_find({key})\n")
                self.assertIn("no such key", output)

    def test_retired_containers_have_what_is_not_destroyed(self):
        for subject in SUBJECTS:
            sizes = {"left": 1000, "left_grown": 400, "left_in_old": 400, "left_numbers": 10000}
            texts, _ = self.printed(subject, [f"{name}.contents_" for name in sizes])
            for name, most in sizes.items():
                name += ".contents_"
                with self.subTest(subject=subject, container=name):
                    found = MAP_ELEMENT.findall(texts[name])
                    size = int(re.search(r"with (\d+) elements", texts[name]).group(1))
                    self.assertEqual(len(found), size, texts[name][:1000])
                    self.assertEqual(len(set(found)), size)
                    self.assertIn(size, range(most // 10, most))
                    for key, value in found:
                        number = int(key.strip('"').replace("text ", ""))
                        self.assertEqual(int(value), 10 * number)
                        self.assertEqual(key, f'"text {number}"' if "text" in key else str(number))
                    self.assertIn("retired", texts[name])
                    self.assertNotIn("remark", texts[name])

    def test_core_files(self):
        with tempfile.TemporaryDirectory() as folder:
            core = Path(folder) / "core"
            _, truth = self.run_script(SUBJECTS[0], f"generate-core-file {core}\n")
            done = subprocess.run(
                ["gdb", "-batch", "-nx", "-ex", f"source {ROOT}/debug/gdb/steady.py"]
                + ["-ex", "set print elements 0", "-ex", "frame 1", "-ex", "print words_grown"]
                + [SUBJECTS[0], str(core)],
                capture_output=True,
                text=True,
                timeout=100,
            )
        container = truth.containers["words_grown"]
        check_summary(self, "words_grown", container, done.stdout)
        text = done.stdout[done.stdout.index("$1 = ") :]
        self.assertEqual(sorted(elements_in(text, container)), sorted(container.elements))

    def test_damaged_memory_is_told(self):
        """A printer that is too old finds another number of elements, or none at all."""
        output, _ = self.run_script(
            SUBJECTS[0],
            "set var of_two.table_.state_.size = 3\n"
            "print of_two\n"
            "set var of_one_block.table_.state_.root = 16\n"
            "print of_one_block\n",
        )
        self.assertIn("2 elements were found", output)
        self.assertIn("cannot go on: no memory at", output)

    def test_empty_groups_of_buckets_are_passed(self):
        """Not a read for each of more than 100,000 buckets."""
        for name, size in (("reserved", 0), ("reserved_filled", 500)):
            output, _ = self.run_script(
                SUBJECTS[0],
                "python GdbPlace.reads = 0\n"
                "python read = GdbPlace.read\n"
                "python def counting(*of): GdbPlace.reads += 1; return read(*of)\n"
                "python GdbPlace.read = counting\n"
                f"print {name}\n"
                "python print('reads:', GdbPlace.reads)\n",
            )
            self.assertIn(f"with {size} elements", output)
            self.assertLess(int(re.search(r"reads: (\d+)", output).group(1)), 6000)

    def test_classes_derived_from_containers(self):
        output, _ = self.run_script(
            SUBJECTS[0],
            "steady info inherited\n"
            "print $steady_find(inherited, 3)\n"
            "steady where inherited into\n",
        )
        self.assertIn("steady::hash_map with 1 element\n", output)
        self.assertIn("$1 = 30\n", output)
        self.assertIn("no element of this container", output)

    def test_what_is_not_initialised_is_told(self):
        """Whatever numbers are there: in a sentence, not in Python's words."""
        shape = "of_two.table_.state_.shape.word_"
        no_memory = "no memory at|Cannot access memory at"
        cases = (
            ("of_two.table_.state_.root = -8", "of_two", no_memory),
            (f"{shape} = {shape} | 0x3f", "of_two", "a shift of 63"),
            ("*(unsigned long*)&shared.container_.state_.root = 8", "shared", no_memory),
            ("grown_large.table_.state_.cold_link = 8", "grown_large", no_memory),
        )
        script = "python\ndef attempt(command):\n  try: gdb.execute(command)\n"
        script += "  except gdb.error as error: print(error)\nend\n"
        for change, name, _ in cases:
            script += f"set var {change}\n"
            for command in (f"print {name}", f"steady info {name}",
                            f"print $steady_find({name}, 7)", f"steady where {name} into"):
                script += f"echo \\n==\npython attempt({command!r})\n"
        output, _ = self.run_script(SUBJECTS[0], script)
        self.assertNotRegex(output, "Python Exception|Traceback|Error occurred in Python")
        parts = output.split("\n==")[1:]
        self.assertEqual(len(parts), 4 * len(cases))
        for n, part in enumerate(parts):
            self.assertRegex(part, cases[n // 4][2])

    def test_another_layout_is_refused(self):
        output, _ = self.run_script(
            SUBJECTS[0],
            "python import steady_layout.memory\n"
            "python steady_layout.memory.VERSION += 1\n"
            "print of_two\n",
        )
        known, present = re.search(
            r"this printer knows layout (\d+), the program has layout (\d+)", output
        ).groups()
        self.assertEqual(int(known), int(present) + 1)


if __name__ == "__main__":
    unittest.main()
