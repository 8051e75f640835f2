"""The Conan recipe without Conan: stand-ins for what it calls."""

import fnmatch
import shutil
import sys
import types
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RECIPE = PROJECT / "packaging/conan/conanfile.py"


class Toolchain:
    """Keeps what the recipe tells CMake."""

    made: list["Toolchain"] = []

    def __init__(self, _: object) -> None:
        self.cache_variables: dict[str, object] = {}

    def generate(self) -> None:
        Toolchain.made.append(self)


def copy(_: object, pattern: str, src: str, dst: str) -> None:
    """Files whose path below `src` matches; a * stands for slashes, too."""
    for path in Path(src).rglob("*"):
        name = path.relative_to(Path(src)).as_posix()
        if path.is_file() and fnmatch.fnmatch(name, pattern):
            (Path(dst) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, Path(dst) / name)


def load(_: object, path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def stand_in(name: str, **members: object) -> None:
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


def recipe() -> Any:
    """An object of the recipe's class."""
    stand_in("conan", ConanFile=object)
    stand_in("conan.tools")
    stand_in("conan.tools.build", check_min_cppstd=None)
    stand_in("conan.tools.cmake", CMake=None, CMakeToolchain=Toolchain, cmake_layout=None)
    stand_in("conan.tools.files", copy=copy, load=load, rmdir=None)
    members: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(RECIPE.read_text(encoding="utf-8"), str(RECIPE), "exec"), members)
    made = members["Steady"]()
    made.recipe_folder = str(RECIPE.parent)
    return made
