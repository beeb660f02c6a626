"""What may be billed again: encounters that were never charged, changed ones, and claims rejected at the front end.

An encounter version is charged once. A newer version is charged only when no live claim stands on the older one: a
claim is live unless it was rejected before adjudication. The older version's charges are then withdrawn by new
journal entries and their authorization units are given back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from configs.identity import digest
from connectors.ledger import Transaction
from tasks import periods, quarantining, standing
from tasks.billing import authorizations, billed, posting
from tasks.billing.context import among
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

    Left out: charges of an older version of an encounter that no live claim carries; the new version supersedes
    them.
    """
    charges = live_charges(ledger)
    current = charges["encounter_row_id"].isin(ledger.current("encounters")["row_id"])
    return charges[current | charges["charge_id"].isin(_on_live_claims(ledger))].reset_index(drop=True)


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


def live_charges(ledger: Facts) -> pd.DataFrame:
    """Charge lines that count: those of each encounter's newest charged version."""
    charges = ledger.read("charge_lines")
    decisions = ledger.read("decisions", columns=["decision_id", "sequence"])
    dated = charges.merge(decisions, on="decision_id", how="left")
    newest = dated.groupby("encounter_id")["sequence"].transform("max")
    return dated[dated["sequence"] == newest].drop(columns="sequence").reset_index(drop=True)


def unclaimed(ledger: Facts) -> pd.DataFrame:
    """Live charge lines that no live claim carries, and that are to be sent (again).

    A charge whose claim was rejected is sent again when a person resolved the rejection with 'resubmit'.
    """
    charges = live_charges(ledger)
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id"])
    if lines.empty:
        return charges
    states = standing.claim_states(ledger)[["claim_id", "state"]]
    newest = lines.merge(standing.newest_claims(ledger), on="claim_id").merge(states, on="claim_id")
    again = newest["state"].isin(standing.DEAD) & newest["claim_id"].isin(_resubmitted(ledger))
    blocked = set(newest.loc[~again, "charge_id"])
    return charges[~charges["charge_id"].isin(blocked)].reset_index(drop=True)


def earlier_claims(ledger: Facts, charges: pd.DataFrame) -> pd.DataFrame:
    """The newest claim that carried each charge's encounter before: charge_id, claim_id, attempt.

    By encounter, not by charge: a changed encounter has new charges, and its claim still replaces the rejected one.
    """
    lines = ledger.read("claim_lines", columns=["claim_id", "encounter_id"]).drop_duplicates()
    dated = lines.merge(ledger.read("claims", columns=["claim_id", "attempt"]), on="claim_id")
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
    left = needing["authorization_id"].map(authorizations.available(on_file, entries))
    wanted = needing.groupby("authorization_id")["units"].cumsum()
    return Released(needing, set(needing.loc[wanted > left.fillna(0), "charge_id"]))


def reserve_again(charges: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Reservations of the charges that the claim lines carry, caused by their new claim."""
    carried = charges.merge(lines[["charge_id", "claim_id"]], on="charge_id").rename(
        columns={"claim_id": "cause"}
    )
    return authorizations.reserve(carried)


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
    tx.add("journal", periods.booked(tx, posting.withdraw_charges(old)))
    tx.add(
        "authorization_units", authorizations.release(entries, old[["charge_id"]].assign(cause="superseded"))
    )
    return len(old)


def _on_live_claims(ledger: Facts) -> set[str]:
    """Charges on a claim that was not rejected before adjudication."""
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id"])
    if lines.empty:
        return set()
    states = standing.claim_states(ledger)
    live = states.loc[~states["state"].isin((*standing.DEAD, "replaced")), "claim_id"]
    return set(lines.loc[lines["claim_id"].isin(live), "charge_id"])


def _resubmitted(ledger: Facts) -> set[str]:
    """Claims whose rejection a person resolved by sending it again, and did not take that back."""
    return resolved_by(
        ledger, "resubmit", "rejections", ledger.read("claims", columns=["claim_id"])["claim_id"]
    )


def resolved_by(ledger: Facts, action: str, queue: str, subjects: Iterable[str]) -> set[str]:
    """Subjects of a queue's items whose last deciding event is `action`."""
    events = ledger.read("work_events").sort_values("sequence")
    deciding = events[events["action"].isin(["snooze", "resolve", "reopen", "resubmit"])]
    last = deciding.drop_duplicates("item_id", keep="last")
    chosen = set(last.loc[last["action"] == action, "item_id"])
    return {subject for subject in subjects if digest("item", queue, subject) in chosen}
