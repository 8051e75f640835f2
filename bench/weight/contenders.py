"""The maps that are compared, and what the compiler knows of them."""

from dataclasses import dataclass

from trouble import Trouble


@dataclass(frozen=True)
class Contender:
    key: str
    name: str  # heads a column
    full_name: str
    header: str
    template: str  # with a key type and a value type, and nothing more, as users write it
    version_header: str
    version_macros: str
    package: str  # brings the header
    flags: tuple = ()
    program: str = "bench.weight"
    map: str = ""  # what the program calls it; the key where that is empty

    @property
    def program_map(self):
        return self.map or self.key


STEADY = {
    "full_name": "steady::hash_map",
    "header": "steady/hash_map.hpp",
    "template": "steady::hash_map",
    "version_header": "steady/version.hpp",
    "version_macros": "STEADY_VERSION_MAJOR STEADY_VERSION_MINOR STEADY_VERSION_PATCH",
    "package": "this repository's include/",
}

ALL = [
    Contender("steady", "steady", **STEADY),
    Contender(
        "steady_engine",
        "steady, engine compiled apart",
        **STEADY,
        flags=("-DSTEADY_COMPILED_ENGINE=1",),
        program="bench.weight_engine",
        map="steady",
    ),
    Contender(
        "std",
        "std",
        "std::unordered_map",
        "unordered_map",
        "std::unordered_map",
        "version",
        "_GLIBCXX_RELEASE __GLIBCXX__",
        "the compiler",
    ),
    Contender(
        "boost",
        "boost",
        "boost::unordered_flat_map",
        "boost/unordered/unordered_flat_map.hpp",
        "boost::unordered_flat_map",
        "boost/version.hpp",
        "BOOST_VERSION",
        "libboost1.81-dev or later",
    ),
    Contender(
        "absl",
        "absl",
        "absl::flat_hash_map",
        "absl/container/flat_hash_map.h",
        "absl::flat_hash_map",
        "absl/base/config.h",
        "ABSL_LTS_RELEASE_VERSION ABSL_LTS_RELEASE_PATCH_LEVEL",
        "libabsl-dev",
    ),
]

# The others are compared with the faster of these.
FAST = ("boost", "absl")


def version_in(key, preprocessed):
    """The version in a preprocessed file whose last line has the values of the version's macros."""
    lines = [line for line in preprocessed.splitlines() if line.startswith("weight_version ")]
    words = lines[-1].split()[1:] if lines else []
    if not words or not all(word.isdigit() for word in words):
        return "unknown version"  # macros that this library, or this standard library, has not
    if key == "boost":
        number = int(words[0])
        words = [str(number // 100_000), str(number // 100 % 1000), str(number % 100)]
    return ".".join(words)


def version_of(contender, compiler):
    """The version that the compiler finds; None where it does not find the headers."""
    text = (
        f"#include <{contender.header}>\n#include <{contender.version_header}>\n"
        f"weight_version {contender.version_macros}\n"
    )
    try:
        return version_in(contender.key, compiler.preprocess(text, contender.flags))
    except Trouble:
        return None


def find_all(compiler):
    """({key: version} of what can be measured, a note about each map that cannot)."""
    versions = {contender.key: version_of(contender, compiler) for contender in ALL}
    if versions["steady"] is None:
        raise Trouble(f"{compiler.name} cannot read <steady/hash_map.hpp> in {compiler.include}")
    notes = [
        f"{contender.full_name} is left out: {compiler.name} does not find <{contender.header}>; "
        f"install {contender.package}"
        for contender in ALL
        if versions[contender.key] is None
    ]
    return {key: version for key, version in versions.items() if version is not None}, notes
