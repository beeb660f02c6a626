"""What is to be said of the interchanges, groups and transaction sets of one file; ``answers`` writes it down.

Everything here is told by code and position. What is copied from the bytes has to look like an id or a control number.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.judging import DECODED_KINDS, Group, groups, judge
from connectors.x12.problems import ARITHMETIC, ERROR
from connectors.x12.reading.interchanges import Set, read
from connectors.x12.writing.answer_tables import (
    ACCEPTED,
    GROUP_ENVELOPE,
    GS_FORMS,
    INTERCHANGE,
    ISA_FORMS,
    ISA_WIDTH,
    LOOP,
    NO_COMPONENT,
    NO_GROUP_ANSWER,
    NOT_SUPPORTED,
    NOTED,
    NUMBERS,
    OTHER_ERROR,
    REJECTED,
    SEGMENTS,
    SEGMENTS_IN_ERROR,
    SET_ENVELOPE,
    ST01,
    SYNTAX,
    TEXT,
    UNKNOWN_SEGMENT,
    Said,
)
from connectors.x12.writing.envelope import COMPONENT, ELEMENT, QUALIFIERS, REPETITION, TERMINATOR

_ISA_CHARACTERS = 105  # without its terminator
_ISA_DAY = 9


class Fault(NamedTuple):
    """One line of a set's answer: IK3, and IK4 where an element is known."""

    position: int
    segment: str
    loop: str
    code: str
    element: str = ""
    number: str = ""
    element_code: str = ""


class SetAnswer(NamedTuple):
    """AK2 to IK5; no ``header`` where ST cannot be echoed."""

    header: tuple[str, ...] | None
    faults: list[Fault]
    code: str
    errors: list[str]


class GroupAnswer(NamedTuple):
    sets: list[SetAnswer]
    errors: list[str]  # AK905
    refused: bool  # the whole group, with or without one of these


class Received:
    """One file, judged; everything here is by position, never by value."""

    def __init__(self, data: bytes, *, envelope_only: bool = False) -> None:
        reading = read(data)
        problems = reading.problems.table() if envelope_only else judge(reading).problems
        self.segments = reading.segments
        self.isa_rows = self.segments.rows("ISA").tolist()
        self.isas = [self.segments.values(row) for row in self.isa_rows]
        self.sets = reading.sets
        self.acks = reading.acks
        found = groups(reading)
        self.groups: dict[int, list[Group]] = {number: [] for number in range(-1, len(self.isas))}
        for group in found:
            self.groups[group.interchange].append(group)
        self.gs_rows = [group.row for group in found]
        self.of_set: dict[int, list[dict[str, Any]]] = {}
        self.of_group: dict[int, list[str]] = {}  # by the row of GS
        of_interchange: dict[int, list[str]] = {}
        for problem in _syntax(problems):
            if problem["transaction"] is not None:
                self.of_set.setdefault(problem["transaction"], []).append(problem)
            elif problem["segment"] is not None:
                row = problem["segment"] - 1
                self.of_group.setdefault(_last(self.gs_rows, row), []).append(problem["code"])
                of_interchange.setdefault(_last(self.isa_rows, row), []).append(problem["code"])
        self.notes = [
            self._note(number, of_interchange.get(row, [])) for number, row in enumerate(self.isa_rows)
        ]

    def only_answers(self, number: int) -> bool:
        """Whether the interchange holds TA1s and no group."""
        return not self.groups[number] and any(interchange == number for _, interchange, _ in self.acks)

    def _note(self, number: int, codes: Sequence[str]) -> tuple[str, str]:
        """TA104 and TA105 of one interchange."""
        isa = self.isas[number]
        notes = [answer for code, answer in INTERCHANGE.items() if code in codes]
        if len(self.segments.text(self.isa_rows[number])) != _ISA_CHARACTERS:
            notes.append(ISA_WIDTH)
        if len("".join(isa[16:])) != 1:
            notes.append(NO_COMPONENT)
        notes += [(NOTED, note) for note, at, _ in ISA_FORMS if not well_formed(isa, at)]
        if not all(echoed(group) or _acknowledges(group) for group in self.groups[number]):
            notes.append(NO_GROUP_ANSWER)
        rejected = [note for note in notes if note[0] == REJECTED]
        return (rejected or notes or [(ACCEPTED, "000")])[0]

    def answer(self, group: Group) -> GroupAnswer:
        """What is to be said of one group."""
        codes = self.of_group.get(group.row, [])
        errors = [code for name, code in GROUP_ENVELOPE.items() if name in codes]
        refused = bool(errors) or self.notes[group.interchange][0] == REJECTED
        return GroupAnswer([self._set_answer(number) for number in group.sets], errors, refused)

    def _set_answer(self, number: int) -> SetAnswer:
        found, problems = self.sets[number], self.of_set.get(number, [])
        names = {problem["code"] for problem in problems}
        errors = [code for name, code in SET_ENVELOPE.items() if name in names]
        if found.kind not in DECODED_KINDS:
            errors.insert(0, NOT_SUPPORTED)
        segments = [problem for problem in problems if problem["code"] not in SET_ENVELOPE]
        said = [(self._fault(found, problem), _said(problem)) for problem in segments]
        refused = bool(errors) or any(each.code == REJECTED for _, each in said)
        faults = sorted(dict.fromkeys(fault for fault, _ in said))
        errors += [SEGMENTS_IN_ERROR] if faults else []
        code = REJECTED if refused else NOTED if faults else ACCEPTED
        return SetAnswer(self._header(found, problems), faults, code, errors[:5])

    def _header(self, found: Set, problems: list[dict[str, Any]]) -> tuple[str, ...] | None:
        """AK201 to AK203. A control number that SE does not confirm may be part of something else, unless it is one."""
        values = self.segments.values(found.begin)
        confirmed = not {"SE_MISSING", "SE02_CONTROL"} & {problem["code"] for problem in problems}
        form = r"[0-9A-Za-z]{4,9}" if confirmed else r"[0-9]{4,9}"
        if not (len(values) > 2 and re.fullmatch(ST01, values[1]) and re.fullmatch(form, values[2])):
            return None
        version = values[3:4] if values[3:4] and re.fullmatch(GS_FORMS[8], values[3]) else []
        return (values[1], values[2], *version)

    def _fault(self, found: Set, problem: dict[str, Any]) -> Fault:
        position = max(problem["segment"] or 1, 1)
        row = min(found.begin + position - 1, max(found.end, found.begin + 1) - 1)
        said, here = _said(problem), self.segments.values(row)[0]
        # A missing segment, or one that comes twice, is reported at the one before it.
        named = (_named(problem["message"]) if problem["code"] in _ELSEWHERE else "") or here
        segment = named if named in SEGMENTS else UNKNOWN_SEGMENT
        loop = problem["loop"] if LOOP.fullmatch(problem["loop"] or "") else ""
        element, component = problem["element"], problem["component"]
        if not said.element or not element or here not in SEGMENTS:
            return Fault(position, segment, loop, said.segment)
        place = f"{element}{COMPONENT}{component}" if component else str(element)
        number = _number(here, element, component or 0)
        return Fault(position, segment, loop, said.segment, place, number, said.element)


