"""What the payer's claims say of the money that is taken back: payments before, reversals, corrections."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tasks.billing.evidence import REVERSAL
from tasks.billing.posting.places import NO_ANSWER


@dataclass(frozen=True)
class Answer:
    """One remitted claim."""

    remitted_claim_id: str
    remittance: str
    rank: int
    status: str
    paid: int


class Payments:
    """The remitted claims of the subjects that adjustments name, in their order; and what of them is used up.

    Money explains one adjustment and no second one: ``spent`` are whole checks, and what one check says of a subject;
    ``taken`` is cents by subject, below zero where a refund gave them back.
    """

    def __init__(self, remitted_claims: pd.DataFrame, order: pd.DataFrame, remittances: set[str]) -> None:
        """`remitted_claims` with ``subject``; `remittances` are those whose reversals count besides."""
        ranks = dict(zip(order["remittance_id"], order["rank"], strict=True))
        rows = remitted_claims.assign(rank=remitted_claims["remittance_id"].map(ranks)).sort_values(
            ["rank", "position"], kind="stable"
        )
        self.spent: set[tuple[str, ...]] = set()
        self.taken: dict[str, int] = {}
        self._of: dict[str, list[Answer]] = {}
        self._reversed: dict[str, list[str]] = {}
        columns = ["subject", "remitted_claim_id", "remittance_id", "rank", "status", "paid_cents"]
        for subject, *rest in rows[columns].itertuples(index=False, name=None):
            answer = Answer(*rest)
            if answer.status in NO_ANSWER:
                continue
            self._of.setdefault(subject, []).append(answer)
            if answer.status == REVERSAL and answer.remittance in remittances:
                listed = self._reversed.setdefault(answer.remittance, [])
                if subject not in listed:
                    listed.append(subject)

    def reversed_in(self, remittance: str) -> list[str]:
        """Subjects of which this remittance reverses an answer."""
        return self._reversed.get(remittance, [])

    def gross(self, subject: str, remittance: str) -> int:
        """Cents that reversals of this subject take out of this remittance."""
        return -sum(a.paid for a in self._in(subject, remittance) if a.status == REVERSAL)

    def net(self, subject: str, remittance: str) -> int:
        """Cents that the remittance pays for the subject in all, reversals and corrections together."""
        return sum(a.paid for a in self._in(subject, remittance))

    def standing(self, subject: str, rank: int) -> int:
        """Cents paid before the remittance of this rank, without what was reversed then or since."""
        return sum(a.paid for a in self._of.get(subject, []) if a.rank < rank or a.status == REVERSAL)

    def take(self, subject: str, rank: int, cents: int) -> bool:
        """Whether these cents, taken, are all that still stands; then they are gone."""
        gone = self.taken.get(subject, 0)
        if cents <= 0 or cents != self.standing(subject, rank) - gone:
            return False
        self.taken[subject] = gone + cents
        return True

    def spend(self, *what: str) -> bool:
        """Whether this (a check, a subject in a check) explained nothing yet; from now on it has."""
        fresh = what not in self.spent
        self.spent.add(what)
        return fresh

    def answer(self, subject: str, remittance: str, rank: int) -> Answer | None:
        """The answer an adjustment is about: the reversal beside it, else the newest until then, else the first."""
        beside = [a for a in self._in(subject, remittance) if a.status == REVERSAL]
        before = [a for a in self._of.get(subject, []) if a.rank <= rank]
        found = beside[:1] or before[-1:] or self._of.get(subject, [])[:1]
        return found[0] if found else None

    def _in(self, subject: str, remittance: str) -> list[Answer]:
        return [a for a in self._of.get(subject, []) if a.remittance == remittance]
