"""Each queue as a function from facts to items: who or what waits, why, for how much, until when, and what next.

A queue's function gives the columns it knows; `tasks.billing.worklists` completes, orders and joins them. The families
are modules: `front` (before a payer decides), `denied`, `corrected`, `money`, `balances`, `papers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tasks.billing.queues import balances, corrected, denied, front, money, papers
from tasks.billing.queues.sources import Sources

__all__ = ["GROUPS", "MAKERS", "QUEUES", "Sources", "group_of", "named"]


def appeals(s: Sources) -> pd.DataFrame:
    """Appeals to file, to ask after or to take further; made by ``tasks.billing.appeals``."""
    return s.appeals.assign(queue="appeals")


# What makes items, in the order of the line.
MAKERS: tuple[Callable[[Sources], pd.DataFrame], ...] = (
    front.holds,
    front.quarantine,
    front.uploads,
    front.rejections,
    front.silence,
    denied.denials,
    appeals,
    corrected.corrections,
    money.underpayments,
    money.deposits,
    money.in_suspense,
    money.takebacks,
    balances.credits_,
    balances.patients,
    papers.authorizations,
    papers.clinicians,
)

# Every queue with what stands in it; the order is that of the line.
QUEUES = {
    "holds": "Encounters that a gate or a rule holds, with the smallest fix.",
    "quarantine": "Rows and remittances that a check kept out.",
    "uploads": "Uploads whose outcome is not known, and claims that no file took.",
    "rejections": "Files, sets and claims rejected before adjudication: fix and send again.",
    "silence": "Files and claims that nobody answered within the limit, or not in known words.",
    "denials_correct": "Denied lines to correct and send again.",
    "denials_appeal": "Denied lines to appeal.",
    "records": "Denied lines that wait for records.",
    "denials": "Other denied lines: call the payer, bill the next one, write off by policy, review.",
    "appeals": "Appeals to file, to ask after, or to take to the next level.",
    "corrections": "Corrections that wait, and claims to later payers that are out of date.",
    "underpayments": "Lines allowed below the contract: dispute with the contract row.",
    "deposits": "Deposits without their remittance, remittances without their deposit.",
    "suspense": "Money that arrived and could not be placed.",
    "takebacks": "What payers took or gave outside any claim (PLB), unexplained or half.",
    "credits": "Claims on which more was paid than owed, and patients' money without a claim.",
    "patients": "What patients owe after the last payer: statements to send.",
    "authorizations": "Authorizations running out of units or days, with the forecast.",
    "credentialing": "Licences, cover, registrations and enrolments that end soon.",
}
# Queues that are asked for together, under a name that is itself one of them.
GROUPS = {"denials": ("denials_correct", "denials_appeal", "records", "denials")}
_GROUP = {queue: group for group, members in GROUPS.items() for queue in members}


def group_of(queues: pd.Series[str]) -> pd.Series[str]:
    """The group of each queue, or itself: an item that moves within a group keeps its id."""
    found: pd.Series[str] = queues.map(_GROUP).astype("str").fillna(queues)
    return found


def named(rows: pd.DataFrame, queue: str) -> pd.DataFrame:
    """The items of a queue; of all queues of its group where it is the name of one."""
    return rows[rows["queue"].isin(GROUPS.get(queue, (queue,)))]
