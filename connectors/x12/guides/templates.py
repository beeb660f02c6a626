"""How the 837's guides are written down: a segment as it stands on the wire, with columns where values go.

::

    NM1*IL*1*{subscriber_last_name}*{subscriber_first_name}*{subscriber_middle_name?}~

    {name}       this column's value, which must be there wherever the segment is written
    {name?}      may be empty; what is empty at the end of a segment or composite is not written
    {name=A}     A where the column is null
    {name..4}    a list of up to four, one to each component (..4?: may be empty)
    {name++5?}   a list of up to five, one to each element

A composite that begins with a literal and has nothing else (``HC:`` without a code) is not written. The same templates
tell the reader where each column stands, so that writing and reading cannot drift apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias


class Field(NamedTuple):
    """A column within a template."""

    column: str
    optional: bool
    default: str
    most: int  # items; 1 unless the column is a list
    between: str  # what stands between the items of a list


Piece: TypeAlias = str | Field
Component: TypeAlias = tuple[Piece, ...]
Element: TypeAlias = tuple[Component, ...]

_FIELD = re.compile(r"\{(\w+?)(?:=(\w+))?(?:(\.\.|\+\+)(\d+))?(\?)?\}")


@dataclass(frozen=True)
class Segment:
    """``when`` is a named condition; "" for wherever its loop is, "?" for where one of its columns has a value."""

    when: str
    text: str

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Tag first."""
        return tuple(
            tuple(_component(part) for part in element.split(":")) if element else ()
            for element in self.text.removesuffix("~").split("*")
        )

    @property
    def tag(self) -> str:
        return self.text.split("*", 1)[0]

    @cached_property
    def qualifier(self) -> str:
        """The first element where it is a literal, which tells apart segments of one tag."""
        return self.literal(1)

    def literal(self, element: int) -> str:
        """An element that is one literal, "" where it is not."""
        if element >= len(self.elements):
            return ""
        parts = self.elements[element]
        return parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 and isinstance(parts[0][0], str) else ""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(
            piece
            for element in self.elements
            for component in element
            for piece in component
            if isinstance(piece, Field)
        )


def _component(text: str) -> Component:
    pieces: list[Piece] = []
    end = 0
    for found in _FIELD.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        name, default, between, most, optional = found.groups()
        separator = "*" if between == "++" else ":"
        pieces.append(Field(name, bool(optional or default), default or "", int(most or 1), separator))
        end = found.end()
    return (*pieces, text[end:]) if text[end:] else tuple(pieces)


@dataclass(frozen=True)
class Loop:
    """A loop of the guide: its segments in wire order. ``when`` as a segment's; "" for wherever its parent is."""

    name: str
    when: str
    segments: tuple[Segment, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field.column for segment in self.segments for field in segment.fields))


def loop(name: str, when: str, *lines: str) -> Loop:
    """A loop from lines of ``condition | segment``; without a condition the segment goes with its loop."""
    segments = []
    for line in lines:
        condition, _, text = line.rpartition("|")
        segments.append(Segment(condition.strip(), text.strip()))
    return Loop(name, when, tuple(segments))
