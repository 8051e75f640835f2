"""The figures as tables."""

import figures as figures_module
from table import Table

SEPARATELY = {"insert": "insert n keys into an empty map", "build": "make, insert n keys, destroy"}
# Of the heap, all sizes up to the largest small one are measured; the main table shows some.
IN_MAIN_TABLE = (0, 1, 2, 4, 8, 14, 16, 32, 64, 1000)
LARGEST_SMALL = 64


def whole(value):
    return None if value is None else f"{value:,.0f}"


def two_digits(value):
    return None if value is None else f"{value:.2f}"


class Report:
    def __init__(self, figures, contenders, measured):
        self.figures = figures
        self.contenders = contenders
        self.measured = measured  # those whose figures are not another's

    def row(self, table, label, cell_of):
        """A row, unless nothing of it was measured."""
        cells = [cell_of(contender.key) for contender in self.contenders]
        if any(cell is not None for cell in cells):
            table.row(label, cells)

    def main_table(self):
        table = Table("", [contender.name for contender in self.contenders])
        self.add_memory(table)
        self.add_code(table)
        self.add_compile_times(table)
        self.add_times(table)
        return table

    def medians(self, what, number, as_text):
        return lambda key: as_text(self.figures.median(what, number, key))

    def add_memory(self, table):
        if self.figures.numbers("sizeof"):
            table.heading("Map of u64 to u64")
            self.row(table, "sizeof(map), bytes", self.medians("sizeof", 0, whole))
        for what, title in (
            ("heap_taken", "Heap bytes of a map of n, malloc's own included (mean of 64 maps)"),
            ("heap_requested", "Heap bytes requested"),
        ):
            numbers = self.figures.numbers(what)
            if numbers:
                table.heading(title)
            for number in numbers:
                if number in IN_MAIN_TABLE:
                    self.row(table, f"  n = {number:,}", self.medians(what, number, whole))
        small = [n for n in self.figures.numbers("heap_taken") if 0 < n <= LARGEST_SMALL]
        if small:
            span = f"n = {small[0]} to {small[-1]}"
            table.heading(f"Heap bytes, malloc's own included, {span}: by lighter of boost, absl")
            self.add_summary(table, "heap_taken", small)

    def add_code(self, table):
        numbers = self.figures.numbers("code")
        if not numbers:
            return
        table.heading("Code: bytes of .text at -O2 -DNDEBUG of a file with")
        for number in numbers:
            self.row(table, f"  {map_types(number)}", self.medians("code", number, whole))
        self.row(
            table,
            "  each further one",
            lambda key: whole(figures_module.per_further(self.figures, "code", key)),
        )
        self.row(table, "  functions, 1 map type", self.medians("functions", 1, whole))

    def add_compile_times(self, table):
        for what, flags in (("compile -O2", "-O2 -DNDEBUG"), ("compile -O0", "-O0")):
            numbers = self.figures.numbers(what)
            if not numbers:
                continue
            table.heading(f"Compile time at {flags}: seconds of user time, medians")
            for number in numbers:
                rounds = self.figures.rounds(what, number)
                label = f"  {map_types(number)} ({rounds} round{'s' * (rounds != 1)})"
                self.row(table, label, self.medians(what, number, two_digits))
            self.row(
                table,
                "  each further one",
                lambda key, what=what: two_digits(
                    figures_module.per_further(self.figures, what, key)
                ),
            )

    def add_times(self, table):
        if not self.figures.numbers("empty"):
            return
        rounds = self.figures.rounds("empty", 0)
        table.heading(f"Nanoseconds for a map: median of {rounds} rounds (quartiles)")
        for what, label in (
            ("empty", "make and destroy, empty"),
            ("move", "move, destroy the source; n = {}"),
            ("swap", "swap two; n = {}"),
        ):
            for number in self.figures.numbers(what):
                self.row(table, "  " + label.format(number), self.with_quartiles(what, number))
        for what, label in SEPARATELY.items():
            numbers = self.figures.numbers(what)
            if numbers:
                table.heading(f"{label}, n = {numbers[0]} to {numbers[-1]}: by faster of boost, absl")
                self.add_summary(table, what, numbers)

    def add_summary(self, table, what, numbers):
        self.row(table, "  geometric mean", self.summaries(what, numbers, "{0:.2f}"))
        self.row(table, "  worst", self.summaries(what, numbers, "{1:.2f} at {2}"))

    def with_quartiles(self, what, number):
        def cell(key):
            values = self.figures.of(what, number, key)
            if not values:
                return None
            first, third = figures_module.quartiles(values)
            return f"{self.figures.median(what, number, key):.1f} ({first:.1f}..{third:.1f})"

        return cell

    def summaries(self, what, numbers, form):
        def cell(key):
            summary = figures_module.summary_by_faster(self.figures, what, key, numbers)
            return None if summary is None else form.format(*summary)

        return cell

    def size_tables(self):
        """Every size by itself."""
        tables = [
            self.size_table(what, label)
            for what, label in SEPARATELY.items()
            if self.figures.numbers(what)
        ]
        return ([self.heap_table()] if self.figures.numbers("heap_taken") else []) + tables

    def compared(self):
        return [each for each in self.measured if each.key.startswith("steady")]

    def heap_table(self):
        headings = [each.name for each in self.measured]
        headings += [f"{each.name} by lighter" for each in self.compared()]
        table = Table("Heap bytes of a map of n, malloc's own included (mean of 64 maps)", headings)
        for number in self.figures.numbers("heap_taken"):
            cells = [
                whole(self.figures.median("heap_taken", number, each.key)) for each in self.measured
            ]
            for each in self.compared():
                cells.append(
                    two_digits(
                        figures_module.by_faster(self.figures, "heap_taken", number, each.key)
                    )
                )
            table.row(f"n = {number:,}", cells)
        return table

    def size_table(self, what, label):
        headings = [each.name for each in self.measured]
        for each in self.compared():
            headings += [f"{each.name} by faster", "quartiles of rounds"]
        table = Table(f"{label}: ns for a map, medians", headings)
        for number in self.figures.numbers(what):
            cells = [
                None if median is None else f"{median:.1f}"
                for median in (
                    self.figures.median(what, number, each.key) for each in self.measured
                )
            ]
            for each in self.compared():
                cells += self.ratio_cells(what, number, each.key)
            table.row(f"n = {number}", cells)
        return table

    def ratio_cells(self, what, number, key):
        ratio = figures_module.by_faster(self.figures, what, number, key)
        in_rounds = figures_module.by_faster_in_rounds(self.figures, what, number, key)
        if ratio is None or not in_rounds:
            return [None, None]
        first, third = figures_module.quartiles(in_rounds)
        return [f"{ratio:.2f}", f"{first:.2f}..{third:.2f}"]


def map_types(number):
    if number == 0:
        return "the header alone"
    return f"{number} map type" + "s" * (number != 1)
