"""What may be billed again: encounters that were never charged, changed ones, and claims rejected at the front end.

An encounter version is charged once. A newer version is charged only when no live claim stands on the older one, or
when that claim is about to be replaced because a person asked for it (`planning`). A claim is live unless it was
rejected before adjudication or voided; a rejected replacement leaves the claim it was to replace with the payer. The
older version's charges are then withdrawn by new journal entries and their authorization units are given back.

Originals are built here and nothing else: what a payer has decided about goes again by `correcting`, what goes to a
later payer by `coordinating`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from configs.identity import digest
from connectors.ledger import Transaction
from tasks import masters, periods, planning, quarantining, standing
from tasks.billing import authorizations, billed, corrections, custody, posting
from tasks.billing.context import among
from tasks.billing.institutional import periods as cycles
from tasks.billing.institutional import programmes
from tasks.billing.institutional.claims import WAITING
from tasks.billing.shapes import conform
from tasks.moment import Facts


def waiting(ledger: Facts) -> pd.DataFrame:
    """Current encounters whose version is not charged and that no quarantine bars.

    One that changed while a live claim stands on its older version is among them: a gate (amended) holds it.
    """
    encounters = ledger.current("encounters")
    done = ledger.read("charge_lines", columns=["encounter_row_id"])["encounter_row_id"]
    free = ~encounters["row_id"].isin(set(done) | quarantining.barred(ledger))
    return encounters[free].reset_index(drop=True)


def standing_charges(ledger: Facts) -> pd.DataFrame:
    """Charge lines that new ones are judged against.

    Left out: charges of an older version of an encounter that no live claim carries, or whose claim is about to be
    replaced; the new version supersedes them.
    """
    charges = planning.live_charges(ledger)
    current = charges["encounter_row_id"].isin(ledger.current("encounters")["row_id"])
    amended = charges["encounter_id"].isin(planning.amendable(ledger, standing.claim_states))
    live = charges["charge_id"].isin(_on_live_claims(ledger)["charge_id"]) & ~amended
    return charges[current | live].reset_index(drop=True)


def of_people(ledger: Facts, people: Iterable[str], encounters: Iterable[str]) -> pd.DataFrame:
    """Standing charge lines that lines of these people and encounters are judged beside: all others do not matter."""
    charges = standing_charges(ledger)
    theirs = among(charges["patient_id"], pd.Series(list(people), dtype="str"))
    again = among(charges["encounter_id"], pd.Series(list(encounters), dtype="str"))
    return charges[theirs | again].reset_index(drop=True)


def versions(ledger: Facts, charges: pd.DataFrame) -> pd.DataFrame:
    """The encounters as they were billed, with what `billed.completed` reads of them."""
    rows = charges["encounter_row_id"].unique().tolist()
    return ledger.read("encounters", where={"row_id": rows}, columns=billed.OF_VERSION)


def unclaimed(ledger: Facts) -> pd.DataFrame:
    """Live charge lines that no live claim carries, and that are to be sent (again).

    A charge whose claim was rejected is sent again when a person resolved the rejection with 'resubmit', or asked
    for its correction. A new charge of an encounter that stands on a live claim is for its replacement, and never
    for a second original.
    """
    charges = planning.live_charges(ledger)
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id"])
    if lines.empty:
        return charges
    states = standing.claim_states(ledger)[["claim_id", "state"]]
    newest = lines.merge(standing.newest_claims(ledger), on="claim_id").merge(states, on="claim_id")
    again = newest["state"].isin(custody.REJECTED) & newest["claim_id"].isin(_resubmitted(ledger))
    blocked = set(newest.loc[~again, "charge_id"])
    elsewhere = charges["encounter_id"].isin(_on_live_claims(ledger)["encounter_id"])
    elsewhere &= ~charges["charge_id"].isin(lines["charge_id"])
    return charges[~charges["charge_id"].isin(blocked) & ~elsewhere].reset_index(drop=True)


def waiting_stays(ledger: Facts) -> pd.DataFrame:
    """Charges of stays that are on no claim yet, with what they wait for (``institutional.claims.WAITING``).

    Whether a month is over is the daily run's question; here it is said what the charges wait for while it is not.
    """
    charges = unclaimed(ledger)
    charges = charges[charges["form"] == programmes.INSTITUTIONAL].assign(part2=False)
    dated = cycles.with_periods(charges, masters.current(ledger))
    awaits = cycles.awaited(dated).replace(cycles.NOTHING, "next_run")
    return conform(dated.assign(awaits=awaits), WAITING)


def earlier_claims(ledger: Facts, charges: pd.DataFrame) -> pd.DataFrame:
    """The newest claim that carried each charge's encounter before: charge_id, claim_id, attempt.

    By encounter, not by charge: a changed encounter has new charges, and its claim still replaces the rejected one.
    """
    lines = ledger.read("claim_lines", columns=["claim_id", "encounter_id"]).drop_duplicates()
    claims = ledger.read("claims", columns=["claim_id", "attempt", "coordinates"])
    first = claims[claims["coordinates"].isna()].drop(columns="coordinates")
    dated = lines.merge(first, on="claim_id")
    newest = dated.sort_values(["encounter_id", "attempt", "claim_id"]).drop_duplicates(
        "encounter_id", keep="last"
    )
    return (
        charges[["charge_id", "encounter_id"]].merge(newest, on="encounter_id").drop(columns="encounter_id")
    )


@dataclass(frozen=True)
class Released:
    """Charges whose units were given back by a rejection; `short` are those that find too few units left."""

    charges: pd.DataFrame
    short: set[str]


def released(ledger: Facts, charges: pd.DataFrame, on_file: pd.DataFrame) -> Released:
    """Which of `charges` need their authorization units anew, and which of those the authorization still has.

    Units are given out in order of service.
    """
    entries = standing.authorization_units(ledger)
    held = authorizations.balances(entries)
    open_units = set(held.loc[held["open"] > 0, "charge_id"])
    needing = charges[charges["authorization_id"].notna() & ~charges["charge_id"].isin(open_units)]
    needing = needing.sort_values(["authorization_id", "service_date", "charge_id"])
    short = authorizations.beyond(needing, on_file, entries)
    return Released(needing, set(needing.loc[short, "charge_id"]))


def reserve_again(charges: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Reservations of the charges that the claim lines carry, caused by their new claim."""
    carried = charges.merge(lines[["charge_id", "claim_id"]], on="charge_id").rename(
        columns={"claim_id": "cause"}
    )
    return authorizations.reserve(carried)


