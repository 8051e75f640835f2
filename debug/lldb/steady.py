"""LLDB shows Steady's containers, iterators and elements.

    (lldb) command script import debug/lldb/steady.py      (or put that line into ~/.lldbinit)
    (lldb) frame variable stock
    (steady::hash_map<...>) stock = steady::hash_map with 2 elements {
      [0] = (first = "apples", second = 3)
      [1] = (first = "pears", second = 5)
    }
    (lldb) steady_info stock                 its shape, counted bucket by bucket
    (lldb) steady_where stock POINTER        which element a pointer points into

It calls no function of the program, so it works with core files, too. LLDB 14 or later.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import lldb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import steady_layout as layout  # noqa: E402

sys.path.pop(0)


# What reading a container may raise, most of all where it is damaged or not initialised yet.
TROUBLE = (layout.LayoutError, MemoryError, OverflowError, ValueError)
MOST_CHILDREN = (1 << 31) - 1  # LLDB takes no larger number


class LldbPlace:
    """A layout.Place."""

    def __init__(self, value: lldb.SBValue) -> None:
        self.value = value.GetNonSyntheticValue()
        self.type = self.value.GetType().GetCanonicalType()

    def member(self, name: str) -> "LldbPlace":
        found = self.value.GetChildMemberWithName(name)
        if not found.IsValid():
            raise layout.LayoutError(f"{self.type_name()} has no member {name}")
        return LldbPlace(found)

    def has_member(self, name: str) -> bool:
        return self.value.GetChildMemberWithName(name).IsValid()

    def items(self) -> "List[LldbPlace]":
        count = self.value.GetNumChildren()
        return [LldbPlace(self.value.GetChildAtIndex(n)) for n in range(count)]

    def target(self) -> "LldbPlace":
        pointer = self.type
        if not pointer.IsPointerType():
            pointer = pointer.GetTemplateArgumentType(0).GetCanonicalType()
        return LldbPlace(value_at(self.value, self.number(), pointer.GetPointeeType()))

    def number(self) -> int:
        size = self.type.GetByteSize()
        if self.type.GetTypeClass() in (lldb.eTypeClassStruct, lldb.eTypeClassClass):  # atomic
            return int.from_bytes(self.read(self.address(), size), self.byte_order())
        return self.value.GetValueAsUnsigned() & ((1 << 8 * size) - 1)

    def address(self) -> int:
        return self.value.GetLoadAddress()

    def type_name(self) -> str:
        return self.type.GetUnqualifiedType().GetName()

    def read(self, address: int, size: int) -> bytes:
        error = lldb.SBError()
        data = self.value.GetProcess().ReadMemory(address, size, error)
        if not error.Success():
            raise layout.LayoutError(f"no memory at {address:#x}: {error}")
        return data

    def pointer_bytes(self) -> int:
        return self.value.GetTarget().GetAddressByteSize()

    def byte_order(self) -> str:
        order = self.value.GetTarget().GetByteOrder()
        return "big" if order == lldb.eByteOrderBig else "little"


def value_at(
    within: lldb.SBValue, address: int, of: lldb.SBType, name: str = "value"
) -> lldb.SBValue:
    return within.CreateValueFromAddress(name, address, of)


class Container:
    """A container, and its elements as LLDB's values."""

    def __init__(self, value: lldb.SBValue, kind: str) -> None:
        self.value = value.GetNonSyntheticValue()
        part = LldbPlace(self.value).member(layout.Container.part_of(kind))
        shown = shown_numbers(part.member("shown_").type)
        self.slot_type = shown.GetTemplateArgumentType(0).GetCanonicalType()
        self.of = layout.Container.of(kind, part, shown.GetName(), self.slot_type.GetByteSize())

    @staticmethod
    def open(value: lldb.SBValue) -> "Container":
        """Of an expression's value, which may be a reference or a pointer."""
        of = value.GetType().GetCanonicalType()
        if of.IsPointerType() or of.IsReferenceType():
            value = value.GetNonSyntheticValue().Dereference()
        found = container_in(value.GetNonSyntheticValue())
        if found is None:
            raise layout.LayoutError(f"{value.GetTypeName()} is no container of Steady")
        return Container(found, layout.Container.kind_of(plain_name(found.GetType())))

    def element(self, slot: layout.Slot, name: str = "element") -> lldb.SBValue:
        """A pair or a key; of shared containers whose elements are kept in slots, what is there."""
        in_nodes = self.slot_type.IsPointerType()
        if self.of.is_shared and in_nodes:
            address = slot.address + layout.SHARED_NODE_OFFSET
            node = value_at(self.value, address, self.slot_type).Dereference()
            value = node.GetNonSyntheticValue().GetChildMemberWithName("value")
            return self._named(value, name)
        if self.of.in_nodes:
            pointer = value_at(self.value, slot.address, self.slot_type)
            return self._named(pointer.Dereference(), name)
        value = value_at(self.value, slot.address, self.slot_type, name)
        if not self.of.is_shared:
            return value
        content = value.GetNonSyntheticValue().GetChildMemberWithName("content")
        if content.IsValid():
            value = self._named(content, name)
        return value if self.of.is_map else self._named(value.GetChildMemberWithName("key"), name)

    def _named(self, value: lldb.SBValue, name: str) -> lldb.SBValue:
        return value_at(self.value, value.GetLoadAddress(), value.GetType(), name)

    def place_of_element(self, slot: layout.Slot) -> Tuple[int, int]:
        element = self.element(slot)
        return element.GetLoadAddress(), element.GetType().GetByteSize()


