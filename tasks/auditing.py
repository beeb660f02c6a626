"""Who did what, when and why: what people decided, from the tables that keep it, in one."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from connectors.ledger import Ledger, Snapshot

COLUMNS = ["at", "person", "action", "subject_kind", "subject_id", "detail", "reason"]


def actions(
    ledger: Ledger, since: dt.date | None = None, until: dt.date | None = None, person: str | None = None
) -> pd.DataFrame:
    """Frame[at, person, action, subject_kind, subject_id, detail, reason], the newest last.

    `at` is a UTC instant, `since` and `until` are UTC days and both count; `reason` is free text and may name a
    person in treatment. Rows that a recheck released have no instant: they stand first, and in no range of days.
    """
    with ledger.snapshot() as view:
        parts = [
            _items(view),
            _quarantine(view),
            _assignments(view),
            _closings(view),
            _suppressions(view),
            _write_offs(view),
            _refunds(view),
            _appeals(view),
            _appeal_events(view),
            _retired(view),
        ]
    rows = pd.concat([part.reindex(columns=[*COLUMNS, "sequence"]) for part in parts], ignore_index=True)
    kept = pd.Series(True, index=rows.index)
    if since is not None:
        kept &= rows["at"] >= pd.Timestamp(since)
    if until is not None:
        kept &= rows["at"] < pd.Timestamp(until) + pd.Timedelta(days=1)
    if person is not None:
        kept &= rows["person"].eq(person).fillna(False).astype(bool)
    order = ["at", "subject_kind", "subject_id", "sequence"]
    return rows[kept].sort_values(order, na_position="first")[COLUMNS].reset_index(drop=True)


def _items(view: Snapshot) -> pd.DataFrame:
    """Items of the worklist. Of assignments of long ago the ledger knows to whom, not by whom."""
    rows = view.read("work_events")
    given = rows["action"] == "assign"
    until = "until " + rows["until"].dt.strftime("%Y-%m-%d").astype("str")
    detail = until.where(~given, "to " + rows["person"])
    person = rows["actor"].fillna(rows["person"].where(~given))
    return rows.assign(subject_kind="item", subject_id=rows["item_id"], detail=detail, person=person)


def _quarantine(view: Snapshot) -> pd.DataFrame:
    rows = view.read("quarantine_events")
    return rows.assign(subject_kind="quarantine", subject_id=rows["quarantine_id"])


def _assignments(view: Snapshot) -> pd.DataFrame:
    rows = view.read("assignments")
    return rows.assign(
        action="assign",
        subject_kind="remitted_claim",
        subject_id=rows["remitted_claim_id"],
        detail="to claim " + rows["claim_id"].fillna("none"),
    )


def _closings(view: Snapshot) -> pd.DataFrame:
    rows = view.read("closings")
    return rows.assign(action="close", subject_kind="month", subject_id=rows["period"])


def _suppressions(view: Snapshot) -> pd.DataFrame:
    """A rule that somebody silenced about an encounter, and that it was taken back."""
    rows = view.read("suppressions")
    line = (", line " + rows["line"].astype("str")).where(rows["line"].notna(), "")
    until = (" until " + rows["expires_on"].dt.strftime("%Y-%m-%d").astype("str")).fillna("")
    detail = rows["rule_id"] + line.fillna("") + until
    return rows.assign(subject_kind="encounter", subject_id=rows["encounter_id"], detail=detail)


def _appeals(view: Snapshot) -> pd.DataFrame:
    """Levels of appeal that somebody opened."""
    rows = view.read("appeals")
    detail = "level " + rows["level"].astype("str") + " of claim " + rows["claim_id"]
    return rows.assign(action="open", subject_kind="appeal", subject_id=rows["appeal_id"], detail=detail)


def _appeal_events(view: Snapshot) -> pd.DataFrame:
    rows = view.read("appeal_events")
    return rows.assign(subject_kind="appeal", subject_id=rows["appeal_id"], detail=rows["outcome"])


def _retired(view: Snapshot) -> pd.DataFrame:
    """Archived files that somebody let go after their time."""
    rows = view.read("retired_files")
    until = "kept until " + rows["kept_until"].dt.strftime("%Y-%m-%d").astype("str")
    return rows.assign(action="let go", subject_kind="file", subject_id=rows["sha256"], detail=until)


def _write_offs(view: Snapshot) -> pd.DataFrame:
    """What a person let go; a policy's are nobody's action."""
    rows = view.read("write_offs")
    rows = rows[rows["person"].notna()]
    detail = rows["kind"] + " " + rows["amount_cents"].astype("str") + " cents of " + rows["account"]
    return rows.assign(action="write_off", subject_kind="claim", subject_id=rows["claim_id"], detail=detail)


def _refunds(view: Snapshot) -> pd.DataFrame:
    rows = view.read("refunds")
    detail = rows["amount_cents"].astype("str") + " cents to the " + rows["recipient"]
    return rows.assign(action="refund", subject_kind="claim", subject_id=rows["claim_id"], detail=detail)
