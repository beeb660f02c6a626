"""What a file is, for a person or a program that asks: kinds, counts, totals, problems, the verdict."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.reading import acknowledgments, columns, remittances
from connectors.x12.reading.interchanges import Reading, Set, read
from connectors.x12.reading.segments import Ints, Segments, code


class Count(NamedTuple):
    """What is counted in a kind of set: tags, with the values one element must have where it is named."""

    claims: str
    lines: str
    charge: str = ""


COUNTS = {
    "837P": Count("CLM", "SV1", "CLM02"),
    "837I": Count("CLM", "SV2", "CLM02"),
    "837D": Count("CLM", "SV3", "CLM02"),
    "837": Count("CLM", "SV1 SV2 SV3", "CLM02"),
    "277CA": Count("HL03=PT", "SVC"),
    "277": Count("TRN01=2", "SVC"),
    "276": Count("TRN01=1", "SVC"),
    "270": Count("", "EQ"),
    "271": Count("", "EB"),
    "278": Count("", "UM"),
}


def kinds(data: bytes) -> list[str]:
    """Kinds of the transaction sets in the bytes, ``TA1`` for each interchange acknowledgment; [] when not X12."""
    reading = read(data)
    found = [(segment, "TA1") for _, _, segment in reading.acks]
    found += [(each.begin, each.kind) for each in reading.sets]
    return [kind for _, kind in sorted(found)]


def segment_text(data: bytes, transaction: int, segment: int) -> str:
    """The raw segment behind a row: ``transaction`` counts the sets of these bytes from 0, ``segment`` from ST = 1.

    Raises LookupError when there is none. The text holds what the file holds: it is for people who may see it.
    """
    reading = read(data)
    if not 0 <= transaction < len(reading.sets):
        raise LookupError(f"there is no transaction set {transaction}")
    found = reading.sets[transaction]
    row = found.begin + segment - 1
    if not found.begin <= row < found.end:
        raise LookupError(f"transaction set {transaction} has no segment {segment}")
    return reading.segments.text(row)


def inspect(data: bytes) -> dict[str, Any]:
    """Kind, sets with counts and totals, and every problem, as ``x12 inspect --json`` prints them.

    ``kind`` is the one kind in the file, ``mixed`` for several, None when it is not X12. Counts and totals that a kind
    does not have are None; ``balanced`` is told of an 835 only.
    """
    reading = read(data)
    decoded = remittances.decode(reading)
    answers = acknowledgments.decode(reading)
    rows = {row["transaction"]: row for row in decoded.transactions.to_pylist()}
    problems = _problems(decoded.problems, answers.problems)
    transactions = []
    for number, found in enumerate(reading.sets):
        money = _remittance(rows[number], decoded, number) if number in rows else _counted(reading, found)
        transactions.append(
            {
                "type": found.kind,
                "version": found.version,
                "control": found.control,
                **money,
                "problems": [_shown(each) for each in problems if each["transaction"] == number],
            }
        )
    names = sorted({found.kind for found in reading.sets} | ({"TA1"} if reading.acks else set()))
    return {
        "kind": (names[0] if len(names) == 1 else "mixed") if names else None,
        "transactions": transactions,
        "problems": [_shown(each) for each in problems if each["transaction"] is None],
    }


def _problems(*listed: pa.Table) -> list[dict[str, Any]]:
    """The problems of several decoders over one reading; those of the envelope come once."""
    rows = [tuple(row.items()) for found in listed for row in found.to_pylist()]
    return [dict(row) for row in dict.fromkeys(rows)]


def _shown(problem: dict[str, Any]) -> dict[str, Any]:
    return {key: problem[key] for key in ("code", "severity", "segment", "message")}


def _remittance(row: dict[str, Any], decoded: remittances.Decoded835, number: int) -> dict[str, Any]:
    def mine(table: pa.Table) -> pa.Table:
        return table.filter(pc.equal(table["transaction"], number))

    claims = mine(decoded.claims)
    return {
        "claims": row["claims"],
        "lines": mine(decoded.lines).num_rows,
        "charge_cents": pc.sum(claims["charge_cents"]).as_py() or 0,
        "paid_cents": row["claim_paid_cents"],
        "bpr_cents": row["bpr_cents"],
        "plb_cents": row["plb_cents"],
        "balanced": row["balanced"],
    }


def _counted(reading: Reading, found: Set) -> dict[str, Any]:
    counted = COUNTS.get(found.kind, Count("", ""))
    segments, rows = reading.segments, np.arange(found.begin, found.end)
    charge = None
    if counted.charge:
        at = _tagged(segments, rows, counted.charge[:3])
        start, end = segments.bounds(at, int(counted.charge[3:]))
        charge = int(columns.decimals(segments, start, end, 2).values.sum())
    return {
        "claims": len(_tagged(segments, rows, counted.claims)) if counted.claims else None,
        "lines": len(_tagged(segments, rows, counted.lines)) if counted.lines else None,
        "charge_cents": charge,
        "paid_cents": None,
        "bpr_cents": None,
        "plb_cents": None,
        "balanced": None,
    }


def _tagged(segments: Segments, rows: Ints, wanted: str) -> Ints:
    """Rows with one of these tags; TAGnn=V asks for a value of element nn too."""
    named, _, value = wanted.partition("=")
    if value:
        tag, element = named[:-2], int(named[-2:])
        at = rows[segments.tag[rows] == code(tag)]
        found: Ints = at[segments.codes(at, element) == code(value)]
        return found
    found = rows[np.isin(segments.tag[rows], [code(tag) for tag in named.split()])]
    return found
