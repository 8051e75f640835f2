"""GDB shows Steady's containers, iterators and elements.

    (gdb) source debug/gdb/steady.py          (or put that line into ~/.gdbinit)
    (gdb) print stock
    $1 = steady::hash_map with 2 elements = {["apples"] = 3, ["pears"] = 5}
    (gdb) steady info stock                   its shape, counted bucket by bucket
    (gdb) steady where stock POINTER          which element a pointer points into
    (gdb) print $steady_find(stock, "pears")  the value of a key; of a set, the key

It calls no function of the program, so it works with core files, too. GDB 12 or later.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import gdb
import gdb.printing

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import steady_layout as layout  # noqa: E402

sys.path.pop(0)


# What reading a container may raise, most of all where it is damaged or not initialised yet.
TROUBLE = (layout.LayoutError, gdb.error, MemoryError, OverflowError, ValueError)


class GdbPlace:
    """A layout.Place."""

    def __init__(self, value: gdb.Value) -> None:
        self.value = value
        self.type = value.type.strip_typedefs()

    def member(self, name: str) -> "GdbPlace":
        try:
            return GdbPlace(self.value[name])
        except gdb.error as error:
            raise layout.LayoutError(f"{self.type} has no member {name}: {error}") from error

    def has_member(self, name: str) -> bool:
        return any(field.name == name for field in self.type.fields())

    def items(self) -> "List[GdbPlace]":
        first, last = self.type.range()
        return [GdbPlace(self.value[n]) for n in range(first, last + 1)]

    def target(self) -> "GdbPlace":
        pointer = self.type
        if pointer.code != gdb.TYPE_CODE_PTR:
            pointer = pointer.template_argument(0).strip_typedefs()
        return GdbPlace(gdb.Value(self.number()).cast(pointer).dereference())

    def number(self) -> int:
        if self.type.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):  # an atomic one
            data = self.read(self.address(), self.type.sizeof)
            return int.from_bytes(data, self.byte_order())
        size = 8 * self.type.sizeof
        return int(self.value) & ((1 << size) - 1)

    def address(self) -> int:
        if self.value.address is None:
            raise layout.LayoutError(f"this {self.type} is not in memory")
        return int(self.value.address)

    def type_name(self) -> str:
        return str(self.type.unqualified())

    def read(self, address: int, size: int) -> bytes:
        try:
            return bytes(gdb.selected_inferior().read_memory(address, size))
        except (gdb.MemoryError, gdb.error) as error:
            raise layout.LayoutError(f"no memory at {address:#x}: {error}") from error

    def pointer_bytes(self) -> int:
        return gdb.lookup_type("char").pointer().sizeof

    def byte_order(self) -> str:
        return "big" if "big endian" in gdb.execute("show endian", to_string=True) else "little"


class Container:
    """A container, and its elements as GDB's values."""

    def __init__(self, value: gdb.Value, kind: str) -> None:
        part = value[layout.Container.part_of(kind)]
        shown = shown_numbers(part["shown_"].type)
        self.slot_type = shown.template_argument(0)
        size = self.slot_type.strip_typedefs().sizeof
        self.of = layout.Container.of(kind, GdbPlace(part), str(shown), size)

    @staticmethod
    def open(value: gdb.Value) -> "Container":
        """Of an expression's value, which may be a reference or a pointer."""
        value = without_reference(value)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
            value = value.dereference()
        found = container_in(value)
        if found is None:
            raise layout.LayoutError(f"{value.type} is no container of Steady")
        return Container(found, layout.Container.kind_of(plain_name(found.type)))

    def element(self, slot: layout.Slot) -> gdb.Value:
        """A pair or a key; of shared containers whose elements are kept in slots, what is there."""
        in_nodes = self.slot_type.strip_typedefs().code == gdb.TYPE_CODE_PTR
        offset = layout.SHARED_NODE_OFFSET if self.of.is_shared and in_nodes else 0
        value = gdb.Value(slot.address + offset).cast(self.slot_type.pointer()).dereference()
        if not self.of.is_shared:
            return value.dereference() if self.of.in_nodes else value
        if in_nodes:
            return value["value"]
        has_code = plain_name(value.type).startswith("steady::detail::content_with_code")
        return value["content"] if has_code else value

    def key_and_value(self, slot: layout.Slot) -> Tuple[gdb.Value, Optional[gdb.Value]]:
        element = self.element(slot)
        names = self._names(element)
        if not self.of.is_map:
            return (element[names[0]] if names else element), None
        return element[names[0]], element[names[1]]

    def _names(self, element: gdb.Value) -> Tuple[str, ...]:
        """Of the members that are key and value."""
        if plain_name(element.type).startswith("steady::detail::plain_content"):
            return ("key", "mapped") if self.of.is_map else ("key",)
        return ("first", "second") if self.of.is_map else ()

    def place_of_element(self, slot: layout.Slot) -> Tuple[int, int]:
        element = self.element(slot)
        return int(element.address), element.type.sizeof

    def where(self, pointer: int) -> Tuple[str, Optional[layout.Slot]]:
        return self.of.where(pointer, self.slot_type.sizeof, self.place_of_element)


