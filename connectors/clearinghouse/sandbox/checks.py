"""From decisions to checks: what is paid first, what comes later, and the provider adjustments between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connectors.clearinghouse.sandbox import outcomes as deal
from connectors.clearinghouse.sandbox.adjudicator import Decision, decide, key, number
from connectors.clearinghouse.sandbox.document import Claim
from connectors.clearinghouse.sandbox.prices import Rates
from connectors.clearinghouse.sandbox.remittance import Remittance

FIRST_CHECK_DAYS, LATE_CHECK_DAYS, LAST_CHECK_DAYS = 14, 28, 35
AGAIN = ("7", "8")  # CLM05-3 of a claim that takes another one's place
LATE_PERCENT = 75  # of the contract rate: what the correction allows
INTEREST_PER_MILLE = 7  # about 15 days at 18 % a year


def payer_identifier(edi_payer_id: str) -> str:
    """TRN03 of every check of a payer: '1' and nine digits in place of a tax id, the same under every seed."""
    return f"1{int(hashlib.sha256(edi_payer_id.encode()).hexdigest(), 16) % 10**9:09d}"


@dataclass(frozen=True)
class Checkbook:
    """Writes checks for one interchange: `upload` names its content, `received` is its ISA09."""

    seed: int
    upload: str
    received: date
    rates: Rates

    def check(
        self,
        days: int,
        claims: Sequence[tuple[Decision, bool]],
        adjustments: Sequence[tuple[str, str, int]] = (),
        purpose: str = "",
    ) -> Remittance:
        claim = claims[0][0].claim
        trace = number(
            self.seed, "trace", self.upload, claim.payer.id, claim.billing.id, days, purpose, digits=10
        )
        return Remittance(
            claim.payer,
            payer_identifier(claim.payer.id),
            claim.billing,
            f"EFT{trace}",
            self.received + timedelta(days=days),
            list(claims),
            list(adjustments),
        )

    def standing(self, decisions: Sequence[Decision]) -> dict[str, tuple[Decision, date]]:
        """What was decided and paid in the end, and in the check of which day, by the payer's number of it.

        A corrected claim has two numbers; one whose money is recovered otherwise is left out.
        """
        first = self.received + timedelta(days=FIRST_CHECK_DAYS)
        found = {decision.payer_control: (decision, first) for decision in decisions}
        if chosen := self.later(decisions):
            held, corrected, overpaid = chosen
            last = self._corrected(corrected)
            day = self.received + timedelta(days=LATE_CHECK_DAYS)
            found |= dict.fromkeys((corrected.payer_control, last.payer_control), (last, day))
            found[held.payer_control] = (held, self.received + timedelta(days=LAST_CHECK_DAYS))
            del found[overpaid.payer_control]
        return found

    def _corrected(self, decision: Decision) -> Decision:
        """The second decision on a claim."""
        return decide(
            decision.claim, decision.outcome, self.seed, self.rates, version=1, allowed_percent=LATE_PERCENT
        )

    def replaced(self, claims: Sequence[Claim], known: Mapping[str, tuple[Decision, date]]) -> list[Decision]:
        """Decisions that these replacements and voids take the place of: what is paid, or asked of a patient."""
        found: dict[str, Decision] = {}
        for claim in claims:
            old, paid_on = known.get(claim.original_reference, (None, date.max))
            answered = paid_on < self.received + timedelta(days=FIRST_CHECK_DAYS)
            if (
                claim.frequency in AGAIN
                and old is not None
                and answered
                and old.claim.control != claim.control
            ):
                found[old.payer_control] = old
        return [old for old in found.values() if old.paid_cents or old.patient_cents]

    def first(self, decisions: Sequence[Decision], replaced: Sequence[Decision] = ()) -> list[Remittance]:
        """One check for each payer and billing provider; the first that pays anything pays interest (L6) too.

        What is `replaced` is taken back in the check of what replaces it; where that check would be negative, FB
        carries the rest forward.
        """
        held = next(iter(self.later(decisions)), None)
        drawers: dict[tuple[str, str], list[Decision]] = {}
        for decision in decisions:
            if decision is not held:
                drawers.setdefault(_drawer(decision), []).append(decision)
        taken: dict[tuple[str, str], list[tuple[Decision, bool]]] = {}
        for decision in replaced:
            taken.setdefault(_drawer(decision), []).append((decision, True))
            drawers.setdefault(_drawer(decision), [])
        checks = []
        interest_due = True
        for drawer in sorted(drawers, key=lambda drawer: key(self.seed, "drawer", *drawer)):
            claims = drawers[drawer]
            paid = next((d for d in claims if d.paid_cents > 0), None)
            adjustments = []
            if paid is not None and interest_due:
                interest = max(1, paid.paid_cents * INTEREST_PER_MILLE // 1000)
                claims = [replace(d, interest_cents=interest) if d is paid else d for d in claims]
                adjustments = [("L6", paid.payer_control, -interest)]
                interest_due = False
            answers = taken.get(drawer, []) + [(d, False) for d in claims]
            checks.append(self._lifted(self.check(FIRST_CHECK_DAYS, answers, adjustments)))
        return checks

    def _lifted(self, check: Remittance) -> Remittance:
        """The check; one that would be negative is lifted to zero by FB."""
        if check.paid_cents >= 0:
            return check
        forward = ("FB", check.trace, check.paid_cents)
        return replace(check, provider_adjustments=[*check.provider_adjustments, forward])

    def made_good(self, decisions: Iterable[Decision]) -> list[Remittance]:
        """A check for each decision that the first checks left out."""
        return [self.check(LAST_CHECK_DAYS, [(each, False)], purpose="made good") for each in decisions]

    def late(self, decisions: Sequence[Decision]) -> list[Remittance]:
        """Two more checks of one payer: a reversal with its correction and a recovery, then the held claim.

        The first owes us less than nothing, so a negative FB lifts it to zero; its twin lowers the second.
        """
        chosen = self.later(decisions)
        if not chosen:
            return []
        held, corrected, overpaid = chosen
        correction = self._corrected(corrected)
        back = corrected.paid_cents - correction.paid_cents
        recovery = min(overpaid.paid_cents // 2, held.paid_cents - back - 1)
        adjustments = [("WO", overpaid.payer_control, recovery)] if recovery > 0 else []
        claims = [(corrected, True), (correction, False)]
        lower = self.check(LATE_CHECK_DAYS, claims, adjustments)
        debt = -lower.paid_cents
        lower = self.check(LATE_CHECK_DAYS, claims, [*adjustments, ("FB", lower.trace, -debt)])
        return [lower, self.check(LAST_CHECK_DAYS, [(held, False)], [("FB", lower.trace, debt)])]

    def later(self, decisions: Sequence[Decision]) -> list[Decision]:
        """The held claim (the largest payment), the one to correct, the one to recover from; or nothing.

        They are the plainly paid originals of the payer and provider with the most of them, three at least.
        """
        drawers: dict[tuple[str, str], list[Decision]] = {}
        for decision in decisions:
            plain = decision.outcome.name in deal.STANDARD and decision.status == "1"
            if plain and decision.paid_cents > 3 and decision.claim.frequency not in AGAIN:
                drawers.setdefault(_drawer(decision), []).append(decision)
        best = max(drawers, key=lambda d: (len(drawers[d]), key(self.seed, "late", *d)), default=None)
        if best is None or len(drawers[best]) < 3:
            return []
        ranked = sorted(drawers[best], key=lambda d: (-d.paid_cents, key(self.seed, "held", d.claim.control)))
        held, rest = ranked[0], ranked[1:]
        rest.sort(
            key=lambda d: (d.outcome.name != "paid_in_full", key(self.seed, "corrected", d.claim.control))
        )
        return [held, *rest[:2]]


def _drawer(decision: Decision) -> tuple[str, str]:
    return decision.claim.payer.id, decision.claim.billing.id
