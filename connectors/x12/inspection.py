"""What a file is, for a person or a program that asks: envelopes, kinds, counts, totals, problems, the verdict.

Everything is counted by the column, so that a file of many sets costs little more than reading it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.judging import Group, Judged, groups, judge
from connectors.x12.reading.columns import decimal
from connectors.x12.reading.interchanges import Reading, read
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


def inspect(data: bytes, *, file: int = 0, show_values: bool = False) -> dict[str, Any]:
    """Envelopes, sets with counts and totals, and every problem, as ``x12 inspect --json`` prints them.

    ``kind`` is the one kind in the file, ``mixed`` for several, None when it is not X12; ``looks_like`` then says what
    it may be. Counts and totals that a kind does not have are None; ``balanced`` is told of an 835 only.
    ``transactions`` in a group are positions in the list of that name. ``file`` is the number that problems carry.

    Ids of the envelope and control numbers are shown, other values are not; ``show_values`` adds the trace number of a
    remittance and the raw segment behind each problem, for people who may see them.
    """
    reading = read(data)
    judged, of_group = judge(reading), groups(reading)
    problems = _problems(reading, judged.problems, file, show_values)
    names = sorted({found.kind for found in reading.sets} | ({"TA1"} if reading.acks else set()))
    return {
        "kind": (names[0] if len(names) == 1 else "mixed") if names else None,
        "looks_like": None if names or len(reading.segments) else looks_like(data),
        "interchanges": _interchanges(reading, of_group),
        "transactions": _transactions(reading, judged, of_group, problems, show_values),
        "problems": problems.get(-1, []),
    }


# --- envelopes -------------------------------------------------------------------------------------------------

_ISA = {
    "sender_qualifier": 5,
    "sender_id": 6,
    "receiver_qualifier": 7,
    "receiver_id": 8,
    "control": 13,
    "date": 9,
    "time": 10,
    "version": 12,
    "usage": 15,
}
_TA1 = ("control", "date", "time", "code", "note")


def _interchanges(reading: Reading, of_group: list[Group]) -> list[dict[str, Any]]:
    """ISA by ISA: who, when, the delimiters, the TA1s and the groups inside."""
    segments = reading.segments
    found: list[dict[str, Any]] = []
    for row in segments.rows("ISA").tolist():
        values = segments.values(row)
        isa = {name: _element(values, at) for name, at in _ISA.items()}
        asks = _element(values, 14) == "1"
        found.append(
            {
                **isa,
                "asks_ta1": asks,
                "delimiters": _delimiters(segments, row, values),
                "ta1": [],
                "groups": [],
            }
        )
    for _, interchange, row in reading.acks:
        values = segments.values(row)
        if interchange >= 0:
            answer = {name: _element(values, at) for at, name in enumerate(_TA1, start=1)}
            found[interchange]["ta1"].append(answer)
    for group in of_group:
        if group.interchange >= 0:
            found[group.interchange]["groups"].append(_group(group))
    return found


def _group(group: Group) -> dict[str, Any]:
    names = {"functional_id": 1, "control": 6, "version": 8, "sender": 2, "receiver": 3}
    header = {name: _element(group.header, at) for name, at in names.items()}
    return {**header, "transactions": group.sets}


def _delimiters(segments: Segments, row: int, values: list[str]) -> dict[str, str | None]:
    own = segments.delimiters[int(segments.piece[row])]
    repetition = _element(values, 11)
    return {
        "element": chr(own.element),
        "component": chr(own.component) if own.component != own.element else None,
        "repetition": None if not repetition or repetition.isalnum() else repetition,
        "segment": chr(own.segment),
    }


def _element(values: list[str], at: int) -> str | None:
    return (values[at].rstrip(" ") or None) if at < len(values) else None


# --- transaction sets ------------------------------------------------------------------------------------------


def _transactions(
    reading: Reading,
    judged: Judged,
    of_group: list[Group],
    problems: dict[int, list[dict[str, Any]]],
    show_values: bool,
) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [dict(NOTHING) for _ in reading.sets]
    _count(reading, told)
    if judged.remitted is not None:
        _add_money(judged.remitted, told)
        if show_values:
            _add_traces(judged.remitted, told)
    if judged.answered is not None:
        for table in (judged.answered.set_acks, judged.answered.claim_acks):
            _add_answers(table, told)
    places = {number: (n, group) for n, group in enumerate(of_group) for number in group.sets}
    return [
        {
            "type": found.kind,
            "version": found.version,
            "control": found.control,
            "interchange": found.interchange if found.interchange >= 0 else None,
            "group_control": _element(places[number][1].header, 6) if number in places else None,
            "segments": found.end - found.begin,
            "intact": bool(found.intact),
            **told[number],
            "problems": problems.get(number, []),
        }
        for number, found in enumerate(reading.sets)
    ]


def _count(reading: Reading, told: list[dict[str, Any]]) -> None:
    """Claims, lines and charges of the kinds that are counted by their tags."""
    begins = np.array([found.begin for found in reading.sets], np.int64)
    ends = np.array([found.end for found in reading.sets], np.int64)
    for kind in {found.kind for found in reading.sets}.intersection(COUNTS):
        counted = COUNTS[kind]
        mine = np.array([found.kind == kind for found in reading.sets])
        for name, tags in (("claims", counted.claims), ("lines", counted.lines)):
            if tags:
                owner = _owner(begins, ends, _tagged(reading.segments, tags))
                many = np.bincount(owner[owner >= 0], minlength=len(told)).tolist()
                for number in np.flatnonzero(mine).tolist():
                    told[number][name] = many[number]
        if counted.charge:
            rows = reading.segments.rows(counted.charge[:3])
            owner = _owner(begins, ends, rows)
            total = np.zeros(len(told), np.int64)
            np.add.at(total, owner[owner >= 0], _cents(reading.segments, rows, 2)[owner >= 0])
            for number in np.flatnonzero(mine).tolist():
                told[number]["charge_cents"] = int(total[number])


def _owner(begins: Ints, ends: Ints, rows: Ints) -> Ints:
    """The set that each segment stands in, -1 for none."""
    found = np.searchsorted(begins, rows, side="right") - 1
    return np.where((found >= 0) & (rows < ends[found]), found, -1)


def _tagged(segments: Segments, wanted: str) -> Ints:
    """Rows with one of these tags; TAGnn=V asks for a value of element nn too."""
    named, _, value = wanted.partition("=")
    if value:
        at = segments.rows(named[:-2])
        found: Ints = at[segments.codes(at, int(named[-2:])) == code(value)]
        return found
    found = np.flatnonzero(np.isin(segments.tag, [code(tag) for tag in named.split()]))
    return found


def _cents(segments: Segments, rows: Ints, element: int) -> Ints:
    """An amount of each segment, 0 where it is none."""
    start, end = (each.tolist() for each in segments.bounds(rows, element))
    found = (decimal(segments.buffer[a:b], 2) or 0 for a, b in zip(start, end, strict=True))
    return np.fromiter(found, np.int64, len(rows))


def _add_money(decoded: Decoded835, told: list[dict[str, Any]]) -> None:
    """Counts, totals and the verdict of each 835."""
    lines = np.bincount(decoded.lines["transaction"].to_numpy(), minlength=len(told)).tolist()
    charges = np.zeros(len(told), np.int64)
    owner = decoded.claims["transaction"].to_numpy()
    np.add.at(charges, owner, pc.fill_null(decoded.claims["charge_cents"], 0).to_numpy())
    off = {name: _unbalanced(table, len(told)) for name, table in _levels(decoded)}
    money = decoded.transactions.select(
        [
            "transaction",
            "claims",
            "claim_paid_cents",
            "bpr_cents",
            "plb_cents",
            "balanced",
            "difference_cents",
        ]
    ).to_pydict()
    for at, number in enumerate(money["transaction"]):
        told[number] |= {
            "claims": money["claims"][at],
            "lines": lines[number],
            "charge_cents": int(charges[number]),
            "paid_cents": money["claim_paid_cents"][at],
            "bpr_cents": money["bpr_cents"][at],
            "plb_cents": money["plb_cents"][at],
            "balanced": money["balanced"][at],
            "difference_cents": money["difference_cents"][at],
            "unbalanced": {name: off[name].get(number, _ALL_BALANCE) for name in off},
        }


def _levels(decoded: Decoded835) -> Iterator[tuple[str, pa.Table]]:
    yield "claims", decoded.claims
    yield "lines", decoded.lines


_ALL_BALANCE = {"count": 0, "segment": None, "difference_cents": None}


def _unbalanced(table: pa.Table, sets: int) -> dict[int, dict[str, int | None]]:
    """By set how many rows do not balance, with the segment and the difference (None: unknown) of the first."""
    off = table.select(["transaction", "segment", "difference_cents"]).filter(
        pc.fill_null(pc.not_equal(table["difference_cents"], 0), True)
    )
    owner = off["transaction"].to_numpy()
    numbers, first = np.unique(owner, return_index=True)
    many = np.bincount(owner, minlength=sets)
    rows = off.take(pa.array(first)).to_pylist()
    return {
        number: {
            "count": int(many[number]),
            "segment": row["segment"],
            "difference_cents": row["difference_cents"],
        }
        for number, row in zip(numbers.tolist(), rows, strict=True)
    }


def _add_traces(decoded: Decoded835, told: list[dict[str, Any]]) -> None:
    found = decoded.transactions.select(["transaction", "trace"]).to_pydict()
    for number, trace in zip(found["transaction"], found["trace"], strict=True):
        told[number]["trace"] = trace


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


# --- problems --------------------------------------------------------------------------------------------------


def _problems(
    reading: Reading, table: pa.Table, file: int, show_values: bool
) -> dict[int, list[dict[str, Any]]]:
    """The problems of each set, of the file itself under -1."""
    columns = table.select(["code", "severity", "loop", "segment", "message"]).to_pydict()
    found: dict[int, list[dict[str, Any]]] = {}
    for at, number in enumerate(pc.fill_null(table["transaction"], -1).to_pylist()):
        problem = {name: values[at] for name, values in columns.items()} | {"file": file}
        if show_values:
            problem["raw"] = _raw(reading, number, problem["segment"])
        found.setdefault(number, []).append(problem)
    return found


def _raw(reading: Reading, number: int, segment: int | None) -> str | None:
    begin = reading.sets[number].begin if number >= 0 else 0
    if segment is None or not 0 <= begin + segment - 1 < len(reading.segments):
        return None
    return reading.segments.text(begin + segment - 1)


# --- what is no X12 --------------------------------------------------------------------------------------------

# First bytes, by their beginning, and what a person calls such a file.
_BEGINNINGS = (
    (rb"\s*\Z", "empty"),
    (rb"%PDF", "PDF"),
    (rb"PK\x03\x04|PK\x05\x06", "zip archive"),
    (rb"\x1f\x8b", "gzip archive"),
    (rb"\xd0\xcf\x11\xe0|\{\\rtf", "office document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "picture"),
    (rb"\xff\xfe|\xfe\xff|I\x00S\x00A\x00|\x00I\x00S\x00A", "UTF-16 text"),
    (rb"\xc9\xe2\xc1", "EBCDIC text"),
    (rb"\s*<", "XML or HTML"),
    (rb"\s*[{\[]\s*[\"{\[]", "JSON"),
    (rb"\s*(?:GS|ST|TA1)[^A-Za-z0-9\s]", "X12 without its ISA"),
    (rb"\s*(?:UNA|UNB)[^A-Za-z0-9\s]", "EDIFACT"),
    (rb"[\t\r\n\x0c\x20-\x7e\x80-\xff]*\Z", "text"),
)
_LOOK = 4096


def looks_like(data: bytes) -> str:
    """What bytes that are no X12 may be, from how they begin."""
    head = data[:_LOOK].removeprefix(b"\xef\xbb\xbf")
    return next((name for pattern, name in _BEGINNINGS if re.match(pattern, head)), "binary")
