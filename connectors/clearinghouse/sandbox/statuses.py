"""Writer of the 277CA (005010X214): what became of each claim at the front door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.clearinghouse.sandbox.answers import Segments, clean, money, patient, segment, ymd
from connectors.clearinghouse.sandbox.document import Claim, Party, Set
from connectors.clearinghouse.sandbox.edits import Rejection

Answer = tuple[Claim, Rejection | None, str]  # a claim, why it is rejected, the payer's claim number or ''


@dataclass(frozen=True)
class Source:
    """Who speaks in a 277CA: AY the clearinghouse, PR a payer."""

    entity: str
    name: str
    qualifier: str
    id: str


def claim_acknowledgment(
    source: Source,
    set_: Set,
    answers: Sequence[Answer],
    *,
    trace: str,
    received: date,
    processed: date,
) -> Segments:
    """277CA on claims of one uploaded set: (claim, why rejected or None, payer's claim number or '')."""
    accepted_code = ("A1", "19") if source.entity == "AY" else ("A2", "20")
    counts = _Counts.of(answers)
    body = [
        segment("BHT", "0085", "08", trace, ymd(processed), "1200", "TH"),
        "HL*1**20*1",
        segment(
            "NM1", source.entity, 2, clean(source.name), "", "", "", "", source.qualifier, clean(source.id)
        ),
        segment("TRN", 1, trace),
        segment("DTP", "050", "D8", ymd(received)),
        segment("DTP", "009", "D8", ymd(processed)),
        "HL*2*1*21*1",
        segment("NM1", 41, 2, clean(set_.submitter.last), "", "", "", "", 46, clean(set_.submitter.id)),
        segment("TRN", 2, clean(set_.reference)),
        segment("STC", f"A1:19:{source.entity}", ymd(processed), counts.action, money(counts.charge_cents)),
        *counts.segments("90", "AA"),
    ]
    level = 2
    for billing, theirs in _by_billing(answers):
        level += 1
        parent, counts = level, _Counts.of(theirs)
        body += [
            segment("HL", level, 2, 19, 1),
            segment("NM1", 85, 2, clean(billing.last), "", "", "", "", "XX", clean(billing.id)),
            segment("TRN", 1, 0),
            segment("STC", f"A1:19:{source.entity}", "", counts.action, money(counts.charge_cents)),
            *counts.segments("QA", "QC"),
        ]
        for claim, rejection, number in theirs:
            level += 1
            body.append(segment("HL", level, parent, "PT"))
            body += _claim_status(claim, rejection, number, accepted_code, source.entity, processed)
    return body


def _claim_status(
    claim: Claim, rejection: Rejection | None, number: str, accepted: tuple[str, str], entity: str, day: date
) -> Segments:
    """NM1*QC to DTP*472 of one claim."""
    why = rejection or Rejection(*accepted, entity="PR")  # the claim level knows no AY
    further = f"{why.category}:{why.further}" if why.further else ""
    code = ":".join((why.category, why.status, why.entity)).rstrip(":")
    action = "U" if rejection else "WQ"
    body = [
        patient(claim),
        segment("TRN", 2, clean(claim.control)),
        segment("STC", code, ymd(day), action, money(claim.charge_cents), *[""] * 5, further),
    ]
    if number:
        body.append(segment("REF", "1K", number))
    if claim.service_from:
        once = claim.service_from == claim.service_to
        period = claim.service_from if once else f"{claim.service_from}-{claim.service_to}"
        body.append(segment("DTP", 472, "D8" if once else "RD8", period))
    return body


def _by_billing(
    answers: Iterable[Answer],
) -> list[tuple[Party, list[Answer]]]:
    groups: dict[str, tuple[Party, list[Answer]]] = {}
    for answer in answers:
        groups.setdefault(answer[0].billing.id, (answer[0].billing, []))[1].append(answer)
    return list(groups.values())


@dataclass(frozen=True)
class _Counts:
    """How many claims and cents were accepted and rejected."""

    accepted: int
    accepted_cents: int
    rejected: int
    rejected_cents: int

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> _Counts:
        good = [claim.charge_cents for claim, rejection, _ in answers if rejection is None]
        bad = [claim.charge_cents for claim, rejection, _ in answers if rejection is not None]
        return cls(len(good), sum(good), len(bad), sum(bad))

    @property
    def charge_cents(self) -> int:
        return self.accepted_cents + self.rejected_cents

    @property
    def action(self) -> str:
        return "WQ" if self.accepted else "U"

    def segments(self, accepted: str, rejected: str) -> Segments:
        """QTY and AMT, each only where there is something to count."""
        parts = (
            (accepted, "YU", self.accepted, self.accepted_cents),
            (rejected, "YY", self.rejected, self.rejected_cents),
        )
        present = [part for part in parts if part[2]]
        quantities = [segment("QTY", qualifier, count) for qualifier, _, count, _ in present]
        return quantities + [segment("AMT", amount, money(cents)) for _, amount, _, cents in present]
