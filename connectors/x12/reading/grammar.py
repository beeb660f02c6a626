"""Each segment of a guide's transaction sets with the loop it stands in, and whole columns out of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.notation import Guide, Source, source, sources
from connectors.x12.problems import Problems
from connectors.x12.reading import columns
from connectors.x12.reading.columns import Numbers
from connectors.x12.reading.interchanges import ENVELOPE, Reading
from connectors.x12.reading.segments import Codes, Flags, Ints, code

PLACES = {"_cents": 2, "_thousandths": 3}


class Sets:
    """The sets of one guide's kinds in a reading, each segment with the loop it stands in."""

    def __init__(self, reading: Reading, guide: Guide, problems: Problems) -> None:
        self.reading, self.guide, self.problems = reading, guide, problems
        self.segments = reading.segments
        self.numbers = [n for n, found in enumerate(reading.sets) if found.kind in guide.kinds]
        self._tag = self._tags()
        self._rows: dict[str, Ints] = {}
        self._codes: dict[str, Codes] = {}
        self._first: dict[tuple[int, str, str], tuple[Ints, Ints]] = {}
        self.names = ["", *(loop.name for loop in guide.loops)]
        opens = np.zeros(len(self._tag), np.uint8)
        for number, loop in enumerate(guide.loops, 1):
            opens[self._matching(*loop.opens.split("*"))] = number
        here = np.arange(len(opens))
        self.opener: Ints = np.maximum.accumulate(np.where(opens > 0, here, 0)) if len(opens) else here
        self.loop = opens[self.opener] if len(opens) else opens
        self._opens = opens
        self._check_places()
        self._check_elements()

    def _tags(self) -> Ints:
        """Tags, 0 where a segment belongs to no set of this guide."""
        tag = self.segments.tag
        inside = np.zeros(len(tag) + 1, np.int8)
        mine = [self.reading.sets[n] for n in self.numbers]
        inside[np.array([found.begin for found in mine], np.int64)] += 1
        inside[np.array([found.end for found in mine], np.int64)] -= 1
        return np.where(np.cumsum(inside[:-1], dtype=np.int8) > 0, tag, 0)

    def rows(self, tag: str) -> Ints:
        """Segments with this tag."""
        if tag not in self._rows:
            self._rows[tag] = self.segments.pin(np.flatnonzero(self._tag == code(tag)))
        return self._rows[tag]

    def _matching(self, tag: str, qualifier: str = "") -> Ints:
        rows = self.rows(tag)
        if not qualifier:
            return rows
        if tag not in self._codes:
            self._codes[tag] = self.segments.codes(rows, 1)
        found: Ints = rows[self._codes[tag] == code(qualifier)]
        return found

    def in_loop(self, tag: str, *loops: str, qualifier: str = "") -> Ints:
        """Segments with this tag (and qualifier) in these loops."""
        rows = self._matching(tag, qualifier)
        here = self.loop[rows]
        wanted = np.logical_or.reduce([here == self.names.index(name) for name in loops])
        return rows if wanted.all() else rows[wanted]

    def set_of(self, rows: Ints) -> Ints:
        """The row of sets each segment belongs to."""
        return np.searchsorted(self.reading.set_begins, rows, side="right") - 1

    def ordinal(self, rows: Ints) -> Ints:
        """1-based ordinal of each segment within its set."""
        return rows - self.reading.set_begins[self.set_of(rows)] + 1 if len(rows) else rows

    def owner(self, openers: Ints, rows: Ints) -> Ints:
        """The last of ``openers`` at or before each row in the same set, -1 for none."""
        found = np.searchsorted(openers, rows, side="right") - 1
        if not len(openers):
            return found
        same = self.set_of(openers[found]) == self.set_of(rows)
        return np.where((found >= 0) & same, found, -1)

    # Columns.

    def first(self, openers: Ints, loop: str, tag: str, qualifier: str) -> Ints:
        """For each instance of a loop, its first such segment, -1 where there is none."""
        found = self.in_loop(tag, loop, qualifier=qualifier)
        owner = np.searchsorted(openers, self.opener[found])
        chosen = np.full(len(openers), -1)
        if len(owner) and (owner[1:] == owner[:-1]).any():
            again = found[1:][owner[1:] == owner[:-1]]
            self.report(
                "ELEMENT_REPEATED", again, f"{tag} {qualifier}".strip() + " repeats; the first is kept"
            )
        chosen[owner[::-1]] = found[::-1]
        return chosen

    def column(self, openers: Ints, loop: str, text: str, type_: pa.DataType, name: str) -> pa.Array:
        """One column of a table whose rows are the instances of a loop."""
        result = None
        for each in sources(text):
            if len(openers) and each.tag == self._opens_with(loop):
                rows = openers
            else:
                key = (id(openers), f"{loop} {each.tag}", each.qualifier)
                if key not in self._first:
                    self._first[key] = (openers, self.first(openers, loop, each.tag, each.qualifier))
                rows = self._first[key][1]
            found = self.read(rows, each, type_, name)
            result = found if result is None else pc.coalesce(result, found)
        return result

    def _opens_with(self, loop: str) -> str:
        return self.guide.loops[self.names.index(loop) - 1].opens.split("*")[0]

    def read(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> pa.Array:
        """One source over rows (-1 for none) as an Arrow column; what cannot be read is null and reported."""
        if not len(rows) or not (rows >= 0).any():
            return pa.nulls(len(rows), type_)
        if pa.types.is_string(type_):
            return self.text(rows, at)
        return self.numbers_at(rows, at, type_, name).arrow(type_)

    def text(self, rows: Ints, at: Source) -> pa.Array:
        found = columns.text(self.segments, *self._bounds(rows, at))
        if at.high > at.low:
            found = self._listed(found, rows)
        return found

    def _bounds(self, rows: Ints, at: Source) -> tuple[Ints, Ints]:
        if at.low:
            return self.segments.component_bounds(rows, at.element, at.low, at.high)
        return self.segments.bounds(rows, at.element)

    def _listed(self, found: pa.Array, rows: Ints) -> pa.Array:
        """Components as a list: their separators become single blanks."""
        if found.null_count == len(found):
            return found
        separators = np.array([delimiters.component for delimiters in self.segments.delimiters])
        each = separators[self.segments.piece[rows]]
        for octet in np.unique(separators).tolist():
            changed = pc.replace_substring(found, chr(octet), " ")
            found = pc.if_else(pa.array(each == octet), changed, found)
        if pc.any(pc.match_substring(found, "  ")).as_py() or pc.any(pc.starts_with(found, " ")).as_py():
            found = pc.utf8_trim(pc.replace_substring_regex(found, " +", " "), " ")
        return pc.if_else(pc.equal(found, ""), None, found)

    def numbers_at(self, rows: Ints, at: Source, type_: pa.DataType, name: str) -> Numbers:
        """Cents, thousandths or days of one source, what cannot be read reported."""
        start, end = self._bounds(rows, at)
        if pa.types.is_date32(type_):
            found, code_, what = columns.dates(self.segments, start, end), "DATE", "a date CCYYMMDD"
        else:
            places = next(p for suffix, p in PLACES.items() if name.endswith(suffix))
            found = columns.decimals(self.segments, start, end, places)
            code_, what = ("AMOUNT", "an amount") if places == 2 else ("QUANTITY", "a quantity")
        bad: Flags = found.present & ~found.valid
        if bad.any():
            self.report(code_, rows[bad], f"{at.name} is not {what}")
        return found

    # Problems.

    def report(self, code_: str, rows: Ints, message: str | list[str]) -> None:
        """A problem at each of these segments."""
        messages = [message] * len(rows) if isinstance(message, str) else message
        for row, each in zip(rows.tolist(), messages, strict=True):
            number, ordinal = self.reading.owner(row)
            self.problems.add(
                code_,
                each,
                file=self.reading.sets[number].file,
                transaction=number,
                segment=ordinal,
                loop=self.names[int(self.loop[row])] or None,
            )

    def _check_places(self) -> None:
        """Every segment is one of the guide's and stands in a loop that holds it."""
        known = {loop.opens.split("*")[0] for loop in self.guide.loops}
        holds: dict[str, list[bool]] = {}
        for loop in self.guide.loops:
            known.update(loop.segments.split())
        seen = 0
        for tag in sorted(known | {"SE"}):
            rows = self.rows(tag)
            seen += len(rows)
            holds[tag] = [tag in loop.segments.split() for loop in self.guide.loops]
            outside = ~np.array([False, *holds[tag]])[self.loop[rows]] & (self._opens[rows] == 0)
            if tag != "SE" and outside.any():
                code_ = "SEGMENT_MISPLACED" if tag in self.guide.money else "SEGMENT_UNEXPECTED"
                self.report(code_, rows[outside], f"{tag} does not belong in this loop")
        self._check_order()
        if seen < sum(self.reading.sets[n].end - self.reading.sets[n].begin for n in self.numbers):
            self._report_unknown(known)

    def _check_order(self) -> None:
        for number, loop in enumerate(self.guide.loops, 1):
            if loop.opens == "ST":
                continue
            rows = np.flatnonzero(self._opens == number)
            allowed = np.array([name in loop.after.split() for name in self.names])
            wrong = rows[~allowed[self.loop[rows - 1]]]
            self.report("SEGMENT_MISPLACED", wrong, f"{loop.opens.split('*')[0]} does not belong here")

    def _report_unknown(self, known: set[str]) -> None:
        codes = [code(tag) for tag in (*known, *ENVELOPE)]
        for number in self.numbers:
            found = self.reading.sets[number]
            rows = np.arange(found.begin, found.end)
            unknown = rows[~np.isin(self.segments.tag[rows], codes)]
            self.report("SEGMENT_UNKNOWN", unknown, "this segment is not one of the guide's")

    def _check_elements(self) -> None:
        for code_, listed in (
            ("ELEMENT_MISSING", self.guide.required),
            ("ELEMENT_ABSENT", self.guide.expected),
        ):
            for each in map(source, listed.split()):
                rows = self.rows(each.tag)
                start, end = self._bounds(rows, each)
                self.report(code_, rows[start >= end], f"{each.name} is missing")

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
                arrays.append(given[f.name].cast(f.type))
            else:
                loop, text = sourced[f.name]
                arrays.append(self.column(openers, loop, text, f.type, f.name))
        return pa.Table.from_arrays(arrays, schema=schema)