def given_back(ledger: Facts, entries: pd.DataFrame, encounters: set[str]) -> pd.DataFrame:
    """All units as if these encounters had given back what their charges hold: they are about to be charged anew."""
    charges = planning.live_charges(ledger)
    old = charges.loc[charges["encounter_id"].isin(encounters), ["charge_id"]]
    if old.empty:
        return entries
    back = authorizations.release(entries, old.assign(cause="superseded"))
    return pd.concat([entries, back], ignore_index=True)


def withdraw_superseded(tx: Transaction, charges: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Withdraw the postings and give back the units of earlier charges of the encounters just charged.

    `entries` are all units as `standing.authorization_units` has them; what a dead claim gave back is not given
    back again.
    """
    if charges.empty:
        return 0
    encounters = charges["encounter_id"].unique().tolist()
    stored = tx.read("charge_lines", where={"encounter_id": encounters})
    old = stored[~stored["charge_id"].isin(charges["charge_id"])]
    if old.empty:
        return 0
    withdraw(tx, old, old)
    tx.add(
        "authorization_units", authorizations.release(entries, old[["charge_id"]].assign(cause="superseded"))
    )
    return len(old)


def withdraw(tx: Transaction, charges: pd.DataFrame, gone: pd.DataFrame) -> int:
    """Have the journal say that of `charges` those in `gone` are withdrawn and no others; how many entries it took."""
    entries = tx.read("journal", {"charge_id": charges["charge_id"].tolist(), "remittance_id": None})
    own = entries["posting_id"].str.split(">").str[0].isin(posting.withdrawals(charges["charge_id"]))
    return tx.add(
        "journal", periods.booked(tx, posting.changes(entries[own], posting.withdraw_charges(gone)))
    )


def _on_live_claims(ledger: Facts) -> pd.DataFrame:
    """Frame[claim_id, charge_id, encounter_id] of claims that a payer has, or has something of.

    A replacement or void that was rejected leaves what it was about with the payer, and counts.
    """
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id", "encounter_id"])
    if lines.empty:
        return lines
    claims = ledger.read("claims", columns=["claim_id", "frequency"])
    states = standing.claim_states(ledger)[["claim_id", "state"]].merge(claims, on="claim_id")
    dead = states["state"].isin(custody.REJECTED) & ~states["frequency"].isin(corrections.AGAIN)
    live = states.loc[~dead & ~states["state"].isin(custody.OVER), "claim_id"]
    return lines[lines["claim_id"].isin(live)]


def _resubmitted(ledger: Facts) -> set[str]:
    """Originals whose rejection a person resolved by sending them again, or asked to be corrected."""
    claims = ledger.read("claims", columns=["claim_id", "frequency", "coordinates"])
    first = claims[~claims["frequency"].isin(corrections.AGAIN) & claims["coordinates"].isna()]["claim_id"]
    asked = corrections.asked(ledger.read("work_events"), first)
    wanted = set(asked.loc[asked["action"] == corrections.CORRECT, "claim_id"])
    return wanted | resolved_by(ledger, "resubmit", "rejections", first)


def resolved_by(ledger: Facts, action: str, queue: str, subjects: Iterable[str]) -> set[str]:
    """Subjects of a queue's items whose last deciding event is `action`."""
    last = corrections.last_word(ledger.read("work_events"), corrections.DECIDING)
    chosen = set(last.index[last == action])
    return {subject for subject in subjects if digest("item", queue, subject) in chosen}
