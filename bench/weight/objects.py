"""What is in an object file, as `size -A` and `nm` of the binutils tell it."""

import shutil
import subprocess

from trouble import Trouble


def text_bytes(size_output):
    """The bytes of all sections of code: .text, and .text.* of what templates were made into."""
    total = 0
    for line in size_output.splitlines():
        fields = line.split()
        if len(fields) == 3 and (fields[0] == ".text" or fields[0].startswith(".text.")):
            total += int(fields[1])
    return total


def functions(nm_output):
    """How many functions there are. A part that was split off as seldom run is none of its own."""
    count = 0
    for line in nm_output.splitlines():
        fields = line.split(maxsplit=2)
        if len(fields) == 3 and fields[1] in ("T", "t", "W") and not is_cold_part(fields[2]):
            count += 1
    return count


def is_cold_part(name):
    return ".cold" in name


def output_of(*command):
    if shutil.which(command[0]) is None:
        raise Trouble(f"no command '{command[0]}'; install binutils")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


def text_bytes_of(path):
    return text_bytes(output_of("size", "-A", path))


def functions_of(path):
    return functions(output_of("nm", path))
