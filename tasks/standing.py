"""How everything stands, derived from the facts: states of claims and encounters, verdicts on lines, open work."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from configs.settings import Settings
from tasks import masters, quarantining, recognising
from tasks.billing import (
    accounts,
    authorizations,
    coding,
    credentialing,
    custody,
    denials,
    evidence,
    expected,
    queues,
    reassociation,
    suspense,
    takebacks,
    visits,
    worklists,
)
from tasks.billing.remedies import CREDITS
from tasks.moment import Facts, Moment, derived, moment


@derived
def newest_claims(ledger: Moment) -> pd.DataFrame:
    """Ids of the claims that no others replace as a whole."""
    claims, lines = ledger.read("claims"), ledger.read("claim_lines")
    return claims[~claims["claim_id"].isin(custody.replacements(claims, lines)["claim_id"])][["claim_id"]]


def live_submissions(ledger: Facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Interchanges and their claims, without those that were abandoned before a partner had them."""
    abandoned = ledger.read("submission_events", where={"event": "abandoned"})["submission_id"]
    files, members = ledger.read("submissions"), ledger.read("submission_claims")
    return (
        files[~files["submission_id"].isin(abandoned)].reset_index(drop=True),
        members[~members["submission_id"].isin(abandoned)].reset_index(drop=True),
    )


@derived
def verdicts(ledger: Moment) -> pd.DataFrame:
    """What every remitted line is, see `tasks.billing.denials`."""
    return denials.classify(
        recognising.live(ledger, "remitted_claims"),
        recognising.live(ledger, "remitted_lines"),
        recognising.live(ledger, "remitted_adjustments"),
    )


@derived
def compared(ledger: Moment) -> pd.DataFrame:
    """What was allowed of every answered line beside what its contract says, see `tasks.billing.expected`."""
    answers = expected.observed(
        recognising.live(ledger, "remitted_claims"),
        recognising.live(ledger, "remittances"),
        recognising.live(ledger, "remitted_lines"),
        recognising.live(ledger, "remitted_adjustments"),
        verdicts(ledger),
    )
    lines = expected.services(
        answers,
        ledger.read("claims"),
        ledger.read("claim_lines"),
        ledger.read("coverages"),
        ledger.read("providers"),
    )
    contracts = ledger.current("contracts")
    return expected.compare(answers, expected.price(lines, contracts), contracts)


@derived
def taken_back(ledger: Moment) -> pd.DataFrame:
    """What every provider adjustment is, see `tasks.billing.takebacks`."""
    return takebacks.explain(
        recognising.live(ledger, "remittances"),
        recognising.live(ledger, "remitted_claims"),
        recognising.live(ledger, "provider_adjustments"),
    )


@derived
def in_suspense(ledger: Moment) -> pd.DataFrame:
    """What stands in suspense, see `tasks.billing.suspense`; the database adds up what came and went again."""
    return suspense.items(
        ledger.sums(
            "journal",
            ("account", "remittance_id", "remitted_claim_id", "reason"),
            "amount_cents",
            {"account": sorted(accounts.of_kind("suspense"))},
        ),
        recognising.live(ledger, "remittances"),
        recognising.live(ledger, "remitted_claims"),
        taken_back(ledger),
    )


@derived
def claim_states(ledger: Moment) -> pd.DataFrame:
    """State of every claim, see `tasks.billing.custody`."""
    files, members = live_submissions(ledger)
    return custody.claim_states(
        claims=ledger.read("claims"),
        claim_lines=ledger.read("claim_lines"),
        submissions=files,
        submission_claims=members,
        submission_events=ledger.read("submission_events"),
        acknowledgments=ledger.read("acknowledgments"),
        remitted_claims=recognising.live(ledger, "remitted_claims"),
        remittances=recognising.live(ledger, "remittances"),
        line_verdicts=verdicts(ledger),
    )


def encounter_states(facts: Facts, claims: pd.DataFrame) -> pd.DataFrame:
    """State of every encounter; each is in exactly one."""
    with moment(facts) as ledger:
        return _encounter_states(ledger, claims)


def _encounter_states(ledger: Moment, claims: pd.DataFrame) -> pd.DataFrame:
    return custody.encounter_states(
        encounters=ledger.current("encounters"),
        decisions=ledger.read("decisions"),
        quarantine_open=_encounters_in_quarantine(ledger),
        charge_lines=ledger.read("charge_lines"),
        claim_lines=ledger.read("claim_lines"),
        claim_states=claims,
    )


def _encounters_in_quarantine(ledger: Moment) -> pd.DataFrame:
    """Open quarantine of encounters, by encounter id."""
    rows = quarantining.with_state(ledger)
    rows = rows[rows["state"].isin(["open", "discarded"]) & (rows["subject_kind"] == "encounter")]
    versions = ledger.current("encounters")[["row_id", "encounter_id"]]
    found = rows.merge(versions, left_on="subject_id", right_on="row_id")
    return found.assign(subject_id=found["encounter_id"])  # a check names the version, custody the encounter


def work(facts: Facts, settings: Settings, as_of: dt.date) -> pd.DataFrame:
    """Every open item of every queue as of a day, with what people did with it."""
    with moment(facts) as ledger:
        return _work(ledger, settings, as_of)


