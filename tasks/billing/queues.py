"""Each queue as a function from facts to items: who or what waits, why, for how much, until when, and what next.

A queue's function gives the columns it knows; `tasks.billing.worklists` completes, orders and joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from tasks.billing import (
    accounts,
    authorizations,
    credentialing,
    deadlines,
    evidence,
    expected,
    reassociation,
    shapes,
    suspense,
    takebacks,
)
from tasks.billing.money import dollars
from tasks.billing.remedies import CREDITS, REASSOCIATE, REJECTION_ACTIONS, SILENT, WITHHELD, remedy


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
    journal: pd.DataFrame  # entries of the accounts of `CREDITS`
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


def _holds(s: Sources) -> pd.DataFrame:
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


def _claims_with_payer(s: Sources) -> pd.DataFrame:
    rules = s.payers[["payer_id", *deadlines.CLOCK]]
    return s.claims.merge(rules, on="payer_id", how="left")


def _filing(s: Sources, rows: pd.DataFrame) -> pd.Series:
    """Last day for each claim to reach its payer; `rows` as `_claims_with_payer`."""
    return deadlines.claims(
        rows, deadlines.answered_on(s.claims, s.claim_lines, s.remitted_claims, s.remittances)
    )


def _rejections(s: Sources) -> pd.DataFrame:
    """Claims whose newest answer is a front-end rejection."""
    rejected = s.claim_states[s.claim_states["state"].isin(REJECTION_ACTIONS)]
    rows = rejected[["claim_id", "state", "since", "codes"]].merge(_claims_with_payer(s), on="claim_id")
    return rows.assign(
        queue="rejections",
        subject_id=rows["claim_id"],
        category=rows["state"],
        reason=rows["codes"],
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["since"],
        deadline=_filing(s, rows),
        next_action=[remedy(*pair) for pair in zip(rows["state"], rows["codes"], strict=True)],
    )


def _denials(s: Sources) -> pd.DataFrame:
    """Denied lines of the answers that count, and what a payer left open under group CO without denying it."""
    counted = evidence.counted(s.remitted_claims, s.remittances, s.verdicts)
    denied = counted["denied"].astype("boolean").fillna(False) | (counted["recoverable_cents"].fillna(0) > 0)
    rows = counted[denied.astype(bool) & (counted["status"] != evidence.REVERSAL)].merge(
        _claims_with_payer(s)[["claim_id", "payer_id", *deadlines.CLOCK]], on="claim_id"
    )
    corrected = deadlines.corrections(
        rows["since"], rows["corrected_filing_days"], rows["timely_filing_days"]
    )
    lines = s.remitted_lines[["remitted_line_id", "segment"]].rename(columns={"segment": "line_segment"})
    rows = rows.merge(lines, on="remitted_line_id", how="left")
    where = rows["line_segment"].fillna(rows["segment"]).astype("Int64").astype("str")
    return rows.assign(
        queue="denials",
        subject_id=rows["remitted_line_id"].fillna(rows["remitted_claim_id"]),
        reason=rows["reasons"],
        amount_cents=rows[["denied_cents", "recoverable_cents", "patient_cents"]].max(axis=1),
        opened_on=rows["since"],
        deadline=deadlines.response(
            rows["action"], rows["since"], rows["appeal_days"], rows["payer_class"], corrected
        ),
        next_action=rows["action"],
        source=rows["remittance_id"] + " segment " + where,
    )


def _underpayments(s: Sources) -> pd.DataFrame:
    """What was allowed below the contract, by more than its tolerance; a correction that pays right closes the item.

    The answer is part of the subject: who resolved one answer has not resolved the next. A claim that another
    replaces asks for nothing more.
    """
    replaced = s.claim_states.loc[s.claim_states["state"] == "replaced", "claim_id"]
    rows = s.compared[(s.compared["state"] == "under") & ~s.compared["claim_id"].isin(replaced)]
    rows = rows.merge(s.payers[["payer_id", "appeal_days", "payer_class"]], on="payer_id", how="left")
    dispute = pd.Series("appeal", index=rows.index)
    figures = [
        f"{cause}: expected {dollars(due)}, allowed {dollars(allowed)}"
        for cause, due, allowed in rows[["cause", "expected_cents", "allowed_cents"]].itertuples(
            index=False, name=None
        )
    ]
    return rows.assign(
        queue="underpayments",
        subject_id=rows["remitted_line_id"].fillna(rows["remitted_claim_id"]),
        reason=pd.Series(figures, index=rows.index, dtype="str"),
        category=rows["cause"],
        amount_cents=-rows["variance_cents"],
        recoverable_cents=-rows["variance_cents"],
        opened_on=rows["since"],
        deadline=deadlines.response(dispute, rows["since"], rows["appeal_days"], rows["payer_class"]),
        next_action=rows["cause"].map(expected.NEXT_ACTION),
        source=rows["remittance_id"] + " segment " + rows["segment"].astype("str"),
    )


def _suspense(s: Sources) -> pd.DataFrame:
    """What stands in suspense and is work, by remittance and claim control or PLB reason; `takebacks` has the rest."""
    rows = s.suspense[~s.suspense["reason"].isin(suspense.NO_WORK)]
    # A PLB is named by its code; a claim stands there because it is unmatched or was not adjudicated.
    why = rows["code"].fillna(rows["account"].str.removeprefix("suspense_").str.upper())
    rows = rows.assign(subject_id=rows["remitted_claim_id"].fillna(rows["remittance_id"]) + " " + why)
    sums = rows.groupby("subject_id", sort=False)["cents"].sum()
    rows = rows.drop_duplicates("subject_id")
    cents = rows["subject_id"].map(sums.to_dict()).astype("Int64")
    return rows.assign(
        queue="suspense",
        reason=(rows["code"] + " ").fillna("") + rows["reason"],
        category=rows["account"],
        amount_cents=-cents,
        recoverable_cents=cents.abs(),
        opened_on=rows["payment_date"],
        deadline=rows["payment_date"] + pd.Timedelta(days=7),
        source=rows["remittance_id"]
        + (" segment " + rows["segment"].astype("str")).where(rows["segment"].notna(), ""),
    )


def _takebacks(s: Sources) -> pd.DataFrame:
    """Provider adjustments that nothing explains, and those that wait for their other half."""
    rows = s.takebacks
    days = rows["waits"].map({True: 45, False: 7}).astype("int64")
    return rows.assign(
        queue="takebacks",
        subject_id=rows["adjustment_id"] + " " + rows["reason"],
        category=rows["kind"],
        reason=rows["code"] + " " + rows["reason"],
        amount_cents=rows["cents"].abs(),
        recoverable_cents=rows["cents"].clip(
            lower=0
        ),  # below zero the payer gave it, or has yet to collect it
        opened_on=rows["payment_date"],
        deadline=rows["payment_date"] + pd.to_timedelta(days, unit="D"),
        source=rows["remittance_id"] + " segment " + rows["segment"].astype("str"),
    )


def _silence(s: Sources) -> pd.DataFrame:
    """Files without a 999, claims without a 277CA that anybody understands, or without an 835."""
    rows = s.silent.merge(
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


def _quarantine(s: Sources) -> pd.DataFrame:
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


def _credits(s: Sources) -> pd.DataFrame:
    """Claims on which more was paid than owed, by the payer or the patient: the receivable is below zero."""
    held = [
        accounts.by_claim(s.journal, account, s.claims, s.claim_lines).assign(category=account, reason=reason)
        for account, reason in CREDITS.items()
    ]
    sums = pd.concat(held, ignore_index=True)
    rows = sums[sums["cents"] < 0].merge(s.claims[["claim_id", "payer_id"]], on="claim_id")
    return rows.assign(
        queue="credits",
        subject_id=rows["claim_id"] + " " + rows["reason"],
        amount_cents=-rows["cents"],
        recoverable_cents=0,  # it is owed, not to be had
        opened_on=rows["effective_on"],
        next_action="find out who overpaid, then refund or wait for the recoupment",
        source=rows["remittance_id"],
    )


def _uploads(s: Sources) -> pd.DataFrame:
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
    rows = built[["claim_id"]].merge(_claims_with_payer(s), on="claim_id")
    return rows.assign(
        queue="uploads",
        subject_id=rows["claim_id"],
        category="withheld",
        reason="WITHHELD",
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"],
        opened_on=rows["built_on"],
        deadline=_filing(s, rows),
        next_action=WITHHELD,
    )


def _deposits(s: Sources) -> pd.DataFrame:
    """Deposits and remittances that are due without each other, and pairs of them that differ in cents."""
    rows = s.reassociated[s.reassociated["due"]]
    amount = rows["difference_cents"].abs()
    action = rows["reason"].map(REASSOCIATE).fillna(rows["state"].map(REASSOCIATE))
    sides = [
        (f"{side} " + rows[column]).fillna("")
        for side, column in (("deposit", "deposit_id"), ("remittance", "remittance_id"))
    ]
    return rows.assign(
        queue="deposits",
        subject_id=(rows["deposit"].fillna("") + " " + rows["remittance_id"].fillna("")).str.strip(),
        category=rows["state"],
        amount_cents=amount,
        recoverable_cents=amount,
        next_action=action,
        source=(sides[0] + " " + sides[1]).str.strip(),
    )


ASK = {
    "exhausted": "ask the payer for more units, or stop the sessions",
    "short": "ask the payer for more units before they are used up",
    "ended": "ask the payer for the next authorization, or move the appointments",
    "running_out": "ask the payer for an extension",
    "ending": "ask the payer for the next authorization if treatment goes on",
    "review": "send the payer the clinical record for the review",
}


def _authorizations(s: Sources) -> pd.DataFrame:
    """Authorizations that run out, end, or do not last for the appointments booked, with the forecast."""
    rows = s.running_out
    figures = rows["state"].str.upper() + " " + rows["units_left"].astype("str")
    figures = figures + " of " + rows["units_approved"].astype("str") + " units left"
    for column, text in (("units_short", " short"), ("units_after_end", " after the end")):
        some = rows[column].fillna(0) > 0
        figures = figures + (", " + rows[column].astype("str") + text).where(some, "")
    return rows.assign(
        queue="authorizations",
        subject_id=rows["authorization_id"] + " " + rows["state"],
        category=rows["state"],
        reason=figures,
        deadline=rows["due_on"],
        next_action=rows["state"].map(ASK),
        source=rows["authorization_id"],
    )


RENEW = {
    credentialing.LICENCE: "renew the licence and record its last day",
    credentialing.MALPRACTICE: "renew the malpractice cover and record its last day",
    credentialing.DEA: "renew the DEA registration and record its last day",
    credentialing.CDS: "renew the state's registration and record its last day",
    credentialing.CAQH: "attest the CAQH profile and record the day",
    credentialing.ENROLMENT: "ask the payer to go on with the enrolment, and record its dates",
}


def _credentialing(s: Sources) -> pd.DataFrame:
    """Papers of clinicians that end soon or ended; the last day is part of the subject, for a renewal closes it."""
    rows = s.papers
    place = (" " + rows["key"].fillna(rows["payer_id"])).fillna("")
    word = rows["ended"].map({True: "ENDED", False: "ENDS"}).astype("str")
    return rows.assign(
        queue="credentialing",
        subject_id=rows["provider_id"]
        + " "
        + rows["paper"]
        + place
        + " "
        + rows["ends_on"].dt.strftime("%Y-%m-%d"),
        category=rows["paper"],
        reason=word + " " + rows["paper"] + place,
        deadline=rows["ends_on"],
        next_action=rows["paper"].map(RENEW),
        source=rows["provider_id"],
    )


# Every queue with what stands in it; the order is that of the line.
QUEUES = {
    "holds": (_holds, "Encounters that a gate or a rule holds, with the smallest fix."),
    "quarantine": (_quarantine, "Rows and remittances that a check kept out."),
    "uploads": (_uploads, "Uploads whose outcome is not known, and claims that no file took."),
    "rejections": (_rejections, "Files, sets and claims rejected before adjudication: fix and send again."),
    "silence": (_silence, "Files and claims that nobody answered within the limit, or not in known words."),
    "denials": (_denials, "Denied lines: correct, appeal, send records or bill the next payer."),
    "underpayments": (_underpayments, "Lines allowed below the contract: dispute with the contract row."),
    "deposits": (_deposits, "Deposits without their remittance, remittances without their deposit."),
    "suspense": (_suspense, "Money that arrived and could not be placed."),
    "takebacks": (_takebacks, "What payers took or gave outside any claim (PLB), unexplained or half."),
    "credits": (_credits, "Claims on which more was paid than owed."),
    "authorizations": (_authorizations, "Authorizations running out of units or days, with the forecast."),
    "credentialing": (_credentialing, "Licences, cover, registrations and enrolments that end soon."),
}