def _last(rows: Sequence[int], row: int) -> int:
    """The last of ``rows`` (ascending) at or before ``row``, -1 for none."""
    at = bisect_right(rows, row) - 1
    return rows[at] if at >= 0 else -1


def _syntax(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The problems that an answer tells of."""
    told = [*SYNTAX, *SET_ENVELOPE, *GROUP_ENVELOPE, *INTERCHANGE]
    errors = pc.and_(pc.equal(table["severity"], ERROR), pc.invert(_is_in(table["code"], [*ARITHMETIC])))
    yield from table.filter(pc.or_(errors, _is_in(table["code"], told))).to_pylist()


def _is_in(column: Any, values: Sequence[str]) -> Any:
    return pc.is_in(column, value_set=pa.array(values, pa.string()))


def _said(problem: dict[str, Any]) -> Said:
    return SYNTAX.get(problem["code"], OTHER_ERROR)


_ELSEWHERE = ("SEGMENT_MISSING", "SEGMENT_REPEATED")
_TAG = re.compile(r"\b[A-Z][A-Z0-9]{1,2}\b")


def _named(message: str) -> str:
    """The segment that a message is about: "the transaction set has no BPR"."""
    return next((found for found in _TAG.findall(message) if found in SEGMENTS), "")


def _number(segment: str, element: int, component: int) -> str:
    """IK402, "" where it is not known."""
    listed = NUMBERS.get(f"{segment}{element:02d}" if component else segment, "").split()
    at = (component or element) - 1
    return listed[at].strip("-") if at < len(listed) else ""


# --- what may be answered ----------------------------------------------------------------------------------------


def parties(isa: list[str]) -> bool:
    """Whether an ISA names two parties that can change places."""
    return (
        len(isa) == 17
        and all(isa[at] in QUALIFIERS for at in (5, 7))
        and all(len(isa[at].rstrip(" ")) <= 15 and _plain(isa[at].rstrip(" ")) for at in (6, 8))
    )


def well_formed(isa: list[str], at: int) -> bool:
    """Whether an element of the ISA looks as it must."""
    value = isa[at] if at < len(isa) else ""
    form = next(form for _, element, form in ISA_FORMS if element == at)
    return bool(re.fullmatch(form, value)) and (at != _ISA_DAY or _is_day(value))


def _is_day(value: str) -> bool:
    try:
        datetime.datetime.strptime(value, "%y%m%d")
    except ValueError:
        return False
    return True


def _plain(value: str) -> bool:
    return bool(re.fullmatch(TEXT, value)) and not set(value) & {ELEMENT, COMPONENT, REPETITION, TERMINATOR}


def _acknowledges(group: Group) -> bool:
    return group.header[1:2] == ["FA"]


def echoed(group: Group) -> bool:
    """Whether a 999 can name the group and those who sent it."""
    header = group.header
    return (
        len(header) == 9
        and all(re.fullmatch(form, header[at].rstrip(" ")) for at, form in GS_FORMS.items())
        and _plain(header[2].rstrip(" "))
        and _plain(header[3].rstrip(" "))
    )
