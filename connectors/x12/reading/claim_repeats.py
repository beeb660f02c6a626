"""What repeats within a claim of an 837: codes in HI, reasons in CAS, PWK. One row for each repetition."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.reading_837 import OLDER_CODES
from connectors.x12.reading import columns
from connectors.x12.reading.adjustments import Repetitions, first_element, repetitions
from connectors.x12.reading.columns import positions, rows_array
from connectors.x12.reading.dates import dates
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.numbers import decimals
from connectors.x12.reading.segments import Flags, Ints
from connectors.x12.reading.spans import Spans
from connectors.x12.reading.text import Parts

# HI01-1 of what the claims table holds itself.
LISTS = {
    "diagnoses": ("ABK", "ABF"),
    "admitting_diagnosis": ("ABJ",),
    "reason_diagnoses": ("APR",),
    "external_causes": ("ABN",),
    "drg": ("DR",),
}
_SINGLE = ("admitting_diagnosis", "drg")


class Codes(NamedTuple):
    """The claims' own columns, and the rows of claim_codes with the segment and claim of each."""

    claims: dict[str, pa.Array]
    rows: Ints
    claim: Ints
    columns: dict[str, pa.Array]


def codes(sets: Sets, claims_at: Ints) -> Codes:
    """Every code of every HI in loop 2300."""
    rows = sets.in_loop("HI", "2300")
    sets.used[rows] = True
    found = repetitions(sets, rows, 1, 1)
    claim = sets.owner(claims_at, found.rows)
    held = np.flatnonzero(claim >= 0)
    found, claim = found.select(held), claim[held]
    segments = sets.segments
    parts = Parts(found.spans(0), segments.separators(found.rows))
    qualifier, item, flag = parts.text(1, 1), parts.text(2, 2), parts.text(9, 9)
    bare = np.flatnonzero(item.is_null().to_numpy(zero_copy_only=False))
    messages = [f"HI{element:02d}-2 is missing" for element in found.elements[bare].tolist()]
    sets.report("ELEMENT_MISSING", found.rows[bare], messages, found.elements[bare], 2)
    said = [name for name in qualifier.unique().to_pylist() if name]
    if said:
        at = pc.index_in(qualifier, value_set=pa.array(said, pa.string()))
        qualifier = pa.array([OLDER_CODES.get(name, name) for name in said], pa.string()).take(at)
    own = {column: _own(qualifier, listed) for column, listed in LISTS.items()}
    given = {
        column: columns.joined(claim[mask], item.filter(pa.array(mask)), len(claims_at))
        for column, mask in own.items()
    }
    for column in _SINGLE:
        given[column] = _first(sets, found, claim, item, own[column], len(claims_at))
    mask = own["diagnoses"]
    given["present_on_admission"] = _flags(claim[mask], flag.filter(pa.array(mask)), len(claims_at))
    lost = own["external_causes"] & flag.is_valid().to_numpy(zero_copy_only=False)
    message = "HI-9 of an external cause is read into no column"
    sets.report("ELEMENT_NOT_READ", found.rows[lost], message, found.elements[lost], 9)
    rest = ~np.logical_or.reduce(list(own.values()))
    return Codes(
        given, found.rows[rest], claim[rest], _table_columns(sets, found, parts, qualifier, item, rest, claim)
    )


def _own(qualifier: pa.Array, listed: tuple[str, ...]) -> Flags:
    mask: Flags = pc.fill_null(pc.is_in(qualifier, pa.array(listed)), False).to_numpy(zero_copy_only=False)
    return mask


def _first(sets: Sets, found: Repetitions, claim: Ints, item: pa.Array, mask: Flags, claims: int) -> pa.Array:
    """The one code of a kind; a second is reported."""
    rows, elements = found.rows, found.elements
    at = np.flatnonzero(mask)
    index = np.full(claims, -1)
    index[claim[at][::-1]] = at[::-1]
    again = at[index[claim[at]] != at]
    sets.report("ELEMENT_REPEATED", rows[again], "HI repeats a code; the first is kept", elements[again])
    return item.take(rows_array(index)) if len(item) else pa.nulls(claims, pa.string())


