"""The checks of the envelope: by the column for whole interchanges, step by step for those with something wrong.

``regular`` says yes or no. ``Walk`` says what is wrong, where, and which transaction sets can no longer be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.notation import Source
from connectors.x12.problems import Problems
from connectors.x12.reading import columns, few
from connectors.x12.reading.delimiters import Piece
from connectors.x12.reading.segments import Flags, Ints, Segments, code
from connectors.x12.reading.text import element_text

ENVELOPE = ("ISA", "IEA", "GS", "GE", "ST", "SE", "TA1")
# What may stand next in a whole interchange; only between ST and SE may there be anything else.
_NEXT = {
    "ISA": "GS TA1",
    "TA1": "GS TA1 IEA",
    "GS": "ST",
    "ST": "SE",
    "SE": "ST GE",
    "GE": "GS IEA",
    "IEA": "",
}
_ELEMENT = re.compile(r"(?:ISA|IEA|GS|GE|ST|SE)([0-9]{2})_")
_MAY_FOLLOW = np.array([[after in _NEXT[tag].split() for after in ENVELOPE] for tag in ENVELOPE])


def envelope_rows(segments: Segments) -> Ints:
    """The segments of the envelope, in order."""
    return np.sort(np.concatenate([segments.rows(tag) for tag in ENVELOPE]))


def element_texts(segments: Segments, rows: Ints, element: int) -> pa.Array:
    """One element of each segment, null where absent, blank or where there is no segment (-1)."""
    if len(rows) <= few.FEW:
        return few.read(segments, rows, Source("", "", element, 0, 0), pa.string(), 0)[0]
    there = np.flatnonzero(rows >= 0)
    return columns.spread(element_text(segments, rows[there], element), there, len(rows))


def regular(segments: Segments, pieces: Sequence[Piece], rows: Ints) -> Flags:
    """For each piece whether its envelope (at ``rows``) is whole: order, nothing between, counts, control numbers.

    No is an answer that costs time only: the walk says the same again, with reasons if there are any.
    """
    count = len(segments.delimiters)
    if count <= few.FEW:  # looking at a few one by one is quicker than looking at columns of them
        return np.zeros(count, np.bool_)
    every = np.arange(count)
    kind = np.zeros(len(rows), np.int8)
    for number, tag in enumerate(ENVELOPE):
        kind[segments.tag[rows] == code(tag)] = number
    piece = segments.piece[rows]
    begins, ends = np.searchsorted(piece, every), np.searchsorted(piece, every, side="right")
    sound = ends > begins
    if not len(rows):
        return sound
    last = len(rows) - 1
    opened, closed = np.minimum(begins, last), np.minimum(np.maximum(ends - 1, 0), last)
    sound &= (kind[opened] == ENVELOPE.index("ISA")) & (kind[closed] == ENVELOPE.index("IEA"))
    sound &= np.array([piece.whole for piece in pieces], np.bool_)
    sound &= rows[opened] == np.searchsorted(segments.piece, every)
    sound &= rows[closed] == np.searchsorted(segments.piece, every, side="right") - 1
    follows = _MAY_FOLLOW[kind[:-1], kind[1:]]
    follows &= (rows[1:] == rows[:-1] + 1) | (kind[:-1] == ENVELOPE.index("ST"))
    follows |= piece[1:] != piece[:-1]
    sound[piece[:-1][~follows]] = False
    _check(segments, rows, kind, piece, sound)
    _check_repeats(segments, pieces, rows, kind, sound)
    return sound


def _check(segments: Segments, rows: Ints, kind: Ints, piece: Ints, sound: Flags) -> None:
    """Compare counts and control numbers of the pieces whose order is sound; take back what does not agree."""
    held = sound[piece]
    rows, kind, piece = rows[held], kind[held], piece[held]

    def of(tag: str) -> Ints:
        return np.flatnonzero(kind == ENVELOPE.index(tag))

    sets_before = np.cumsum(kind == ENVELOPE.index("ST"))
    groups_before = np.cumsum(kind == ENVELOPE.index("GS"))
    for opener, closer, counted, control in (
        ("ST", "SE", None, 2),
        ("GS", "GE", sets_before, 6),
        ("ISA", "IEA", groups_before, 13),
    ):
        closes = of(closer)
        if not len(closes):
            continue
        opens = of(opener)
        opens = opens[np.searchsorted(opens, closes) - 1]
        low, high = rows[opens], rows[closes]
        many = high - low + 1 if counted is None else counted[closes] - counted[opens]
        told = pc.utf8_ltrim(pc.fill_null(element_texts(segments, high, 1), ""), "0")
        right = pc.equal(told, pa.array(many).cast(pa.string()))
        same = pc.equal(
            pc.fill_null(element_texts(segments, high, 2), ""),
            pc.fill_null(element_texts(segments, low, control), "" if opener == "ST" else "absent"),
        )
        wrong = ~pc.and_(right, same).to_numpy(zero_copy_only=False)
        sound[piece[closes[wrong]]] = False


def _check_repeats(segments: Segments, pieces: Sequence[Piece], rows: Ints, kind: Ints, sound: Flags) -> None:
    """Take back the pieces with a control number that may stand twice in its group, interchange or file."""
    file = np.array([piece.file for piece in pieces], np.int64)[segments.piece[rows]]
    group, interchange = (np.cumsum(kind == ENVELOPE.index(tag)) for tag in ("GS", "ISA"))
    for tag, element, within in (("ST", 2, group), ("GS", 6, interchange), ("ISA", 13, file)):
        at = np.flatnonzero(kind == ENVELOPE.index(tag))
        if not (within[at][1:] == within[at][:-1]).any():
            continue
        told = pc.utf8_ltrim(pc.fill_null(element_texts(segments, rows[at], element), ""), "0")
        key = within[at] * (len(at) + 1) + told.dictionary_encode().indices.to_numpy()
        _, place, many = np.unique(key, return_inverse=True, return_counts=True)
        sound[segments.piece[rows[at[many[place] > 1]]]] = False


@dataclass(slots=True)
class _Open:
    """An envelope that waits for its trailer."""

    values: list[str]
    sets: list[int] = field(default_factory=list)
    inside: int = 0  # groups in an interchange, sets in a group
    answers: int = 0  # TA1 in an interchange
    whole: bool = True  # no: the sets that are still to come are not intact
    row: int = -1
    controls: set[str] = field(default_factory=set)  # GS06 in an interchange, ST02 in a group

    def repeats(self, control: str | None) -> bool:
        """Whether a control number inside stood there before."""
        return _seen(self.controls, control)


def _seen(controls: set[Any], control: Any) -> bool:
    """Whether this was among those seen, now that it is; nothing is seen of what is absent."""
    again = control in controls
    if control is not None:
        controls.add(control)
    return again


class Walk:
    """Steps through envelope segments. ``STEPS`` says what each does; everything else is bookkeeping.

    A walk may go on from one window of a file to the next: what is open stays open. Rows are counted from the
    beginning of the file, ``base`` of them in earlier windows.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.base = 0
        self.set_begins = self.set_ends = np.empty(0, np.int64)
        self.set_groups = np.empty(0, np.int64)
        self.intact = np.empty(0, np.bool_)
        self.interchanges: list[list[str]] = []
        self.names: dict[int, tuple[int, list[str], list[str]]] = {}  # of a set: interchange, its GS and ST
        self.settled = 0  # sets of interchanges that are closed: nothing can damage them any more
        self.interchange: _Open | None = None
        self.group: _Open | None = None
        self.set: int | None = None
        self.set_values: list[str] = []
        self.stray: int | None = None  # the first of some segments outside every set that a window ended with
        self.controls: set[Any] = set()  # ISA13 with its file and parties

    def enter(self, segments: Segments, pieces: Sequence[Piece], set_begins: Ints, base: int = 0) -> None:
        """Go on with these segments. Every ST opens a set, so the sets are numbered before the walk begins."""
        self.segments, self.base = segments, base
        self.files = np.array([piece.file for piece in pieces], np.int64)
        self.whole = [piece.whole for piece in pieces]
        new = len(set_begins)
        self.set_begins = np.append(self.set_begins, set_begins + base)
        self.set_ends = np.append(self.set_ends, np.zeros(new, np.int64))
        self.set_groups = np.append(self.set_groups, np.full(new, -1))
        self.intact = np.append(self.intact, np.ones(new, np.bool_))

    def through(self, rows: Ints, pieces: Ints, *, last: bool = True) -> None:
        """Walk these pieces; ``rows`` are the envelope segments of all. Without ``last`` the last piece goes on."""
        of_row = self.segments.piece[rows]
        end = int(pieces[-1]) if len(pieces) else -1
        high = len(self.segments)
        for piece in pieces.tolist():
            low, high = self.segments.heads[piece : piece + 2].tolist()
            mine = rows[np.searchsorted(of_row, piece) : np.searchsorted(of_row, piece + 1)].tolist()
            previous = low - 1
            if self.stray is not None:  # of an earlier window, whose last piece goes on in this one
                previous, self.stray = self.stray - self.base - 1, None
            for row in mine:
                values = self.segments.values(row)
                if row > previous + 1 and self.set is None:
                    self._stray(previous + 1, row)
                STEPS[values[0]](self, row, values)
                previous = row
            if self.set is None and high > previous + 1:
                if piece < end or last:
                    self._stray(previous + 1, high)
                else:
                    self.stray = self.base + previous + 1
            if piece < end:
                self._close_interchange(high)
        if last:
            if self.stray is not None:
                self._stray(self.stray - self.base, high)
            self._close_interchange(high)

    def report_empty(self) -> None:
        """Empty segments, which only the index saw."""
        for row in np.unique(self.segments.empty).tolist():
            self._damage("EMPTY_SEGMENT", "there is an empty segment beside this one", row, [])

    # What each envelope segment does.

    def isa(self, row: int, values: list[str]) -> None:
        self._close_interchange(row)
        piece = int(self.segments.piece[row])
        self.interchange = _Open(values, whole=self.whole[piece])
        self.interchanges.append(values)
        if element_of(values, 13):
            parties = tuple(element_of(values, element) for element in (5, 6, 7, 8))
            if _seen(self.controls, (int(self.files[piece]), parties, _number(element_of(values, 13)))):
                message = "ISA13 stood in an earlier interchange of the same parties in this file"
                self._damage("ISA13_REPEATED", message, row, [])

    def gs(self, row: int, values: list[str]) -> None:
        self._close_group(row)
        self.group = _Open(values, row=row)
        if self.interchange:
            self.interchange.inside += 1
            if self.interchange.repeats(_number(element_of(values, 6))):
                self.group.whole = False
                message = "GS06 stood in an earlier functional group of the interchange"
                self._damage("GS06_REPEATED", message, row, [])

    def st(self, row: int, values: list[str]) -> None:
        self._close_set(row)
        number = self.set = int(np.searchsorted(self.set_begins, self.base + row))
        self.set_values = values
        gs = self.group.values if self.group else []
        self.names[number] = (len(self.interchanges) - 1, gs, values)
        if self.interchange:
            self.interchange.sets.append(number)
            self.intact[number] &= self.interchange.whole
        else:
            self._damage("ISA_MISSING", "ST stands outside an interchange", row, [number])
        if self.group:
            self.set_groups[number] = self.group.row
            self.group.sets.append(number)
            self.group.inside += 1
            self.intact[number] &= self.group.whole
            if self.group.repeats(element_of(values, 2)):
                message = "ST02 stood in an earlier transaction set of the group"
                self._damage("ST02_REPEATED", message, row, [number], number)
        else:
            self._damage("GS_MISSING", "ST stands outside a functional group", row, [number])

    def se(self, row: int, values: list[str]) -> None:
        if self.set is None:
            self._damage("SE_UNMATCHED", "SE without ST", row, self._all_around())
            return
        number, self.set = self.set, None
        self.set_ends[number] = self.base + row + 1
        count = int(self.set_ends[number] - self.set_begins[number])
        if not same_number(element_of(values, 1), str(count)):
            message = f"SE01 does not count the {count} segments from ST to SE"
            self._damage("SE01_COUNT", message, row, [number], number)
        if element_of(values, 2) != element_of(self.set_values, 2):
            self._damage("SE02_CONTROL", "SE02 differs from ST02", row, [number], number)

    def ge(self, row: int, values: list[str]) -> None:
        self._close_set(row)
        if self.group is None:
            self._damage("GE_UNMATCHED", "GE without GS", row, self._all_around())
            return
        group, self.group = self.group, None
        if not same_number(element_of(values, 1), str(group.inside)):
            message = f"GE01 does not count the {group.inside} transaction sets of its group"
            self._damage("GE01_COUNT", message, row, group.sets)
        if not same_number(element_of(values, 2), element_of(group.values, 6)):
            self._damage("GE02_CONTROL", "GE02 differs from GS06", row, group.sets)

    def iea(self, row: int, values: list[str]) -> None:
        self._close_group(row)
        if self.interchange is None:
            self._damage("IEA_UNMATCHED", "IEA without ISA", row, [])
            return
        interchange, self.interchange = self.interchange, None
        self.settled = len(self.names)
        if not same_number(element_of(values, 1), str(interchange.inside)):
            # Some partners count the TA1 itself; a TA1 alone can be trusted all the same.
            alone = interchange.answers and not interchange.inside
            message = f"IEA01 does not count the {interchange.inside} functional groups of its interchange"
            self._damage("TA1_IEA01_COUNT" if alone else "IEA01_COUNT", message, row, interchange.sets)
        if not same_number(element_of(values, 2), element_of(interchange.values, 13)):
            self._damage("IEA02_CONTROL", "IEA02 differs from ISA13", row, interchange.sets)

    def ta1(self, row: int, values: list[str]) -> None:
        if self.set is not None or self.group is not None or self.interchange is None:
            self._damage("STRAY_SEGMENT", "TA1 stands in the wrong place", row, self._all_around())
        if self.interchange is not None:
            self.interchange.answers += 1

    # What is missing.

    def _close_set(self, row: int) -> None:
        if self.set is not None:
            number, self.set = self.set, None
            self.set_ends[number] = self.base + row
            self._damage("SE_MISSING", "the transaction set has no SE", row - 1, [number], number)

    def _close_group(self, row: int) -> None:
        self._close_set(row)
        if self.group is not None:
            self._damage("GE_MISSING", "the functional group has no GE", row - 1, self.group.sets)
            self.group = None

    def _close_interchange(self, row: int) -> None:
        self._close_group(row)
        if self.interchange is not None:
            self._damage("IEA_MISSING", "the interchange has no IEA", row - 1, self.interchange.sets)
            self.interchange = None
        self.settled = len(self.names)

    def _stray(self, low: int, high: int) -> None:
        many = f"{high - low} segment(s) stand outside every transaction set"
        if self.interchange is None:
            self._damage("TRAILING_SEGMENT", many, low, [])
        else:
            self._damage("STRAY_SEGMENT", many, low, self._all_around())

    def _all_around(self) -> list[int]:
        """The sets of the interchange so far; those that are still to come will not be intact either.

        A segment that may not stand where it does was cut off from something, before it or behind it, and no count of
        the envelope tells which.
        """
        if self.interchange is None:
            return []
        self.interchange.whole = False
        return self.interchange.sets

    def _damage(self, code_: str, message: str, row: int, sets: list[int], number: int | None = None) -> None:
        """Report at a row of the file, or of the set ``number``; the sets it concerns are no longer intact.

        A code that names an element (SE01_COUNT) is about that element of the row.
        """
        self.intact[sets] = False
        file = int(self.files[self.segments.piece[max(row, 0)]]) if len(self.segments) else 0
        if number is not None:
            first = int(self.set_begins[number])
        elif self.base:
            first = 0
        else:
            first = int(np.searchsorted(self.segments.piece, np.searchsorted(self.files, file)))
        ordinal = self.base + row - first + 1
        named = _ELEMENT.search(code_)
        element = int(named[1]) if named else None
        self.problems.add(code_, message, file=file, transaction=number, segment=ordinal, element=element)


STEPS = {
    "ISA": Walk.isa,
    "GS": Walk.gs,
    "ST": Walk.st,
    "SE": Walk.se,
    "GE": Walk.ge,
    "IEA": Walk.iea,
    "TA1": Walk.ta1,
}


def element_of(values: list[str], element: int) -> str | None:
    """One element of an envelope segment, None when absent or blank."""
    return (values[element].rstrip(" ") or None) if element < len(values) else None


def same_number(left: str | None, right: str | None) -> bool:
    """Type N0 compares as a number: leading zeros mean nothing."""
    return left is not None and _number(left) == _number(right)


def _number(text: str | None) -> str | None:
    """A number of type N0 as it compares."""
    return (text.lstrip("0") or "0") if text and text.isdecimal() else text
