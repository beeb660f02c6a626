"""A packet of appeal: the letter, then what the remittance said, and the proofs that its argument rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from configs.settings import Practice
from connectors.documents import (
    Address,
    Block,
    Box,
    Bullets,
    Column,
    Document,
    Fields,
    Grid,
    Heading,
    Signature,
    Text,
)
from tasks.billing.appeals.case import Case, Service
from tasks.billing.appeals.letter import Part, compose, long_day, usd
from tasks.documents.words import letterhead, short_day, telephone

# 42 CFR 2.32(a)(2) prescribes these words.
REDISCLOSURE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def packet(
    case: Case, practice: Practice, templates: Mapping[str, str], on: dt.date, revision: int
) -> Document:
    """The packet of a case as made on a day."""
    blocks: list[Block] = [_addressed(case, on), Heading(_title(case), level=1), _about(case)]
    for part in compose(case, templates):
        blocks += _laid_out(part, case)
    blocks += _answer(case)
    if case.proof:
        blocks += _proof(case)
    footer = f"Appeal {case.appeal_id[:8]} · claim {case.claim_id} · revision {revision} · confidential"
    return Document(f"Appeal {case.appeal_id[:8]}", letterhead(practice), footer, tuple(blocks))


def _title(case: Case) -> str:
    if case.argument.name == "underpayment":
        return f"Payment dispute: {case.level.name}"
    return (
        f"Appeal, level {case.level.number}: {case.level.name}"
        if case.level.number
        else "Clerical error reopening"
    )


def _addressed(case: Case, on: dt.date) -> Address:
    facts = [
        ("Date", long_day(on)),
        ("Level", f"{case.level.number} of appeal" if case.level.number else "reopening"),
    ]
    if case.reference:
        facts.append(("Your number", case.reference))
    return Address((case.payer, *(case.payer_lines or ("Appeals department",))), tuple(facts))


def _about(case: Case) -> Fields:
    """What the payer needs to find the claim: the elements that appeal desks ask for."""
    days = long_day(case.service_from)
    if case.service_to != case.service_from:
        days += f" to {long_day(case.service_to)}"
    return Fields(
        (
            ("PATIENT", case.patient.name),
            ("DATE OF BIRTH", long_day(case.patient.birth_date)),
            (
                "MEMBER NUMBER, GROUP",
                f"{case.patient.member_id}, {case.patient.group_number or 'no group on file'}",
            ),
            ("YOUR CLAIM NUMBER", case.payer_control or "not given"),
            ("OUR CLAIM NUMBER", case.claim_id),
            ("DATES OF SERVICE", days),
            ("ANSWERED ON", long_day(case.answered_on) if case.answered_on else "not dated"),
            ("PAYMENT NUMBER", case.trace),
            ("CHARGE, IN DISPUTE", f"{usd(case.charge_cents)}, {usd(case.amount_cents)}"),
            ("RENDERING CLINICIAN", case.clinician),
            ("CLINICIAN'S NPI", case.clinician_npi),
            ("BILLING PROVIDER", f"NPI {case.practice_npi}, tax id {case.practice_tax_id}"),
        ),
        columns=3,
    )


def _laid_out(part: Part, case: Case) -> list[Block]:
    """A part of the letter as blocks; tables and lists of the case stand at their places."""
    if part.kind == "heading":
        return [Heading(part.text)]
    if part.kind == "list":
        return [Bullets(tuple(part.text.split("\n")))]
    if part.kind == "paragraph":
        return [Text(part.text)]
    return {
        "services": _services,
        "rates": _rates,
        "enclosures": _enclosures,
        "signature": _signature,
        "part2": _part2,
    }[part.text](case)


def _services(case: Case) -> list[Block]:
    columns = (
        Column("", 0.28), Column("Date", 1.05), Column("Service", 3.1), Column("Units", 0.6, right=True),
        Column("Charge", 1, right=True), Column("Paid", 1, right=True), Column("Reasons given", 1.7),
    )  # fmt: skip
    rows = tuple(
        (
            "»" if one.disputed else "",
            short_day(one.day),
            f"{_coded(one)}: {one.words}",
            "" if one.units is None else str(one.units),
            usd(one.charge_cents),
            "" if one.paid_cents is None else usd(one.paid_cents),
            ", ".join(reason.code for reason in one.reasons),
        )
        for one in case.services
    )
    return [Grid(columns, rows), Text("» marks the lines in dispute. Services in our own words.", small=True)]


def _coded(one: Service) -> str:
    return f"{one.code}-{one.modifiers.replace(' ', '-')}" if one.modifiers else one.code


def _rates(case: Case) -> list[Block]:
    columns = (
        Column("Date", 1), Column("Code", 0.8), Column("Contract rate", 2.4),
        Column("Expected", 1, right=True), Column("Allowed", 1, right=True), Column("Short", 1, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            short_day(one.day),
            one.code,
            one.contract,
            usd(one.expected_cents),
            usd(one.allowed_cents),
            usd(one.short_cents),
        )
        for one in case.rates
    )
    whole = usd(sum(one.short_cents for one in case.rates))
    return [Grid(columns, rows, ("Total", "", "", "", "", whole) if len(rows) > 1 else None)]


def _enclosures(case: Case) -> list[Block]:
    made = [f"{one.words} (in this packet)" for one in case.enclosures if one.made]
    added = [f"{one.words} (attached)" for one in case.enclosures if not one.made]
    return [Bullets((*made, *added))]


def _signature(case: Case) -> list[Block]:
    return [
        Signature((case.contact, case.practice, f"Telephone {telephone(case.phone)}"), close="Sincerely,")
    ]


def _part2(case: Case) -> list[Block]:
    assert case.part2_consent_on is not None
    signed = long_day(case.part2_consent_on)
    text = f"{REDISCLOSURE} They are disclosed for payment under the patient's written consent of {signed}."
    return [Box("Substance-use treatment records", text)]


def _answer(case: Case) -> list[Block]:
    """Each reason of the lines in dispute, as the remittance has it."""
    rows = [
        (
            short_day(service.day),
            service.code,
            reason.code,
            _said(reason.words, reason.remarks),
            usd(reason.amount_cents),
        )
        for service in case.disputed
        for reason in service.reasons
    ]
    columns = (
        Column("Date", 0.9), Column("Code", 0.7), Column("Reason", 1), Column("What it says, in our words", 4),
        Column("Amount", 1, right=True),
    )  # fmt: skip
    told = f"Remittance {case.trace}" + (f" of {long_day(case.answered_on)}" if case.answered_on else "")
    return [
        Heading("What the remittance says of the lines in dispute"),
        Text(
            f"{told}. Reason: group and claim adjustment reason code; with the remark codes that came with it."
        ),
        Grid(columns, tuple(rows)),
    ]


def _said(words: str, remarks: tuple[tuple[str, str], ...]) -> str:
    return "\n".join([words, *(f"{code}: {text}" for code, text in remarks)])


def _proof(case: Case) -> list[Block]:
    """The claim's way to the payer, step by step, each with the numbers it is found by."""
    columns = (
        Column("Date", 0.85), Column("What happened", 1.9), Column("By", 1.1), Column("Codes", 0.75),
        Column("Numbers", 1.75), Column("File", 1.95),
    )  # fmt: skip
    rows = tuple((short_day(one.on), one.what, one.by, one.codes, one.number, one.file) for one in case.proof)
    filing = case.filing
    blocks: list[Block] = [Heading("Proof of timely filing"), Grid(columns, rows)]
    if filing.in_time and filing.accepted_on and filing.limit_on:
        days = (filing.limit_on - filing.accepted_on).days
        had, limit = long_day(filing.accepted_on), long_day(filing.limit_on)
        text = f"The payer had the claim on {had}, {days} days before the last day to file, {limit}."
        blocks.append(Box("The payer's own word, within the limit", text))
    note = "File: the first digits of the SHA-256 of the file that says so, kept unchanged, and the segment in it."
    return [*blocks, Text(note, small=True)]
