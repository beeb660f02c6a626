"""The figures: name, formula and source of each, and what a measurement is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

import pandas as pd

NUMERATOR, DENOMINATOR = "numerator", "denominator"
# amount: 1 for a claim that is counted, else cents, or cents times days.
BEHIND = ("side", "claim_id", "amount")


@dataclass(frozen=True)
class Formula:
    """A figure as it is documented; `unit` is percent, days or cents."""

    formula_id: str
    name: str
    unit: str
    numerator: str
    denominator: str
    source: str

    @property
    def words(self) -> str:
        """The formula for people."""
        if self.numerator.startswith("of these"):
            return f"{self.denominator}: {self.numerator}"
        return f"{self.numerator}, over {self.denominator}"


def _all(*formulas: Formula) -> Mapping[str, Formula]:
    return MappingProxyType({each.formula_id: each for each in formulas})


FORMULAS = _all(
    Formula(
        "clean_claim_rate",
        "clean-claim rate",
        "percent",
        "of these, those of which no encounter was ever held and that no front end refused",
        "first claims built in the window",
        "K: HFMA MAP Key clean claim rate (claims that pass all edits without a person's hand)",
    ),
    Formula(
        "first_pass_resolution",
        "first-pass resolution",
        "percent",
        "of these, those that the first word of all paid, or put to the patient or the contract, without a denied line",
        "first claims of which the first word (refusal or 835) came in the window",
        "K: first-pass resolution rate as payers' and clearinghouses' reports have it",
    ),
    Formula(
        "initial_denial_rate",
        "initial denial rate",
        "percent",
        "of these, those with a denied line, in part too",
        "first claims whose first 835 came in the window",
        "K: HFMA MAP Key initial denial rate, claims; denied as dossier 5.1 decides it",
    ),
    Formula(
        "days_in_ar",
        "days in A/R",
        "days",
        "receivables of payers and patients at the end of the day, credits left out, times the days of the window",
        "charges of service in the window",
        "K: HFMA MAP Key days in A/R, gross (A/R over average daily charges)",
    ),
    Formula(
        "ar_over_90",
        "A/R over 90 days",
        "percent",
        "of these, those of services more than 90 days ago",
        "receivables of payers and patients at the end of the day, credits left out",
        "K: HFMA MAP Key aged A/R, from the day of service",
    ),
    Formula(
        "net_collection_rate",
        "net collection rate",
        "percent",
        "what payers and patients paid for these claims, refunds taken off",
        "charges less contractual adjustments and sequestration of claims whose first 835 came in the window",
        "K: MGMA adjusted collection rate (payments over charges less contractual)",
    ),
    Formula(
        "denial_overturn",
        "denials overturned",
        "percent",
        "of these, those that a later answer paid more on, or an appeal won in full or in part",
        "denied claims of which the next word came in the window: an answer, a decided appeal, or a write-off",
        "K: HFMA MAP Key on denials overturned by appeal, corrections counted with appeals",
    ),
    Formula(
        "cost_of_delay",
        "cost of delay",
        "cents",
        "receivables in cents times the days in the window that each stood, times the yearly rate in basis points",
        "365 days of 10,000 basis points",
        "K: carrying cost of receivables; the rate is configuration (metrics.annual_rate_basis_points)",
    ),
)


@dataclass(frozen=True)
class Measured:
    """One figure: Σ numerator × `factor` / Σ denominator, and the claims behind both sides (`BEHIND`).

    ``behind`` has a row a side and claim; an absent claim_id is what stands on no claim yet.
    """

    formula: Formula
    behind: pd.DataFrame
    factor: int = 1
    divisor: int | None = None  # a denominator that is no sum over claims

    def total(self, side: str) -> int:
        """The sum of a side."""
        if side == DENOMINATOR and self.divisor is not None:
            return self.divisor
        return int(self.behind.loc[self.behind["side"] == side, "amount"].sum())

    @property
    def value(self) -> Decimal | None:
        """The figure: percent and days with two decimals, cents whole; none where there is nothing to divide by."""
        below = self.total(DENOMINATOR)
        if below == 0:
            return None
        scale = 100 if self.formula.unit == "percent" else 1
        exact = Decimal(self.total(NUMERATOR) * self.factor * scale) / Decimal(below)
        return exact.quantize(Decimal(1 if self.formula.unit == "cents" else "0.01"), rounding=ROUND_HALF_UP)


def behind(numerator: pd.DataFrame, denominator: pd.DataFrame) -> pd.DataFrame:
    """Rows (claim_id, amount) of both sides as `BEHIND`, in the order of the claims; amounts of 0 are left out."""
    sides = ((NUMERATOR, numerator), (DENOMINATOR, denominator))
    rows = pd.concat(
        [part[["claim_id", "amount"]].assign(side=side) for side, part in sides], ignore_index=True
    )
    rows = rows.astype({"claim_id": "str", "amount": "Int64", "side": "str"})
    sums = rows.groupby(["side", "claim_id"], dropna=False, sort=True)["amount"].sum().reset_index()
    return sums.loc[sums["amount"] != 0, list(BEHIND)].reset_index(drop=True)
