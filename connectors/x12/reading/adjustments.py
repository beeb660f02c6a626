"""Segments that repeat within themselves: CAS with six reasons, PLB with six codes. One row for each repetition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import native, tables
from connectors.x12.guides import remittance_835 as guide
from connectors.x12.guides.notation import source
from connectors.x12.native import choosing
from connectors.x12.reading.columns import positions, rows_array
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.numbers import decimals
from connectors.x12.reading.segments import Flags, Ints
from connectors.x12.reading.spans import Pinned, Spans
from connectors.x12.reading.text import Parts, text


class Owners:
    """Which claim and which line a segment belongs to, -1 for none."""

    def __init__(self, sets: Sets, claims_at: Ints, lines_at: Ints) -> None:
        self.sets, self.claims_at, self.lines_at = sets, claims_at, lines_at
        self.claim_of_line = self.claim(lines_at)

    def claim(self, rows: Ints) -> Ints:
        """The claim a segment of loop 2100 or 2110 belongs to."""
        return self.sets.owner(self.claims_at, rows)

    def line(self, rows: Ints) -> Ints:
        """The line a segment of loop 2110 belongs to."""
        inside = self.sets.loop[rows] == self.sets.names.index("2110")
        return np.where(inside, self.sets.owner(self.lines_at, rows), -1)


@dataclass(frozen=True, slots=True)
class Repetitions:
    """Every repetition that holds anything, in the order they are written.

    ``elements`` is the number of its first element; ``pinned`` takes it for a segment whose tag ends before that one.
    """

    sets: Sets
    pinned: Pinned
    elements: Ints

    @property
    def rows(self) -> Ints:
        """The segment of each."""
        return self.pinned.rows

    def spans(self, offset: int) -> Spans:
        """Where element ``offset`` of each repetition stands."""
        return Spans(self.sets.segments.octets, self.pinned, offset + 1)

    def text(self, offset: int) -> pa.Array:
        """Element ``offset`` of each repetition."""
        return text(self.spans(offset))

    def select(self, kept: Ints) -> Repetitions:
        return Repetitions(self.sets, self.pinned.part(self.rows[kept], kept), self.elements[kept])


def repetitions(sets: Sets, rows: Ints, first: int, width: int) -> Repetitions:
    """The repetitions of ``width`` elements from element ``first`` on, more than the guide allows among them."""
    pinned = sets.segments.pinned(rows)
    if compiled := native.loops(pinned.marks, pinned.first, pinned.elements):
        at, mark, left, elements = choosing.repetitions(compiled, pinned.first, pinned.elements, first, width)
    else:
        many = np.maximum((pinned.elements - first) // width + 1, 0)
        at = np.repeat(np.arange(len(rows)), many)
        number = np.arange(len(at), dtype=np.int32) - np.repeat(np.cumsum(many, dtype=np.int32) - many, many)
        elements = first + width * number
        mark, left = pinned.first[at] + (elements - 1), pinned.elements[at] - elements + 1
    parts = Pinned(pinned.marks, rows[at], mark, left, ascending=pinned.ascending)
    found = Repetitions(sets, parts, elements)
    used = np.zeros(len(at), np.bool_)
    for offset in range(width):
        held = found.spans(offset)
        used |= held.end > held.start
        if used.all():
            return found
    return found.select(np.flatnonzero(used))


def first_element(found: Repetitions) -> pa.Array:
    """Element 1 of the segment that each repetition stands in."""
    whole = found.pinned
    first = whole.first - (found.elements - 1)
    whole = Pinned(whole.marks, whole.rows, first, np.ones_like(first), ascending=whole.ascending)
    return text(Spans(found.sets.segments.octets, whole, 1))


def adjustments(sets: Sets, owner: Owners) -> pa.Table:
    """CAS: one row for each reason, up to six in a segment, at claim or line level."""
    found = repetitions(sets, sets.in_loop("CAS", "2100", "2110"), *guide.CAS_REASONS)
    rows = found.rows
    amounts = decimals(found.spans(1), 2)
    quantities = decimals(found.spans(2), 3)
    reasons = found.text(0)
    _report_repeated(found, "CAS", amounts.present, amounts.valid)
    bad = quantities.present & ~quantities.valid
    sets.report("QUANTITY", rows[bad], "a CAS quantity is not a quantity", found.elements[bad] + 2)
    absent = pc.is_null(reasons).to_numpy(zero_copy_only=False).copy()
    absent &= found.elements > 2  # the first is checked as required
    sets.report("ELEMENT_MISSING", rows[absent], "a CAS amount has no reason code", found.elements[absent])
    return segment_table(
        sets,
        tables.REMITTED_ADJUSTMENTS,
        rows,
        {
            "claim": rows_array(owner.claim(rows)),
            "line": rows_array(owner.line(rows)),
            "position": rows_array(positions(sets.opener[rows])),
            "group_code": first_element(found),
            "carc": reasons,
            "amount_cents": amounts.arrow(pa.int64()),
            "quantity_thousandths": quantities.arrow(pa.int64()),
        },
    )


def provider_adjustments(sets: Sets) -> pa.Table:
    """PLB: one row for each pair of code and amount, up to six in a segment."""
    held, segments = sets.in_loop("PLB", "footer"), sets.segments
    found = repetitions(sets, held, *guide.PLB_CODES)
    rows = segments.part(held, np.searchsorted(held, found.rows))
    amounts = decimals(found.spans(1), 2)
    _report_repeated(found, "PLB", amounts.present, amounts.valid)
    codes = Parts(found.spans(0), segments.separators(rows))
    reasons = codes.text(1, 1)
    absent = reasons.is_null().to_numpy(zero_copy_only=False) & (found.elements > 3)
    sets.report("ELEMENT_MISSING", rows[absent], "a PLB amount has no reason code", found.elements[absent], 1)
    return segment_table(
        sets,
        tables.PROVIDER_ADJUSTMENTS,
        rows,
        {
            "position": rows_array(positions(sets.set_of(rows))),
            "provider_id": sets.read(rows, source("PLB01"), pa.string(), "provider_id"),
            "fiscal_period_end": sets.read(rows, source("PLB02"), pa.date32(), "fiscal_period_end"),
            "code": reasons,
            "reference": codes.text(2, 2),
            "amount_cents": amounts.arrow(pa.int64()),
        },
    )


def _report_repeated(found: Repetitions, tag: str, present: Flags, valid: Flags) -> None:
    """Amounts of a repetition that are missing (the first is checked as required) or cannot be read."""
    wrong = np.flatnonzero(~valid)
    for row, element, there in zip(
        found.rows[wrong].tolist(), (found.elements[wrong] + 1).tolist(), present[wrong].tolist(), strict=True
    ):
        at = np.array([row])
        if there:
            found.sets.report("AMOUNT", at, f"{tag}{element:02d} is not an amount", element)
        elif element > 4:
            found.sets.report("ELEMENT_MISSING", at, f"{tag}{element:02d} is missing", element)


def segment_table(sets: Sets, schema: pa.Schema, rows: Ints, given: dict[str, pa.Array]) -> pa.Table:
    """A table whose rows are segments or parts of them."""
    sets.used[rows] = True
    given = {
        "transaction": rows_array(sets.set_of(rows)),
        "segment": rows_array(sets.ordinal(rows)),
        **given,
    }
    arrays = [given[f.name] if given[f.name].type == f.type else given[f.name].cast(f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)
