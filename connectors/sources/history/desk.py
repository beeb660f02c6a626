"""A payer's desk: what is due in which month, the check it goes in, and the debts that are carried forward."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from connectors.sources.history.model import Answer, Check, Plb

Event = Callable[[Check], None]


@dataclass
class Desk:
    """One payer at work; `now` is the month's number, `names_debts` whether an FB names the check it came
    from, `paper` whether checks with adjustments alone are of paper."""

    name: str
    prefix: str
    random: Random
    days: list[dt.date]  # of its checks, by month
    names_debts: bool = True
    paper: bool = False
    now: int = 0
    due: dict[tuple[int, bool], list[Event]] = field(default_factory=dict)
    owed: list[tuple[Plb, Check]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    numbers: int = 0

    def icn(self) -> str:
        """A new number of the payer's own."""
        self.numbers += 1
        return f"{self.prefix}{self.days[self.now].year}{self.numbers:07}"

    def chance(self, percent: float) -> bool:
        """True in so many of a hundred cases."""
        return self.random.random() * 100 < percent

    def later(self, months: int, event: Event, *, apart: bool = False) -> None:
        """Something for the check of a later month, or for the one that follows it with adjustments alone."""
        self.due.setdefault((self.now + months, apart), []).append(event)

    def pay(self, answer: Answer, months: int, *, apart: bool = False) -> None:
        """An answer for the check of a later month."""
        self.later(months, lambda check: check.answers.append(answer), apart=apart)

    def issue(self, month: int) -> None:
        """The month's checks, where there is anything to say; what is decided from then on is due later."""
        for apart in (False, True):
            self.now = month
            check = self._new_check(apart=apart)
            for event in self.due.pop((month, apart), []):
                event(check)
            if check.answers or check.plbs:
                self._collect(check)
                self._carry(check)
                self.checks.append(check)
        self.now = month + 1

    def _new_check(self, *, apart: bool) -> Check:
        """An empty check of this month. Those apart of a payer that writes paper are of paper."""
        number, day = len(self.checks) + 1, self.days[self.now] + dt.timedelta(days=3 * apart)
        paper = apart and self.paper
        trace = f"{600_000 + number}" if paper else f"{self.prefix}EFT{number:06}"
        return Check(self.name, trace, day, paper)

    def _collect(self, check: Check) -> None:
        """Debts of earlier checks: whole where the check they came from is named, else as far as there is money.

        Who names none names the check after all while several debts are open.
        """
        for debt, origin in list(self.owed):
            if check.bpr <= 0:
                return
            owed = -debt.open_cents
            named = self.names_debts or len(self.owed) > 1
            cents = owed if self.names_debts else min(owed, check.bpr)
            plb = Plb("FB", origin.trace if named else "", cents)
            plb.pay_off(debt, cents)
            check.plbs.append(plb)
            if not debt.open_cents:
                self.owed.remove((debt, origin))

    def _carry(self, check: Check) -> None:
        """A check below zero is lifted to zero."""
        if check.bpr < 0:
            reversed_ = {answer.control for answer in check.answers if answer.status == "22"}
            debt = Plb("FB", "", check.bpr, claims=reversed_)
            check.plbs.append(debt)
            self.owed.append((debt, check))