def _work(ledger: Moment, settings: Settings, as_of: dt.date) -> pd.DataFrame:
    today = pd.Timestamp(as_of)
    claims = claim_states(ledger)
    encounters = encounter_states(ledger, claims)
    quarantined = quarantining.with_state(ledger)
    items = worklists.items(
        queues.Sources(
            as_of=today,
            encounters=ledger.current("encounters"),
            encounter_states=encounters,
            findings=newest_findings(ledger),
            estimates=estimates(ledger, settings, as_of),
            claims=ledger.read("claims"),
            claim_lines=ledger.read("claim_lines"),
            claim_states=claims,
            payers=ledger.current("payers"),
            remittances=recognising.live(ledger, "remittances"),
            remitted_claims=recognising.live(ledger, "remitted_claims"),
            remitted_lines=recognising.live(ledger, "remitted_lines"),
            verdicts=verdicts(ledger),
            journal=ledger.read("journal", where={"account": list(CREDITS)}),
            suspense=in_suspense(ledger),
            silent=silent(ledger, settings, claims, as_of),
            quarantine=quarantined[quarantined["state"] == "open"],
            submissions=ledger.read("submissions"),
            takebacks=takebacks.open_work(taken_back(ledger)),
            reassociated=reassociated(ledger, settings, as_of),
            compared=compared(ledger),
            running_out=authorizations.running_out(
                ledger.current("authorizations"),
                authorization_units(ledger),
                ledger.current("schedule"),
                today,
            ),
            papers=credentialing.running_out(
                ledger.current("providers"), ledger.current("licenses"), ledger.current("enrollments"), today
            ),
        )
    )
    return worklists.with_people(items, ledger.read("work_events"), today)


@derived
def associated(ledger: Moment) -> pd.DataFrame:
    """Deposits and remittances with what they belong to, see `tasks.billing.reassociation`."""
    remittances = recognising.live(ledger, "remittances")
    return reassociation.associate(ledger.read("deposits"), remittances, ledger.current("payers"))


def reassociated(ledger: Facts, settings: Settings, as_of: dt.date) -> pd.DataFrame:
    """Deposits and remittances with what they belong to and their clocks as of a day."""
    return reassociation.timed(associated(ledger), pd.Timestamp(as_of), settings.limits)


def silent(ledger: Facts, settings: Settings, claims: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Files and claims that nobody answered within the limits."""
    files, members = live_submissions(ledger)
    return custody.silent(
        submissions=files,
        submission_claims=members,
        submission_events=ledger.read("submission_events"),
        acknowledgments=ledger.read("acknowledgments"),
        claim_states=claims,
        limits=settings.limits,
        as_of=as_of,
    )


@derived
def newest_findings(ledger: Moment) -> pd.DataFrame:
    """Findings of the newest decision about each encounter."""
    decisions = ledger.read("decisions").sort_values("sequence").drop_duplicates("encounter_id", keep="last")
    findings = ledger.read("findings")
    return findings[findings["decision_id"].isin(decisions["decision_id"])].reset_index(drop=True)


def estimates(ledger: Facts, settings: Settings, as_of: dt.date) -> pd.DataFrame:
    """What is at stake in held encounters: encounter_id, payer_id and, where it can be coded, charge_cents."""
    findings = newest_findings(ledger)
    held = findings.loc[findings["severity"] == "hold", "encounter_id"]
    encounters = ledger.current("encounters")
    # Coding reads no official file.
    known, context = masters.current(ledger), masters.context(settings, as_of, ledger, kinds=())
    seen = visits.assemble(encounters[encounters["encounter_id"].isin(held)], known, context)
    lines = coding.code(seen, known, context).lines
    charges = lines.groupby("encounter_id")[["charge_cents"]].sum(min_count=1).reset_index()
    return seen[["encounter_id", "payer_id", "payer_timely_filing_days"]].merge(
        charges, on="encounter_id", how="left"
    )


# A claim in one of these states was rejected before adjudication, or gave way to the one that resubmits it.
DEAD = authorizations.REJECTED


@derived
def authorization_units(ledger: Moment) -> pd.DataFrame:
    """Units reserved, consumed and given back, as the table of that name has them.

    Reservations are stored. That a claim was accepted consumes its units; that it was rejected, voided, taken back
    or that a line was denied for something else than its authorization gives them back. Both follow from the
    claim's state and the verdicts, so they are worked out here and not stored: the order of answers cannot matter.
    """
    stored = ledger.read("authorization_units")
    charges = ledger.read("charge_lines", columns=["charge_id", "authorization_id", "units", "payer_id"])
    charges = charges[charges["authorization_id"].notna()]
    lines = ledger.read("claim_lines", columns=["charge_id", "claim_id", "line_id"]).merge(
        charges, on="charge_id"
    )
    heads = ledger.read("claims", columns=["claim_id", "payer_id", "frequency"])
    # Another payer's claim for the same charge says nothing of this payer's authorization.
    carried = lines.merge(heads, on=["claim_id", "payer_id"]).merge(
        claim_states(ledger)[["claim_id", "state", "attempt"]], on="claim_id"
    )
    answers, told = recognising.live(ledger, "remitted_claims"), verdicts(ledger)
    counted = evidence.counted(answers, recognising.live(ledger, "remittances"), told)
    ever = told.merge(answers[["remitted_claim_id", "claim_id"]], on="remitted_claim_id")
    followed = authorizations.settle(
        stored, carried, authorizations.given_back(counted), authorizations.once_back(ever)
    )
    return pd.concat([stored, followed], ignore_index=True) if len(followed) else stored
