"""Pages of the reference, from the public headers: each header's contract, then its classes and
functions with the comments above them, as Doxygen finds them, then the header itself."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as xml
from pathlib import Path

DOXYGEN_SETTINGS = """
INPUT = include/steady
FILE_PATTERNS = *.hpp
RECURSIVE = NO
INPUT_FILTER = tools/site/doxygen_filter
OUTPUT_DIRECTORY = {output}
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
XML_PROGRAMLISTING = NO
EXTRACT_ALL = YES
MARKDOWN_SUPPORT = NO
AUTOLINK_SUPPORT = NO
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = STEADY_ALWAYS_INLINE= STEADY_COLD= STEADY_NOINLINE= STEADY_ABI=abi
QUIET = YES
WARNINGS = NO
"""


def run_doxygen(repository: Path, output: Path) -> Path:
    """The directory of the XML that Doxygen writes."""
    output.mkdir(parents=True, exist_ok=True)
    settings = output / "Doxyfile"
    settings.write_text(DOXYGEN_SETTINGS.format(output=output), encoding="utf-8")
    subprocess.run(["doxygen", settings], cwd=repository, check=True, stdout=subprocess.DEVNULL)
    return output / "xml"


def escaped(text: str) -> str:
    """Text for Markdown, in which < begins no tag; what is between backticks stays."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("`", "&#96;")
    for n in range(0, len(parts), 2):
        parts[n] = parts[n].replace("&", "&amp;").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
    return "`".join(parts)


def text_of(element: xml.Element | None) -> str:
    """The text in an element, in one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def description_of(element: xml.Element) -> str:
    """What the comments above say, short and long."""
    parts = [text_of(element.find("briefdescription")), text_of(element.find("detaileddescription"))]
    return escaped(" ".join(part for part in parts if part))


def tidy(code: str) -> str:
    """Doxygen's spaces where programmers put them."""
    code = re.sub(r"< ", "<", code)
    code = re.sub(r" >", ">", code)
    code = re.sub(r"([\w>]) ([&*]+)(?=\w)", r"\1\2 ", code)
    code = re.sub(r"([\w>]) ([&*]+)(?=[^\w&*]|$)", r"\1\2", code)
    return re.sub(r"(?<=[\w)])=(?=[\w(\[{<])", " = ", code)


def template_of(member: xml.Element) -> str:
    """`template <...>` and a line's end; nothing for what is no template."""
    parameters = member.find("templateparamlist")
    if parameters is None:
        return ""
    names = []
    for parameter in parameters.findall("param"):
        name = parameter.findtext("declname") or ""
        text = f"{text_of(parameter.find('type'))} {name}".strip()
        default = text_of(parameter.find("defval"))
        names.append(f"{text} = {default}" if default else text)
    return tidy(f"template <{', '.join(names)}>") + "\n" if names else ""


def signature_of(member: xml.Element) -> str:
    """The declaration, as a program would write it."""
    kind = member.get("kind")
    kind_of_type = text_of(member.find("type"))
    name = member.findtext("name") or ""
    if kind == "enum":
        values = ", ".join(value.findtext("name") or "" for value in member.findall("enumvalue"))
        return f"enum class {name} {{ {values} }};"
    if kind == "typedef":
        return tidy(f"using {name} = {kind_of_type.removeprefix('using ')};")
    arguments = member.findtext("argsstring") or ""
    value = text_of(member.find("initializer")) if kind == "variable" else ""
    prefix = "static " if member.get("static") == "yes" else ""
    if kind == "friend":
        prefix = "friend "
    text = f"{prefix}{kind_of_type} {name}{arguments} {value}".strip()
    return template_of(member) + tidy(re.sub(r"\s+", " ", text)) + ";"


def is_public(member: xml.Element) -> bool:
    """Whether users see it: of friends, only functions."""
    if member.get("kind") == "friend" and not member.findtext("argsstring"):
        return False
    return member.get("prot") == "public" or member.get("kind") == "friend"


def members_in_words(members: list[xml.Element], level: str) -> str:
    """Members of one name under one heading, each declaration before what is said about it."""
    text = ""
    name = None
    for member in members:
        if member.findtext("name") != name:
            name = member.findtext("name")
            text += f"\n{level} `{name}`\n"
        text += f"\n```cpp\n{signature_of(member)}\n```\n"
        description = description_of(member)
        if description:
            text += f"\n{description}\n"
    return text


def first_line_of(section: xml.Element) -> int:
    """Where in the header a group of members begins."""
    return min((int(each.get("line") or 0) for each in section.iter("location")), default=0)


