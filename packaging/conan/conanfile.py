"""Steady for Conan 2, from the checkout that this file is in:

    conan create packaging/conan                     headers only
    conan create packaging/conan -o "&:engine=True"  with steady-engine, which compiles faster

Packages have the targets of a CMake installation, steady::steady and steady::engine.
"""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"


class Steady(ConanFile):
    name = "steady"
    description = "Hash maps that grow in small steps: no insertion, lookup or erasure pays for the whole table"
    license = "BSL-1.0"
    topics = ("hash-map", "containers", "incremental", "real-time", "header-only")
    settings = "os", "arch", "compiler", "build_type"
    options = {"engine": [True, False], "fPIC": [True, False]}
    default_options = {"engine": False, "fPIC": True}

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include/steady/version.hpp"))
        parts = [
            re.search(rf"^#define STEADY_VERSION_{part} (\d+)$", header, re.MULTILINE).group(1)
            for part in ("MAJOR", "MINOR", "PATCH")
        ]
        self.version = ".".join(parts)

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def export_sources(self):
        for pattern in (
            "CMakeLists.txt",
            "CHANGELOG.md",
            "LICENSE",
            "cmake/*",
            "debug/*",
            "include/*",
            "packaging/pkgconfig/*",
            "src/*",
        ):
            copy(self, pattern, src=self._checkout, dst=self.export_sources_folder)

    def config_options(self):
        if self.settings.os == "Windows":
            del self.options.fPIC

    def configure(self):
        self.package_type = "static-library" if self.options.engine else "header-library"
        if not self.options.engine:
            self.options.rm_safe("fPIC")

    def layout(self):
        cmake_layout(self)

    def package_id(self):
        if not self.info.options.engine:
            self.info.settings.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "CLI", "BENCH", "EXAMPLES"):
            toolchain.cache_variables[f"STEADY_BUILD_{part}"] = False
        toolchain.cache_variables["STEADY_DEBIAN_PACKAGES"] = False
        toolchain.cache_variables["STEADY_BUILD_ENGINE"] = bool(self.options.engine)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install(component="library")
        copy(
            self,
            "LICENSE",
            src=self.source_folder,
            dst=os.path.join(self.package_folder, "licenses"),
        )
        # Conan writes its own, from package_info().
        for folder in ("cmake", "pkgconfig"):
            rmdir(self, os.path.join(self.package_folder, "lib", folder))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "steady")
        headers = self.cpp_info.components["steady"]
        headers.set_property("cmake_target_name", "steady::steady")
        headers.set_property("pkg_config_name", "steady")
        headers.bindirs = []
        headers.libdirs = []
        if self.options.engine:
            engine = self.cpp_info.components["engine"]
            engine.set_property("cmake_target_name", "steady::engine")
            engine.set_property("pkg_config_name", "steady-engine")
            engine.libs = ["steady-engine"]
            engine.defines = ["STEADY_COMPILED_ENGINE=1"]
            engine.requires = ["steady"]
