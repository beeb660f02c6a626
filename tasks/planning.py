"""What people asked to be corrected and what goes to the next payer: read from the ledger, with what each waits for.

`rebilling` asks which encounters may be charged anew, `correcting` stores the claims, `standing` shows what waits:
all look at the same plan, so that what is shown is what is done.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pandas as pd

from configs.identity import digest
from configs.settings import Settings
from tasks import granting, masters, recognising
from tasks.billing import coordination, corrections, denials, evidence, let_go, shapes
from tasks.billing.context import Masters
from tasks.moment import Facts, Moment, derived


@derived
def live_charges(ledger: Moment) -> pd.DataFrame:
    """Charge lines that count: those of each encounter's newest charged version."""
    charges = ledger.read("charge_lines")
    decisions = ledger.read("decisions", columns=["decision_id", "sequence"])
    dated = charges.merge(decisions, on="decision_id", how="left")
    newest = dated.groupby("encounter_id")["sequence"].transform("max")
    live = dated[dated["sequence"] == newest].drop(columns="sequence").reset_index(drop=True)
    return granting.reserved(ledger, live)


@derived
def verdicts(ledger: Moment) -> pd.DataFrame:
    """What every remitted line is, see `tasks.billing.denials`."""
    return denials.classify(
        recognising.live(ledger, "remitted_claims"),
        recognising.live(ledger, "remitted_lines"),
        recognising.live(ledger, "remitted_adjustments"),
        ledger.read("claim_lines", columns=["line_id", "units"]),
    )


@derived
def counted(ledger: Moment) -> pd.DataFrame:
    """The verdicts that count, see `tasks.billing.evidence`."""
    answers, remittances = (recognising.live(ledger, name) for name in ("remitted_claims", "remittances"))
    return evidence.counted(answers, remittances, verdicts(ledger))


@derived
def decided(ledger: Moment) -> pd.DataFrame:
    """What the answers that count come to for each claim, see `tasks.billing.evidence`."""
    answers, remittances = (recognising.live(ledger, name) for name in ("remitted_claims", "remittances"))
    return evidence.by_remittance(answers, remittances, counted(ledger))


def with_part2(ledger: Facts, charges: pd.DataFrame) -> pd.DataFrame:
    """Charges with the Part 2 flag of the encounter version they were made from."""
    versions = ledger.read("encounters", columns=["row_id", "part2"]).rename(
        columns={"row_id": "encounter_row_id"}
    )
    return charges.merge(versions, on="encounter_row_id", how="left")


@dataclass(frozen=True)
class Plan:
    """What becomes of every request (`corrections.OUTLOOK`), and what that was judged by."""

    rows: pd.DataFrame
    facts: corrections.Facts


def plan(ledger: Facts, claim_states: granting.Frame) -> Plan | None:
    """The plan as of now; None where nothing that was asked for is still to be done.

    `claim_states` is asked for the states where they matter.
    """
    events, claims = ledger.read("work_events"), ledger.read("claims")
    wanted = pd.concat(
        [corrections.asked(events, claims["claim_id"]), corrections.resubmitted(events, claims)],
        ignore_index=True,
    )
    # What a claim fulfilled already is the rule; asking what becomes of it is dear.
    wanted = wanted[~wanted["claim_id"].isin(claims["replaces_claim_id"])]
    if wanted.empty:
        return None
    known = facts(ledger, claim_states(ledger))
    rows = corrections.outlook(wanted, known)
    return None if rows.empty else Plan(rows, known)


def facts(ledger: Facts, claim_states: pd.DataFrame) -> corrections.Facts:
    """What requests are judged by."""
    return corrections.Facts(
        claims=ledger.read("claims"),
        claim_lines=ledger.read("claim_lines"),
        claim_states=claim_states,
        decided=decided(ledger),
        counted=counted(ledger),
        charges=live_charges(ledger),
        encounters=ledger.current("encounters"),
    )