def sections_in_words(compound: xml.Element, level: str) -> str:
    """All public members of a class or a namespace, by the groups that its header has."""
    text = ""
    titles = {"public-type": "Types", "public-func": "Functions", "public-static-func": "Functions",
              "public-attrib": "Members", "public-static-attrib": "Constants", "friend": "Friends",
              "func": "Functions", "enum": "Enumerations", "typedef": "Types", "related": "Functions"}
    for section in sorted(compound.findall("sectiondef"), key=first_line_of):
        members = [member for member in section.findall("memberdef") if is_public(member)]
        kind = section.get("kind") or ""
        if not members or (kind != "user-defined" and kind not in titles):
            continue
        title = section.findtext("header") or titles.get(kind, "")
        about = escaped(text_of(section.find("description")))
        text += f"\n{level} {title[:1].upper() + title[1:]}\n"
        text += f"\n{about}\n" if about else ""
        text += members_in_words(members, level + "#")
    return text


def indented_in_words(lines: list[str]) -> str:
    """Indented lines of a comment: terms with what they mean become a list, all else is code."""
    term = re.compile(r"^  ([A-Z]\w*(?: \w+)?) {2,}(\S.*)$")
    if not term.match(lines[0]):
        return "".join(f"    {line[2:]}\n" for line in lines)
    text = ""
    for line in lines:
        found = term.match(line)
        text += f"- **{found.group(1)}**: {escaped(found.group(2))}\n" if found else f"  {escaped(line.strip())}\n"
    return text


def contract_of(header: str) -> tuple[str, str]:
    """What the head of a header says, as Markdown, and the code below it."""
    lines = header.splitlines()
    count = 0
    while count < len(lines) and lines[count].startswith("//"):
        count += 1
    text = ""
    indented: list[str] = []
    for line in [line[3:] for line in lines[:count]] + [""]:
        if line.startswith("  "):
            indented.append(line)
            continue
        if indented:
            text += "\n" + indented_in_words(indented) + "\n"
            indented = []
        text += escaped(line) + "\n"
    return text, "\n".join(lines[count:]).strip()


def compounds_by_header(directory: Path) -> dict[str, list[xml.Element]]:
    """Classes of each header's name, in the order of their lines; no details."""
    found: dict[str, list[xml.Element]] = {}
    for file in sorted(directory.glob("*.xml")):
        for compound in xml.parse(file).getroot().findall("compounddef"):
            location = compound.find("location")
            name = compound.findtext("compoundname") or ""
            if compound.get("kind") not in ("class", "struct") or "detail" in name or location is None:
                continue
            if compound.get("prot") == "private":
                continue
            found.setdefault(Path(location.get("file") or "").name, []).append(compound)
    for compounds in found.values():
        compounds.sort(key=lambda each: int(each.find("location").get("line") or 0))
    return found


def free_functions_by_header(directory: Path) -> dict[str, list[xml.Element]]:
    """Functions and enumerations of namespace steady, by their header's name."""
    found: dict[str, list[xml.Element]] = {}
    for file in sorted(directory.glob("namespacesteady*.xml")):
        namespace = xml.parse(file).getroot().find("compounddef")
        name = (namespace.findtext("compoundname") or "").replace("::abi", "")
        if "detail" in name:
            continue
        for member in namespace.iter("memberdef"):
            location = member.find("location")
            if member.get("kind") in ("function", "enum", "typedef") and location is not None:
                if member.findtext("type") is None and member.get("kind") == "function":
                    continue  # deduction guides
                if "->" in (member.findtext("argsstring") or ""):
                    continue  # likewise
                found.setdefault(Path(location.get("file") or "").name, []).append(member)
    return found


def page_of(header: Path, compounds: list[xml.Element], functions: list[xml.Element]) -> str:
    """The page of one header."""
    contract, code = contract_of(header.read_text(encoding="utf-8"))
    text = f"# `{header.stem}`\n\n```cpp\n#include <steady/{header.name}>\n```\n\n{contract}\n"
    listed = False
    for compound in compounds:
        name = (compound.findtext("compoundname") or "").replace("::abi", "").removeprefix("steady::")
        body = sections_in_words(compound, "###")
        about = description_of(compound)
        if not body and not about:
            continue
        listed = True
        text += f"\n## `{name}`\n\n```cpp\n{template_of(compound)}{compound.get('kind')} {name};\n```\n"
        text += f"\n{about}\n" if about else ""
        text += body
    if functions:
        listed = True
        text += "\n## In namespace steady\n" + members_in_words(functions, "###")
    summary = "The header as it is"
    body = "\n".join("    " + line if line else "" for line in code.splitlines())
    opening = "???" if listed else "???+"
    return text + f'\n{opening} abstract "{summary}"\n    ```cpp\n{body}\n    ```\n'


def write_pages(repository: Path, output: Path, work: Path) -> list[str]:
    """A page for each public header in `output`; returns the names of the headers."""
    directory = run_doxygen(repository, work)
    compounds = compounds_by_header(directory)
    functions = free_functions_by_header(directory)
    output.mkdir(parents=True, exist_ok=True)
    names = []
    for header in sorted((repository / "include/steady").glob("*.hpp")):
        page = page_of(header, compounds.get(header.name, []), functions.get(header.name, []))
        (output / f"{header.stem}.md").write_text(page, encoding="utf-8")
        names.append(header.stem)
    return names
