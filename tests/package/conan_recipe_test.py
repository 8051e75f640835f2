"""The Conan recipe, without Conan: what it exports is enough to build, with options that exist.

Where there is a Conan, package.conan runs the whole recipe.
"""

import types
import unittest
from pathlib import Path

from conan_stand_ins import Toolchain, recipe
from runs_cmake import RunsCMake


class ConanRecipe(RunsCMake):
    def compiled_as_told(self, sources: str, build: str) -> None:
        """Conan's option fPIC becomes a variable of CMake's; the standard is without extensions."""
        option = "-DCMAKE_POSITION_INDEPENDENT_CODE="
        for chosen in ("OFF", "ON"):
            self.run_cmake(
                "-S", sources, "-B", build, option + chosen, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"
            )
            commands = Path(build, "compile_commands.json").read_text(encoding="utf-8")
            self.assertEqual("-fPIC" in commands, chosen == "ON", commands)
            self.assertNotIn("gnu++", commands)

    def test_what_is_exported_builds(self) -> None:
        steady = recipe()
        steady.export_sources_folder = str(self.folder / "sources")
        steady.export_sources()
        for engine in (False, True):
            steady.options = types.SimpleNamespace(engine=engine)
            steady.generate()
            options = [
                f"-D{name}={value}" for name, value in Toolchain.made[-1].cache_variables.items()
            ]
            self.assertIn(f"-DSTEADY_BUILD_ENGINE={engine}", options)
            build = str(self.folder / f"build_{engine}")
            said = self.run_cmake("-S", steady.export_sources_folder, "-B", build, *options)
            self.assertNotIn("not used by the project", said)
            if engine:
                self.compiled_as_told(steady.export_sources_folder, build)
            else:  # the engine takes long to compile
                self.run_cmake("--build", build)
                prefix = self.folder / "package"
                self.run_cmake(
                    "--install", build, "--component", "library", "--prefix", str(prefix)
                )
                self.assertTrue((prefix / "include/steady/hash_map.hpp").is_file())
        self.assertTrue((Path(steady.export_sources_folder) / "LICENSE").is_file())


if __name__ == "__main__":
    unittest.main()
