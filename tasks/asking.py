"""A person wants a claim corrected or voided: what can be done about it is said at once, the rest by the next run."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.ledger import Ledger
from tasks import people, standing
from tasks.billing.corrections import AGAIN, DECIDED, VOID
from tasks.billing.custody import OVER, REJECTED

AT_ONCE = "goes with the next daily run"
AS_ORIGINAL = "goes with the next daily run, as an original: the payer never had it"
LATER = "waits for the payer's decision, and goes with the daily run after it"


@dataclass(frozen=True)
class Told:
    """The claim that is meant, its state, and what becomes of it."""

    claim_id: str
    state: str
    what: str


def ask(
    ledger: Ledger,
    action: str,
    *,
    actor: str,
    reason: str,
    claim_id: str | None = None,
    encounter_id: str | None = None,
    item_id: str | None = None,
) -> Told:
    """Store the wish. Without a claim it is the one that speaks for the encounter.

    Raises `people.Refused` where there is no such claim, another took its place, or there is nothing to void.
    """
    states = standing.claim_states(ledger)
    if claim_id is None and encounter_id is not None:
        of_encounters = standing.encounter_states(ledger, states).set_index("encounter_id")["claim_id"]
        found = of_encounters.get(encounter_id)
        claim_id = str(found) if isinstance(found, str) else None
    known = states.set_index("claim_id")["state"]
    if claim_id is None or claim_id not in known.index:
        raise people.Refused("there is no claim of that id, or the item is about none")
    state = str(known[claim_id])
    if state in OVER:
        raise people.Refused("another claim took the place of this one: name the newest one")
    (frequency,) = ledger.read("claims", {"claim_id": claim_id}, ["frequency"])["frequency"]
    original = state in REJECTED and frequency not in AGAIN
    if original and action == VOID:
        raise people.Refused("the payer never had this claim: there is nothing to void")
    with ledger.transaction() as tx:
        people.correct(tx, claim_id, action, actor=actor, reason=reason, item_id=item_id)
    ready = AT_ONCE if state in DECIDED or state in REJECTED else LATER
    return Told(claim_id, state, AS_ORIGINAL if original else ready)
