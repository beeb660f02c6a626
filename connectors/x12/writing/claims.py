"""Tables to an 837P or 837I: whole columns become segments, segments become loops, loops become bytes.

Claims that share a billing provider stand under one 2000A, those that share a subscriber and payer under one 2000B,
those that share a dependant under one 2000C: what would be written the same is the same. Each ST numbers its own
hierarchy from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.elements_837 import MOST_CLAIMS_OF_ONE_PATIENT
from connectors.x12.writing import envelope as frame
from connectors.x12.writing import repeats
from connectors.x12.writing.batch import Batch
from connectors.x12.writing.columns import Columns, Ints, Mask, spread
from connectors.x12.writing.conditions import Conditions
from connectors.x12.writing.envelope import Envelope
from connectors.x12.writing.findings import findings, unencodable
from connectors.x12.writing.rendering import (
    Part,
    changes,
    chosen,
    column_of,
    gathered,
    join,
    loops,
    numbers,
    scattered,
)

__all__ = ["Envelope", "UnencodableError", "encode_837", "transaction_controls", "unencodable"]


class UnencodableError(ValueError):
    """Claims were given that `unencodable` names; the message has codes and columns only."""


def encode_837(tables: Mapping[str, pa.Table], envelope: Envelope) -> bytes:
    """One interchange with every claim of ``tables["claims"]`` and what the other tables hold of it.

    The tables are those of ``tables837.TABLES_837``; all but ``claims`` and ``lines`` may be left out, and any column
    that is null. `envelope.kind` says which guide they are written by. Raises UnencodableError where `unencodable`
    has a finding, ValueError where there is no claim at all or a column is unknown. Nothing is left out and nothing is
    cut short.
    """
    batch = Batch(tables, envelope.kind)
    if not batch.claims.rows:
        raise ValueError("there is no claim to encode")
    found = findings(batch)
    if len(found):
        codes, names = found["code"].to_pylist(), found["column"].to_pylist()
        reasons = sorted({f"{code} {name}" for code, name in zip(codes, names, strict=True)})
        raise UnencodableError(f"{len(found)} findings: " + ", ".join(reasons))
    conditions = Conditions(batch.claims)
    plan = _plan(batch, conditions, envelope.claims_per_transaction)
    body = _claim_texts(batch, conditions, plan, _line_texts(batch, plan))
    return _assemble(body, plan, envelope)


def transaction_controls(tables: Mapping[str, pa.Table], envelope: Envelope) -> dict[str, str]:
    """claim_id → ST02 of the transaction that `encode_837` puts the claim in. Of tables that it accepts."""
    batch = Batch(tables, envelope.kind)
    if not batch.claims.rows:
        return {}
    plan = _plan(batch, Conditions(batch.claims), envelope.claims_per_transaction)
    ids = batch.claims.array("claim_id").take(pa.array(plan.order)).to_pylist()
    return {claim_id: frame.control(row // plan.size) for row, claim_id in enumerate(ids)}


# --- the order of the claims and the numbers of the hierarchy ----------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Claims in the order of the file. All arrays but `order` speak of rows in that order."""

    order: Ints  # rows of the claims table
    size: int  # claims in one ST
    texts: dict[str, Part]  # the text of 2000A, 2000B and 2000C without HL, in the table's order
    opens: dict[str, Mask]  # where a new one of these loops begins
    number: dict[str, Ints]  # HL01 of the loop that the claim stands in
    dependant: Mask


def _plan(batch: Batch, conditions: Conditions, size: int) -> Plan:
    texts: dict[str, Part] = {
        level: join(loops(batch.claims, conditions, listed))
        for level, listed in batch.guide.hierarchy.items()
    }
    rows = np.arange(batch.claims.rows)
    coded = {level: _codes(text, len(rows)) for level, text in texts.items()}
    order = np.lexsort((coded["2000C"], coded["2000B"], coded["2000A"]))
    keys = {level: key[order] for level, key in coded.items()}
    dependant = spread(conditions["dependant"], len(rows))[order]

    billing = changes(keys["2000A"]) | (rows % size == 0)
    subscriber = changes(keys["2000B"]) | billing
    patient = (changes(keys["2000C"]) | subscriber) & dependant
    full = (rows - _latest(rows, subscriber | patient)) % MOST_CLAIMS_OF_ONE_PATIENT == 0
    opens = {
        "2000A": billing,
        "2000B": subscriber | (full & ~dependant),
        "2000C": patient | (full & dependant),
    }

    opened = sum(opening.astype(np.int64) for opening in opens.values())
    step = np.cumsum(opened) - opened
    step -= step[rows - rows % size]  # every ST counts from 1
    number = {}
    for level, opening in opens.items():
        step = step + opening
        number[level] = step[_latest(rows, opening)]
    return Plan(order, size, texts, opens, number, dependant)


