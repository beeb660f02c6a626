"""Each segment of a guide's transaction sets with the loop it stands in, and whole columns out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import native
from connectors.x12.guides.notation import UNRANKED, Guide, Loop, Source, source, sources
from connectors.x12.native import choosing, texts
from connectors.x12.problems import Problems
from connectors.x12.reading import columns, few
from connectors.x12.reading.dates import dates
from connectors.x12.reading.envelopes import ENVELOPE
from connectors.x12.reading.interchanges import Reading
from connectors.x12.reading.numbers import Numbers, decimals
from connectors.x12.reading.segments import FACTOR, Codes, Flags, Ints, Octets, code, tag_key
from connectors.x12.reading.spans import Spans
from connectors.x12.reading.text import Parts, absent, element_text

PLACES = {"_cents": 2, "_thousandths": 3}


class Sets:
    """The sets of one guide's kinds in a reading, each segment with the loop it stands in."""

    def __init__(self, reading: Reading, guide: Guide, problems: Problems) -> None:
        self.reading, self.guide, self.problems = reading, guide, problems
        self.segments = reading.segments
        self.numbers = reading.numbers_of(guide.kinds)
        self.opened = self.numbers[reading.set_begins[self.numbers] >= 0]  # those whose ST is here
        self.names = ["", *(loop.name for loop in guide.loops)]
        self._inside = self._membership()
        self._rows: dict[str, Ints] = {}
        self._codes: dict[tuple[str, int], Codes] = {}
        self._held: dict[tuple[str, str, tuple[str, ...]], Ints] = {}
        self._loops: dict[str, Ints] = {}
        self._found: dict[tuple[int, str, str, str], tuple[Ints, Ints, Ints]] = {}
        self._counts: dict[int, tuple[Ints, Ints]] = {}
        self._parts: dict[tuple[int, int], tuple[Ints, Parts]] = {}
        self._columns: dict[tuple[int, Source, str], tuple[Ints, pa.Array]] = {}
        self.used = np.zeros(len(self.segments), np.bool_)  # segments that a column has read
        self._find_loops()
        self._check_places()
        self._check_elements()

    def _membership(self) -> Flags | None:
        """For each segment whether it stands in a set of this guide; None where all do that are not the envelope's."""
        if len(self.numbers) == len(self.reading.set_begins) and self.reading.covered:
            return None
        inside = np.zeros(len(self.segments) + 1, np.int8)
        np.add.at(inside, np.maximum(self.reading.set_begins[self.numbers], 0), 1)
        np.add.at(inside, self.reading.set_ends[self.numbers], -1)
        return np.cumsum(inside[:-1], dtype=np.int8) > 0

    def _find_loops(self) -> None:
        """The loop that every segment opens, that it stands in, and the segment that opened that one."""
        here = np.arange(len(self.segments), dtype=np.int32)
        self._opens = np.zeros(len(here), np.uint8)
        self.loop, self.opener = self._opens, here
        for stage in self.guide.stages:
            for number in stage:
                loop = self.guide.loops[number - 1]
                rows = self._opening(loop)
                if loop.inside:
                    rows = rows[self._in(self.loop, loop.inside.split())[rows]]
                self._opens[rows] = number
            if native.compiled:
                self.loop, self.opener = choosing.latest(native.compiled, self._opens)
            elif len(here):
                self.opener = np.maximum.accumulate(np.where(self._opens > 0, here, 0))
                self.loop = self._opens[self.opener]

    def _opening(self, loop: Loop) -> Ints:
        rows = self.rows(loop.tag)
        if not loop.condition:
            return rows
        element, value = loop.condition
        found: Ints = rows[self._code(loop.tag, element) == code(value)]
        return found

    def _in(self, loop: Ints, names: Sequence[str]) -> Flags:
        numbers = [number for number, name in enumerate(self.names) if name in names]
        if len(numbers) == 1:
            only: Flags = loop == numbers[0]
            return only
        wanted = np.zeros(len(self.names), np.bool_)
        wanted[numbers] = True
        found: Flags = wanted[loop]
        return found

    # Segments.

    def rows(self, tag: str) -> Ints:
        """Segments with this tag."""
        if tag not in self._rows:
            rows = self.segments.rows(tag)
            if self._inside is not None:
                held = self._inside[rows]
                rows = rows if held.all() else self.segments.part(rows, held)
            self._rows[tag] = rows
        return self._rows[tag]

    def _code(self, tag: str, element: int) -> Codes:
        if (tag, element) not in self._codes:
            self._codes[tag, element] = self.segments.codes(self.rows(tag), element)
        return self._codes[tag, element]

    def in_loop(self, tag: str, *loops: str, qualifier: str = "") -> Ints:
        """Segments with this tag (and qualifier) in these loops."""
        key = (tag, qualifier, loops)
        if key not in self._held:
            self._held[key] = self._within(tag, loops, qualifier)
        return self._held[key]

    def _within(self, tag: str, loops: tuple[str, ...], qualifier: str) -> Ints:
        rows, of_row = self.rows(tag), self._loops_of(tag)
        codes = self._code(tag, 1) if qualifier else None
        if native.loops(self.segments.marks):
            wanted = np.zeros(256, np.uint8)
            wanted[[number for number, name in enumerate(self.names) if name in loops]] = 1
            return self.segments.select(rows, (of_row, wanted, codes, code(qualifier)))
        kept = self._in(of_row, loops)
        if codes is not None:
            kept &= codes == code(qualifier)
        some: Ints = rows if kept.all() else self.segments.part(rows, kept)
        return some

    def _loops_of(self, tag: str) -> Ints:
        """The loop of every segment with this tag."""
        if tag not in self._loops:
            self._loops[tag] = self.loop[self.rows(tag)]
        return self._loops[tag]

    def set_of(self, rows: Ints) -> Ints:
        """The row of sets each segment belongs to."""
        begins = self.reading.set_begins
        if not len(rows) or (len(begins) == 1 and rows.min() >= begins[0]):
            return np.zeros(len(rows), np.int32)
        return self.reading.sets_before[rows] - 1

    def ordinal(self, rows: Ints) -> Ints:
        """1-based ordinal of each segment within its set."""
        begins = self.reading.set_begins
        if not len(rows):
            return rows
        before: Ints = begins[0] if len(begins) == 1 else begins[self.set_of(rows)]
        return rows - before + 1

    def owner(self, openers: Ints, rows: Ints) -> Ints:
        """The last of ``openers`` at or before each row in the same set, -1 for none."""
        if not len(openers) or not len(rows):
            return np.full(len(rows), -1)
        found, _ = self._owners(openers, rows)
        if len(self.reading.set_begins) > 1:
            found[self.set_of(openers[found]) != self.set_of(rows)] = -1
        return found

    # Columns.

    def first_found(self, openers: Ints, loop: str, tag: str, qualifier: str) -> tuple[Ints, Ints]:
        """The first such segment of each instance of a loop that has one, and the number of the instance."""
        key = (id(openers), loop, tag, qualifier)
        if key not in self._found:
            found = self.in_loop(tag, loop, qualifier=qualifier)
            owner, repeats = self._owners(openers, found)
            if repeats:
                again = owner[1:] == owner[:-1]
                what = f"{tag} {qualifier}".strip()
                self.report("ELEMENT_REPEATED", found[1:][again], f"{what} repeats; the first is kept")
                kept = np.append(True, ~again)
                found, owner = self.segments.part(found, kept), owner[kept]
            self.used[found] = True
            self._found[key] = (openers, found, owner)
        return self._found[key][1:]

    def _owners(self, openers: Ints, rows: Ints) -> tuple[Ints, bool]:
        """For each row the number of the last opener up to it, -1 for none; whether two neighbours have the same."""
        if native.compiled:
            return choosing.owners(native.compiled, openers, rows)
        if id(openers) not in self._counts:
            steps = np.diff(openers, prepend=0, append=len(self.segments))
            self._counts[id(openers)] = (
                openers,
                np.repeat(np.arange(-1, len(openers), dtype=np.int32), steps),
            )
        found = self._counts[id(openers)][1][rows]
        return found, bool((found[1:] == found[:-1]).any())

    def first(self, openers: Ints, loop: str, tag: str, qualifier: str) -> Ints:
        """For each instance of a loop, its first such segment, -1 where there is none."""
        found, owner = self.first_found(openers, loop, tag, qualifier)
        chosen = np.full(len(openers), -1)
        chosen[owner] = found
        return chosen

    def column(self, openers: Ints, loop: str, text: str, type_: pa.DataType, name: str) -> pa.Array:
        """One column of a table whose rows are the instances of a loop."""
        result = None
        for each in sources(text):
            if not len(self.rows(each.tag)):
                found = pa.nulls(len(openers), type_)
            elif each.tag == self._opens_with(loop) and not each.qualifier:
                found = self.read(openers, each, type_, name)
            else:
                rows, owner = self.first_found(openers, loop, each.tag, each.qualifier)
                found = columns.spread(self.read(rows, each, type_, name), owner, len(openers))
            if result is None or result.null_count == len(result):
                result = found
            elif result.null_count and found.null_count < len(found):
                result = pc.coalesce(result, found)
        return result

    def _opens_with(self, loop: str) -> str:
        return self.guide.loops[self.names.index(loop) - 1].tag

    def read(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> pa.Array:
        """One source over rows (-1 for none) as an Arrow column; what cannot be read is null and reported."""
        if not len(rows):
            return pa.nulls(0, type_)
        key = (id(rows), at, name if not pa.types.is_date32(type_) else "")
        if key not in self._columns:
            self._columns[key] = (rows, self._read(rows, at, type_, name))
        return self._columns[key][1]

    def _read(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> pa.Array:
        if len(rows) <= few.FEW:
            found, wrong = few.read(self.segments, rows, at, type_, _places(name))
            if wrong:
                self._report_unread(rows[wrong], at, type_, name)
            return found
        if rows.min() < 0:
            there = np.flatnonzero(rows >= 0)
            some = self.read(self.segments.part(rows, there), at, type_, name)
            return columns.spread(some, there, len(rows))
        if self._nowhere(rows, at):
            return pa.nulls(len(rows), type_)
        if pa.types.is_string(type_):
            return self.text(rows, at)
        return self.numbers_at(rows, at, type_, name).arrow(type_)

    def _nowhere(self, rows: Ints, at: Source) -> bool:
        """Whether no row has so many elements."""
        return at.element > self.segments.pinned(rows).longest

    def text(self, rows: Ints, at: Source) -> pa.Array:
        """One source over rows as strings."""
        if not len(rows) or self._nowhere(rows, at):
            return pa.nulls(len(rows), pa.string())
        if at.low:
            return self.parts(rows, at.element).text(at.low, at.high)
        return element_text(self.segments, rows, at.element)

    def parts(self, rows: Ints, element: int) -> Parts:
        """The components of one element of these rows."""
        key = (id(rows), element)
        if key not in self._parts:
            at = self.segments.spans(rows, element)
            self._parts[key] = (rows, Parts(at, self.segments.separators(rows)))
        return self._parts[key][1]

    def _spans(self, rows: Ints, at: Source) -> Spans:
        """Where a source stands."""
        if at.low:
            return self.parts(rows, at.element).spans(at.low, at.high)
        return self.segments.spans(rows, at.element)

    def numbers_at(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> Numbers:
        """Cents, thousandths or days of one source, what cannot be read reported."""
        where, days = self._spans(rows, at), pa.types.is_date32(type_)
        found = dates(where) if days else decimals(where, _places(name))
        bad: Flags = found.present & ~found.valid
        if bad.any():
            self._report_unread(rows[bad], at, type_, name)
        return found

    def _report_unread(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> None:
        if pa.types.is_date32(type_):
            code_, what = "DATE", "a date CCYYMMDD"
        else:
            code_, what = ("AMOUNT", "an amount") if _places(name) == 2 else ("QUANTITY", "a quantity")
        self.report(code_, rows, f"{at.name} is not {what}", at.element, at.low)

    def table(
        self,
        schema: pa.Schema,
        openers: Ints,
        sourced: Mapping[str, tuple[str, str]],
        given: Mapping[str, pa.Array],
    ) -> pa.Table:
        """A table in its schema's order: columns from their sources, the rest as given."""
        arrays = []
        for f in schema:
            if f.name in given:
                own = given[f.name]
                arrays.append(own if own.type == f.type else own.cast(f.type))
            else:
                loop, text = sourced[f.name]
                arrays.append(self.column(openers, loop, text, f.type, f.name))
        return pa.Table.from_arrays(arrays, schema=schema)

    # Problems.

    def report(
        self,
        code_: str,
        rows: Ints,
        message: str | list[str],
        element: int | Ints | None = None,
        component: int = 0,
    ) -> None:
        """A problem at each of these segments, or at one element of each (at one component of it, from 1)."""
        messages = [message] * len(rows) if isinstance(message, str) else message
        elements = element.tolist() if isinstance(element, np.ndarray) else [element] * len(rows)
        for row, each, place in zip(rows.tolist(), messages, elements, strict=True):
            number, ordinal = self.reading.owner(row)
            self.problems.add(
                code_,
                each,
                file=int(self.reading.set_files[number]),
                transaction=self.reading.first_set + number,
                segment=ordinal,
                element=place,
                component=component or None,
                loop=self.names[int(self.loop[row])] or None,
            )

    def _check_places(self) -> None:
        """Every segment is one of the guide's and stands in a loop that holds it, and loops follow as they may."""
        if not self._all_placed():
            self._report_places()
        if self.guide.ordered:
            self._check_sequence()

    def _all_placed(self) -> bool:
        """Whether all that is so, as far as it can be said in one pass."""
        if not native.compiled or self._inside is not None or not len(self.segments):
            return False
        return choosing.placed(
            native.compiled, self.segments.tag, self.loop, self._opens, FACTOR, _allowed(self.guide)
        )

    def _report_places(self) -> None:
        seen = 0
        for tag in self.guide.known:
            rows = self.rows(tag)
            seen += len(rows)
            if not len(rows):
                continue
            outside = self._outside(tag) if tag != "SE" else rows[:0]
            if len(outside):
                outside = outside[self._opens[rows[outside]] == 0]
                code_ = "SEGMENT_MISPLACED" if tag in self.guide.money else "SEGMENT_UNEXPECTED"
                self.report(code_, rows[outside], f"{tag} does not belong in this loop")
        self._check_order()
        ends, begins = self.reading.set_ends[self.numbers], self.reading.set_begins[self.numbers]
        if seen < int((ends - np.maximum(begins, 0)).sum()):
            self._report_unknown()

    def _report_unknown(self) -> None:
        known = np.array([code(tag) for tag in (*self.guide.known, *ENVELOPE)], np.uint32)
        unknown = ~np.isin(self.segments.tag, known)
        if self._inside is not None:
            unknown &= self._inside
        self.report("SEGMENT_UNKNOWN", np.flatnonzero(unknown), "this segment is not one of the guide's")

    def _check_order(self) -> None:
        """Every loop follows one that it may follow."""
        for number, after in self.guide.followers.items():
            loop = self.guide.loops[number - 1]
            rows, may = self.rows(loop.tag), np.array(after)
            if not len(rows):
                continue
            # The first row of a window follows what is gone.
            rows = rows[(self._opens[rows] == number) & (rows > 0)]
            wrong = rows[~may[self.loop[rows - 1]]]
            self.report("SEGMENT_MISPLACED", wrong, f"{loop.tag} does not belong here")

    def _outside(self, tag: str) -> Ints:
        """Which of the segments with this tag stand in a loop that does not hold it."""
        holds = np.array(self.guide.holders[tag])
        if native.compiled:
            unwanted = np.zeros(256, np.uint8)
            unwanted[: len(holds)] = ~holds
            return choosing.chosen(native.compiled, self._loops_of(tag), unwanted, None, 0)
        return np.flatnonzero(~holds[self._loops_of(tag)])

    def _check_sequence(self) -> None:
        """Within a loop every segment stands where the guide has it: none behind one that comes later there."""
        rank = np.full(len(self.segments), UNRANKED, np.uint8)
        for tag, ranks in self.guide.ranks.items():
            rank[self.rows(tag)] = np.array(ranks, np.uint8)[self._loops_of(tag)]
        rank[self._opens > 0] = 0
        if not ((rank[1:] < rank[:-1]) & (self._opens[1:] == 0)).any():
            return
        held = rank < UNRANKED
        place = self.opener * np.int64(UNRANKED + 1) + np.where(held, rank, 0)
        wrong = held & (place < np.maximum.accumulate(place))
        for tag in self.guide.known:
            rows = self.rows(tag)
            self.report(
                "SEGMENT_ORDER", rows[wrong[rows]], f"{tag} stands behind what comes after it in this loop"
            )

    def _perhaps_absent(self, listed: str) -> list[Source]:
        """Those of some sources that a segment may lack: all of a tag or, as a rule, none."""
        every = [source(each) for each in listed.split()]
        whole = set()
        for tag in dict.fromkeys(each.tag for each in every):
            wanted = bytes(each.element for each in every if each.tag == tag and not each.low)
            at = self.segments.spans(self.rows(tag), 1)
            compiled = at.loops()
            if compiled and texts.filled(compiled, at.where(), wanted):
                whole.add(tag)
        return [each for each in every if each.low or each.tag not in whole]

    def _check_elements(self) -> None:
        for code_, listed in (
            ("ELEMENT_MISSING", self.guide.required),
            ("ELEMENT_ABSENT", self.guide.expected),
        ):
            for each in self._perhaps_absent(listed):
                rows = self.rows(each.tag)
                missing = absent(self._spans(rows, each))
                if missing is not None:
                    self.report(code_, rows[missing], f"{each.name} is missing", each.element, each.low)
        for each in map(source, self.guide.last.split()):
            rows = self.rows(each.tag)
            if len(rows) and not self._nowhere(rows, each._replace(element=each.element + 1)):
                more = rows[self.segments.pinned(rows).elements > each.element]
                message = f"{each.tag} has more elements than {each.element}"
                self.report("ELEMENT_EXTRA", more, message, each.element + 1)


@lru_cache(maxsize=8)
def _allowed(guide: Guide) -> tuple[Codes, Octets, Octets]:
    """As ``choosing.placed`` wants it: tags by key, which loops hold them by key and loop, which loops follow which.

    What opens a loop is in its place, and what the envelope consists of.
    """
    width = len(guide.loops) + 1
    known, held = np.zeros(256, np.uint32), np.zeros((256, width), np.uint8)
    follows = np.ones((width, width), np.uint8)
    for tag in (*guide.known, *ENVELOPE):
        key = int(tag_key(np.array([code(tag)], np.uint32))[0])
        known[key] = code(tag)
        held[key] = 1 if tag in ENVELOPE else guide.holders[tag]
    for number, after in guide.followers.items():
        follows[number] = after
    return known, held.reshape(-1), follows.reshape(-1)


def _places(name: str) -> int:
    """Digits after the point that a column's unit has room for."""
    return next((places for suffix, places in PLACES.items() if name.endswith(suffix)), 0)
