"""What a file is, for a person or a program that asks: envelopes, kinds, counts, totals, problems, the verdict.

Everything is counted by the column, so that a file of many sets costs little more than reading it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import large
from connectors.x12.counting import NOTHING, add_money, counted
from connectors.x12.judging import Group, Groups, groups, judge
from connectors.x12.reading.envelopes import element_of
from connectors.x12.reading.interchanges import Set, read
from connectors.x12.reading.segments import Segments
from connectors.x12.reading.windows import WINDOW, read_windows, segments_in_windows
from connectors.x12.strangers import looks_like

Report = dict[str, Any]


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


def inspect(data: bytes, *, show_values: bool = False) -> Report:
    """Envelopes, sets with counts and totals, and every problem, as ``x12 inspect --json`` prints them.

    ``kind`` is the one kind in the file, ``mixed`` for several, None when it is not X12; ``looks_like`` then says what
    it may be. Counts and totals that a kind does not have are None; ``balanced`` is told of an 835 only.
    ``transactions`` in a group are positions in the list of that name.

    Ids of the envelope and control numbers are shown, other values are not; ``show_values`` adds the trace number of a
    remittance and the raw segment behind each problem, for people who may see them.
    """
    return inspect_many([data], show_values=show_values)[0]


def inspect_many(inputs: Sequence[bytes], *, first: int = 0, show_values: bool = False) -> list[Report]:
    """As ``inspect``, of many inputs in one pass; problems carry the number of their file, counted from ``first``."""
    if len(inputs) == 1 and large.wants_windows(inputs):
        seen = seen_in_windows(inputs[0], show_values=show_values)
        if seen is not None:
            return _reports(inputs, seen, first)
    return _reports(inputs, _seen(inputs, show_values=show_values), first)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of inputs, at once or in windows."""

    sets: Sequence[Set]
    interchange_files: Sequence[int]
    interchanges: list[Report]  # without their groups
    groups: list[Group]
    told: list[Report]  # of each set
    problems: pa.Table
    raw: Callable[[int], str | None] | None  # the segment at a row, for those who may see it
    begins: Sequence[int]  # where each input begins among the segments
    answered: Collection[int] = ()  # inputs with a TA1


def _seen(inputs: Sequence[bytes], *, show_values: bool) -> Seen:
    reading = read(inputs)
    judged, segments = judge(reading), reading.segments
    rows = segments.rows("ISA").tolist()
    interchanges = [_interchange(segments, row) for row in rows]
    for _, interchange, row in reading.acks:
        if interchange >= 0:
            values = segments.values(row)
            interchanges[interchange]["ta1"].append({name: element_of(values, n) for name, n in _TA1.items()})
    files = np.asarray(reading.interchange_files, np.int64)
    edges = np.append(rows, len(segments))
    return Seen(
        reading.sets,
        files.tolist(),
        interchanges,
        groups(reading),
        counted(reading, judged, show_values=show_values),
        judged.problems,
        (lambda row: segments.text(row) if 0 <= row < len(segments) else None) if show_values else None,
        edges[np.searchsorted(files, np.arange(len(inputs)))].tolist(),
        {file for file, _, _ in reading.acks},
    )


def seen_in_windows(data: bytes, *, show_values: bool, window: int = WINDOW) -> Seen | None:
    """The same of one input, a window at a time; None where it holds anything but 835s."""
    found = Groups()
    begins: list[int] = []
    told, interchanges, sets = [], [], []
    problems: list[pa.Table] = []
    for each in read_windows(io.BytesIO(data), window):
        if large.holds_other(each):
            return None
        reading, segments = each.reading, each.reading.segments
        interchanges += [_interchange(segments, row) for row in segments.rows("ISA").tolist()]
        found.add(segments)
        new = reading.set_begins[len(begins) - reading.first_set :]
        begins += (new + each.base).tolist()
        told += [dict(NOTHING) for _ in range(len(new))]
        add_money(each.decoded, told, show_values=show_values)
        problems.append(each.decoded.problems)
        sets += each.decoded.sets.to_pylist()
    table = large.in_order(problems)
    files = [0] * len(interchanges)
    listed = [_set(row, begin) for row, begin in zip(sets, begins, strict=True)]
    raw = _texts(data, window, _rows(table, listed)).get if show_values else None
    return Seen(listed, files, interchanges, found.found, told, table, raw, [0])


def _set(row: Report, begin: int) -> Set:
    """A set from its row of the table."""
    named = (row["kind"], row["functional_id"], row["group_control"], row["version"], row["control"])
    return Set(row["file"], row["interchange"], begin, begin + row["segments"], *named, row["intact"])


def _rows(problems: pa.Table, sets: Sequence[Set]) -> set[int]:
    """Where the problems of one file stand among its segments."""
    numbers, segments = (problems[name].to_pylist() for name in ("transaction", "segment"))
    return {
        (0 if number is None else sets[number].begin) + segment - 1
        for number, segment in zip(numbers, segments, strict=True)
        if segment
    }


