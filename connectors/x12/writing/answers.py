"""The 999 (005010X231A1) and the TA1 that we owe a partner who asks for them: bytes received in, bytes to send out.

What we took in is never called rejected, and what we did not is never called accepted: an answer says what the
decoders say. A balance that is off is no fault of syntax: a remittance that is a cent wrong is accepted here, and
quarantined elsewhere.

An answer copies ids of parties, control numbers, versions and segment ids, each only where it looks like one, and no
other element: IK404 (the bad value) is never written. What asks for more than that cannot be answered:

* an interchange whose ISA names no two parties, or for a TA1 no ISA13 of nine digits, has no answer;
* a functional group whose GS cannot be echoed has no 999; its interchange's TA1 tells of it (note 024);
* a transaction set whose ST cannot be echoed has no AK2; AK9 counts it as received and not as accepted.

Acknowledgments are not acknowledged: a group of 999s has no 999, and an interchange of nothing but TA1s no TA1.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

from connectors.x12.judging import Group
from connectors.x12.reading.interchanges import read
from connectors.x12.writing.answer_tables import ACCEPTED, NOTED, PARTLY, REJECTED
from connectors.x12.writing.answer_verdicts import Fault, GroupAnswer, Received, echoed, parties, well_formed
from connectors.x12.writing.envelope import COMPONENT, ELEMENT, REPETITION, TERMINATOR

VERSION_999 = "005010X231A1"


class Unanswerable(ValueError):
    """There is nothing in the bytes that a 999, or a TA1, could answer."""


# --- what the caller asks for ------------------------------------------------------------------------------------


def encode_999(
    data: bytes,
    *,
    interchange_control: str,
    group_control: str,
    at: datetime.datetime,
    usage: str | None = None,
) -> bytes:
    """The 999s for the bytes of one file: for each interchange one in return, for each group a group with its 999.

    Sender and receiver change places, in ISA and in GS, so several partners in one file give several interchanges, in
    the order received: send them where the file came from. ISA13 and GS06 count on from ``interchange_control`` (nine
    digits) and ``group_control`` (one to nine digits), one for each interchange and group that is answered. ``usage``
    (ISA15) is that of the interchange answered, unless it is given. ``at`` is written as it is, in the sender's time.

    A group is rejected whole where its own envelope or its interchange's is damaged, since nothing in it is used then.

    Raises Unanswerable where there is no group that a 999 could answer, ValueError naming an argument that cannot be
    sent.
    """
    _check_arguments(interchange_control=interchange_control, group_control=group_control, usage=usage)
    received = Received(data)
    answers: list[str] = []
    sent = 0
    for number, isa in enumerate(received.isas):
        mine = [group for group in received.groups[number] if echoed(group)]
        if not mine or not parties(isa):
            continue
        body = []
        for group in mine:
            control = _counted_on(group_control, sent)
            body.append(_answered_group(group, received.answer(group), control, at))
            sent += 1
        answers.append(
            _interchange(isa, _counted_on(interchange_control, len(answers)), at, usage, body, len(body))
        )
    if not answers:
        raise Unanswerable("there is no functional group that a 999 could answer")
    return "".join(answers).encode("ascii")


def encode_ta1(
    data: bytes, *, interchange_control: str, at: datetime.datetime, usage: str | None = None
) -> bytes:
    """A TA1 for each interchange in the bytes of one file, each in an interchange of its own.

    TA104 is R where nothing inside can be trusted, E where something is odd and was taken all the same, else A; TA105
    says what. TA102 and TA103 are those of ``at`` where ISA09 or ISA10 cannot be repeated. Arguments as in
    ``encode_999``. Raises Unanswerable where there is no interchange that a TA1 could answer, ValueError naming an
    argument that cannot be sent.
    """
    _check_arguments(interchange_control=interchange_control, usage=usage)
    received = Received(data, envelope_only=True)
    answers: list[str] = []
    for number, isa in enumerate(received.isas):
        if received.only_answers(number) or not parties(isa) or not re.fullmatch(r"[0-9]{9}", isa[13]):
            continue
        code, note = received.notes[number]
        day = isa[9] if well_formed(isa, 9) else f"{at:%y%m%d}"
        minute = isa[10] if well_formed(isa, 10) else f"{at:%H%M}"
        body = [_segment("TA1", isa[13], day, minute, code, note)]
        answers.append(_interchange(isa, _counted_on(interchange_control, len(answers)), at, usage, body, 0))
    if not answers:
        raise Unanswerable("there is no interchange that a TA1 could answer")
    return "".join(answers).encode("ascii")


def wants_ta1(data: bytes) -> bool:
    """Whether an interchange in the bytes asks for a TA1 (ISA14 = 1)."""
    segments = read(data).segments
    return any(segments.values(row)[14:15] == ["1"] for row in segments.rows("ISA").tolist())


def _check_arguments(**given: str | None) -> None:
    """Raise ValueError with the names, not the values, of arguments that cannot be sent."""
    forms = {"interchange_control": r"[0-9]{9}", "group_control": r"[0-9]{1,9}", "usage": r"[IPT]"}
    wrong = [
        name
        for name, value in given.items()
        if not (name == "usage" and value is None)
        and not (value is not None and re.fullmatch(forms[name], value) and value.strip("0"))
    ]
    if wrong:
        raise ValueError("the answer cannot be sent: " + ", ".join(wrong))


def _counted_on(control: str, by: int) -> str:
    """The control number ``by`` further, as wide; after nine nines comes one."""
    number = (int(control) + by - 1) % 999_999_999 + 1
    return f"{number:0{len(control)}d}"


# --- segments ----------------------------------------------------------------------------------------------------


def _segment(*elements: object) -> str:
    """A segment with its terminator; empty elements at the end are left off."""
    return ELEMENT.join(str(each) for each in elements).rstrip(ELEMENT) + TERMINATOR


def _interchange(
    isa: list[str], control: str, at: datetime.datetime, usage: str | None, body: Sequence[str], count: int
) -> str:
    """ISA to IEA, back to who sent ``isa``."""
    own = usage or (isa[15] if isa[15] in ("I", "P", "T") else "P")
    sender, receiver = (f"{isa[n].rstrip(' '):15}" for n in (8, 6))
    opening = (
        f"ISA*00*{'':10}*00*{'':10}*{isa[7]}*{sender}*{isa[5]}*{receiver}"
        f"*{at:%y%m%d}*{at:%H%M}*{REPETITION}*00501*{control}*0*{own}*{COMPONENT}{TERMINATOR}"
    )
    return "".join([opening, *body, _segment("IEA", count, control)])


def _answered_group(group: Group, answer: GroupAnswer, control: str, at: datetime.datetime) -> str:
    """GS to GE around the one 999 that answers a group."""
    body = [*_body(group, answer)]
    sender, receiver = (group.header[n].rstrip(" ") for n in (3, 2))
    return "".join(
        [
            _segment("GS", "FA", sender, receiver, f"{at:%Y%m%d}", f"{at:%H%M}", control, "X", VERSION_999),
            _segment("ST", "999", "0001", VERSION_999),
            *body,
            _segment("SE", len(body) + 2, "0001"),
            _segment("GE", 1, control),
        ]
    )


def _body(group: Group, answer: GroupAnswer) -> Iterator[str]:
    """AK1 to AK9."""
    functional_id, number, version = (group.header[n].rstrip(" ") for n in (1, 6, 8))
    yield _segment("AK1", functional_id, number, version)
    for each in answer.sets:
        if each.header:
            yield _segment("AK2", *each.header)
            yield from _fault_segments(each.faults)
            yield _segment("IK5", each.code, *each.errors)
    received = len(answer.sets)
    accepted = sum(each.header is not None and each.code != REJECTED for each in answer.sets)
    counted = "".join(group.trailer[1:2])
    told = int(counted) if re.fullmatch(r"[0-9]{1,6}", counted) else received
    code = _group_code(answer, accepted)
    yield _segment("AK9", code, told, received, 0 if answer.refused else accepted, *answer.errors[:5])


def _fault_segments(faults: Sequence[Fault]) -> Iterator[str]:
    """IK3 for each segment and code, IK4 for each of its elements."""
    last: tuple[object, ...] = ()
    for fault in faults:
        if fault[:4] != last:
            last = fault[:4]
            yield _segment("IK3", fault.segment, fault.position, fault.loop, fault.code)
        if fault.element:
            yield _segment("IK4", fault.element, fault.number, fault.element_code)


def _group_code(answer: GroupAnswer, accepted: int) -> str:
    """AK901."""
    if answer.refused or (answer.sets and not accepted):
        return REJECTED
    if accepted < len(answer.sets):
        return PARTLY
    return NOTED if any(each.code == NOTED for each in answer.sets) else ACCEPTED
