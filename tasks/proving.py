"""The proof: every dollar and every encounter accounted for, from the stored facts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tasks import quarantining, rebilling, recognising, standing
from tasks.billing import accounts, posting, proof, reassociation, suspense, takebacks
from tasks.moment import Facts, Moment, moment


def prove(facts: Facts) -> dict[str, Any]:
    """What ``cleanclaim proof --json`` prints; ``problems`` is empty where everything proves."""
    with moment(facts) as ledger:
        return _prove(ledger)


def _prove(ledger: Moment) -> dict[str, Any]:
    current = ("encounters", "authorizations", "patient_payments")
    states = standing.encounter_states(ledger, standing.claim_states(ledger))
    tables = {
        name: ledger.current(name)[columns]
        if name in current
        else recognising.live(ledger, name, columns)
        if name in recognising.FACTS
        else ledger.read(name, columns=columns)
        for name, columns in proof.NEEDS.items()
    }
    tables["authorization_units"] = standing.authorization_units(ledger)
    files, members = standing.live_submissions(ledger)
    tables["submissions"] = files[proof.NEEDS["submissions"]]
    tables["submission_claims"] = members[proof.NEEDS["submission_claims"]]
    made = proof.prove(tables, states)
    quarantined = quarantining.with_state(ledger)
    parts = standing.taken_back(ledger)
    chains = takebacks.members(
        parts, recognising.live(ledger, "remittances"), recognising.live(ledger, "remitted_claims")
    )
    waiting = standing.in_suspense(ledger)
    problems = [*made.problems, *suspense.faults(waiting)]
    return made.to_dict() | {
        "balanced": not problems,
        "problems": problems,
        "chart": accounts.chart(posting.standing(tables["journal"])),
        "suspense": suspense.summary(waiting),
        "deposits": reassociation.by_state(standing.associated(ledger)),
        "fingerprint": ledger.fingerprint(),
        "takebacks": takebacks.summary(parts, chains),
        "quarantined": int((quarantined["state"] == "open").sum()),
        "waiting_stays": _by_reason(rebilling.waiting_stays(ledger)),
    }


def _by_reason(waiting: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Charges and cents of stays that are on no claim yet, by what they wait for."""
    sums = waiting.groupby("awaits")["charge_cents"].agg(["size", "sum"])
    return {
        str(reason): {"count": int(count), "charge_cents": int(cents)}
        for reason, count, cents in sums.itertuples(name=None)
    }


def takeback_chains(facts: Facts, *, closed: bool = False, claim: str | None = None) -> list[dict[str, Any]]:
    """Chains of take-backs from the first payment to the last cent: the open ones, with `closed` all of them.

    Of one claim of ours (`claim`, a claim_id) every chain that took from it or gave to it.
    """
    with moment(facts) as ledger:
        parts = standing.taken_back(ledger)
        answers = recognising.live(ledger, "remitted_claims")
        rows = takebacks.members(parts, recognising.live(ledger, "remittances"), answers, payments=True)
        if claim is not None:
            own = answers.loc[answers["claim_id"] == claim, "remitted_claim_id"]
            named = pd.concat(
                [parts[["chain_id", "remitted_claim_id"]], rows[["chain_id", "remitted_claim_id"]]]
            )
            rows = rows[rows["chain_id"].isin(named.loc[named["remitted_claim_id"].isin(own), "chain_id"])]
    found = takebacks.chains(rows)
    return found if closed or claim is not None else [one for one in found if one["state"] == "open"]
