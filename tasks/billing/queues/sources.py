"""What the queues are made from, and what several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from tasks.billing import (
    authorizations,
    coordination,
    corrections,
    credentialing,
    deadlines,
    expected,
    families,
    patient_share,
    reassociation,
    recovery,
    shapes,
    suspense,
    takebacks,
)

# An item as `tasks.billing.appeals.open_work` gives it.
APPEALS = shapes.shape(
    "queue subject_id claim_id payer_id reason category amount_cents recoverable_cents opened_on:day deadline:day"
    " next_action source"
)
WRITE_OFFS = shapes.shape("claim_id charge_id account amount_cents")


@dataclass(frozen=True)
class Sources:
    """What the queues are made from; frames of the ledger's tables or of the pure functions named."""

    as_of: pd.Timestamp
    encounters: pd.DataFrame  # current encounters
    encounter_states: pd.DataFrame  # custody.encounter_states
    findings: pd.DataFrame  # findings of the newest decision of each encounter that is held
    estimates: (
        pd.DataFrame
    )  # of held encounters: encounter_id, payer_id, payer_timely_filing_days, charge_cents
    claims: pd.DataFrame
    claim_lines: pd.DataFrame
    claim_states: pd.DataFrame  # custody.claim_states
    payers: pd.DataFrame  # current payers
    remittances: pd.DataFrame
    remitted_claims: pd.DataFrame
    remitted_lines: pd.DataFrame
    verdicts: pd.DataFrame  # denials.classify
    counted: pd.DataFrame  # evidence.counted
    journal: pd.DataFrame  # entries of the receivables
    silent: pd.DataFrame  # custody.silent
    quarantine: pd.DataFrame  # open rows
    submissions: pd.DataFrame
    takebacks: pd.DataFrame = field(  # takebacks.open_work
        default_factory=lambda: shapes.empty(takebacks.WORK)
    )
    suspense: pd.DataFrame = field(  # suspense.items
        default_factory=lambda: shapes.empty(suspense.ITEMS)
    )
    reassociated: pd.DataFrame = field(default_factory=reassociation.nothing)  # reassociation.reassociate
    compared: pd.DataFrame = field(  # expected.compare
        default_factory=lambda: shapes.empty(expected.COMPARED)
    )
    running_out: pd.DataFrame = field(  # authorizations.running_out
        default_factory=lambda: shapes.empty(authorizations.RUNNING_OUT)
    )
    papers: pd.DataFrame = field(  # credentialing.running_out
        default_factory=lambda: shapes.empty(credentialing.DUE)
    )
    corrections: pd.DataFrame = field(  # what was asked for and is not sent yet
        default_factory=lambda: shapes.empty(corrections.WAITING)
    )
    out_of_date: pd.DataFrame = field(  # coordination.out_of_date
        default_factory=lambda: shapes.empty(coordination.OUT_OF_DATE)
    )
    shares: pd.DataFrame = field(  # patient_share.owed
        default_factory=lambda: shapes.empty(patient_share.SHARES)
    )
    unspoken: frozenset[str] = frozenset()  # patient_share.waits
    write_offs: pd.DataFrame = field(default_factory=lambda: shapes.empty(WRITE_OFFS))
    appeals: pd.DataFrame = field(default_factory=lambda: shapes.empty(APPEALS))  # appeals.open_work
    cases: pd.DataFrame = field(default_factory=lambda: shapes.empty(recovery.CASES))  # recovery.cases
    table_weight: int = 10  # as many cases the table of recovery rates counts as
    percents: Mapping[str, int] = field(default_factory=dict)  # by queue or category, instead of the table's
    appealed: frozenset[str] = frozenset()  # remitted lines (claims without lines) that are under appeal

    @cached_property
    def firsts(self) -> dict[str, str]:
        """For each claim the first one of its family."""
        return families.firsts(self.claims, self.claim_lines)

    @cached_property
    def with_clocks(self) -> pd.DataFrame:
        """Claims with their payer's clocks."""
        rules = self.payers[["payer_id", *deadlines.CLOCK]]
        return self.claims.merge(rules, on="payer_id", how="left")

    @cached_property
    def answered_on(self) -> pd.Series:
        """``deadlines.answered_on``."""
        return deadlines.answered_on(self.claims, self.claim_lines, self.remitted_claims, self.remittances)


def replaced(s: Sources) -> set[str]:
    """Claims that others took the place of: what they left open is asked for there."""
    return set(s.claim_states.loc[s.claim_states["state"] == "replaced", "claim_id"])


def claims_with_payer(s: Sources) -> pd.DataFrame:
    """Claims with their payer's clocks."""
    return s.with_clocks.copy(deep=False)


def filing(s: Sources, rows: pd.DataFrame) -> pd.Series:
    """Last day for each claim to reach its payer; `rows` as `claims_with_payer`."""
    return deadlines.claims(rows, s.answered_on)
