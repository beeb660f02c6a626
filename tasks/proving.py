"""The proof: every dollar and every encounter accounted for, from the stored facts."""

from __future__ import annotations

from typing import Any

from tasks import quarantining, recognising, standing
from tasks.billing import accounts, posting, proof, reassociation, suspense, takebacks
from tasks.moment import Facts, Moment, moment


def prove(facts: Facts) -> dict[str, Any]:
    """What ``cleanclaim proof --json`` prints; ``problems`` is empty where everything proves."""
    with moment(facts) as ledger:
        return _prove(ledger)


def _prove(ledger: Moment) -> dict[str, Any]:
    current = ("encounters", "authorizations")
    states = standing.encounter_states(ledger, standing.claim_states(ledger))
    tables = {
        name: ledger.current(name)[columns]
        if name in current
        else recognising.live(ledger, name, columns)
        if name in recognising.FACTS
        else ledger.read(name, columns=columns)
        for name, columns in proof.NEEDS.items()
    }
    tables["authorization_units"] = standing.authorization_units(ledger)[proof.NEEDS["authorization_units"]]
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
    }
