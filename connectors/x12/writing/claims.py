"""Tables to an 837P (005010X222A1): whole columns become segments, segments become loops, loops become bytes.

Claims that share a billing provider stand under one 2000A, those that share a subscriber and payer under one 2000B,
those that share a dependant under one 2000C: what would be written the same is the same. Each ST numbers its own
hierarchy from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides import claim_837 as guide
from connectors.x12.writing import envelope as frame
from connectors.x12.writing.columns import (
    Ints,
    Mask,
    claim_conditions,
    column,
    conform,
    line_conditions,
    owners,
)
from connectors.x12.writing.envelope import Envelope
from connectors.x12.writing.findings import findings, unencodable

__all__ = ["Envelope", "UnencodableError", "encode_837", "transaction_controls", "unencodable"]


class UnencodableError(ValueError):
    """Claims were given that `unencodable` names; the message has codes and columns only."""


def encode_837(tables: Mapping[str, pa.Table], envelope: Envelope) -> bytes:
    """One interchange with every claim of ``tables["claims"]`` (CLAIMS_837) and ``tables["lines"]`` (LINES_837).

    Raises UnencodableError where `unencodable` has a finding, ValueError where there is no claim at all.
    Nothing is left out and nothing is cut short.
    """
    claims, lines = conform(tables)
    if not len(claims):
        raise ValueError("there is no claim to encode")
    found = findings(claims, lines)
    if len(found):
        codes, names = found["code"].to_pylist(), found["column"].to_pylist()
        reasons = sorted({f"{code} {name}" for code, name in zip(codes, names, strict=True)})
        raise UnencodableError(f"{len(found)} findings: " + ", ".join(reasons))
    plan = _plan(claims, envelope.claims_per_transaction)
    body = _claim_texts(claims, plan, _line_texts(claims, lines, plan))
    return _assemble(body, plan, envelope)


def transaction_controls(tables: Mapping[str, pa.Table], envelope: Envelope) -> dict[str, str]:
    """claim_id → ST02 of the transaction that `encode_837` puts the claim in. Of tables that it accepts."""
    claims, _ = conform(tables)
    plan = _plan(claims, envelope.claims_per_transaction)
    ids = column(claims, "claim_id").take(pa.array(plan.order)).to_pylist()
    return {claim_id: frame.control(row // plan.size) for row, claim_id in enumerate(ids)}


# --- the order of the claims and the numbers of the hierarchy ----------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Claims in the order of the file. All arrays but `order` speak of rows in that order."""

    order: Ints  # rows of the claims table
    size: int  # claims in one ST
    texts: dict[str, pa.Array]  # the text of 2000A, 2000B and 2000C without HL
    opens: dict[str, Mask]  # where a new one of these loops begins
    number: dict[str, Ints]  # HL01 of the loop that the claim stands in


def _plan(claims: pa.Table, size: int) -> Plan:
    conditions = claim_conditions(claims)
    texts = {loop: _render(claims, loop, conditions) for loop in ("2000A", "2000B", "2000C")}
    keys = {loop: text.dictionary_encode().indices.to_numpy() for loop, text in texts.items()}
    order = np.lexsort((keys["2000C"], keys["2000B"], keys["2000A"]))
    keys = {loop: key[order] for loop, key in keys.items()}
    dependant, rows = conditions["dependant"][order], np.arange(len(order))

    billing = _changes(keys["2000A"]) | (rows % size == 0)
    subscriber = _changes(keys["2000B"]) | billing
    patient = (_changes(keys["2000C"]) | subscriber) & dependant
    full = (rows - _latest(rows, subscriber | patient)) % guide.MOST_CLAIMS_OF_ONE_PATIENT == 0
    opens = {
        "2000A": billing,
        "2000B": subscriber | (full & ~dependant),
        "2000C": patient | (full & dependant),
    }

    before = np.cumsum(sum(opening.astype(np.int64) for opening in opens.values()))
    number, step = {}, before - sum(opening.astype(np.int64) for opening in opens.values())
    step -= step[rows - rows % size]  # every ST counts from 1
    for loop, opening in opens.items():
        step = step + opening
        number[loop] = step[_latest(rows, opening)]
    texts = {loop: text.take(pa.array(order)) for loop, text in texts.items()}
    return Plan(order, size, texts, opens, number)


def _changes(keys: Ints) -> Mask:
    """Where a value differs from the one before; the first row counts as a change."""
    return np.append(True, keys[1:] != keys[:-1])


def _latest(rows: Ints, marks: Mask) -> Ints:
    """For each row the latest marked row up to it."""
    latest: Ints = np.maximum.accumulate(np.where(marks, rows, 0))
    return latest


# --- text --------------------------------------------------------------------------------------------------------