def _codes(text: Part, rows: int) -> Ints:
    """A number for each different text, in the order they first come."""
    if isinstance(text, str):
        return np.zeros(rows, np.int64)
    codes: Ints = text.dictionary_encode().indices.to_numpy().astype(np.int64)
    return codes


def _latest(rows: Ints, marks: Mask) -> Ints:
    """For each row the latest marked row up to it."""
    latest: Ints = np.maximum.accumulate(np.where(marks, rows, 0))
    return latest


# --- text --------------------------------------------------------------------------------------------------------


def _claim_texts(batch: Batch, conditions: Conditions, plan: Plan, lines: pa.Array) -> pa.Array:
    """Each claim's loops from the first that it opens to its last line."""
    opening, details, *providers = batch.guide.claim
    claim = join(
        [
            *loops(batch.claims, conditions, (opening,)),
            repeats.attachments(batch),
            *loops(batch.claims, conditions, (details,)),
            *repeats.codes(batch),
            *loops(batch.claims, conditions, providers),
            repeats.payers(batch),
        ]
    )
    return column_of(join([*_levels(plan), _taken(claim, plan.order), lines]), batch.claims.rows)


def _levels(plan: Plan) -> list[Part]:
    """HL and what follows it, of each level, where the claim is the first under it."""
    parents: dict[str, str | None] = {"2000A": None, "2000B": "2000A", "2000C": "2000B"}
    found: list[Part] = []
    for level, parent in parents.items():
        at = np.flatnonzero(plan.opens[level])
        if not len(at):
            continue
        above: Part = "" if parent is None else numbers(plan.number[parent][at])
        below: Part = "1" if level == "2000A" else "0"
        if level == "2000B":
            below = chosen(plan.dependant[at], "1", "0")
        code = {"2000A": "20", "2000B": "22", "2000C": "23"}[level]
        own = _taken(plan.texts[level], plan.order[at])
        text = join(["HL*", numbers(plan.number[level][at]), "*", above, f"*{code}*", below, "~", own])
        found.append(scattered(column_of(text, len(at)), at, len(plan.order)))
    return found


def _taken(text: Part, rows: Ints) -> Part:
    return text if isinstance(text, str) else text.take(pa.array(rows))


def _line_texts(batch: Batch, plan: Plan) -> pa.Array:
    """All lines of each claim as one text, claims in the plan's order."""
    owner = batch.claim_of["lines"]
    rank = np.empty(batch.claims.rows, np.int64)
    rank[plan.order] = np.arange(batch.claims.rows)
    lines = _without_the_claims_place(batch, owner)
    text = join([*loops(lines, Conditions(lines), batch.guide.line), repeats.payments(batch)])
    place = rank[owner]
    order = np.lexsort((lines.integers("position"), place))
    return gathered(_taken(column_of(text, lines.rows), order), place[order], batch.claims.rows)


def _without_the_claims_place(batch: Batch, owner: Ints) -> Columns:
    """Lines whose place of service is null where it is the claim's."""
    name = "place_of_service"
    if name not in batch.lines or name not in batch.claims:
        return batch.lines
    place, claimed = batch.lines.array(name), batch.claims.array(name).take(pa.array(owner))
    same = pc.equal(place, claimed)
    return batch.lines.replaced(name, pc.if_else(same, "", place))


# --- bytes -------------------------------------------------------------------------------------------------------


def _assemble(body: pa.Array, plan: Plan, envelope: Envelope) -> bytes:
    """Envelope, and between headings and trailers the claims' texts, which lie side by side in Arrow's buffer."""
    body = pa.concat_arrays([body])  # offset 0
    offsets = np.frombuffer(body.buffers()[1], np.int32)[: len(body) + 1]
    data = memoryview(body.buffers()[2])
    ends = np.frombuffer(data, np.uint8) == ord("~")
    file: list[bytes | memoryview] = [frame.opening(envelope).encode("ascii")]
    transactions = -(-len(body) // plan.size)
    for transaction in range(transactions):
        first, last = transaction * plan.size, min((transaction + 1) * plan.size, len(body))
        low, high = int(offsets[first]), int(offsets[last])
        heading = frame.heading(envelope, transaction).encode("ascii")
        segments = heading.count(b"~") + int(np.count_nonzero(ends[low:high])) + 1  # SE counts itself
        file += [heading, data[low:high], frame.trailer(transaction, segments).encode("ascii")]
    file.append(frame.closing(envelope, transactions).encode("ascii"))
    return b"".join(file)