def container_in(value: gdb.Value) -> Optional[gdb.Value]:
    """The value, or what it is derived from."""
    if layout.Container.kind_of(plain_name(value.type)) is not None:
        return value
    of = value.type.strip_typedefs()
    if of.code == gdb.TYPE_CODE_STRUCT:
        for field in of.fields():
            found = container_in(value[field]) if field.is_base_class else None
            if found is not None:
                return found
    return None


def shown_numbers(of: gdb.Type) -> gdb.Type:
    """array/shown_layout.hpp"""
    if plain_name(of).startswith("steady::detail::shown_shared<"):
        return of.strip_typedefs()
    numbers = of.strip_typedefs().template_argument(0).strip_typedefs()
    if not numbers.fields():
        raise layout.LayoutError(f"the debug information has no {numbers}")
    return numbers.fields()[0].type.strip_typedefs()


def without_reference(value: gdb.Value) -> gdb.Value:
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        return value.referenced_value()
    return value


def plain_name(of: gdb.Type) -> str:
    return str(of.strip_typedefs().unqualified())


# ---- printers ----


class ContainerPrinter:
    """Of containers: a summary, and the elements as children."""

    def __init__(self, value: gdb.Value, kind: str) -> None:
        self.value = value
        self.kind = kind

    def to_string(self) -> str:
        try:
            return Container(self.value, self.kind).of.summary()
        except TROUBLE as error:
            return f"steady::{self.kind} that cannot be shown: {error}"

    def display_hint(self) -> str:
        return "map" if self.kind.endswith("map") else "array"

    def children(self) -> Iterator[Tuple[str, object]]:
        try:
            yield from self._children()
        except TROUBLE as error:
            yield from self._remark(f"cannot go on: {error}")

    def _children(self) -> Iterator[Tuple[str, object]]:
        container = Container(self.value, self.kind)
        count = 0
        for slot in container.of.table.elements():
            key, value = container.key_and_value(slot)
            yield f"[{2 * count}]", key
            if value is not None:
                yield f"[{2 * count + 1}]", value
            count += 1
        if count != container.of.table.size():
            yield from self._remark(f"{count} elements were found: {layout.MISCOUNT}")

    def _remark(self, text: str) -> Iterator[Tuple[str, object]]:
        yield "[remark]", text
        if self.kind.endswith("map"):
            yield "[remark's value]", ""


class IteratorPrinter:
    """Of iterators: the element, and in debug builds whether the iterator is stale."""

    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def _element(self) -> Optional[gdb.Value]:
        slot = self.value["at_"]["slot"]
        if int(slot) == 0:
            return None
        value = slot.dereference()
        is_node = value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR and "node_elements<" in str(
            self.value.type.strip_typedefs()
        )
        return value.dereference() if is_node else value

    def _is_stale(self) -> bool:
        try:
            now = self.value["table_"]["state_"]["locations"]["now_"]
            return int(self.value["check_"]["stamp_"]) != int(now)
        except gdb.error:  # not in debug mode
            return False

    def to_string(self) -> str:
        if int(self.value["at_"]["slot"]) == 0:
            return "steady iterator, end()"
        return "stale steady iterator" if self._is_stale() else "steady iterator"

    def children(self) -> Iterator[Tuple[str, gdb.Value]]:
        element = self._element()
        if element is not None and not self._is_stale():
            yield "element", element


class NodePrinter:
    """Of a node of a shared container, which a pointer into it may lead to: its element."""

    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def children(self) -> Iterator[Tuple[str, gdb.Value]]:
        yield "element", self.value["value"]

    def to_string(self) -> str:
        return "steady node"


def find_printer(value: gdb.Value) -> Optional[object]:
    name = plain_name(value.type)
    if not name.startswith("steady::"):
        return None
    kind = layout.Container.kind_of(name)
    if kind is not None:
        return ContainerPrinter(value, kind)
    if name.startswith("steady::detail::table_iterator<"):
        return IteratorPrinter(value)
    if name.startswith("steady::detail::shared_node<"):
        return NodePrinter(value)
    return None


