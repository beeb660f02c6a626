"""The ledger as it stood at the end of a past day: the facts that were dated by then, and what follows from them.

A figure of a past day must come out the same whenever it is asked. Facts are append-only and nearly all of them bear a
day of their own, so the ledger of a day is a choice of rows. What is derived is not chosen but made anew from those
rows: which claim a remitted claim answers may have been learned later, and the journal follows from that.

Known of no day, and therefore as they stand today: master data; to which claim a patient's payment was put that names
no encounter; and quarantine (a row of it counts with the remittance it is about).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd

from tasks import adopting, recognising
from tasks.billing import matching, shapes
from tasks.billing.adoption import ADOPTED
from tasks.billing.context import among, beside
from tasks.moment import Moment

# The day of a row: its own, or that of the row that it belongs to. Rows without a day always count.
DATED = {
    "decisions": "decided_on",
    "claims": "built_on",
    "submissions": "business_date",
    "acknowledgments": "stated_on",
    "write_offs": "decided_on",
    "refunds": "sent_on",
    "appeals": "opened_on",
    "appeal_events": "happened_on",
}
OWNED = {
    "claim_lines": ("claims", "claim_id"),
    "submission_claims": ("submissions", "submission_id"),
    "submission_events": ("submissions", "submission_id"),
    "remitted_claims": ("remittances", "remittance_id"),
    "remitted_lines": ("remittances", "remittance_id"),
    "remitted_adjustments": ("remittances", "remittance_id"),
    "provider_adjustments": ("remittances", "remittance_id"),
}
# What people said is dated by the instant at which they said it.
STAMPED = ("assignments", "quarantine_events")
UNDATED = ("quarantine", "coverages", "adopted_claims")
# Postings that the practice makes itself; they bear the day of their fact.
OWN = [
    f"{source}{end}" for source in ("patient_payment", "write_off", "refund") for end in ("", "_withdrawn")
]


class AsOf(Moment):
    """A moment of which only what was dated by the end of a day is seen."""

    def __init__(self, now: Moment, day: dt.date) -> None:
        super().__init__(now._view)
        self._now, self._day = now, pd.Timestamp(day)
        self._tables: dict[str, pd.DataFrame] = {}

    def read(self, name: str, where: Any = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`; raises KeyError for a table whose rows have no day here."""
        rows = self._seen(name)
        for column, wanted in (where or {}).items():
            values = list(wanted) if pd.api.types.is_list_like(wanted) else [wanted]
            kept = rows[column].isin([value for value in values if value is not None])
            rows = rows[kept | rows[column].isna() if None in values else kept]
        return rows.reset_index(drop=True) if columns is None else rows[list(columns)].reset_index(drop=True)

    def current(self, name: str) -> pd.DataFrame:
        """Master data as it stands today: its rows bear no day."""
        return self._now.current(name)

    def sums(self, name: str, by: Iterable[str], column: str, where: Any = None) -> pd.DataFrame:
        """See `connectors.ledger.sums`."""
        grouped = self.read(name, where).groupby(list(by), dropna=False)[column].sum()
        return grouped[grouped != 0].reset_index()

    def _seen(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            self._tables |= self._made(name)
        return self._tables[name]

    def _made(self, name: str) -> dict[str, pd.DataFrame]:
        if name == "journal":
            return {name: self._journal()}
        if name in ("remitted_claims", "remitted_lines"):
            claims, lines = self._matched()
            return {"remitted_claims": claims, "remitted_lines": lines}
        return {name: self._dated(name)}

    def _dated(self, name: str) -> pd.DataFrame:
        rows = self._now.read(name)
        if name in DATED:
            return rows[self._past(rows[DATED[name]])]
        if name in OWNED:
            owner, key = OWNED[name]
            return rows[among(rows[key], self.read(owner, columns=[key])[key])]
        if name in STAMPED:
            return rows[self._past(rows["at"].dt.normalize())]
        if name == "remittances":
            return rows[self._past(rows["payment_date"].fillna(rows["production_date"]))]
        if name == "charge_lines":
            decided = self._now.read("decisions", columns=["decision_id", "decided_on"])
            day = beside(rows["decision_id"], decided.set_index("decision_id")["decided_on"])
            return rows[self._past(day.fillna(rows["service_date"]))]
        if name in UNDATED:
            return rows
        raise KeyError(name)

    def _past(self, days: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
        return (days <= self._day) | days.isna()

    def _matched(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Remitted claims and lines with what they answer, as it was known on the day."""
        claims, lines = self._dated("remitted_claims"), self._dated("remitted_lines")
        said = recognising.assigned(self)
        said = said[among(said["remitted_claim_id"], claims["remitted_claim_id"])]
        numbers = self.read("acknowledgments", columns=["payer_control", "claim_id"])
        claims, lines = matching.match(
            claims.reset_index(drop=True),
            lines.reset_index(drop=True),
            self.read("claims"),
            self.read("claim_lines"),
            numbers.dropna().drop_duplicates(),
            said,
        )
        return adopting.joined(self, claims, False), lines

    def _journal(self) -> pd.DataFrame:
        """The journal of charges (adopted ones too), answers, patients' payments, write-offs and refunds."""
        which = {
            "remittance_id": self.read("remittances", columns=["remittance_id"])["remittance_id"].tolist()
        }
        own = self._now.read("journal", where={"source": OWN})
        answered = recognising.wanted(self, which)
        adopted = adopting.charged(self, {}, recognising.held(self), answered[self._adopted(answered)])
        parts = [self._charged(), adopted, answered, own[self._past(own["effective_on"])]]
        return pd.concat([shapes.conform(part, shapes.JOURNAL) for part in parts], ignore_index=True)

    def _adopted(self, entries: pd.DataFrame) -> pd.Series[bool]:
        """Entries of adopted claims."""
        claims = self.read("remitted_claims", {"matched_by": ADOPTED}, ["claim_id"])
        return among(entries["claim_id"], claims["claim_id"])

    def _charged(self) -> pd.DataFrame:
        """What `posting.post_charges` posts of the charges that no newer version of their encounter replaced."""
        charges = self.read("charge_lines")
        order = self.read("decisions", columns=["decision_id", "sequence"]).set_index("decision_id")[
            "sequence"
        ]
        turn = beside(charges["decision_id"], order).fillna(0)
        stands = charges[turn == turn.groupby(charges["encounter_id"]).transform("max")]
        entry = stands[["charge_id", "payer_id", "patient_id"]].assign(
            source="charge", effective_on=stands["service_date"], amount_cents=stands["charge_cents"]
        )
        return pd.concat(
            [
                entry.assign(account="receivable_payer"),
                entry.assign(account="revenue", amount_cents=-entry["amount_cents"]),
            ],
            ignore_index=True,
        )
