"""A payer's decisions: claims in, decisions out, exact to the cent and the same whatever order claims came in.

Claims are ranked by a digest of the seed and CLM01 and then dealt the outcomes of `outcomes.PATTERN` in turn, so
that the mix is right in every file and no clock or counter takes part.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.clearinghouse.sandbox import outcomes as deal
from connectors.clearinghouse.sandbox.document import Claim, Line
from connectors.clearinghouse.sandbox.outcomes import Outcome
from connectors.clearinghouse.sandbox.prices import Rates, price

MEDICARE = frozenset(
    {"MA", "MB", "16"}
)  # SBR09: payers that take the federal sequestration off their payment
SEQUESTRATION_PERCENT = 2
COINSURANCE_PERCENT = 20
COPAYS_CENTS = (1500, 2000, 2500, 3000)
# CARCs by which an earlier payer says that a line is another payer's: the later one is its first.
ANOTHERS = frozenset({"22", "26", "27", "31", "109"})


def key(seed: int, *parts: object) -> str:
    """A keyed digest: 32 hexadecimal digits that only the seed and the parts decide."""
    text = "\x1f".join(str(part) for part in parts)
    return hmac.new(str(seed).encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def number(seed: int, *parts: object, digits: int = 9) -> int:
    """A whole number of exactly `digits` digits from the same digest."""
    least = int("1" + "0" * (digits - 1))
    return least + int(key(seed, *parts), 16) % (9 * least)


@dataclass
class LineDecision:
    """What 2110 says of a line. Adjustments are (group, CARC, cents); their sum and `paid_cents` are the charge."""

    line: Line
    paid_cents: int
    adjustments: list[tuple[str, str, int]]
    allowed_cents: int | None = None  # None where it was denied, or priced by an earlier payer
    remarks: tuple[str, ...] = ()


@dataclass
class Decision:
    """What 2100 says of a claim, with its lines."""

    claim: Claim
    outcome: Outcome
    status: str
    payer_control: str
    lines: list[LineDecision] = field(default_factory=list)
    interest_cents: int = 0

    @property
    def paid_cents(self) -> int:
        return sum(line.paid_cents for line in self.lines)

    @property
    def patient_cents(self) -> int:
        return sum(c for line in self.lines for group, _, c in line.adjustments if group == "PR")


def payer_control(seed: int, claim: Claim, version: int = 0) -> str:
    """The payer's claim number (REF*1K, CLP07); `version` counts the adjudications after the first."""
    suffix = f"{version:02d}" if version else ""
    parts = (claim.payer.id, claim.control, claim.frequency, claim.original_reference)
    return f"{number(seed, 'payer control', *parts, digits=12)}{suffix}"


def deal_outcomes(claims: Sequence[Claim], seed: int) -> list[tuple[Claim, Outcome]]:
    """An outcome for every claim, in ranked order.

    Coordinated claims and replacements have their outcome by nature. An outcome that needs several lines takes the
    best-ranked claim that has them; where there is none left its slot is paid in full.
    """
    ranked = sorted(claims, key=lambda claim: key(seed, "outcome", claim.control))
    forced = [claim for claim in ranked if claim.order in ("S", "T") or claim.frequency == "7"]
    free = [claim for claim in ranked if not (claim.order in ("S", "T") or claim.frequency == "7")]
    slots = [deal.PATTERN[i % len(deal.PATTERN)] for i in range(len(free))]
    demanding = [outcome for outcome in slots if outcome.name in deal.SEVERAL_LINES]
    several = [claim for claim in free if sum(line.charge_cents > 0 for line in claim.lines) > 1]
    matched = dict(zip((claim.control for claim in several), demanding, strict=False))
    plain = [outcome for outcome in slots if outcome.name not in deal.SEVERAL_LINES]
    plain += [deal.PAID_IN_FULL] * (len(demanding) - len(matched))
    rest = iter(plain)
    dealt = [(claim, matched.get(claim.control) or next(rest)) for claim in free]
    return dealt + [
        (claim, deal.COORDINATED if claim.order in ("S", "T") else deal.PAID_IN_FULL) for claim in forced
    ]


