"""Columns of the 837's tables out of its loops, by the places that the writer's templates give.

The rows of a table are the segments that open its loop (CLM, LX, SBR, SVD). A column stands in that loop, in a loop
above it (the provider and subscriber of a claim) or in the first loop of a kind below it (a claim's rendering
provider). What no column reads is told of: ``unread`` by segment, ``unread_elements`` by element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.notation import source
from connectors.x12.guides.reading_837 import Elements, Place
from connectors.x12.reading import columns
from connectors.x12.reading.columns import rows_array
from connectors.x12.reading.dates import dates
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.segments import Ints, code
from connectors.x12.reading.spans import Spans
from connectors.x12.reading.text import text

_DAY = 8  # characters of CCYYMMDD
_LARGEST_INT = 2**31 - 1


class Instances:
    """The loops of one name that stand in a guide's sets, and which of them belongs to each row of a table."""

    def __init__(self, at: Ints, index: Ints) -> None:
        self.at = at  # the segments that open them
        self.index = index  # for each row of the table the number of its instance, -1 for none

    def take(self, values: pa.Array) -> pa.Array:
        """A column over the instances as one over the rows."""
        if len(self.index) == len(self.at) and (self.index == np.arange(len(self.at))).all():
            return values
        return values.take(rows_array(self.index)) if len(values) else pa.nulls(len(self.index), values.type)


class Reader:
    """Reads one table: ``instances`` has each loop that its columns stand in."""

    def __init__(
        self, sets: Sets, places: Mapping[str, list[Place]], instances: Mapping[str, Instances]
    ) -> None:
        self.sets, self.places, self.instances = sets, places, instances
        for each in instances.values():
            sets.used[each.at[each.index[each.index >= 0]]] = True

    def column(self, name: str, type_: pa.DataType) -> pa.Array:
        """One column over the table's rows."""
        listed = self.places[name]
        place, instances = listed[0], self.instances[listed[0].loop]
        if place.items > 1:
            found = self._list(place, instances.at)
        elif any(each.of > 1 for each in listed):
            found = self._part(listed, instances.at, type_)
        else:
            found = self._read(place, instances.at, type_)
        return instances.take(found)

    def _read(self, place: Place, at: Ints, type_: pa.DataType) -> pa.Array:
        if not len(at):
            return pa.nulls(0, type_)
        text = self._source(place)
        if place.column.endswith("_npi"):  # the older guide has other numbers in its place
            found = self.sets.column(at, place.loop, text, type_, place.column)
            other = ~np.isin(self.sets.segments.codes(at, 8), [0, code("XX")])
            return pc.if_else(pa.array(other), pa.scalar(None, type_), found) if other.any() else found
        if not pa.types.is_int32(type_):
            return self.sets.column(at, place.loop, text, type_, place.column)
        wide = self.sets.column(at, place.loop, text, pa.int64(), place.column)
        fits = pc.less_equal(pc.abs(wide), _LARGEST_INT)
        large = pc.fill_null(pc.invert(fits), False).to_numpy(zero_copy_only=False)
        message = f"{place.source} is not a whole number that can be"
        self.sets.report("QUANTITY", self._segments(place, at)[large], message, place.element, place.low)
        return pc.if_else(fits, wide, None).cast(type_)

    def _source(self, place: Place) -> str:
        """In the engine's notation; the segment that opens a loop is known without its qualifier."""
        opens = place.tag == "NM1"
        return place._replace(qualifier="").source if opens else place.source

    def _segments(self, place: Place, at: Ints) -> Ints:
        """The segment of a place in each instance, -1 for none."""
        return self.sets.first(at, place.loop, place.tag, place.qualifier)

    def _list(self, place: Place, at: Ints) -> pa.Array:
        """A list over several elements."""
        first = place._replace(items=1)
        texts = [
            pc.fill_null(self._read(first._replace(element=place.element + n), at, pa.string()), "")
            for n in range(place.items)
        ]
        if not len(at):
            return pa.nulls(0, pa.string())
        joined = pc.binary_join_element_wise(*texts, " ")
        return _or_null(pc.utf8_trim(pc.replace_substring_regex(joined, " +", " "), " "))

    def _part(self, listed: Sequence[Place], at: Ints, type_: pa.DataType) -> pa.Array:
        """One of several values in an element: a day of a span (of which the last is the first where it is one day),
        the day of a day and hour, or the hour."""
        place = listed[-1]
        rows = self._segments(place, at)
        there = np.flatnonzero(rows >= 0)
        if not len(there):
            return pa.nulls(len(at), type_)
        where = self.sets.segments.spans(self.sets.segments.pin(rows[there]), place.element)
        octets, start, end = where.octets, where.start, where.end
        length = end - start
        if pa.types.is_string(type_):
            found = text(Spans.between(octets, np.where(length > _DAY, start + _DAY, end), end))
        else:
            second = (place.first > 0) & (length > _DAY)
            begin = np.where(second, start + _DAY + 1, start)
            behind = np.where(second, end, np.minimum(end, start + _DAY))
            numbers = dates(Spans.between(octets, begin, behind))
            bad = numbers.present & ~numbers.valid
            self.sets.report(
                "DATE", rows[there][bad], f"{place.source} is not a date or a span of two", place.element
            )
            found = numbers.arrow(type_)
        return columns.spread(found, there, len(at))


