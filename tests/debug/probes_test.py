"""The probes are in programs, with their names and arguments, and tell what happens: GDB watches
them while a program does what it also counts itself."""

import os
import re
import subprocess
import unittest
from collections import Counter

from debuggers import ROOT, debugger

PROGRAM = os.environ["STEADY_PROBES_PROGRAM"]
WITHOUT = os.environ["STEADY_WITHOUT_PROBES_PROGRAM"]
HAS_SDT = os.environ["STEADY_HAS_SDT"] == "1"

ARGUMENTS = {
    "migration_begin": 4,
    "migration_step": 6,
    "migration_end": 4,
    "reseed_suspected": 3,
    "allocation_failed": 2,
}

WATCH = """
import gdb
class Watch(gdb.Breakpoint):
    def __init__(self, name, count):
        super().__init__("-probe-stap steady:" + name)
        self.silent = True
        self.name, self.count = name, count
    def stop(self):
        names = [f"(unsigned long) $_probe_arg{n}" for n in range(self.count)]
        print("probe", self.name, *(int(gdb.parse_and_eval(name)) for name in names))
        return False
class Told(gdb.Breakpoint):
    def __init__(self):
        super().__init__("told")
        self.silent = True
    def stop(self):
        print("told")
        return False
Told()
"""


def notes(program: str):
    """The probes of a program: (name, number of arguments), each as often as it is there."""
    done = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True)
    found = re.findall(r"Provider: steady\s+Name: (\w+)\s.*?Arguments: ([^\n]*)", done.stdout, re.S)
    return Counter((name, len(arguments.split())) for name, arguments in found)


@unittest.skipUnless(HAS_SDT, "<sys/sdt.h> is not installed (Debian: systemtap-sdt-dev)")
@unittest.skipUnless(debugger("readelf"), "readelf is not installed (Debian: binutils)")
class NotesTest(unittest.TestCase):
    def test_names_and_arguments(self):
        self.assertEqual(set(notes(PROGRAM)), set(ARGUMENTS.items()))

    def test_switched_off(self):
        self.assertEqual(notes(WITHOUT), Counter())

    def test_the_tracing_script_knows_them(self):
        script = (ROOT / "debug/bpftrace/migrations.bt").read_text()
        for name in ARGUMENTS:
            self.assertRegex(script, rf"usdt:\*:steady:{name}\n")
        named = re.findall(r"usdt:\*:steady:(\w+)\n(.*?)^}", script, re.S | re.M)
        self.assertEqual({name for name, _ in named}, set(ARGUMENTS))
        for name, body in named:
            for argument in re.findall(r"\barg(\d)\b", body):
                self.assertLess(int(argument), ARGUMENTS[name], name)


@unittest.skipUnless(debugger("bpftrace"), "bpftrace is not installed (Debian: bpftrace)")
class TracingScriptTest(unittest.TestCase):
    def test_bpftrace_understands_it(self):
        """As far as that goes without tracing anything, for which it takes rights."""
        script = ROOT / "debug/bpftrace/migrations.bt"
        command = ["bpftrace", "-d", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        output = done.stdout + done.stderr
        if "as the root user" in output:
            self.skipTest("bpftrace runs as root only")
        self.assertNotIn("migrations.bt:", output)  # where an error is
        self.assertIn("AST after: Semantic", output)


def counts_in(output: str):
    """What the program says of each container: an address, and numbers."""
    lines = re.findall(r"^container (0x\w+) (.*)$", output, re.MULTILINE)
    return [[int(address, 16)] + [int(word) for word in rest.split()] for address, rest in lines]


def probes_in(output: str):
    """What was seen at the probes of each container: names and arguments."""
    parts = re.split(r"^told$", output, flags=re.MULTILINE)[:-1]
    return [
        [
            (name, [int(value) for value in values.split()])
            for name, values in re.findall(r"^probe (\w+) (.*)$", part, re.MULTILINE)
        ]
        for part in parts
    ]


@unittest.skipUnless(HAS_SDT, "<sys/sdt.h> is not installed (Debian: systemtap-sdt-dev)")
@unittest.skipUnless(debugger("gdb"), "gdb is not installed (Debian: gdb)")
class ValuesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = ["gdb", "-batch", "-nx", "-ex", "python " + WATCH.strip("\n")]
        for name, count in ARGUMENTS.items():
            command += ["-ex", f'python Watch("{name}", {count})']
        command += ["-ex", "set breakpoint always-inserted on", "-ex", "run", PROGRAM]
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200
        )
        if "container" not in done.stdout:
            if re.search("ptrace|Operation not permitted", done.stdout + done.stderr):
                raise unittest.SkipTest("the system lets no debugger start a program")
            raise AssertionError(done.stdout[-2000:] + done.stderr[-2000:])
        cls.containers = list(zip(counts_in(done.stdout), probes_in(done.stdout)))

    def test_every_migration_is_told(self):
        self.assertEqual(len(self.containers), 5)
        for counts, probes in self.containers:
            ended = Counter(values[1] for name, values in probes if name == "migration_end")
            self.assertEqual([ended[kind] for kind in range(4)], counts[1:5])
        for counts, _ in self.containers[:2]:
            self.assertTrue(all(counts[1:5]), counts)  # of every kind

    def test_which_container(self):
        for counts, probes in self.containers:
            self.assertEqual({values[0] for _, values in probes}, {counts[0]})

    def test_begin_steps_end(self):
        for _, probes in self.containers:
            under_way = None
            for name, values in probes:
                if name == "migration_begin":
                    self.assertIsNone(under_way)
                    under_way = values
                    _, kind, old, new = values
                    right = {0: new > old, 1: new == old, 2: new < old, 3: True}
                    self.assertTrue(right[kind], values)
                elif name == "migration_step":
                    self.assertEqual(values[:4], under_way)
                    self.assertIn(values[4], range(5))
                    self.assertGreater(values[5], 0)
                elif name == "migration_end":
                    self.assertEqual(values, under_way)
                    under_way = None
            self.assertIsNone(under_way)

    def test_steps(self):
        for n, (counts, probes) in enumerate(self.containers):
            steps = sum(values[5] for name, values in probes if name == "migration_step")
            if n in (0, 2, 4):  # maps of one thread
                self.assertEqual(steps, counts[5])
            else:  # whose steps of freeing are not among the probes
                self.assertLess(steps, counts[5])
                self.assertGreater(steps, counts[5] // 4)

    def test_suspicion_and_failed_allocations(self):
        for counts, probes in self.containers:
            names = Counter(name for name, _ in probes)
            self.assertEqual([names["reseed_suspected"], names["allocation_failed"]], counts[6:8])
            for name, values in probes:
                if name == "reseed_suspected":
                    _, size, chain = values
                    self.assertGreater(chain, 5)
                    self.assertGreater(size, 6 * chain)
                elif name == "allocation_failed":
                    self.assertGreater(values[1], 0)
        suspected = [counts[6] > 0 for counts, _ in self.containers]
        failed = [counts[7] > 0 for counts, _ in self.containers]
        self.assertEqual(suspected, [False, False, True, True, True])
        self.assertEqual(failed, [True, True, False, False, False])


if __name__ == "__main__":
    unittest.main()
