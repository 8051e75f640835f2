"""The C++ files whose code and whose compilation are measured: one to twenty map types in a file.

For each map type the file has four functions that take the map by reference, as the functions of a
user's program do: assigning to a key, erasing it, going over the elements, finding a key.
"""

# Values that are nothing but bytes, so that only their size tells the types apart.
BYTES = "template <std::size_t Size>\nstruct bytes {\n  unsigned char of[Size];\n};\n"

# (key, value): no two are alike in both, and of the sizes few are. One map in a file is the first.
MAP_TYPES = [
    ("std::string", "int"),
    ("std::string", "bytes<24>"),
    ("std::uint32_t", "std::string"),
    ("std::uint64_t", "double"),
    ("std::uint16_t", "bytes<12>"),
    ("std::string", "std::string"),
    ("std::uint64_t", "bytes<40>"),
    ("std::int32_t", "std::int32_t"),
    ("std::string", "bytes<7>"),
    ("std::int64_t", "std::string"),
    ("std::uint8_t", "bytes<3>"),
    ("std::uint32_t", "bytes<56>"),
    ("std::string", "double"),
    ("std::int16_t", "std::uint64_t"),
    ("std::uint64_t", "bytes<100>"),
    ("std::string", "bytes<64>"),
    ("std::int32_t", "bytes<20>"),
    ("std::uint64_t", "bytes<1>"),
    ("std::string", "bytes<136>"),
    ("std::int64_t", "bytes<200>"),
]

# What stands for a type's value in an assignment.
LITERALS = {"std::string": '"a"', "double": "1.5"}

FUNCTIONS = """
void assign(map_{number}& map) {{ map[{key}] = {value}; }}
std::size_t erase(map_{number}& map) {{ return map.erase({key}); }}
std::size_t count_ones(const map_{number}& map) {{
  std::size_t ones = 0;
  for (const auto& [key, value] : map) ones += {is_one} ? 1 : 0;
  return ones;
}}
const {value_type}* find(const map_{number}& map, const {key_type}& key) {{
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}}
"""


def literal_of(type_name):
    if type_name.startswith("bytes<"):
        return f"{type_name}{{{{1}}}}"
    return LITERALS.get(type_name, "1")


def is_one(type_name):
    """An expression that reads a value of the type and has something to do with it."""
    if type_name.startswith("bytes<"):
        return "value.of[0] == 1"
    return f"value == {literal_of(type_name)}"


def one_map(number, template):
    key, value = MAP_TYPES[number]
    functions = FUNCTIONS.format(
        number=number,
        key=literal_of(key),
        value=literal_of(value),
        is_one=is_one(value),
        key_type=key,
        value_type=value,
    )
    return f"\nusing map_{number} = {template}<{key}, {value}>;{functions}"


def file_with(header, template, maps):
    """A file with the first `maps` map types of the class template `template`; 0: only included."""
    text = f"#include <cstddef>\n#include <cstdint>\n#include <string>\n\n#include <{header}>\n\n"
    text += BYTES
    for number in range(maps):
        text += one_map(number, template)
    return text
