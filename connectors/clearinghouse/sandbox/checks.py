"""From decisions to checks: what is paid first, what comes later, and the provider adjustments between them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connectors.clearinghouse.sandbox import outcomes as deal
from connectors.clearinghouse.sandbox.adjudicator import Decision, decide, key, number
from connectors.clearinghouse.sandbox.prices import Rates
from connectors.clearinghouse.sandbox.remittance import Remittance

FIRST_CHECK_DAYS, LATE_CHECK_DAYS, LAST_CHECK_DAYS = 14, 28, 35
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

    def first(self, decisions: Sequence[Decision]) -> list[Remittance]:
        """One check for each payer and billing provider; the first that pays anything pays interest (L6) too."""
        held = next(iter(self._late_claims(decisions)), None)
        drawers: dict[tuple[str, str], list[Decision]] = {}
        for decision in decisions:
            if decision is not held:
                drawers.setdefault(_drawer(decision), []).append(decision)
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
            checks.append(self.check(FIRST_CHECK_DAYS, [(d, False) for d in claims], adjustments))
        return checks

    def late(self, decisions: Sequence[Decision]) -> list[Remittance]:
        """Two more checks of one payer: a reversal with its correction and a recovery, then the held claim.

        The first owes us less than nothing, so a negative FB lifts it to zero; its twin lowers the second.
        """
        chosen = self._late_claims(decisions)
        if not chosen:
            return []
        held, corrected, overpaid = chosen
        correction = decide(
            corrected.claim, corrected.outcome, self.seed, self.rates, version=1, allowed_percent=LATE_PERCENT
        )
        back = corrected.paid_cents - correction.paid_cents
        recovery = min(overpaid.paid_cents // 2, held.paid_cents - back - 1)
        adjustments = [("WO", overpaid.payer_control, recovery)] if recovery > 0 else []
        claims = [(corrected, True), (correction, False)]
        lower = self.check(LATE_CHECK_DAYS, claims, adjustments)
        debt = -lower.paid_cents
        lower = self.check(LATE_CHECK_DAYS, claims, [*adjustments, ("FB", lower.trace, -debt)])
        return [lower, self.check(LAST_CHECK_DAYS, [(held, False)], [("FB", lower.trace, debt)])]

    def _late_claims(self, decisions: Sequence[Decision]) -> list[Decision]:
        """The held claim (the largest payment), the one to correct, the one to recover from; or nothing.

        They are the plainly paid claims of the payer and provider with the most of them, three at least.
        """
        drawers: dict[tuple[str, str], list[Decision]] = {}
        for decision in decisions:
            if decision.outcome.name in deal.STANDARD and decision.status == "1" and decision.paid_cents > 3:
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
