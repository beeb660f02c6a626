"""The papers of clinicians and the day each runs out: licences, malpractice cover, DEA, CDS, CAQH, enrolments.

A renewal takes the board, the insurer or the payer weeks, and a claim of a session after the last day is held (gates
H04 to H08, H14) or lost. So what ends soon is work before it has ended, whether anybody has a session that day or not.
What nobody keeps (blank) is not judged.

Source: 06 section 7; ``configs/reference/claim_hold_checks.tsv``. CAQH is attested every 120 days (V:S40), every 180 in
Illinois (K).
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.context import Column

CAQH_DAYS = 120
CAQH_BY_STATE = {"IL": 180}
DAYS = 60  # a renewal or recredentialing takes a board or a payer about so long
PAPERS = shapes.shape("provider_id paper key payer_id ends_on:day")
DUE = {**PAPERS, "ended": "boolean"}
LICENCE, MALPRACTICE, DEA, CDS, CAQH, ENROLMENT = "licence", "malpractice", "dea", "cds", "caqh", "enrolment"
OWN = {MALPRACTICE: "malpractice_to", DEA: "dea_to", CDS: "cds_to"}


def attested_until(attested_on: Column, state: Column) -> Column:
    """Last day a CAQH attestation is fresh."""
    days = state.map(CAQH_BY_STATE).fillna(CAQH_DAYS).astype("int64")
    return attested_on + pd.to_timedelta(days, unit="D")


def papers(providers: pd.DataFrame, licenses: pd.DataFrame, enrollments: pd.DataFrame) -> pd.DataFrame:
    """Last day of each paper, columns ``PAPERS``; of several for one state or payer the one that lasts longest.

    ``key`` is the state of a licence, ``payer_id`` the payer of an enrolment. What has no end is left out.
    """
    own = [
        providers.assign(paper=paper, ends_on=providers[column])[["provider_id", "paper", "ends_on"]]
        for paper, column in OWN.items()
    ]
    fresh = attested_until(providers["caqh_attested_on"], providers["license_state"])
    own.append(providers.assign(paper=CAQH, ends_on=fresh)[["provider_id", "paper", "ends_on"]])
    columns = {"license_state": "key", "license_to": "ends_on"}
    held = [providers.rename(columns=columns)[["provider_id", "key", "ends_on"]]]
    if len(licenses):
        columns = {"state": "key", "valid_to": "ends_on"}
        held.append(licenses.rename(columns=columns)[["provider_id", "key", "ends_on"]])
    licences = _longest(pd.concat(held, ignore_index=True).assign(paper=LICENCE), "key")
    enrolled = enrollments.rename(columns={"effective_to": "ends_on"}).assign(paper=ENROLMENT)
    enrolled = _longest(enrolled, "payer_id")
    parts = [shapes.conform(part, PAPERS) for part in (*own, licences, enrolled)]
    found = pd.concat(parts, ignore_index=True)
    return found[found["ends_on"].notna()].reset_index(drop=True)


def _longest(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """For each person and key the row that ends last; one without an end never does."""
    ordered = rows.sort_values(["provider_id", key, "ends_on"], na_position="last", kind="stable")
    return ordered.drop_duplicates(["provider_id", key], keep="last")


def running_out(
    providers: pd.DataFrame,
    licenses: pd.DataFrame,
    enrollments: pd.DataFrame,
    today: pd.Timestamp,
    days: int = DAYS,
) -> pd.DataFrame:
    """Papers of people still with the practice that end within `days`, or ended, columns ``DUE``.

    Licences of other states and enrolments are let go on purpose at times: those that ended more than `days` ago
    are left out.
    """
    gone = providers["active_to"] < today
    rows = papers(providers[~gone], licenses, enrollments)
    rows = rows[rows["provider_id"].isin(providers.loc[~gone, "provider_id"])]
    left = (rows["ends_on"] - today).dt.days
    homes = providers.set_index("provider_id")["license_state"]
    own = rows["paper"].isin([*OWN, CAQH]) | (
        (rows["paper"] == LICENCE) & (rows["key"].fillna("") == rows["provider_id"].map(homes).fillna(""))
    )
    due = rows[(left <= days) & (own | (left >= -days))]
    return shapes.conform(due.assign(ended=due["ends_on"] < today), DUE)