class SteadyPrinters(gdb.printing.PrettyPrinter):
    def __call__(self, value: gdb.Value) -> Optional[object]:
        return find_printer(value)


# ---- commands ----


class SteadyCommand(gdb.Command):
    """Look into Steady's containers: `steady info MAP`, `steady where MAP POINTER`."""

    def __init__(self) -> None:
        super().__init__("steady", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class InfoCommand(gdb.Command):
    """steady info MAP: its buckets, its overflow, and how far a migration is."""

    def __init__(self) -> None:
        super().__init__("steady info", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if not argument:
            raise gdb.GdbError("usage: steady info MAP")
        run(lambda: print("\n".join(Container.open(gdb.parse_and_eval(argument)).of.details())))


class WhereCommand(gdb.Command):
    """steady where MAP POINTER: which element the pointer points into."""

    def __init__(self) -> None:
        super().__init__("steady where", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument: str, from_tty: bool) -> None:
        arguments = gdb.string_to_argv(argument)
        if len(arguments) != 2:
            raise gdb.GdbError("usage: steady where MAP POINTER (quote what has spaces)")
        run(lambda: report_where(*arguments))


def report_where(of: str, pointing: str) -> None:
    container = Container.open(gdb.parse_and_eval(of))
    pointer = int(gdb.parse_and_eval(pointing).cast(gdb.lookup_type("unsigned long")))
    text, slot = container.where(pointer)
    print(text)
    if slot is not None:
        print(f"  {container.element(slot).format_string()}")


def run(action):
    """Its result; what goes wrong is told as GDB tells of errors."""
    try:
        return action()
    except TROUBLE as error:
        raise gdb.GdbError(str(error)) from error


class FindFunction(gdb.Function):
    """$steady_find(MAP, KEY): the value of a key, or of a set the key. It looks at all elements,
    because it cannot call the program's hash function; keys are numbers or strings."""

    def __init__(self) -> None:
        super().__init__("steady_find")

    def invoke(self, container: gdb.Value, key: gdb.Value) -> gdb.Value:
        return run(lambda: find_key(Container.open(container), without_reference(key)))


def find_key(within: Container, key: gdb.Value) -> gdb.Value:
    wanted = None
    for slot in within.of.table.elements():
        found, value = within.key_and_value(slot)
        if wanted is None:
            wanted = wanted_beside(found, key)
        if comparable(found) == wanted:
            return found if value is None else value
    raise layout.LayoutError(f"no such key: {comparable(key)}")


WHOLE_NUMBERS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)


def wanted_beside(found: gdb.Value, key: gdb.Value) -> object:
    """What the keys that are there are compared with. An array of the program's comes as a
    pointer, which is a text where keys are no pointers."""
    to, there = (value.type.strip_typedefs() for value in (key, found))
    if gdb.TYPE_CODE_PTR == to.code != there.code and to.target().sizeof == 1:
        return text_of(key)
    return comparable(as_number_of(found, key))


def as_number_of(found: gdb.Value, key: gdb.Value) -> gdb.Value:
    """The key in the type of those that are there, as a program passes it; but no whole number is
    made of what is none."""
    code = key.type.strip_typedefs().code
    code_there = found.type.strip_typedefs().code
    is_number = code in WHOLE_NUMBERS or code == gdb.TYPE_CODE_FLT
    if code_there == gdb.TYPE_CODE_FLT and is_number:
        return key.cast(found.type)
    if code_there in WHOLE_NUMBERS and code in WHOLE_NUMBERS:
        return key.cast(found.type)
    return key


def comparable(key: gdb.Value) -> object:
    """A number, or a text without its quotes."""
    key = without_reference(key)
    code = key.type.strip_typedefs().code
    if code in WHOLE_NUMBERS:
        return int(key)
    if code == gdb.TYPE_CODE_FLT:
        return float(key)
    printer = gdb.default_visualizer(key)
    if printer is not None and hasattr(printer, "to_string"):
        text = printer.to_string()
        return text_of(text.value(), text.length) if hasattr(text, "value") else str(text)
    if code == gdb.TYPE_CODE_ARRAY:
        # Of a variable to the first zero, as programs pass it; of what was typed, all of it.
        if key.address is not None:
            return text_of(key).partition("\0")[0]
        first, last = key.type.strip_typedefs().range()
        return text_of(key, last - first)
    return key.format_string()


def text_of(characters: gdb.Value, length: int = -1) -> str:
    """Bytes that are no text stay what they are, to be compared."""
    return characters.string(errors="surrogateescape", length=length)


SteadyCommand()
InfoCommand()
WhereCommand()
FindFunction()
gdb.printing.register_pretty_printer(None, SteadyPrinters("steady"), replace=True)