def decide(
    claim: Claim, outcome: Outcome, seed: int, rates: Rates, *, version: int = 0, allowed_percent: int = 100
) -> Decision:
    """The decision on one claim; a correction passes its `version` and the part of the rate that it allows."""
    status = {"S": "2", "T": "3"}.get(claim.order, outcome.status)
    decision = Decision(claim, outcome, status, payer_control(seed, claim, version))
    share = _Share(seed, claim, outcome)
    denied = set(range(len(claim.lines))) if outcome.split == deal.DENIED else set()
    if outcome.split == deal.LINE_DENIED:
        denied = {min(range(len(claim.lines)), key=lambda i: (claim.lines[i].charge_cents <= 0, -i))}
    for index, line in enumerate(claim.lines):
        if index in denied:
            decision.lines.append(_denied(line, outcome))
        elif outcome.split == deal.SECONDARY:
            medicare = claim.filing in MEDICARE
            own = _anothers(line)
            allowed = allowed_cents(claim, line, seed, rates) if own else 0
            decision.lines.append(_paid(line, allowed, [], medicare) if own else _secondary(line, claim))
        else:
            allowed = allowed_cents(claim, line, seed, rates) * allowed_percent // 100
            decision.lines.append(_paid(line, allowed, share.of(allowed), claim.filing in MEDICARE))
    return decision


def allowed_cents(claim: Claim, line: Line, seed: int, rates: Rates) -> int:
    """What the payer allows: the given price, else 60 to 85 % of the charge by payer and code."""
    taxonomy = claim.rendering.taxonomy if claim.rendering else ""
    known = price(rates, claim.payer.id, line.code, taxonomy)
    if known is not None:
        return known.of(line.charge_cents, int(line.units) if line.units.isdecimal() else 1)
    percent = 60 + int(key(seed, "rate", claim.payer.id, line.code), 16) % 26
    return line.charge_cents * percent // 100


class _Share:
    """The patient's share of one claim; a copay or deductible is used up from line to line."""

    def __init__(self, seed: int, claim: Claim, outcome: Outcome) -> None:
        self.split = outcome.split
        self.left = COPAYS_CENTS[int(key(seed, "copay", claim.payer.id), 16) % len(COPAYS_CENTS)]

    def of(self, allowed: int) -> list[tuple[str, str, int]]:
        """PR adjustments on a line whose allowed amount is `allowed`."""
        if self.split == deal.DEDUCTIBLE:
            return [("PR", "1", allowed)]
        if self.split == deal.COINSURANCE:
            return [("PR", "2", percent(allowed, COINSURANCE_PERCENT))]
        if self.split not in (deal.COPAY, deal.MIXED):
            return []
        taken = min(self.left, allowed)
        self.left -= taken
        if self.split == deal.COPAY:
            return [("PR", "3", taken)]
        return [("PR", "1", taken), ("PR", "2", percent(allowed - taken, COINSURANCE_PERCENT))]


def percent(cents: int, rate: int) -> int:
    """`rate` percent of a non-negative amount, half a cent rounded up."""
    return (cents * rate + 50) // 100


def _denied(line: Line, outcome: Outcome) -> LineDecision:
    adjustments = [(outcome.group, outcome.carc, line.charge_cents)]
    return LineDecision(line, 0, _real(adjustments), remarks=(outcome.remark,) if outcome.remark else ())


def _paid(line: Line, allowed: int, share: list[tuple[str, str, int]], medicare: bool) -> LineDecision:
    paid = allowed - sum(cents for _, _, cents in share)
    withheld = percent(paid, SEQUESTRATION_PERCENT) if medicare else 0
    contractual = [("CO", "45", line.charge_cents - allowed), ("CO", "253", withheld)]
    return LineDecision(line, paid - withheld, _real(contractual + share), allowed)


def _secondary(line: Line, claim: Claim) -> LineDecision:
    """A later payer pays what the earlier one left to the patient; OA-23 carries the earlier payer's part."""
    if line.prior_decided:
        left = min(line.prior_patient_cents, line.charge_cents)
    else:  # a prior payer without line detail: its payment is spread over the lines by charge
        total = sum(other.charge_cents for other in claim.lines) or 1
        left = max(line.charge_cents - claim.prior_paid_cents * line.charge_cents // total, 0)
    return LineDecision(line, left, _real([("OA", "23", line.charge_cents - left)]))


def _anothers(line: Line) -> bool:
    """Whether the payer before denied the whole line as another payer's: nobody has priced it yet."""
    whole = [carc for _, carc, amount in line.prior_adjustments if amount == line.charge_cents]
    return line.charge_cents > 0 and not ANOTHERS.isdisjoint(whole)


def _real(adjustments: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Without the zeros, which CAS may not carry."""
    return [adjustment for adjustment in adjustments if adjustment[2]]


def adjudicate(claims: Sequence[Claim], seed: int, rates: Rates | None = None) -> list[Decision]:
    """Decisions on accepted claims in ranked order; voids (frequency 8) get none."""
    dealt = deal_outcomes([claim for claim in claims if claim.frequency != "8"], seed)
    return [decide(claim, outcome, seed, rates or {}) for claim, outcome in dealt]
