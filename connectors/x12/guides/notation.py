"""How a guide is written down here, and how its columns are found.

A guide is two tables a biller can read beside the implementation guide: its *loops* (which segment opens each, inside
and after which loops it may come, which segments it holds) and, for each table given back, the *source* of every
column in the guide's own notation::

    CLP04            element 4 of CLP
    SVC01-2          component 2 of element 1 of SVC
    SVC01-3..6       components 3 to 6, with single blanks between
    DTM*232 02       element 2 of the DTM whose first element is 232
    A | B            A, or B where A is absent
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

UNRANKED = 255  # the place of a segment in a loop that does not hold it: behind all others


class Loop(NamedTuple):
    """``opens`` is a tag, tag and first element (N1*PR), or tag and another element (HL*03=22).

    ``after`` are the loops it may follow. ``inside`` are the loops of an earlier stage within which alone the segment
    opens this loop: NM1*82 is 2310B inside 2300 and 2420A inside 2400. A loop without it is of the first stage; the
    segments after a loop of one stage are inside it until the next loop of that stage or an earlier one opens.
    """

    name: str
    opens: str
    after: str
    segments: str = ""
    inside: str = ""

    @property
    def tag(self) -> str:
        return self.opens.partition("*")[0]

    @property
    def condition(self) -> tuple[int, str] | None:
        """Element and value that the opening segment must have."""
        _, star, rest = self.opens.partition("*")
        if not star:
            return None
        element, equals, value = rest.partition("=")
        return (int(element), value) if equals else (1, rest)


class Source(NamedTuple):
    """Where a column's value stands."""

    tag: str
    qualifier: str
    element: int
    low: int  # components low to high; 0 for the whole element
    high: int

    @property
    def name(self) -> str:
        return f"{self.tag}{self.element:02d}" + (f"-{self.low}" if self.low else "")


_SOURCE = re.compile(r"([A-Z][A-Z0-9]{1,2}?)(?:\*(\w+) )?(\d\d)(?:-(\d)(?:\.\.(\d))?)?")


@lru_cache(maxsize=1024)
def source(text: str) -> Source:
    """Read one source in the guide's notation."""
    found = _SOURCE.fullmatch(text)
    if not found:
        raise ValueError(f"not a source: {text}")
    low = int(found[4] or 0)
    return Source(found[1], found[2] or "", int(found[3]), low, int(found[5] or low))


@lru_cache(maxsize=1024)
def sources(text: str) -> tuple[Source, ...]:
    return tuple(source(part.strip()) for part in text.split("|"))


@dataclass(frozen=True)
class Guide:
    """The segments of one transaction set; the sources of its columns stand beside it, table by table."""

    kinds: Collection[str]
    loops: tuple[Loop, ...]
    money: Collection[str]  # segments that carry the set's meaning: in the wrong loop they are an error
    required: str  # elements without which a segment cannot be used
    expected: str = ""  # elements the guide requires and a reader can do without
    last: str = ""  # the last element of segments where one more would be lost
    ordered: bool = (
        False  # the segments of each loop are listed as the guide orders them; what stands otherwise is told
    )

    @cached_property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """Numbers (1-based) of the loops of each stage, the outermost first."""
        stage: dict[str, int] = {}
        for loop in self.loops:
            stage[loop.name] = 1 + max((stage[name] for name in loop.inside.split()), default=-1)
        deepest = max(stage.values(), default=-1)
        return tuple(
            tuple(n for n, loop in enumerate(self.loops, 1) if stage[loop.name] == depth)
            for depth in range(deepest + 1)
        )

    @cached_property
    def holders(self) -> dict[str, tuple[bool, ...]]:
        """For each tag which loops hold it; no loop (the first) holds none."""
        held = [set(loop.segments.split()) for loop in self.loops]
        return {tag: (False, *(tag in each for each in held)) for tag in self.known}

    @cached_property
    def ranks(self) -> dict[str, tuple[int, ...]]:
        """For each tag its place among the segments of each loop, from 1; UNRANKED where the loop does not hold it."""
        listed = [loop.segments.split() for loop in self.loops]
        return {
            tag: (UNRANKED, *(each.index(tag) + 1 if tag in each else UNRANKED for each in listed))
            for tag in self.known
        }

    @cached_property
    def followers(self) -> dict[int, tuple[bool, ...]]:
        """For each loop (1-based) which loops it may come after; a loop that ST opens may come anywhere."""
        names = ["", *(loop.name for loop in self.loops)]
        return {
            number: tuple(name in set(loop.after.split()) for name in names)
            for number, loop in enumerate(self.loops, 1)
            if loop.opens != "ST"
        }

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Tags of the guide's segments, SE included."""
        tags = {"SE"} | {loop.tag for loop in self.loops}
        for loop in self.loops:
            tags.update(loop.segments.split())
        return tuple(sorted(tags))