def container_in(value: lldb.SBValue) -> Optional[lldb.SBValue]:
    """The value, or what it is derived from."""
    of = value.GetType().GetCanonicalType()
    if layout.Container.kind_of(plain_name(of)) is not None:
        return value
    for n in range(of.GetNumberOfDirectBaseClasses()):
        base = of.GetDirectBaseClassAtIndex(n)
        address = value.GetLoadAddress() + base.GetOffsetInBytes()
        found = container_in(value_at(value, address, base.GetType()))
        if found is not None:
            return found
    return None


def shown_numbers(of: lldb.SBType) -> lldb.SBType:
    """array/shown_layout.hpp"""
    if plain_name(of).startswith("steady::detail::shown_shared<"):
        return of.GetCanonicalType()
    numbers = of.GetTemplateArgumentType(0).GetCanonicalType()
    if numbers.GetNumberOfDirectBaseClasses() == 0:
        raise layout.LayoutError(f"the debug information has no {numbers.GetName()}")
    return numbers.GetDirectBaseClassAtIndex(0).GetType().GetCanonicalType()


def plain_name(of: lldb.SBType) -> str:
    return of.GetCanonicalType().GetUnqualifiedType().GetName()


# ---- containers ----


def container_summary(value: lldb.SBValue, internal: dict) -> str:
    try:
        return Container.open(value).of.summary()
    except TROUBLE as error:
        return f"cannot be shown: {error}"


class ContainerChildren:
    """Elements by number, found one after the other."""

    def __init__(self, value: lldb.SBValue, internal: dict) -> None:
        self.value = value
        self.update()

    def update(self) -> bool:
        self.found: List[layout.Slot] = []
        self.more: Iterator[layout.Slot] = iter(())
        self.size = 0
        self.container: Optional[Container] = None
        try:
            self.container = Container.open(self.value)
            self.size = min(self.container.of.table.size(), MOST_CHILDREN)
            self.more = self.container.of.table.elements()
        except TROUBLE:
            pass  # the summary says why
        return False

    def has_children(self) -> bool:
        return self.size != 0

    def num_children(self) -> int:
        return self.size

    def get_child_index(self, name: str) -> int:
        return int(name.strip("[]")) if name.strip("[]").isdigit() else -1

    def get_child_at_index(self, index: int) -> Optional[lldb.SBValue]:
        try:
            while len(self.found) <= index:
                self.found.append(next(self.more))
            return self.container.element(self.found[index], f"[{index}]")
        except (StopIteration, *TROUBLE):
            return None


# ---- iterators and nodes ----


def element_of_iterator(value: lldb.SBValue) -> Optional[lldb.SBValue]:
    value = value.GetNonSyntheticValue()
    slot = value.GetChildMemberWithName("at_").GetChildMemberWithName("slot")
    if slot.GetValueAsUnsigned() == 0 or is_stale(value):
        return None
    element = slot.Dereference()
    is_node = "node_elements<" in plain_name(value.GetType())
    if is_node and element.GetType().GetCanonicalType().IsPointerType():
        element = element.Dereference()
    return value_at(value, element.GetLoadAddress(), element.GetType(), "element")


