"""The user's compiler: what it is, what it makes of a file, and how long that takes."""

import os
import shlex
import shutil
import subprocess
import tempfile

from trouble import Trouble

STANDARD = "-std=c++20"


def first_lines(text, most=12):
    lines = text.strip().splitlines()
    return "\n".join(lines[:most] + ["..."] * (len(lines) > most))


class Compiler:
    def __init__(self, command, include):
        self.command = shlex.split(command)
        self.name = command
        self.include = include
        if not self.command or shutil.which(self.command[0]) is None:
            raise Trouble(f"no compiler '{command}'; set CXX to the command of a C++20 compiler")
        # A cache of objects, where the compiler is one in disguise, would answer without compiling.
        self.environment = {**os.environ, "CCACHE_DISABLE": "1", "LC_ALL": "C"}
        try:
            self.preprocess("#include <version>\n")
        except Trouble as trouble:
            raise Trouble(f"{command} is not a C++20 compiler: {trouble}") from trouble

    def version(self):
        done = subprocess.run(
            [*self.command, "--version"], capture_output=True, text=True, env=self.environment
        )
        return done.stdout.split("\n")[0] or "unknown version"

    def preprocess(self, text, flags=()):
        done = subprocess.run(
            [*self.command, STANDARD, *flags, f"-I{self.include}", "-E", "-P", "-x", "c++", "-"],
            input=text,
            capture_output=True,
            text=True,
            env=self.environment,
        )
        if done.returncode != 0:
            raise Trouble(first_lines(done.stderr))
        return done.stdout

    def compile(self, source, flags, made):
        """Compiles one file to the object file `made`; the seconds of user time that this took."""
        command = [*self.command, STANDARD, *flags, f"-I{self.include}", "-c", source, "-o", made]
        with tempfile.TemporaryFile("w+") as said:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=self.environment
            )
            _, status, usage = os.wait4(child.pid, 0)  # with what the child itself has started
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode == 0:
                return usage.ru_utime
            said.seek(0)
            raise Trouble(f"{shlex.join(command)} failed:\n{first_lines(said.read())}")
