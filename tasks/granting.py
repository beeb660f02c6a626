"""Authorizations that came after the charge: with what a charge that has none is corrected.

A charge keeps what it was made with. An authorization that a payer gives afterwards, for days that are over, has to
get on the next claim for it all the same: its units are reserved under that claim, and from then on the charge counts
as having it (`reserved`).
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tasks.billing import authorizations
from tasks.billing.context import Masters, beside
from tasks.moment import Facts

# planning.counted, standing.claim_states, standing.authorization_units
Frame = Callable[[Facts], pd.DataFrame]


def reserved(ledger: Facts, charges: pd.DataFrame) -> pd.DataFrame:
    """Charges with the authorization that was reserved for them later, where they were made with none."""
    if not charges["authorization_id"].isna().any():
        return charges
    units = ledger.read("authorization_units", columns=["charge_id", "authorization_id", "event", "entry_id"])
    own = units[units["event"] == "reserve"].sort_values(["charge_id", "entry_id"])
    given = beside(
        charges["charge_id"], own.drop_duplicates("charge_id").set_index("charge_id")["authorization_id"]
    )
    return charges.assign(authorization_id=charges["authorization_id"].fillna(given.astype("str")))


def late(
    ledger: Facts,
    charges: pd.DataFrame,
    known: Masters,
    counted: Frame,
    units: Frame,
    facility: str,
) -> pd.DataFrame:
    """Charges with the authorization that covers them by now, where they have none and one is wanted.

    Wanted where the payer asks for one, or denied the line for it. `counted` is asked for the verdicts that count and
    `units` for all units of authorizations where a charge has none; `facility` is the NPI that the practice
    bills under.
    """
    missing = charges[charges["authorization_id"].isna()]
    if missing.empty or known.authorizations.empty:
        return charges
    which = {"row_id": missing["encounter_row_id"].unique().tolist()}
    visits = ledger.read("encounters", which, ["row_id", "rendering_id", "minutes"]).set_index("row_id")
    payers = known.payers.set_index("payer_id")
    lines = missing.assign(
        treating_id=beside(missing["encounter_row_id"], visits["rendering_id"]),
        minutes=beside(missing["encounter_row_id"], visits["minutes"]),
        payer_auth_codes=beside(missing["payer_id"], payers["auth_codes"]),
    )
    told = counted(ledger)
    refused = told["category"].astype("str").str.startswith(authorizations.FOR_AUTHORIZATION)
    denied = told.loc[refused.fillna(False).astype(bool), "line_id"].dropna()
    of_charges = {"charge_id": lines["charge_id"].tolist()}
    own = ledger.read("claim_lines", of_charges, ["line_id", "charge_id"])
    for_it = lines["charge_id"].isin(own.loc[own["line_id"].isin(denied), "charge_id"])
    asking = lines[authorizations.required(lines) | for_it]
    given = authorizations.allocate(asking, known.authorizations, units(ledger), facility=facility)
    return charges.assign(
        authorization_id=charges["authorization_id"].fillna(given["authorization_id"].reindex(charges.index))
    )
