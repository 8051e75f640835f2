"""Plots as SVG, the same bytes for the same data everywhere: axes, lines, bands, legends.

Coordinates are pixels with one decimal. Text is in the reader's own sans-serif font, so nothing
depends on its width: labels of axes end or centre where they belong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

Point = tuple[float, float]


def number(value: float) -> str:
    """One decimal, and none where it is 0."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, both above 0 where it is logarithmic. A tick without text is a line of the grid."""
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    logarithmic: bool = False
    label: str = ""

    def part(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        if not self.logarithmic:
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    width: float
    height: float


@dataclass
class Drawing:
    """A picture that is being drawn, white below everything."""
    width: int
    height: int
    title: str
    parts: list[str] = field(default_factory=list)
    panels: int = 0

    def text(self, x: float, y: float, text: str, anchor: str = "start", size: int = 12, style: str = "") -> None:
        extra = f" {style}" if style else ""
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" font-size="{size}"{extra}>'
                          f"{escape(text)}</text>")

    def line(self, start: Point, end: Point, colour: str, width: float = 1) -> None:
        (x1, y1), (x2, y2) = start, end
        self.parts.append(f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
                          f'stroke="{colour}" stroke-width="{number(width)}"/>')

    def swatch(self, x: float, y: float, look: dict[str, Any], text: str, marks: bool = True) -> None:
        """An entry of a legend."""
        self.parts.append(f'<path d="M{number(x)} {number(y)}h30" {stroke(look)}/>')
        if marks:
            self.parts.append(marker(x + 15, y, look))
        self.text(x + 38, y + 4, text)

    def svg(self) -> str:
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                f'viewBox="0 0 {self.width} {self.height}" font-family="sans-serif" fill="#333333">')
        ground = f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>'
        return "\n".join([head, f"<title>{escape(self.title)}</title>", ground, *self.parts, "</svg>"]) + "\n"


def stroke(look: dict[str, Any], width: float = 0) -> str:
    """The attributes of a line; 0 takes the width of the look."""
    dash = f' stroke-dasharray="{" ".join(map(str, look["dash"]))}"' if look["dash"] else ""
    return f'fill="none" stroke="{look["light"]}" stroke-width="{number(width or look["width"])}"{dash}'


MARKERS = {
    "circle": "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", "square": "m-3-3h6v6h-6z",
    "triangle": "m0-4l4 7h-8z", "diamond": "m0-4.5l4 4.5-4 4.5-4-4.5z", "cross": "m-3-3l6 6m0-6l-6 6",
}


def marker(x: float, y: float, look: dict[str, Any]) -> str:
    colour = look["light"]
    paint = f'fill="none" stroke="{colour}" stroke-width="1.5"' if look["marker"] == "cross" else f'fill="{colour}"'
    return f'<path d="M{number(x)} {number(y)}{MARKERS[look["marker"]]}" {paint}/>'


class Panel:
    """A plot within a drawing. What lies beyond its axes is cut off."""

    def __init__(self, drawing: Drawing, box: Box, x: Axis, y: Axis, title: str = ""):
        self.drawing, self.box, self.x, self.y = drawing, box, x, y
        drawing.panels += 1
        self.clip = f"panel{drawing.panels}"
        drawing.parts.append(f'<clipPath id="{self.clip}"><rect x="{number(box.left)}" y="{number(box.top)}" '
                             f'width="{number(box.width)}" height="{number(box.height)}"/></clipPath>')
        self._draw_axes()
        if title:
            drawing.text(box.left + box.width / 2, box.top - 8, title, "middle", 13)

    def at(self, point: Point) -> Point:
        return (self.box.left + self.x.part(point[0]) * self.box.width,
                self.box.top + (1 - self.y.part(point[1])) * self.box.height)

    def _draw_axes(self) -> None:
        box, drawing = self.box, self.drawing
        bottom = box.top + box.height
        for value, text in self.x.ticks:
            place = self.at((value, self.y.low))[0]
            drawing.line((place, box.top), (place, bottom), "#dddddd")
            drawing.text(place, bottom + 16, text, "middle", 11)
        for value, text in self.y.ticks:
            place = self.at((self.x.low, value))[1]
            drawing.line((box.left, place), (box.left + box.width, place), "#dddddd")
            drawing.text(box.left - 6, place + 4, text, "end", 11)
        drawing.line((box.left, bottom), (box.left + box.width, bottom), "#888888")
        drawing.line((box.left, box.top), (box.left, bottom), "#888888")
        if self.x.label:
            drawing.text(box.left + box.width / 2, bottom + 34, self.x.label, "middle")
        if self.y.label:
            drawing.text(box.left, box.top - 8, self.y.label)

    def _path(self, points: Iterable[Point]) -> str:
        return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in map(self.at, points))

    def level(self, value: float) -> None:
        """A black line right across."""
        self.drawing.line(self.at((self.x.low, value)), self.at((self.x.high, value)), "#000000", 1.5)

    def curve(self, points: Sequence[Point], look: dict[str, Any], marks: bool = False, width: float = 0) -> None:
        self.drawing.parts.append(f'<path clip-path="url(#{self.clip})" d="{self._path(points)}" {stroke(look, width)}/>')
        if marks:
            self.drawing.parts += [marker(*self.at(point), look) for point in points]

    def band(self, low: Sequence[Point], high: Sequence[Point], colour: str) -> None:
        """The area between two curves."""
        outline = self._path([*low, *reversed(high)])
        self.drawing.parts.append(f'<path clip-path="url(#{self.clip})" d="{outline}z" fill="{colour}" fill-opacity="0.2"/>')

    def bar(self, place: float, value: float, colour: str, width: float = 0.85) -> None:
        """From the lower axis up; one unit of the x axis is as wide as 1."""
        if value <= self.y.low:
            return
        left, top = self.at((place - width / 2, value))
        right, bottom = self.at((place + width / 2, self.y.low))
        self.drawing.parts.append(f'<path d="M{number(left)} {number(bottom)}V{number(top)}H{number(right)}V{number(bottom)}z" '
                                  f'fill="{colour}" fill-opacity="0.85"/>')

    def upright(self, place: float, least: float, most: float) -> None:
        """A thin line from the least to the most."""
        if most > max(least, self.y.low):
            self.drawing.line(self.at((place, max(least, self.y.low))), self.at((place, most)), "#000000")

    def note(self, place: float, value: float, text: str) -> None:
        """A few letters above a point."""
        x, y = self.at((place, max(value, self.y.low)))
        self.drawing.text(x, y - 4, text, "middle", 11)
