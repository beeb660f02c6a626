"""A person says which claim of ours a remitted claim answers; what follows is posted in the same transaction."""

from __future__ import annotations

from connectors.ledger import Ledger
from tasks import people, recognising


def assign(
    ledger: Ledger, remitted_claim_id: str, claim_id: str | None, *, person: str, reason: str
) -> dict[str, int]:
    """Store the person's word and post what it means; None for none of our claims.

    Returns the counts of `recognising.recognise`; raises `people.Refused` where either id does not exist.
    """
    with ledger.transaction() as tx:
        if not tx.count("remitted_claims", where={"remitted_claim_id": remitted_claim_id}):
            raise people.Refused("there is no remitted claim of that id")
        if claim_id is not None and not tx.count("claims", where={"claim_id": claim_id}):
            raise people.Refused("there is no claim of that id; 'none' says that it answers none of ours")
        people.assign(tx, remitted_claim_id, claim_id, person=person, reason=reason)
        return recognising.recognise(tx)
