"""Which rules would have stopped which denials: ``denial_rules.tsv``, read both ways.

A row says of a kind of denial (the category of ``carc.tsv``, and CARCs or RARCs where only some of it is meant) which
rules speak of what leads to it; ``PAIR_*`` is a family. A row without rules says that nothing here can know it
beforehand: a payer's own decision, or what only an eligibility answer tells.

Two questions are answered from it: what a payer would answer where a rule speaks and nobody listens (`predicted`),
and whether a denial that came is one of those (`Expected.fits`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from configs import reference
from tasks.billing.denial_codes import NEEDS_RARC

REASON = re.compile(r"(?P<group>[A-Z]{2})-(?P<carc>\w+)(?:/(?P<rarc>\w+))?")


class Reason(NamedTuple):
    """One reason of a verdict; ``rarc`` where a remark stands beside it."""

    group: str
    carc: str
    rarc: str | None


@dataclass(frozen=True)
class Expected:
    """One kind of denial and the rules that speak of it; blank sets match any code of the category."""

    category: str
    carcs: frozenset[str]
    rarcs: frozenset[str]
    rules: tuple[str, ...]

    def fits(self, category: str, carcs: frozenset[str], rarcs: frozenset[str]) -> bool:
        """Whether a denial of this category with these codes is of this kind."""
        return (
            category == self.category
            and (not self.carcs or not self.carcs.isdisjoint(carcs))
            and (not self.rarcs or not self.rarcs.isdisjoint(rarcs))
        )

    def names(self, rule_id: str) -> bool:
        """Whether the row names the rule, or its family."""
        return any(
            rule_id.startswith(rule[:-1]) if rule.endswith("*") else rule == rule_id for rule in self.rules
        )


@cache
def rows() -> tuple[Expected, ...]:
    """The table."""
    return tuple(
        Expected(
            row["category"],
            frozenset(row["carc"].split()),
            frozenset(row["rarc"].split()),
            tuple(row["rules"].split()),
        )
        for row in reference.table("denial_rules")
    )


@cache
def of_rule(rule_id: str) -> tuple[Expected, ...]:
    """The kinds of denial that a rule speaks of."""
    return tuple(row for row in rows() if row.names(rule_id))


@cache
def predicted(rule_id: str) -> str | None:
    """CARCs and RARCs a payer would answer with where the rule is not heeded: ``CARC97 CARC236 M80``."""
    mine = of_rule(rule_id)
    carcs = dict.fromkeys(f"CARC{code}" for row in mine for code in sorted(row.carcs))
    rarcs = dict.fromkeys(code for row in mine for code in sorted(row.rarcs))
    return " ".join([*carcs, *rarcs]) or None


def reasons_of(text: str) -> list[Reason]:
    """The reasons of a verdict, ``CO-97/N122 PR-1``, one by one."""
    return [Reason(found["group"], found["carc"], found["rarc"]) for found in REASON.finditer(text)]


def codes(reasons: str) -> tuple[frozenset[str], frozenset[str]]:
    """CARCs and RARCs of a verdict's reasons, ``CO-97/N122 PR-1``."""
    found = reasons_of(reasons)
    return (
        frozenset(reason.carc for reason in found),
        frozenset(reason.rarc for reason in found if reason.rarc),
    )


@cache
def foreseen(rule_id: str, category: str, reasons: str, predicts: str | None = None) -> bool:
    """Whether a denial with this category and these reasons is one that the rule speaks of.

    By the table, or by what the rule itself says a payer would answer (`predicts`, as `predicted` writes it).
    """
    if any(row.fits(category, *codes(reasons)) for row in of_rule(rule_id)):
        return True
    said = (predicts or "").split()
    rarcs = {code for code in said if not code.startswith("CARC")}
    carcs = {code.removeprefix("CARC") for code in said} - rarcs
    # A CARC that explains nothing alone counts only where the rule names no remark beside it.
    carcs -= NEEDS_RARC if rarcs or carcs - NEEDS_RARC else frozenset()
    told = codes(reasons)
    return not told[0].isdisjoint(carcs) or not told[1].isdisjoint(rarcs)


@cache
def covering(category: str, reasons: str) -> tuple[str, ...]:
    """The rules and families that the table names for such a denial; none where nothing covers it."""
    found = codes(reasons)
    return tuple(dict.fromkeys(rule for row in rows() if row.fits(category, *found) for rule in row.rules))
