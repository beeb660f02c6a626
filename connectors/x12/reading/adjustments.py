"""Segments that repeat within themselves: CAS with six reasons, PLB with six codes. One row for each repetition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables
from connectors.x12.guides import remittance_835 as guide
from connectors.x12.guides.notation import source
from connectors.x12.reading import columns
from connectors.x12.reading.columns import positions
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.segments import Flags, Ints


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
        return np.where(inside, np.searchsorted(self.lines_at, self.sets.opener[rows]), -1)


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts with the row each belongs to: claim and line of a CAS, set of a claim or PLB."""

    owner: Ints
    values: Ints
    valid: Flags
    line: Ints


def _repeated(sets: Sets, rows: Ints, first_elements: range, width: int) -> tuple[Ints, Ints]:
    """Segments and elements of every repetition that holds anything, in the order they are written."""
    found, elements = [], []
    for element in first_elements:
        here = rows[sets.segments.elements[rows] >= element]
        if not len(here):
            break
        used = np.zeros(len(here), np.bool_)
        for offset in range(width):
            start, end = sets.segments.bounds(here, element + offset)
            used |= end > start
        found.append(here if used.all() else here[used])
        elements.append(np.full(int(used.sum()), element))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows, element_of = np.concatenate(found), np.concatenate(elements)
    order = np.argsort(rows, kind="stable")
    return rows[order], element_of[order]


def _pick(sets: Sets, rows: Ints, element_of: Ints, offset: int, component: int = 0) -> tuple[Ints, Ints]:
    """Bounds of element ``element_of + offset`` of each row."""
    start, end = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for element in np.unique(element_of).tolist():
        here = element_of == element
        if component:
            low, high = sets.segments.component_bounds(rows[here], element + offset, component, component)
        else:
            low, high = sets.segments.bounds(rows[here], element + offset)
        start[here], end[here] = low, high
    return start, end


def adjustments(sets: Sets, owner: Owners) -> tuple[pa.Table, Money]:
    """CAS: one row for each reason, up to six in a segment, at claim or line level."""
    rows, element_of = _repeated(sets, sets.in_loop("CAS", "2100", "2110"), guide.CAS_REASONS, 3)
    claim, line = owner.claim(rows), owner.line(rows)
    segments = sets.segments
    amounts = columns.decimals(segments, *_pick(sets, rows, element_of, 1), 2)
    quantities = columns.decimals(segments, *_pick(sets, rows, element_of, 2), 3)
    reasons = columns.text(segments, *_pick(sets, rows, element_of, 0))
    _report_repeated(sets, rows, element_of, 1, "CAS", amounts.present, amounts.valid)
    bad = quantities.present & ~quantities.valid
    sets.report("QUANTITY", rows[bad], "a CAS quantity is not a quantity")
    absent = pc.is_null(reasons).to_numpy(zero_copy_only=False)
    sets.report("ELEMENT_MISSING", rows[absent & (element_of > 2)], "a CAS amount has no reason code")
    table = segment_table(
        sets,
        tables.REMITTED_ADJUSTMENTS,
        rows,
        {
            "claim": nullable(claim),
            "line": nullable(line),
            "position": pa.array(positions(sets.opener[rows])),
            "group_code": columns.text(segments, *segments.bounds(rows, 1)),
            "carc": reasons,
            "amount_cents": amounts.arrow(pa.int64()),
            "quantity_thousandths": quantities.arrow(pa.int64()),
        },
    )
    return table, Money(claim, amounts.values, amounts.valid, line)


def provider_adjustments(sets: Sets) -> tuple[pa.Table, Money]:
    """PLB: one row for each pair of code and amount, up to six in a segment."""
    rows, element_of = _repeated(sets, sets.in_loop("PLB", "footer"), guide.PLB_CODES, 2)
    segments = sets.segments
    amounts = columns.decimals(segments, *_pick(sets, rows, element_of, 1), 2)
    _report_repeated(sets, rows, element_of, 1, "PLB", amounts.present, amounts.valid)
    owner = sets.set_of(rows)
    period = sets.numbers_at(rows, source("PLB02"), pa.date32(), "fiscal_period_end") if len(rows) else None
    table = segment_table(
        sets,
        tables.PROVIDER_ADJUSTMENTS,
        rows,
        {
            "position": pa.array(positions(owner)),
            "provider_id": columns.text(segments, *segments.bounds(rows, 1)),
            "fiscal_period_end": period.arrow(pa.date32()) if period else pa.nulls(0, pa.date32()),
            "code": columns.text(segments, *_pick(sets, rows, element_of, 0, 1)),
            "reference": columns.text(segments, *_pick(sets, rows, element_of, 0, 2)),
            "amount_cents": amounts.arrow(pa.int64()),
        },
    )
    return table, Money(owner, amounts.values, amounts.valid, owner)


def _report_repeated(
    sets: Sets, rows: Ints, element_of: Ints, offset: int, tag: str, present: Flags, valid: Flags
) -> None:
    """Amounts of a repetition that are missing (the first is checked as required) or cannot be read."""
    for row, element, there in zip(
        rows[~valid].tolist(), (element_of[~valid] + offset).tolist(), present[~valid].tolist(), strict=True
    ):
        at = np.array([row])
        if there:
            sets.report("AMOUNT", at, f"{tag}{element:02d} is not an amount")
        elif element > 4:
            sets.report("ELEMENT_MISSING", at, f"{tag}{element:02d} is missing")


def segment_table(sets: Sets, schema: pa.Schema, rows: Ints, given: dict[str, pa.Array]) -> pa.Table:
    given = {
        "transaction": pa.array(sets.set_of(rows)),
        "segment": pa.array(sets.ordinal(rows)),
        **given,
    }
    return pa.Table.from_arrays([given[f.name].cast(f.type) for f in schema], schema=schema)


def nullable(rows: Ints) -> pa.Array:
    return pa.array(rows, mask=rows < 0)
