"""How everything stands, derived from the facts: states of claims and encounters, verdicts on lines, open work."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from configs.settings import Settings
from tasks import appeal_states, granting, masters, planning, quarantining, recognising
from tasks.billing import (
    accounts,
    appeals,
    authorizations,
    coding,
    credentialing,
    custody,
    expected,
    patient_share,
    queues,
    reassociation,
    recovery,
    suspense,
    takebacks,
    unit_types,
    visits,
    worklists,
)
from tasks.billing import track_record as records
from tasks.billing.context import beside
from tasks.billing.posting.places import RECEIVABLE
from tasks.billing.remedies import CREDITS
from tasks.moment import Facts, Moment, derived, moment
from tasks.planning import verdicts


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
def track_record(ledger: Moment) -> pd.DataFrame:
    """How often each rule was right of those it let go, see `tasks.billing.track_record`."""
    said = records.unheeded(
        ledger.read("findings"), ledger.read("shadow_findings"), ledger.read("charge_lines")
    )
    return records.record(said, ledger.read("claim_lines"), verdicts(ledger))


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
        decided=planning.decided(ledger),
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
    journal = ledger.read("journal", where={"account": list(CREDITS)})
    payers, claim_rows = ledger.current("payers"), ledger.read("claims")
    answered_lines = recognising.live(ledger, "remitted_lines")
    levels, said = appeal_states.with_terms(ledger, settings), ledger.read("appeal_events")
    running = appeals.under_appeal(levels, said, today, answered_lines)
    items = worklists.items(
        queues.Sources(
            as_of=today,
            encounters=ledger.current("encounters"),
            encounter_states=encounters,
            findings=newest_findings(ledger),
            estimates=estimates(ledger, settings, as_of),
            claims=claim_rows,
            claim_lines=ledger.read("claim_lines"),
            claim_states=claims,
            payers=payers,
            remittances=recognising.live(ledger, "remittances"),
            remitted_claims=recognising.live(ledger, "remitted_claims"),
            remitted_lines=answered_lines,
            verdicts=verdicts(ledger),
            counted=planning.counted(ledger),
            journal=journal,
            suspense=in_suspense(ledger),
            corrections=planning.waiting(ledger, settings, claim_states, authorization_units, as_of),
            out_of_date=planning.out_of_date(ledger, claim_states),
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
                settings.practice.npi,
            ),
            papers=credentialing.running_out(
                ledger.current("providers"), ledger.current("licenses"), ledger.current("enrollments"), today
            ),
            appeals=appeals.open_work(levels, said, payers, today, claim_rows),
            appealed=frozenset(running["subject_id"]),
            shares=shares(ledger, journal, today),
            unspoken=frozenset(unspoken(ledger)["claim_id"]),
            write_offs=ledger.read("write_offs"),
            cases=recovered(ledger, today),
            table_weight=settings.worklist.recovery_cases,
            percents=settings.worklist.recovery_percent,
        )
    )
    return worklists.with_people(items, ledger.read("work_events"), today)


def with_record(facts: Facts, items: pd.DataFrame) -> pd.DataFrame:
    """Items with ``right_before``: how often the rule that each is about was right of those it let go."""
    return items.assign(right_before=records.right_before(items["reason"], track_record(facts)))


@derived
def unspoken(ledger: Moment) -> pd.DataFrame:
    """Frame[claim_id]: first claims of families in which a payer in line is still to speak."""
    claims = ledger.read("claims")
    later = claims["secondary_coverage_id"].notna().any()
    found = patient_share.waits(
        claims,
        ledger.read("claim_lines"),
        claim_states(ledger),
        recognising.live(ledger, "remitted_claims"),
        set(planning.passing(ledger)["claim_id"]) if later else (),
    )
    return pd.DataFrame({"claim_id": sorted(found)}, dtype="str")


def shares(ledger: Moment, journal: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What patients owe, see `tasks.billing.patient_share`; `journal` are the entries of their receivable at least."""
    waiting = set(unspoken(ledger)["claim_id"])
    return patient_share.owed(journal, ledger.read("claims"), ledger.read("claim_lines"), waiting, as_of)


def recovered(ledger: Moment, as_of: pd.Timestamp) -> pd.DataFrame:
    """What came of every denied charge by a day, see `tasks.billing.recovery`."""
    written, lines = ledger.read("write_offs"), ledger.read("claim_lines")
    written = written[written["account"] == RECEIVABLE]
    whole = written.loc[written["charge_id"].isna(), "claim_id"]
    return recovery.cases(
        ledger.read("claims"),
        lines,
        ledger.current("payers"),
        recognising.live(ledger, "remitted_claims"),
        recognising.live(ledger, "remitted_lines"),
        recognising.live(ledger, "remittances"),
        verdicts(ledger),
        {*written["charge_id"].dropna(), *lines.loc[lines["claim_id"].isin(whole), "charge_id"]},
        as_of,
    )


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


@derived
def authorization_units(ledger: Moment) -> pd.DataFrame:
    """Units reserved, consumed and given back, as the table of that name has them, each beside what its charge was.

    Reservations are stored. That a claim was accepted consumes its units; that it was rejected, voided, taken back
    or that a line was denied for something else than its authorization gives them back. Both follow from the
    claim's state and the verdicts, so they are worked out here and not stored: the order of answers cannot matter.
    """
    stored = ledger.read("authorization_units")
    charges = ledger.read(
        "charge_lines",
        columns=[
            *("charge_id", "authorization_id", "units", "payer_id"),
            *("encounter_id", "encounter_row_id", "service_date", "code"),
        ],
    )
    charges = granting.reserved(ledger, charges)
    charges = _documented(ledger, charges[charges["authorization_id"].notna()])
    lines = ledger.read("claim_lines", columns=["charge_id", "claim_id", "line_id"]).merge(
        charges, on="charge_id"
    )
    heads = ledger.read("claims", columns=["claim_id", "payer_id", "frequency"])
    # Another payer's claim for the same charge says nothing of this payer's authorization.
    carried = lines.merge(heads, on=["claim_id", "payer_id"]).merge(
        claim_states(ledger)[["claim_id", "state", "attempt"]], on="claim_id"
    )
    answers = recognising.live(ledger, "remitted_claims")[["remitted_claim_id", "claim_id"]]
    ever = verdicts(ledger).merge(answers, on="remitted_claim_id")
    followed = authorizations.settle(
        stored,
        carried,
        authorizations.given_back(planning.counted(ledger)),
        authorizations.once_back(ever),
    )
    entries = pd.concat([stored, followed], ignore_index=True) if len(followed) else stored
    return authorizations.told(entries, charges)


def _documented(ledger: Moment, charges: pd.DataFrame) -> pd.DataFrame:
    """Charges with the ``minutes`` documented of their visit, where any authorization counts hours."""
    if not (ledger.current("authorizations")["unit_type"] == unit_types.HOUR).any():
        return charges
    visits = ledger.read("encounters", columns=["row_id", "minutes"]).set_index("row_id")["minutes"]
    return charges.assign(minutes=beside(charges["encounter_row_id"], visits))
