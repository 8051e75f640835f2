"""A table of text: a line for each row, a column for each contender."""

GAP = "  "


def wrapped(heading, width):
    """The words of a heading in lines of at most `width`, where words are not longer."""
    lines = []
    for word in heading.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


class Table:
    def __init__(self, title, headings):
        self.title = title
        self.headings = headings
        self.rows = []  # (label, cells), or (label, None) for a heading among the rows

    def heading(self, text):
        self.rows.append((text, None))

    def row(self, label, cells):
        self.rows.append((label, ["-" if cell is None else cell for cell in cells]))

    def text(self):
        cells = [row for _, row in self.rows if row is not None]
        widths = [
            max([len(row[i]) for row in cells] + [len(word) for word in heading.split()])
            for i, heading in enumerate(self.headings)
        ]
        labels = max([len(label) for label, _ in self.rows] + [0])
        lines = [self.title] if self.title else []
        lines += self.head_lines(labels, widths)
        for label, row in self.rows:
            if row is None:
                lines += ["", label]
            else:
                lines.append(self.line(label, row, labels, widths))
        return "\n".join(lines) + "\n"

    def head_lines(self, labels, widths):
        """Headings end at the same line, just above the figures."""
        columns = [wrapped(heading, width) for heading, width in zip(self.headings, widths)]
        most = max(len(column) for column in columns)
        columns = [[""] * (most - len(column)) + column for column in columns]
        return [self.line("", row, labels, widths) for row in zip(*columns)]

    @staticmethod
    def line(label, row, labels, widths):
        cells = [f"{cell:>{width}}" for cell, width in zip(row, widths)]
        return GAP.join([f"{label:<{labels}}"] + cells).rstrip()
