"""Where one value of many rows stands in the bytes, and rows whose marks were looked up once."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from connectors.x12 import native
from connectors.x12.native import Codes, Ints, Octets, Where, choosing, texts

_KEEP = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)


class Pinned:
    """Rows whose marks are looked up once: many columns will ask for them. Keeping the rows keeps their id theirs.

    ``ascending`` rows lie in the layout as they do in the file. ``run`` rows lie there without others between.
    """

    __slots__ = (
        "ascending",
        "edges",
        "elements",
        "first",
        "longest",
        "marks",
        "rows",
        "shortest",
        "starts",
        "stride",
    )

    def __init__(
        self,
        marks: Ints,
        rows: Ints,
        first: Ints,
        elements: Ints,
        *,
        ascending: bool = False,
        run: bool = False,
        limits: tuple[int, int] | None = None,
    ) -> None:
        self.marks, self.rows, self.first, self.elements, self.ascending = (
            marks,
            rows,
            first,
            elements,
            ascending,
        )
        limits = limits or ((int(elements.min()), int(elements.max())) if len(elements) else (0, 0))
        self.shortest, self.longest = limits  # how many elements a row has at least and at most
        self.stride = self.longest + 1 if run and self.shortest == self.longest else 0
        self.edges: dict[int, Ints] = {}
        self.starts: dict[int, Ints] = {}

    def edge(self, element: int) -> Ints:
        """Where element ``element`` of each row ends; past the last element, where the segment does."""
        if element not in self.edges:
            if self.stride:
                low = int(self.first[0]) + min(element, self.longest)
                high = low + self.stride * (len(self.rows) - 1) + 1
                self.edges[element] = np.ascontiguousarray(self.marks[low : high : self.stride])
            elif compiled := native.loops(self.marks, self.first, self.elements):
                self.edges[element] = choosing.edges(compiled, self.marks, self.first, self.elements, element)
            else:
                last = element if element <= self.shortest else np.minimum(element, self.elements)
                self.edges[element] = self.marks[self.first + last]
        return self.edges[element]

    def start(self, element: int) -> Ints:
        """Where element ``element`` of each row begins."""
        if element not in self.starts:
            self.starts[element] = self.edge(element - 1) + 1
        return self.starts[element]

    def part(self, rows: Ints, kept: Ints) -> Pinned:
        """Some of the rows."""
        if compiled := native.loops(self.first, self.elements):
            first, elements, limits = choosing.pick(compiled, self.first, self.elements, kept)
            return Pinned(self.marks, rows, first, elements, ascending=self.ascending, limits=limits)
        return Pinned(self.marks, rows, self.first[kept], self.elements[kept], ascending=self.ascending)


class Spans:
    """Where one value of each row stands: from ``start`` to before ``end``; there is none where that is no later.

    It is an element of pinned rows, or what ``between`` two arrays of positions. The compiled loops find the ends of an
    element by themselves; the arrays are made when somebody asks for them.
    """

    __slots__ = ("_element", "_given", "_pinned", "octets")

    def __init__(self, octets: Octets, pinned: Pinned, element: int) -> None:
        self.octets, self._pinned, self._element = octets, pinned, element
        self._given: tuple[Ints, Ints] | None = None

    @classmethod
    def between(cls, octets: Octets, start: Ints, end: Ints) -> Spans:
        """Each from a position to before another."""
        found = cls(octets, _NOTHING, 0)
        found._given = start, end
        return found

    def __len__(self) -> int:
        return len(self.start if self._given else self._pinned.first)

    @property
    def start(self) -> Ints:
        return self._given[0] if self._given else self._pinned.start(self._element)

    @property
    def end(self) -> Ints:
        return self._given[1] if self._given else self._pinned.edge(self._element)

    @property
    def ascending(self) -> bool:
        """Whether each is known to stand behind the one before."""
        return not self._given and self._pinned.ascending

    def loops(self) -> ModuleType | None:
        """The compiled loops, if they can work here."""
        if self._given:
            return native.loops(*self._given)
        return native.loops(self._pinned.marks, self._pinned.first, self._pinned.elements)

    def where(self) -> Where:
        """As the compiled loops want it."""
        if self._given:
            start, end = self._given
            return self.octets, np.ascontiguousarray(start), np.ascontiguousarray(end), b"", 0
        at = self._pinned
        return self.octets, at.first, at.elements, at.marks, self._element


_NONE = np.empty(0, np.int32)
_NOTHING = Pinned(_NONE, _NONE, _NONE, _NONE)


def packed(at: Spans) -> Codes:
    """Texts of one to four bytes as little-endian numbers; 0 where there is none or it is longer."""
    if compiled := at.loops():
        return texts.codes(compiled, at.where())
    octets, start, end = at.octets, at.start, at.end
    words: Codes = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))
    length = end - start
    found: Codes = words[start]
    if not len(length):
        return found
    if length.min() < 0 or length.max() > 4:
        length[(length > 4) | (length < 0)] = 0
    found &= _KEEP[length]
    # A zero byte at the end would make "SE\0" the same number as "SE".
    found[(length > 0) & (found >> (8 * np.maximum(length - 1, 0)).astype(np.uint32) == 0)] = 0
    return found
