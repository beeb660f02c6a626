"""Work before a payer decides: held encounters, kept-out rows, uploads in doubt, rejections, silence."""

from __future__ import annotations

import pandas as pd

from tasks.billing import deadlines
from tasks.billing.queues.sources import Sources, claims_with_payer, filing
from tasks.billing.remedies import REJECTION_ACTIONS, SILENT, WITHHELD, remedy


def holds(s: Sources) -> pd.DataFrame:
    """One item for each encounter that its newest decision holds; its reasons are the rules, its action the fix.

    An encounter changed after it was billed is held too, although its claim speaks for it elsewhere. The decision
    is part of the subject: who resolved one hold has not resolved the next.
    """
    speaking = s.findings[s.findings["severity"] == "hold"].sort_values(["encounter_id", "rule_id"])
    reasons = speaking.groupby("encounter_id").agg(
        reason=("rule_id", lambda rules: " ".join(dict.fromkeys(rules))),
        next_action=("fix", "first"),
        decision_id=("decision_id", "first"),
    )
    rows = (
        s.encounters[["encounter_id", "service_date"]]
        .merge(reasons, on="encounter_id")
        .merge(s.estimates, on="encounter_id", how="left")
    )
    return rows.assign(
        queue="holds",
        subject_id=rows["encounter_id"] + " " + rows["decision_id"],
        category=rows["reason"].str.split(" ").str[0],
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["service_date"],
        deadline=deadlines.filing(rows["service_date"], rows["payer_timely_filing_days"]),
    )


def quarantine(s: Sources) -> pd.DataFrame:
    """Open quarantined rows."""
    rows = s.quarantine
    place = rows["file_sha256"].str[:12] + " segment " + rows["segment"].astype("str")
    return rows.assign(
        queue="quarantine",
        subject_id=rows["quarantine_id"],
        category=rows["suite"],
        amount_cents=rows["difference_cents"].abs(),
        next_action="look at it, then release or discard",
        source=place.where(rows["segment"].notna(), rows["subject_kind"] + " " + rows["subject_id"]),
    )


def uploads(s: Sources) -> pd.DataFrame:
    """Uploads in doubt, one item a file, and claims that no file of their day took."""
    return pd.concat([_in_doubt(s), _withheld(s)], ignore_index=True)


def _in_doubt(s: Sources) -> pd.DataFrame:
    doubtful = s.claim_states[s.claim_states["state"] == "in_doubt"]
    files = doubtful.groupby("submission_id")[["charge_cents"]].sum().reset_index()
    rows = files.merge(s.submissions[["submission_id", "business_date"]], on="submission_id")
    return rows.assign(
        queue="uploads",
        subject_id=rows["submission_id"],
        category="in_doubt",
        reason="the upload broke off at the rename and the file is not there",
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["business_date"],
        next_action="ask the partner whether the file arrived; an acknowledgment settles it by itself",
    )


def _withheld(s: Sources) -> pd.DataFrame:
    built = s.claim_states[(s.claim_states["state"] == "built") & (s.claim_states["built_on"] < s.as_of)]
    rows = built[["claim_id"]].merge(claims_with_payer(s), on="claim_id")
    return rows.assign(
        queue="uploads",
        subject_id=rows["claim_id"],
        category="withheld",
        reason="WITHHELD",
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["built_on"],
        deadline=filing(s, rows),
        next_action=WITHHELD,
    )


def rejections(s: Sources) -> pd.DataFrame:
    """Claims whose newest answer is a front-end rejection."""
    rejected = s.claim_states[s.claim_states["state"].isin(REJECTION_ACTIONS)]
    rows = rejected[["claim_id", "state", "since", "codes"]].merge(claims_with_payer(s), on="claim_id")
    return rows.assign(
        queue="rejections",
        subject_id=rows["claim_id"],
        category=rows["state"],
        reason=rows["codes"],
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["since"],
        deadline=filing(s, rows),
        next_action=[
            remedy(*told) for told in zip(rows["state"], rows["codes"], rows["frequency"], strict=True)
        ],
    )


def silence(s: Sources) -> pd.DataFrame:
    """Files without a 999, claims without a 277CA that anybody understands, or without an 835.

    A crossover that did not come, and that we billed instead, is waited for no more.
    """
    charges = s.claim_lines[["claim_id", "charge_id"]]
    later = charges["claim_id"].isin(s.claims.loc[s.claims["coordinates"].notna(), "claim_id"])
    billed = charges.loc[charges["charge_id"].isin(charges.loc[later, "charge_id"]), "claim_id"]
    over = (s.silent["kind"] == "no_crossover") & s.silent["subject_id"].isin(billed)
    rows = s.silent[~over].merge(
        s.claims[["claim_id", "payer_id"]], left_on="subject_id", right_on="claim_id", how="left"
    )
    return rows.assign(
        queue="silence",
        subject_id=rows["kind"] + " " + rows["subject_id"],
        reason=rows["kind"] + (" " + rows["codes"]).fillna(""),
        category=rows["subject_kind"],
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["since"],
        next_action=rows["kind"].map(SILENT),
    )
