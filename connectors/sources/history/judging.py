"""How a payer answers a claim: what it allows, what the contract, the patient and the law take of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.sources.history.model import Answer, Cas, Claim, Service


@dataclass(frozen=True)
class Terms:
    """A payer's contract: what it allows of a charge, and what it keeps, in hundredths of a percent."""

    allowed: int
    coinsurance: int = 0
    copay: int = 0
    sequestration: int = 0
    withhold: int = 0


def primary(claim: Claim, terms: Terms, icn: str, *, cut: int = 0, status: str = "1") -> Answer:
    """The first payer's answer; `cut` cents less are allowed of each line than the contract says."""
    services = []
    for line in claim.lines:
        allowed = max(0, line.charge * terms.allowed // 10_000 - cut)
        patient = min(allowed, allowed * terms.coinsurance // 10_000 + terms.copay)
        due = allowed - patient
        kept = (due * terms.sequestration + 5_000) // 10_000
        held = (due * terms.withhold + 5_000) // 10_000
        cas: tuple[Cas, ...] = (
            ("CO", "45", line.charge - allowed),
            ("CO", "253", kept),
            ("CO", "104", held),
            ("PR", "2" if terms.coinsurance else "3", patient),
        )
        services.append(Service(line, line.charge, due - kept - held, tuple(one for one in cas if one[2])))
    return _answer(claim, status, icn, services)


def denied(claim: Claim, icn: str) -> Answer:
    """Every line refused for want of an authorization."""
    services = [Service(line, line.charge, 0, (("CO", "197", line.charge),)) for line in claim.lines]
    return _answer(claim, "1", icn, services)


def nothing(claim: Claim, status: str, icn: str, carc: str) -> Answer:
    """No answer: an estimate (25), or a claim passed on to somebody else (23)."""
    services = [Service(line, line.charge, 0, (("OA", carc, line.charge),)) for line in claim.lines]
    return _answer(claim, status, icn, services)


def after(claim: Claim, earlier: Answer, icn: str, *, status: str, share: int, echoes: bool = True) -> Answer:
    """A later payer's answer: `share` (hundredths of a percent) of what the payer before left to the patient.

    One that `echoes` says what the earlier ones did as OA-23; another repeats it as a reduction of its own.
    """
    services = []
    for before in earlier.services:
        left = sum(cents for group, _, cents in before.cas if group == "PR")
        paid = left * share // 10_000
        rest = before.charge - left
        done: Cas = ("OA", "23", rest) if echoes else ("CO", "45", rest)
        cas = tuple(one for one in (done, ("PR", "2", left - paid)) if one[2])
        services.append(Service(before.line, before.charge, paid, cas))
    return _answer(claim, status, icn, services)


def without_lines(answer: Answer) -> Answer:
    """All of it at the claim, as a payer without line detail says it."""
    sums: dict[tuple[str, str], int] = {}
    for service in answer.services:
        for group, carc, cents in service.cas:
            sums[group, carc] = sums.get((group, carc), 0) + cents
    return replace(answer, services=(), cas=tuple((*key, cents) for key, cents in sums.items()))


def split(answer: Answer) -> Answer:
    """Its first line in two parts without our line number, as a payer that splits units says it."""
    first, *rest = answer.services
    parts = []
    for half in (1, 0):  # the odd cents in the first part; each part's charge is what its amounts come to
        cas = tuple((group, carc, (cents + half) // 2) for group, carc, cents in first.cas)
        paid = (first.paid + half) // 2
        charge = paid + sum(cents for _, _, cents in cas)
        parts.append(Service(first.line, charge, paid, cas, told=False))
    return replace(answer, services=(*parts, *rest))


def _answer(claim: Claim, status: str, icn: str, services: Sequence[Service]) -> Answer:
    paid = sum(service.paid for service in services)
    return Answer(claim.control, status, claim.charge, paid, icn, tuple(services))
