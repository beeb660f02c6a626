"""What a check kept out, as facts; and which of it is still open.

A quarantined row stays out until a person releases it, the source sends a changed version, or the row is no
longer what would be sent (a claim that was rebuilt, a remittance that came again and balanced).
"""

from __future__ import annotations

import pandas as pd

from configs.checks import thresholds
from configs.identity import digest
from configs.settings import Settings
from expectations.gate import Verdict, check
from expectations.suites import SUITES
from tasks.billing.remittances import CONFLICT
from tasks.moment import Facts, Reads


def run_suite(
    settings: Settings, ledger: Facts, name: str, frame: pd.DataFrame, *, always: bool = True
) -> Verdict:
    """Judge `frame` by the suite `name` with the home's threshold, and write Data Docs to the home.

    Not `always`: only where rows fail. A backfill checks thousands of batches, and a page of each takes longer than its
    check. Rows that the suite kept out in an earlier run do not count towards the threshold again.
    """
    known = set(ledger.read("quarantine", where={"suite": name})["subject_id"])
    suite, limit = SUITES[name], thresholds(settings.home)[name]
    if not always:
        verdict = check(suite, frame, limit, None, known)
        if not verdict.quarantined:
            return verdict
    return check(suite, frame, limit, settings.data_docs, known)


def rows_of(verdict: Verdict) -> pd.DataFrame:
    """The failures of `verdict` as rows of the table ``quarantine``."""
    rows = verdict.failures.assign(suite=verdict.suite, subject_kind=SUITES[verdict.suite].subject)
    rows["quarantine_id"] = [
        digest("quarantine", verdict.suite, subject, expectation)
        for subject, expectation in zip(rows["subject_id"], rows["expectation"], strict=True)
    ]
    return rows


def decisions(ledger: Reads) -> pd.DataFrame:
    """The newest decision of a person about each quarantined row: quarantine_id, action."""
    events = ledger.read("quarantine_events").sort_values("sequence")
    return events.groupby("quarantine_id", as_index=False).last()[["quarantine_id", "action"]]


def with_state(ledger: Facts) -> pd.DataFrame:
    """All quarantined rows with ``state``: open, released, discarded, or settled where time overtook them."""
    rows = ledger.read("quarantine").merge(decisions(ledger), on="quarantine_id", how="left")
    state = rows["action"].map({"release": "released", "discard": "discarded"})
    disputed = rows["expectation"] == CONFLICT  # stored, and in dispute until a person has decided
    settled = rows["subject_id"].isin(_overtaken(ledger, rows)) & ~disputed
    return rows.assign(state=state.fillna(settled.map({True: "settled", False: "open"})))


def released(ledger: Facts) -> set[str]:
    """Subjects that a person let pass: every one of their quarantined rows is released."""
    rows = with_state(ledger)
    blocked = set(rows.loc[rows["state"].isin(["open", "discarded"]), "subject_id"])
    return set(rows.loc[rows["state"] == "released", "subject_id"]) - blocked


def discarded(ledger: Facts) -> set[str]:
    """Subjects that a person keeps out for good."""
    rows = with_state(ledger)
    return set(rows.loc[rows["state"] == "discarded", "subject_id"])


def passing_now(ledger: Facts, verdict: Verdict) -> pd.DataFrame:
    """Open rows of the suite whose subject passes now: events that release them, in the name of the recheck."""
    rows = with_state(ledger)
    rows = rows[
        (rows["state"] == "open") & (rows["suite"] == verdict.suite) & rows["subject_id"].isin(verdict.kept)
    ]
    earlier = ledger.read("quarantine_events").groupby("quarantine_id").size()
    sequence = rows["quarantine_id"].map(earlier).fillna(0).astype("Int64") + 1
    named = zip(rows["quarantine_id"], sequence, strict=True)
    return pd.DataFrame(
        {
            "event_id": [digest("quarantine_events", key, int(number), "release") for key, number in named],
            "quarantine_id": rows["quarantine_id"],
            "sequence": sequence,
            "action": "release",
            "person": "recheck",
        }
    )


def barred(ledger: Facts) -> set[str]:
    """Subjects that must not go on: open or discarded."""
    rows = with_state(ledger)
    return set(rows.loc[rows["state"].isin(["open", "discarded"]), "subject_id"])


def _overtaken(ledger: Facts, rows: pd.DataFrame) -> set[str]:
    """Subjects whose quarantine no longer matters: an older version, a rebuilt claim, a posted remittance."""
    subjects = rows.groupby("subject_kind")["subject_id"].agg(set).to_dict()
    overtaken: set[str] = set()
    if "encounter" in subjects:
        overtaken |= subjects["encounter"] - set(ledger.current("encounters")["row_id"])
    if "charge" in subjects:
        overtaken |= subjects["charge"] & set(ledger.read("charge_lines", columns=["charge_id"])["charge_id"])
    if "claim" in subjects:
        overtaken |= subjects["claim"] & set(ledger.read("claims", columns=["claim_id"])["claim_id"])
    if "remittance" in subjects:
        posted = ledger.read("remittances", columns=["remittance_id"])["remittance_id"]
        overtaken |= subjects["remittance"] & set(posted)
    return overtaken
