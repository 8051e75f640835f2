"""Arithmetic and notation that all tables share."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def geometric_mean(ratios: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Of at least one ratio."""
    weights = weights or [1.0] * len(ratios)
    return math.exp(math.fsum(weight * math.log(ratio) for ratio, weight in zip(ratios, weights)) / math.fsum(weights))


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """What a quarter, half and three quarters of the values do not exceed; of one value, that thrice."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def significant(value: float, digits: int = 4) -> float | int:
    """The value with so many digits, as a whole number where it is one."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def grouped(value: float) -> str:
    """1234567 as 1,234,567."""
    return f"{round(value):,}"


def short(value: float) -> str:
    """Three digits or so: 0.53, 14.5, 183,290."""
    if value == 0:
        return "0"
    if value < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else grouped(value)


def in_words(count: int) -> str:
    """A size, for headings: 16, 4 K, 20 M."""
    for unit, name in ((1_000_000, " M"), (1_000, " K")):
        if count >= unit:
            return f"{count / unit:.3g}{name}"
    return str(count)


def listed(names: Sequence[str]) -> str:
    """a, b and c"""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, ending with a line break."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("|" + "|".join(_cell(cell) for cell in line) + "|\n" for line in lines)


def _cell(text: str) -> str:
    if text == "---":
        return text
    return f" {text} " if text else " "