def _texts(data: bytes, window: int, rows: set[int]) -> dict[int, str]:
    """The raw segments at these rows of a file."""
    found: dict[int, str] = {}
    base = 0
    for segments in segments_in_windows(io.BytesIO(data), window):
        for row in rows.intersection(range(base, base + len(segments))):
            found[row] = segments.text(row - base)
        base += len(segments)
    return found


def _reports(inputs: Sequence[bytes], seen: Seen, first: int) -> list[Report]:
    """One report for each input."""
    places = _Places(seen, len(inputs))
    of_file, of_set = _problems(seen, first)
    interchanges, transactions = _interchanges(seen, places), _transactions(seen, places)
    for number, problems in of_set.items():
        transactions[number]["problems"] = problems
    reports = []
    for file, data in enumerate(inputs):
        mine = transactions[places.sets[file] : places.sets[file + 1]]
        names = sorted({each["type"] for each in mine} | ({"TA1"} if file in seen.answered else set()))
        envelopes = interchanges[places.interchanges[file] : places.interchanges[file + 1]]
        reports.append(
            {
                "kind": (names[0] if len(names) == 1 else "mixed") if names else None,
                "looks_like": None if names or envelopes else looks_like(data),
                "interchanges": envelopes,
                "transactions": mine,
                "problems": of_file.get(file, []),
            }
        )
    return reports


class _Places:
    """Where each file begins: among the interchanges and the sets; one more for the end."""

    def __init__(self, seen: Seen, files: int) -> None:
        of_interchange = np.array(seen.interchange_files, np.int64)
        of_set = np.array([found.file for found in seen.sets], np.int64)
        every = np.arange(files + 1)
        self.interchanges: list[int] = np.searchsorted(of_interchange, every).tolist()
        self.sets: list[int] = np.searchsorted(of_set, every).tolist()


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
_GS = {"functional_id": 1, "control": 6, "version": 8, "sender": 2, "receiver": 3}
_TA1 = {"control": 1, "date": 2, "time": 3, "code": 4, "note": 5}


def _interchanges(seen: Seen, places: _Places) -> list[Report]:
    """ISA by ISA: who, when, the delimiters, the TA1s and the groups inside."""
    for group in seen.groups:
        if group.interchange >= 0:
            first = places.sets[seen.interchange_files[group.interchange]]
            header = {name: element_of(group.header, at) for name, at in _GS.items()}
            numbers = [number - first for number in group.sets]
            seen.interchanges[group.interchange]["groups"].append({**header, "transactions": numbers})
    return seen.interchanges


def _interchange(segments: Segments, row: int) -> Report:
    values = segments.values(row)
    return {
        **{name: element_of(values, at) for name, at in _ISA.items()},
        "asks_ta1": element_of(values, 14) == "1",
        "delimiters": _delimiters(segments, row, values),
        "ta1": [],
        "groups": [],
    }


def _delimiters(segments: Segments, row: int, values: list[str]) -> dict[str, str | None]:
    own = segments.delimiters[int(segments.piece[row])]
    repetition = element_of(values, 11)
    return {
        "element": chr(own.element),
        "component": chr(own.component) if own.component != own.element else None,
        "repetition": None if not repetition or repetition.isalnum() else repetition,
        "segment": chr(own.segment),
    }


# --- transaction sets and problems -----------------------------------------------------------------------------


def _transactions(seen: Seen, places: _Places) -> list[Report]:
    """Set by set, without problems yet."""
    of_set = {number: group for group in seen.groups for number in group.sets}
    return [
        {
            "type": each.kind,
            "version": each.version,
            "control": each.control,
            "interchange": each.interchange - places.interchanges[each.file]
            if each.interchange >= 0
            else None,
            "group_control": element_of(of_set[number].header, 6) if number in of_set else None,
            "segments": each.end - each.begin,
            "intact": bool(each.intact),
            **seen.told[number],
            "problems": [],
        }
        for number, each in enumerate(seen.sets)
    ]


def _problems(seen: Seen, first: int) -> tuple[dict[int, list[Report]], dict[int, list[Report]]]:
    """The problems of each file's envelopes, and those of each set."""
    table = seen.problems
    columns = table.select(["code", "severity", "loop", "segment", "message"]).to_pydict()
    files, numbers = (pc.fill_null(table[name], -1).to_pylist() for name in ("file", "transaction"))
    of_file: dict[int, list[Report]] = {}
    of_set: dict[int, list[Report]] = {}
    for at, (file, number) in enumerate(zip(files, numbers, strict=True)):
        problem = {name: values[at] for name, values in columns.items()} | {"file": first + file}
        if seen.raw is not None:
            begin, segment = seen.sets[number].begin if number >= 0 else seen.begins[file], problem["segment"]
            problem["raw"] = seen.raw(begin + segment - 1) if segment else None
        if number >= 0:
            of_set.setdefault(number, []).append(problem)
        else:
            of_file.setdefault(file, []).append(problem)
    return of_file, of_set