def amendable(ledger: Facts, claim_states: granting.Frame) -> set[str]:
    """Encounters that may be charged anew although their claim stands."""
    found = plan(ledger, claim_states)
    return corrections.amendable(found.rows, found.facts) if found else set()


def made(
    ledger: Facts, settings: Settings, found: Plan, known: Masters, units: granting.Frame, date: dt.date
) -> list[corrections.Made]:
    """The claims that a plan comes to on a day, and what it cannot: replacements, voids, claims to later payers.

    `units` is asked where charges to be corrected have no authorization.
    """
    charges = with_part2(ledger, corrections.of_claims(found.rows, found.facts))
    charges = granting.late(ledger, charges, known, counted, units, settings.practice.npi)
    key = settings.id_key.get_secret_value()
    later, waits = coordination.again(found.rows, found.facts)
    blocked = found.rows.dropna(subset="reason")
    replacing = corrections.replacements(
        found.rows,
        charges,
        found.facts,
        id_key=key,
        masters=known,
        practice_window_days=settings.billing.date_window_days,
        built_on=date,
    )
    return [
        replace(replacing, authorized=charges[["charge_id", "authorization_id"]]),
        corrections.voids(found.rows, found.facts, id_key=key, built_on=date),
        coordination.claims_of(later, found.facts, id_key=key, masters=known, built_on=date),
        corrections.nothing(pd.concat([waits, blocked[waits.columns]], ignore_index=True)),
    ]


def due(ledger: Facts, known: corrections.Facts) -> pd.DataFrame:
    """Claims whose next payer is to be billed (`coordination.DUE`), by what people said of denials and crossovers."""
    last = corrections.last_word(ledger.read("work_events"), corrections.DECIDING)
    crossed = known.claim_states.loc[known.claim_states["state"] == "crossed_over", "claim_id"]
    crossing = {
        claim
        for claim in crossed
        if last.get(digest("item", "silence", f"no_crossover {claim}")) == "resubmit"
    }
    return coordination.due(known, _worked(ledger, known.counted), crossing)


@derived
def passing(ledger: Moment) -> pd.DataFrame:
    """Frame[claim_id]: answered claims that leave something to the next payer, or may."""
    told = counted(ledger)
    return pd.DataFrame({"claim_id": sorted(coordination.passing(told, _worked(ledger, told)))}, dtype="str")


def _worked(ledger: Facts, told: pd.DataFrame) -> set[str]:
    """Remitted lines (claims without lines) whose denial is nobody's work any more: closed, or all written off."""
    rows = told[let_go.in_question(told)]
    rows = rows.assign(
        amount_cents=let_go.amounts(rows),
        subject=rows["remitted_line_id"].fillna(rows["remitted_claim_id"]),
    )
    off = let_go.of_lines(rows, ledger.read("claim_lines"), ledger.read("write_offs"))
    covered = (off > 0) & (off >= rows["amount_cents"])
    last = corrections.last_word(ledger.read("work_events"), corrections.DECIDING)
    closed = {line for line in rows["subject"] if last.get(digest("item", "denials", line)) == "resolve"}
    return closed | set(rows.loc[covered.fillna(False).astype(bool), "subject"])


def waiting(
    ledger: Facts, settings: Settings, claim_states: granting.Frame, units: granting.Frame, date: dt.date
) -> pd.DataFrame:
    """What people asked for and what is not sent yet, and why: columns `corrections.WAITING`."""
    found = plan(ledger, claim_states)
    if not found:
        return shapes.empty(corrections.WAITING)
    parts = made(ledger, settings, found, masters.current(ledger), units, date)
    return pd.concat([part.waits for part in parts], ignore_index=True)


def out_of_date(ledger: Facts, claim_states: granting.Frame) -> pd.DataFrame:
    """Claims to later payers that carry answers which no longer count (`coordination.OUT_OF_DATE`)."""
    if not ledger.read("claims", columns=["coordinates"])["coordinates"].notna().any():
        return shapes.empty(coordination.OUT_OF_DATE)
    return coordination.out_of_date(facts(ledger, claim_states(ledger)))