def is_stale(iterator: lldb.SBValue) -> bool:
    """In debug builds."""
    stamp = iterator.GetChildMemberWithName("check_").GetChildMemberWithName("stamp_")
    if not stamp.IsValid():
        return False
    state = iterator.GetChildMemberWithName("table_").Dereference().GetChildMemberWithName("state_")
    now = state.GetChildMemberWithName("locations").GetChildMemberWithName("now_")
    return stamp.GetValueAsUnsigned() != now.GetValueAsUnsigned()


def iterator_summary(value: lldb.SBValue, internal: dict) -> str:
    value = value.GetNonSyntheticValue()
    slot = value.GetChildMemberWithName("at_").GetChildMemberWithName("slot")
    if slot.GetValueAsUnsigned() == 0:
        return "steady iterator, end()"
    return "stale steady iterator" if is_stale(value) else "steady iterator"


class ElementChild:
    """The one child of what leads to an element."""

    def __init__(self, value: lldb.SBValue, internal: dict) -> None:
        self.value = value
        self.update()

    def find(self) -> Optional[lldb.SBValue]:
        return element_of_iterator(self.value)

    def update(self) -> bool:
        self.child = self.find()
        return False

    def has_children(self) -> bool:
        return self.child is not None

    def num_children(self) -> int:
        return 0 if self.child is None else 1

    def get_child_index(self, name: str) -> int:
        return 0 if name == "element" else -1

    def get_child_at_index(self, index: int) -> Optional[lldb.SBValue]:
        return self.child if index == 0 else None


class NodeChild(ElementChild):
    """Of a node of a shared container: its element."""

    def find(self) -> Optional[lldb.SBValue]:
        return self.value.GetNonSyntheticValue().GetChildMemberWithName("value")


# ---- commands ----


def values_of(debugger: lldb.SBDebugger, command: str, count: int) -> List[lldb.SBValue]:
    frame = debugger.GetSelectedTarget().GetProcess().GetSelectedThread().GetSelectedFrame()
    words = shlex.split(command)
    if len(words) != count:
        raise layout.LayoutError(f"{count} arguments are needed; quote what has spaces")
    values = []
    for word in words:
        value = frame.GetValueForVariablePath(word)
        if not value.IsValid() or value.GetError().Fail():
            value = frame.EvaluateExpression(word)
        if value.GetError().Fail():
            raise layout.LayoutError(str(value.GetError()))
        values.append(value)
    return values


def steady_info(debugger, command, result, internal) -> None:
    """steady_info MAP: its buckets, its overflow, and how far a migration is."""
    try:
        (value,) = values_of(debugger, command, 1)
        result.AppendMessage("\n".join(Container.open(value).of.details()))
    except TROUBLE as error:
        result.SetError(str(error))


def steady_where(debugger, command, result, internal) -> None:
    """steady_where MAP POINTER: which element the pointer points into."""
    try:
        value, pointer = values_of(debugger, command, 2)
        opened = Container.open(value)
        size = opened.slot_type.GetByteSize()
        text, slot = opened.of.where(pointer.GetValueAsUnsigned(), size, opened.place_of_element)
        result.AppendMessage(text)
        if slot is not None:
            result.AppendMessage(f"  {opened.element(slot)}")
    except TROUBLE as error:
        result.SetError(str(error))


def __lldb_init_module(debugger: lldb.SBDebugger, internal: dict) -> None:
    prefix = "^(const )?steady::([a-z_]+::)?"
    shown = (
        (
            prefix + "(node_|concurrent_)?hash_(map|set)<.*>$",
            "container_summary",
            "ContainerChildren",
        ),
        ("^(const )?steady::detail::table_iterator<.*>$", "iterator_summary", "ElementChild"),
        ("^(const )?steady::detail::shared_node<.*>$", None, "NodeChild"),
    )
    for pattern, summary, children in shown:
        if summary is not None:
            debugger.HandleCommand(
                f'type summary add -w steady -e -x "{pattern}" -F {__name__}.{summary}'
            )
        debugger.HandleCommand(
            f'type synthetic add -w steady -x "{pattern}" -l {__name__}.{children}'
        )
    # In programs of GCC, LLDB 14 knows std::string by that name only, not as an argument of types.
    debugger.HandleCommand(
        'type summary add -w steady -x "^std::__cxx11::basic_string<char, .*>$" '
        '--summary-string "${var._M_dataplus._M_p}"'
    )
    debugger.HandleCommand("type category enable steady")
    for command in ("steady_info", "steady_where"):
        debugger.HandleCommand(f"command script add -f {__name__}.{command} {command}")
