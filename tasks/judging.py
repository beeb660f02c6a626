"""Stage: check encounters, then gates, coding and scrub; what passes becomes charge lines, posted to the ledger.

Held encounters are looked at again in every run. A new decision is stored only when the answer changes, so a
second run with the same facts stores nothing.
"""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from configs.settings import Settings
from tasks import masters, periods, planning, quarantining, rebilling, standing
from tasks.billing import billed, judge, posting
from tasks.billing.context import Masters
from tasks.billing.institutional import programmes
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import word_counts
from tasks.moment import Moment, moment

# The form of a code; whether it exists is asked later.
ICD_10 = re.compile(r"^[A-TV-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?$")


@stage("check encounters")
def check_encounters(date: dt.date) -> dict[str, int]:
    """Check encounter versions that no gate has judged yet; those that fail go to quarantine.

    Rows in quarantine are checked again: what passes by now (the patient was loaded since) goes on by itself.
    """
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        projection = _project(_unchecked(now), masters.current(now), date)
        verdict = quarantining.run_suite(settings, now, "encounters", projection)
        passing = quarantining.passing_now(now, verdict)
    with ledger.transaction() as tx:
        new = tx.add("quarantine", quarantining.rows_of(verdict))
        tx.add("quarantine_events", passing)
    log.info("check encounters: %d checked, %d newly kept out", verdict.checked, new)
    return {"checked": verdict.checked, "quarantined": len(verdict.quarantined), "new_quarantine": new}


def _unchecked(ledger: Moment) -> pd.DataFrame:
    """Current encounters without a decision about this version, but for those a person released or discarded."""
    encounters = ledger.current("encounters")
    decided = set(ledger.read("decisions", columns=["encounter_row_id"])["encounter_row_id"])
    skip = decided | quarantining.released(ledger) | quarantining.discarded(ledger)
    return encounters[~encounters["row_id"].isin(skip)]


def _project(encounters: pd.DataFrame, known: Masters, date: dt.date) -> pd.DataFrame:
    """What the suite may see: ids, counts and flags."""
    well_formed = [all(map(ICD_10.match, text.split())) for text in encounters["diagnoses"].fillna("")]
    signed = encounters["signed_on"].isna() | (encounters["signed_on"] >= encounters["service_date"])
    return pd.DataFrame(
        {
            "encounter_row_id": encounters["row_id"],
            "patient_known": encounters["patient_id"].isin(known.patients["patient_id"]),
            "rendering_known": encounters["rendering_id"].isin(known.providers["provider_id"]),
            "days_before_run": (pd.Timestamp(date) - encounters["service_date"]).dt.days,
            "minutes": encounters["minutes"].astype("Int64"),
            "diagnosis_count": word_counts(encounters["diagnoses"]),
            "diagnoses_well_formed": well_formed,
            "modality": encounters["modality"],
            "signed_after_service": signed.astype("bool"),
        }
    )


@stage("gates, coding and scrub")
def judge_encounters(date: dt.date) -> dict[str, int]:
    """Decide about every encounter that is not charged; store decisions, findings, charges, units and postings."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        waiting, entries = rebilling.waiting(now), standing.authorization_units(now)
        judgement = _judged(now, settings, waiting, entries, date)
        verdict = quarantining.run_suite(settings, now, "charges", _project_charges(judgement.charges))
    kept = _without(judgement, verdict.quarantined)
    with ledger.transaction() as tx:
        counts = {
            "judged": len(waiting),
            "decisions": tx.add("decisions", kept.decisions),
            "findings": tx.add("findings", kept.findings),
            "charges": tx.add("charge_lines", kept.charges),
            "units": tx.add("authorization_units", kept.reservations),
            "shadows": tx.add("shadow_findings", kept.shadows),
            "new_quarantine": tx.add("quarantine", quarantining.rows_of(verdict)),
        }
        tx.add("journal", periods.booked(tx, posting.post_charges(kept.charges)))
        counts["withdrawn"] = rebilling.withdraw_superseded(tx, kept.charges, entries)
    log.info("gates, coding and scrub: %s", counts)
    return counts


def _judged(
    now: Moment, settings: Settings, waiting: pd.DataFrame, entries: pd.DataFrame, date: dt.date
) -> judge.Judgement:
    """The judgement on `waiting`, in which encounters about to be billed anew may use the units they gave back.

    Should one of them be held all the same, its old units are still in use, and all are judged again without them.
    """
    known, context = masters.current(now, with_answers=True), masters.context(settings, date, now)
    history, before = _history(now, waiting, known), newest(now.read("decisions"))
    amended = planning.amendable(now, standing.claim_states) & set(waiting["encounter_id"])
    while True:
        judgement = judge.judge(
            waiting,
            known,
            context,
            history_lines=history,
            authorization_units=rebilling.given_back(now, entries, amended),
            previous_decisions=before,
            suppressed=now.read("suppressions"),
        )
        charged = amended & set(judgement.charges["encounter_id"])
        if charged == amended:
            return judgement
        amended = charged


def _history(ledger: Moment, waiting: pd.DataFrame, known: Masters) -> pd.DataFrame:
    """What was billed of the same people, with all that the rules read of a line."""
    charges = rebilling.of_people(ledger, waiting["patient_id"].unique(), waiting["encounter_id"])
    return billed.completed(charges, rebilling.versions(ledger, charges), known)


def newest(decisions: pd.DataFrame) -> pd.DataFrame:
    """The newest decision about each encounter."""
    return decisions.sort_values("sequence").drop_duplicates("encounter_id", keep="last")


def _project_charges(charges: pd.DataFrame) -> pd.DataFrame:
    pointers = charges["pointers"].fillna("").str.split()
    diagnoses = word_counts(charges["diagnoses"])
    of_stay = charges["form"] == programmes.INSTITUTIONAL
    highest = pd.Series([max((int(p) for p in row), default=0) for row in pointers], index=charges.index)
    return pd.DataFrame(
        {
            "charge_id": charges["charge_id"],
            "code": charges["code"],
            "units": charges["units"],
            "charge_cents": charges["charge_cents"],
            "modifier_count": word_counts(charges["modifiers"]),
            "pointer_count": word_counts(charges["pointers"]),
            "pointers_in_range": highest <= diagnoses,
            "place_of_service": charges["place_of_service"],
            "payer_id": charges["payer_id"],
            "revenue_code_fits_form": charges["revenue_code"].notna() == of_stay,
            "bill_known": ~of_stay | (charges["type_of_bill"].notna() & charges["stay_id"].notna()),
        }
    )


def _without(judgement: judge.Judgement, quarantined: set[str]) -> judge.Judgement:
    """The judgement without the encounters one of whose charges is quarantined: all lines of a visit or none."""
    if not quarantined:
        return judgement
    bad = set(judgement.charges.loc[judgement.charges["charge_id"].isin(quarantined), "encounter_id"])
    charges = judgement.charges[judgement.charges["encounter_id"].isin(bad)]["charge_id"]
    return judge.Judgement(
        decisions=judgement.decisions[~judgement.decisions["encounter_id"].isin(bad)],
        findings=judgement.findings[~judgement.findings["encounter_id"].isin(bad)],
        charges=judgement.charges[~judgement.charges["encounter_id"].isin(bad)],
        reservations=judgement.reservations[~judgement.reservations["charge_id"].isin(set(charges))],
        shadows=judgement.shadows[~judgement.shadows["encounter_id"].isin(bad)],
    )
