"""Stages: corrected claims, voids and claims to later payers are built; what a void took back is withdrawn.

They stand beside `claiming`, which builds originals. The same check keeps out what must not leave, and a claim that
it keeps out is not stored, so that it is built anew when the data change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import coordinating, masters, planning, quarantining, rebilling, standing
from tasks.billing import coordination
from tasks.billing.authorizations import ACCOMPLISHED, VOID
from tasks.billing.context import Masters, beside
from tasks.billing.corrections import Made
from tasks.claiming import explained, forms, project, tables_837
from tasks.door import log, settings_and_ledger, stage
from tasks.moment import Moment, moment

Rows = dict[str, pd.DataFrame]  # by table
# Tables that are stored, and what a run calls the count of new rows.
COUNTED = {
    "claims": "claims",
    "claim_lines": "lines",
    "authorization_units": "units",
    "quarantine": "new_quarantine",
}


@stage("build corrected claims")
def correct_claims(date: dt.date) -> dict[str, int]:
    """Build the replacements and voids that people asked for and that nothing stands in the way of."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        found, known = planning.plan(now, standing.claim_states), masters.current(now)
        units = standing.authorization_units
        parts = planning.made(now, settings, found, known, units, date) if found else []
        kept = _checked(now, settings, known, parts, date)
    counts = _store(ledger, kept)
    counts["waiting"] = sum(len(part.waits) for part in parts)
    log.info("build corrected claims: %s", counts)
    return counts


@stage("bill the next payer")
def bill_next_payers(date: dt.date) -> dict[str, int]:
    """Build claims to the payers that come next, where the one before has decided and left something."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        if not now.read("claims", columns=["secondary_coverage_id"])["secondary_coverage_id"].notna().any():
            return dict.fromkeys(COUNTED.values(), 0)
        facts, known = planning.facts(now, standing.claim_states(now)), masters.current(now)
        made = coordination.claims_of(
            planning.due(now, facts),
            facts,
            id_key=settings.id_key.get_secret_value(),
            masters=known,
            built_on=date,
        )
        kept = _checked(now, settings, known, [made], date)
    counts = _store(ledger, kept)
    log.info("bill the next payer: %s", counts)
    return counts


def _checked(now: Moment, settings: Settings, known: Masters, parts: Sequence[Made], date: dt.date) -> Rows:
    """What may be stored of claims that were made: claims, lines, units reserved anew, and what is kept out."""
    made = [part for part in parts if len(part.claims)]
    if not made:
        return {}
    claims, lines = pd.concat([part.claims for part in made]), pd.concat([part.lines for part in made])
    # A later payer's claim and a void use no units of the first payer's authorization.
    first = claims["coordinates"].isna() & (claims["frequency"] != VOID)
    own = lines[lines["claim_id"].isin(claims.loc[first, "claim_id"])]
    charges = planning.live_charges(now)
    charges = charges[charges["charge_id"].isin(own["charge_id"])]
    given = pd.concat([part.authorized for part in made]).drop_duplicates("charge_id").set_index("charge_id")
    newer = beside(charges["charge_id"], given["authorization_id"]).astype("str")
    charges = charges.assign(authorization_id=charges["authorization_id"].fillna(newer))
    again = rebilling.released(now, charges, known.authorizations)
    short = set(own.loc[own["charge_id"].isin(again.short), "claim_id"])
    versions = masters.every_version(now)
    tables = {
        form: tables_837(own, lines, versions, settings)
        | coordinating.prior_payers(
            now, own, lines[lines["claim_id"].isin(own["claim_id"])], versions, settings
        )
        for form, own in forms(claims)
    }
    projection = project(claims, lines, known, settings, date, short, tables)
    verdict = explained(quarantining.run_suite(settings, now, "claims", projection), tables)
    kept = set(verdict.kept) - quarantining.discarded(now)
    lines = lines[lines["claim_id"].isin(kept)]
    return {
        "claims": claims[claims["claim_id"].isin(kept)],
        "claim_lines": lines,
        "authorization_units": rebilling.reserve_again(again.charges, lines),
        "quarantine": quarantining.rows_of(verdict),
    }


def _store(ledger: Ledger, rows: Rows) -> dict[str, int]:
    with ledger.transaction() as tx:
        return {counted: tx.add(name, rows[name]) if rows else 0 for name, counted in COUNTED.items()}


@stage("settle voids")
def settle_voids() -> dict[str, int]:
    """Withdraw the charges of claims whose void the payer took: nobody owes them any more, unless it is refused."""
    _, ledger = settings_and_ledger()
    counts = {"withdrawn": withdraw_voided(ledger)}
    log.info("settle voids: %s", counts)
    return counts


def withdraw_voided(ledger: Ledger) -> int:
    """How many journal entries that took. What a void of a later payer's claim takes back is no charge of ours.

    A void that was taken may be refused later, and its charges are then owed again: whatever was said in between, the
    journal says what the answers say by now. Charges that a newer version replaced stay withdrawn.
    """
    with moment(ledger) as now:
        claims = now.read("claims", columns=["claim_id", "frequency", "coordinates"])
        voids = claims[(claims["frequency"] == VOID) & claims["coordinates"].isna()]
        if voids.empty:
            return 0
        states = standing.claim_states(now)
        taken = states.loc[states["state"].isin(ACCOMPLISHED), "claim_id"]
        lines = now.read("claim_lines", columns=["claim_id", "charge_id"])
        lines = lines[lines["claim_id"].isin(voids["claim_id"])]
        voided = lines.loc[lines["claim_id"].isin(taken), "charge_id"]
        live = planning.live_charges(now)["charge_id"]
    with ledger.transaction() as tx:
        charges = tx.read("charge_lines", where={"charge_id": lines["charge_id"].unique().tolist()})
        gone = charges["charge_id"].isin(voided) | ~charges["charge_id"].isin(live)
        return rebilling.withdraw(tx, charges, charges[gone])
