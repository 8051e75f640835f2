"""What was measured, and what follows from it."""

import statistics
from collections import defaultdict

from contenders import FAST


class Figures:
    """Numbers by what they are of: a name like "insert", a number (of elements, or of map types),
    and a contender. Where something was measured in rounds, the n-th values of all contenders are
    of the same round."""

    def __init__(self):
        self.values = defaultdict(lambda: defaultdict(list))

    def add(self, what, number, key, value):
        self.values[what, number][key].append(value)

    def numbers(self, what):
        return sorted({number for name, number in self.values if name == what})

    def of(self, what, number, key):
        """All values, in the order of rounds; empty where nothing was measured."""
        return self.values.get((what, number), {}).get(key, [])

    def median(self, what, number, key):
        values = self.of(what, number, key)
        return statistics.median(values) if values else None

    def rounds(self, what, number):
        return max((len(values) for values in self.values[what, number].values()), default=0)

    def stand_in(self, key, for_key):
        """`for_key`, which would be the same as `key`, has the same values."""
        for by_contender in self.values.values():
            if key in by_contender:
                by_contender[for_key] = list(by_contender[key])

    def as_list(self):
        return [
            {
                "what": what,
                "number": number,
                "map": key,
                "median": statistics.median(values),
                "values": values,
            }
            for (what, number), by_contender in sorted(self.values.items())
            for key, values in by_contender.items()
        ]


def quartiles(values):
    """(first, third); of a single value, twice that."""
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def by_faster(figures, what, number, key):
    """A contender's median by that of the faster, or lighter, of boost and absl; None where one is missing."""
    own = figures.median(what, number, key)
    rivals = [figures.median(what, number, rival) for rival in FAST]
    rivals = [median for median in rivals if median]
    return own / min(rivals) if own and rivals else None


def by_faster_in_rounds(figures, what, number, key):
    """The same for each round by itself."""
    rivals = [figures.of(what, number, rival) for rival in FAST]
    rivals = [values for values in rivals if values]
    if not rivals:
        return []
    return [own / min(of_round) for own, *of_round in zip(figures.of(what, number, key), *rivals)]


def summary_by_faster(figures, what, key, numbers=None):
    """(geometric mean over the sizes, worst, the size of that); None where nothing is known."""
    ratios = {}
    for number in numbers or figures.numbers(what):
        ratio = by_faster(figures, what, number, key)
        if ratio is not None:
            ratios[number] = ratio
    if not ratios:
        return None
    worst_at = max(ratios, key=ratios.get)
    return statistics.geometric_mean(ratios.values()), ratios[worst_at], worst_at


def per_further(figures, what, key):
    """What each map type adds to a file that has one already; None where that is not known."""
    most = max(figures.numbers(what), default=1)
    first, last = figures.median(what, 1, key), figures.median(what, most, key)
    if most == 1 or first is None or last is None:
        return None
    return (last - first) / (most - 1)