def _claim_texts(claims: pa.Table, plan: Plan, lines: pa.Array) -> pa.Array:
    """Each claim's loops from the first that it opens to its last line."""
    claim = _render(claims, "2300", claim_conditions(claims)).take(pa.array(plan.order))
    number, opens = plan.number, plan.opens
    parent = {"2000A": None, "2000B": number["2000A"], "2000C": number["2000B"]}
    child = pc.if_else(pc.equal(plan.texts["2000C"], ""), "0", "1")
    tail = {"2000A": "20*1~", "2000B": pc.binary_join_element_wise("22*", child, "~", ""), "2000C": "23*0~"}
    loops = []
    for loop, above in parent.items():
        up: Any = "" if above is None else _text(above)
        level = _join("HL*", _text(number[loop]), "*", up, "*", tail[loop], plan.texts[loop])
        loops.append(pc.if_else(pa.array(opens[loop]), level, ""))
    return _join(*loops, claim, lines)


def _line_texts(claims: pa.Table, lines: pa.Table, plan: Plan) -> pa.Array:
    """All lines of each claim as one text, claims in the plan's order."""
    owner = owners(claims, lines)
    rank = np.empty(len(claims), np.int64)
    rank[plan.order] = np.arange(len(claims))
    order = np.lexsort((column(lines, "position").to_numpy(), rank[owner]))
    place = column(lines, "place_of_service")
    claimed = column(claims, "place_of_service").take(pa.array(owner))
    index = lines.column_names.index("place_of_service")
    lines = lines.set_column(index, "place_of_service", pc.if_else(pc.equal(place, claimed), "", place))
    text = _render(lines, "2400", line_conditions(lines)).take(pa.array(order))
    ends = np.cumsum(np.bincount(rank[owner], minlength=len(claims)))
    offsets = pa.array(np.append(0, ends).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, text), "")


def _render(table: pa.Table, loop: str, conditions: Mapping[str, Mask]) -> pa.Array:
    """The loop's segments for every row of `table`; a segment that is not written is empty."""
    parts: list[Any] = []
    for condition, template in guide.LOOPS[loop]:
        written = conditions[condition]
        if not written.any():
            continue
        pieces: list[Any] = []
        for literal, name, _, _ in Formatter().parse(template):
            pieces.append(literal)
            if name:
                pieces.append(_element(name, column(table, name)))
        parts += pieces if written.all() else [pc.if_else(pa.array(written), _join(*pieces), "")]
    return _join(*parts) if parts else pa.array([""] * len(table), pa.string())


def _join(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")


def _text(numbers: Ints) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _element(name: str, values: pa.Array) -> pa.Array:
    """A column as it stands in its segment."""
    if name == "diagnoses":
        return pc.replace_substring(values, " ", "*ABF:")
    if name == "pointers":
        return pc.replace_substring(values, " ", ":")
    if name == "modifiers":  # each has its own colon before it, none where there is none
        spaced = pc.if_else(pc.greater(pc.binary_length(values), 0), _join(" ", values), "")
        return pc.replace_substring(spaced, " ", ":")
    if name == "charge_cents":
        return amounts(values)
    if pa.types.is_date(values.type):
        return _days(values)
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


_FRACTIONS = pa.array([""] + [f".{cents:02d}".rstrip("0") for cents in range(1, 100)])


def amounts(cents: pa.Array) -> pa.Array:
    """Integer cents as decimal text without needless zeros: 20000 is 200, 14250 is 142.5, 5 is .05, 0 is 0."""
    whole = pc.divide(cents, 100)
    rest = pc.subtract(cents, pc.multiply(whole, 100))
    bare = pc.and_(pc.equal(whole, 0), pc.greater(rest, 0))  # X12.6: no leading zero
    return _join(pc.if_else(bare, "", whole.cast(pa.string())), _FRACTIONS.take(rest))


def _days(values: pa.Array) -> pa.Array:
    """Dates as CCYYMMDD."""
    days = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64)
    day = (days - months).astype(np.int64) + 1
    numbers = (month // 12 + 1970) * 10_000 + (month % 12 + 1) * 100 + day
    return pc.if_else(pc.is_valid(values), _text(numbers), pa.scalar(None, pa.string()))


# --- bytes -------------------------------------------------------------------------------------------------------


def _assemble(body: pa.Array, plan: Plan, envelope: Envelope) -> bytes:
    """Envelope, and between headings and trailers the claims' texts, which lie side by side in Arrow's buffer."""
    body = pa.concat_arrays([body])  # offset 0
    offsets = np.frombuffer(body.buffers()[1], np.int32)[: len(body) + 1]
    data = memoryview(body.buffers()[2])
    file: list[bytes | memoryview] = [frame.opening(envelope).encode("ascii")]
    transactions = -(-len(body) // plan.size)
    for transaction in range(transactions):
        first, last = transaction * plan.size, min((transaction + 1) * plan.size, len(body))
        heading = frame.heading(envelope, transaction).encode("ascii")
        claims = data[offsets[first] : offsets[last]]
        segments = heading.count(b"~") + bytes(claims).count(b"~") + 1  # SE counts itself
        file += [heading, claims, frame.trailer(transaction, segments).encode("ascii")]
    file.append(frame.closing(envelope, transactions).encode("ascii"))
    return b"".join(file)
