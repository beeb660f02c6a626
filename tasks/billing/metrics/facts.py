"""What the figures are taken of, and the cohorts that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tasks.billing import adoption, families
from tasks.billing.context import Column, among, beside
from tasks.billing.denials import NOT_ADJUDICATED

RECEIVABLES = ("receivable_payer", "receivable_patient")


@dataclass(frozen=True)
class Facts:
    """The ledger's tables as of a day (`tasks.asof`), with what is derived of them.

    `rejections` are Frame[claim_id, since] of every refusal before adjudication, `answers` the remitted claims of ours
    with ``since`` (the day of their remittance), `verdicts` what `denials.classify` makes of them. The window is the
    `days` up to `as_of`, both ends of it included.
    """

    as_of: pd.Timestamp
    days: int
    claims: pd.DataFrame
    claim_lines: pd.DataFrame
    decisions: pd.DataFrame
    rejections: pd.DataFrame
    answers: pd.DataFrame
    verdicts: pd.DataFrame
    journal: pd.DataFrame
    write_offs: pd.DataFrame
    appeals: pd.DataFrame
    appeal_events: pd.DataFrame

    @property
    def start(self) -> pd.Timestamp:
        """First day of the window."""
        return self.as_of - pd.Timedelta(days=self.days - 1)

    def within(self, days: Column) -> Column:
        """Whether each day is in the window."""
        inside: Column = (days >= self.start) & (days <= self.as_of)
        return inside.fillna(False).astype(bool)

    @cached_property
    def first_claims(self) -> pd.DataFrame:
        """First claims of their charges to their first payer: no resubmission, correction or void."""
        first = self.claims["replaces_claim_id"].isna() & (self.claims["frequency"].fillna("1") == "1")
        return self.claims[first & (self.claims["payer_order"].fillna("P") == "P")]

    @cached_property
    def family(self) -> dict[str, str]:
        """For each claim the first one of those that replace each other."""
        return families.starts(self.claims)

    @cached_property
    def owned(self) -> pd.DataFrame:
        """The journal with the first claim each entry belongs to as ``claim_id``; absent where its charge is on none.

        An adopted claim stands by itself.
        """
        lines = self.claim_lines.sort_values(["charge_id", "claim_id"]).drop_duplicates("charge_id")
        of_charge = dict(zip(lines["charge_id"], lines["claim_id"], strict=True))
        claim: Column = self.journal["claim_id"].fillna(self.journal["charge_id"].map(of_charge))
        return self.journal.assign(claim_id=claim.map(self.family).fillna(claim).astype("str"))

    @cached_property
    def receivables(self) -> pd.DataFrame:
        """What is owed: Frame[claim_id, amount, serviced_on], claims that replace each other as one; credits left out.

        A charge on no claim stands by itself, with claim_id absent.
        """
        rows = self.owned[self.owned["account"].isin(RECEIVABLES)]
        owner = rows["claim_id"].fillna(rows["charge_id"])
        charge = (rows["source"] == "charge") | rows["source"].str.startswith(adoption.SOURCE)
        charged = rows["effective_on"].where(charge)
        sums = rows.assign(owner=owner, serviced_on=charged, amount=rows["amount_cents"]).groupby("owner")
        found = sums.agg(
            claim_id=("claim_id", "first"), amount=("amount", "sum"), serviced_on=("serviced_on", "min")
        ).reset_index(drop=True)
        # A claim whose charges the ledger does not have is as old as the claim says.
        said = self.claims.set_index("claim_id")["service_from"]
        found["serviced_on"] = found["serviced_on"].fillna(beside(found["claim_id"], said))
        return found[found["amount"] > 0]

    @cached_property
    def adjudicated(self) -> pd.DataFrame:
        """Answers that adjudicate, with the day, whether a line is denied, and the cents paid: one row an answer."""
        rows = self.answers[
            self.answers["claim_id"].notna() & ~self.answers["status"].isin(list(NOT_ADJUDICATED))
        ]
        denied = self.verdicts.groupby("remitted_claim_id")["denied"].any()
        told = beside(rows["remitted_claim_id"], denied).astype("boolean").fillna(False).astype(bool)
        return rows[["claim_id", "remitted_claim_id", "since", "paid_cents"]].assign(denied=told)

    @cached_property
    def first_answers(self) -> pd.DataFrame:
        """For each first claim its first 835: Frame[claim_id, since, denied, paid_cents].

        Parts of a claim that was split come on one day and count together.
        """
        own = self.adjudicated[among(self.adjudicated["claim_id"], self.first_claims["claim_id"])]
        first = own["since"] == own.groupby("claim_id")["since"].transform("min")
        parts = own[first | own["since"].isna()].groupby("claim_id")
        return parts.agg(
            since=("since", "min"), denied=("denied", "any"), paid_cents=("paid_cents", "sum")
        ).reset_index()

    @cached_property
    def refused_on(self) -> Column:
        """Day of the first refusal of a claim before adjudication, by claim_id."""
        days: Column = self.rejections.groupby("claim_id")["since"].min()
        return days
