"""What stands in each transaction set: claims, lines and totals, the verdict of an 835, the answers of a 999 or 277CA.

Everything is counted by the column, for all sets at once: a file of many sets costs little more than reading it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.judging import Judged
from connectors.x12.reading.interchanges import Reading
from connectors.x12.reading.numbers import decimals
from connectors.x12.reading.remittances import Decoded835
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

# What a program is told of a set that has no such thing.
NOTHING: dict[str, Any] = dict.fromkeys(
    (
        "claims", "lines", "charge_cents", "paid_cents", "bpr_cents", "plb_cents", "balanced",
        "difference_cents", "unbalanced", "answers",
    )
)  # fmt: skip


def counted(reading: Reading, judged: Judged, *, show_values: bool) -> list[dict[str, Any]]:
    """For each set what ``NOTHING`` names; ``show_values`` adds the trace number of an 835."""
    told: list[dict[str, Any]] = [dict(NOTHING) for _ in reading.sets]
    _count(reading, told)
    if judged.remitted is not None:
        add_money(judged.remitted, told, show_values=show_values)
    if judged.answered is not None:
        for table in (judged.answered.set_acks, judged.answered.claim_acks):
            _add_answers(table, told)
    return told


def _count(reading: Reading, told: list[dict[str, Any]]) -> None:
    """Claims, lines and charges of the kinds that are counted by their tags."""
    for kind in {found.kind for found in reading.sets}.intersection(COUNTS):
        wanted = COUNTS[kind]
        mine = np.array([found.kind == kind for found in reading.sets])
        for name, tags in (("claims", wanted.claims), ("lines", wanted.lines)):
            if tags:
                owner = reading.holders(_tagged(reading.segments, tags))
                many = np.bincount(owner[owner >= 0], minlength=len(told)).tolist()
                for number in np.flatnonzero(mine).tolist():
                    told[number][name] = many[number]
        if wanted.charge:
            rows = reading.segments.rows(wanted.charge[:3])
            owner = reading.holders(rows)
            total = np.zeros(len(told), np.int64)
            at = reading.segments.spans(rows, int(wanted.charge[3:]))
            cents = decimals(at, 2).values  # 0 where it is none
            np.add.at(total, owner[owner >= 0], cents[owner >= 0])
            for number in np.flatnonzero(mine).tolist():
                told[number]["charge_cents"] = int(total[number])


def _tagged(segments: Segments, wanted: str) -> Ints:
    """Rows with one of these tags; TAGnn=V asks for a value of element nn too."""
    named, _, value = wanted.partition("=")
    if value:
        at = segments.rows(named[:-2])
        found: Ints = at[segments.codes(at, int(named[-2:])) == code(value)]
        return found
    found = np.flatnonzero(np.isin(segments.tag, [code(tag) for tag in named.split()]))
    return found


def add_money(decoded: Decoded835, told: list[dict[str, Any]], *, show_values: bool) -> None:
    """Counts, totals and the verdict of each 835, or of each part of one, in the order of the file."""
    numbers, lines = np.unique(decoded.lines["transaction"].to_numpy(), return_counts=True)
    for number, count in zip(numbers.tolist(), lines.tolist(), strict=True):
        _of_835(told[number])["lines"] += count
    numbers, place = np.unique(decoded.claims["transaction"].to_numpy(), return_inverse=True)
    charges = np.zeros(len(numbers), np.int64)
    np.add.at(charges, place, pc.fill_null(decoded.claims["charge_cents"], 0).to_numpy())
    for number, cents in zip(numbers.tolist(), charges.tolist(), strict=True):
        _of_835(told[number])["charge_cents"] += cents
    for name, table in (("claims", decoded.claims), ("lines", decoded.lines)):
        for number, off in _unbalanced(table).items():
            before = _of_835(told[number])["unbalanced"]
            many = before[name]["count"] + off["count"]
            told[number]["unbalanced"] = before | {
                name: {**(before[name] if before[name]["count"] else off), "count": many}
            }
    money = decoded.transactions.select(
        [
            "transaction",
            "claims",
            "claim_paid_cents",
            "bpr_cents",
            "plb_cents",
            "balanced",
            "difference_cents",
            "trace",
        ]
    ).to_pydict()
    for at, number in enumerate(money["transaction"]):
        told[number] = _of_835(told[number]) | {
            "claims": money["claims"][at],
            "paid_cents": money["claim_paid_cents"][at],
            "bpr_cents": money["bpr_cents"][at],
            "plb_cents": money["plb_cents"][at],
            "balanced": money["balanced"][at],
            "difference_cents": money["difference_cents"][at],
        }
        if show_values:
            told[number]["trace"] = money["trace"][at]


_ALL_BALANCE = {"count": 0, "segment": None, "difference_cents": None}


def _of_835(told: dict[str, Any]) -> dict[str, Any]:
    """What is told of a set, which is an 835: its counts begin at nothing."""
    if told["lines"] is None:
        told |= {"lines": 0, "charge_cents": 0, "unbalanced": {"claims": _ALL_BALANCE, "lines": _ALL_BALANCE}}
    return told


def _unbalanced(table: pa.Table) -> dict[int, dict[str, Any]]:
    """By set how many rows do not balance, with the segment and the difference (None: unknown) of the first."""
    off = table.select(["transaction", "segment", "difference_cents"]).filter(
        pc.fill_null(pc.not_equal(table["difference_cents"], 0), True)
    )
    owner = off["transaction"].to_numpy()
    numbers, first, counts = np.unique(owner, return_index=True, return_counts=True)
    rows = off.take(pa.array(first)).to_pylist()
    return {
        number: {"count": many, "segment": row["segment"], "difference_cents": row["difference_cents"]}
        for number, many, row in zip(numbers.tolist(), counts.tolist(), rows, strict=True)
    }


def _add_answers(table: pa.Table, told: list[dict[str, Any]]) -> None:
    """How often a 999 says A, E, R …, or a 277CA A1, A2, A7 …, by set."""
    name = "category" if "category" in table.column_names else "code"
    counted = table.group_by(["transaction", name]).aggregate([([], "count_all")]).sort_by(name)
    for row in counted.to_pylist():
        answers = told[row["transaction"]]["answers"] or {}
        told[row["transaction"]]["answers"] = answers | {_short(row[name]): row["count_all"]}


def _short(answer: str | None) -> str:
    """A code of an answer; anything longer may be a value."""
    return answer if answer and re.fullmatch(r"[A-Z0-9]{1,2}", answer) else "?"