def _or_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


# --- instances -----------------------------------------------------------------------------------------------------


def openers(sets: Sets, tag: str, loop: str) -> Ints:
    """The segments that open the loops of this name."""
    rows = sets.in_loop(tag, loop)
    own = sets.opener[rows] == rows
    return rows if own.all() else sets.segments.pin(rows[own])


def above(sets: Sets, at: Ints, rows: Ints, since: Ints) -> Instances:
    """For each row the last of these loops before it, no earlier than the segment ``since`` (-1: there is none)."""
    index = sets.owner(at, rows)
    if len(at):
        index = np.where((index >= 0) & (since >= 0) & (at[index] >= since), index, -1)
    return Instances(at, index)


def below(sets: Sets, at: Ints, rows: Ints, entity: str = "") -> Instances:
    """For each row the first of these loops (of this NM101) before the next row."""
    chosen = np.arange(len(at))
    if entity and len(at):
        chosen = np.flatnonzero(sets.segments.codes(at, 1) == code(entity))
    owner = sets.owner(rows, at[chosen])
    index = np.full(len(rows), -1)
    owned = owner >= 0
    index[owner[owned][::-1]] = chosen[owned][::-1]
    return Instances(at, index)


# --- what is not read ----------------------------------------------------------------------------------------------


def report_unread(sets: Sets, known: Mapping[tuple[str, str, str], Elements]) -> None:
    """SEGMENT_NOT_READ for segments, ELEMENT_NOT_READ for elements that no column holds; once in a set and loop."""
    for tag in sets.guide.known:
        if tag in ("ST", "SE", "HL"):
            continue
        rows = sets.rows(tag)
        rows = rows[~sets.used[rows]]
        kept = _first_of_each(sets.set_of(rows), sets.loop[rows])
        sets.report("SEGMENT_NOT_READ", rows[kept], f"{tag} is read into no column in this loop")
    for (loop, tag, qualifier), elements in known.items():
        _report_elements(sets, loop, tag, qualifier, elements)


def _first_of_each(*keys: Ints) -> Ints:
    """The first row of each different combination."""
    if not len(keys[0]):
        return np.empty(0, np.int64)
    together = np.stack([np.asarray(key, np.int64) for key in keys])
    kept: Ints = np.sort(np.unique(together, axis=1, return_index=True)[1])
    return kept


def _report_elements(sets: Sets, loop: str, tag: str, qualifier: str, known: Elements) -> None:
    rows = sets.in_loop(tag, loop, qualifier=qualifier)
    rows = sets.segments.part(rows, sets.used[rows])
    if not len(rows):
        return
    for number in range(2 if qualifier else 1, sets.segments.pinned(rows).longest + 1):
        literals = known.get(number, set())
        if "" in literals:
            continue
        start, end = sets.segments.bounds(rows, number)
        wrong = end > start
        if literals and wrong.any():
            wrong &= ~np.isin(sets.segments.codes(rows, number), [code(each) for each in literals])
        if wrong.any():
            lost = rows[wrong]
            what = "says what no column holds" if literals else "is read into no column"
            kept = lost[_first_of_each(sets.set_of(lost))]
            sets.report("ELEMENT_NOT_READ", kept, f"{tag}{number:02d} {what}", number)


def text_of(sets: Sets, rows: Ints, element: str) -> pa.Array:
    """One element of segments as text."""
    return sets.text(sets.segments.pin(rows), source(element))