def _flags(claim: Ints, flags: pa.Array, claims: int) -> pa.Array:
    """HI01-9 of all diagnoses, - for none; null where a claim has none at all."""
    told = np.bincount(claim[flags.is_valid().to_numpy(zero_copy_only=False)], minlength=claims) > 0
    joined = columns.joined(claim, pc.fill_null(flags, "-"), claims)
    return pc.if_else(pa.array(told), joined, pa.scalar(None, pa.string()))


def _table_columns(
    sets: Sets,
    found: Repetitions,
    parts: Parts,
    qualifier: pa.Array,
    item: pa.Array,
    rest: Flags,
    claim: Ints,
) -> dict[str, pa.Array]:
    kept = pa.array(rest)
    days = parts.spans(4, 4)
    start, end = days.start, days.end
    span = end - start > 8
    first = dates(Spans.between(days.octets, start, np.minimum(end, start + 8)))
    last = dates(Spans.between(days.octets, np.where(span, start + 9, end), end))
    amount = decimals(parts.spans(5, 5), 2)
    for numbers, code_, what, component in (
        (first, "DATE", "a date", 4),
        (last, "DATE", "a date", 4),
        (amount, "AMOUNT", "an amount", 5),
    ):
        bad = numbers.present & ~numbers.valid & rest
        message = f"a component of HI is not {what}"
        sets.report(code_, found.rows[bad], message, found.elements[bad], component)
    kinds = qualifier.filter(kept)
    return {
        "qualifier": kinds,
        "position": rows_array(_positions(claim[rest], kinds)),
        "code": item.filter(kept),
        "date_from": first.arrow(pa.date32()).filter(kept),
        "date_to": last.arrow(pa.date32()).filter(kept),
        "amount_cents": amount.arrow(pa.int64()).filter(kept),
    }


def _positions(claim: Ints, kinds: pa.Array) -> Ints:
    """1-based place of each code among those of its claim and qualifier."""
    if not len(claim):
        return claim
    encoded = pc.fill_null(kinds.dictionary_encode().indices, -1).to_numpy()
    key = claim * 1000 + encoded + 1
    order = np.argsort(key, kind="stable")
    place = np.empty(len(key), np.int64)
    place[order] = positions(key[order])
    return place


class Reasons(NamedTuple):
    """Adjustments with the segment of each and the segment that opened its loop (SBR or SVD)."""

    rows: Ints
    opener: Ints
    columns: dict[str, pa.Array]


def reasons(sets: Sets) -> Reasons:
    """CAS in 2320 and 2430: one row for each reason, six in a segment."""
    rows = sets.in_loop("CAS", "2320", "2430")
    sets.used[rows] = True
    found = repetitions(sets, rows, 2, 3)
    amounts = decimals(found.spans(1), 2)
    quantities = decimals(found.spans(2), 3)
    for offset, numbers, code_, what in (
        (1, amounts, "AMOUNT", "amount"),
        (2, quantities, "QUANTITY", "quantity"),
    ):
        bad = numbers.present & ~numbers.valid
        sets.report(code_, found.rows[bad], f"a CAS {what} cannot be read", found.elements[bad] + offset)
    lost = ~amounts.present & (found.elements > 2)  # the first is checked as required
    sets.report("ELEMENT_MISSING", found.rows[lost], "a CAS reason has no amount", found.elements[lost] + 1)
    opener = sets.opener[found.rows]
    given = {
        "position": rows_array(positions(opener)),
        "group_code": first_element(found),
        "carc": found.text(0),
        "amount_cents": amounts.arrow(pa.int64()),
        "quantity_thousandths": quantities.arrow(pa.int64()),
    }
    return Reasons(found.rows, opener, given)
