"""A remittance received: what the payer sent, before anybody asks which of our claims it answers.

One posting a remittance. Cash is BPR02 and nothing else; CLP04 of each remitted claim stands in suspense under the
remitted claim's id; each PLB amount is in its account. It sums to zero because the remittance balances.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from tasks.billing.posting.entries import Draft, first_turn, journal
from tasks.billing.posting.places import CASH, NO_ANSWER, UNADJUDICATED, UNMATCHED, plb_account
from tasks.billing.rows import cents, days, rows_of, text


def received(
    remittances: pd.DataFrame, remitted_claims: pd.DataFrame, provider_adjustments: pd.DataFrame
) -> pd.DataFrame:
    """Journal entries of balanced remittances; the frames are the ledger's tables of those names.

    PLB amounts that are positive leave the check (debit the account, credit cash), negative ones add to it.
    """
    ids = remittances["remittance_id"]
    of_claim = rows_of(remitted_claims["remittance_id"], ids)
    of_plb = rows_of(provider_adjustments["remittance_id"], ids)
    remitted, plb = np.flatnonzero(of_claim >= 0), np.flatnonzero(of_plb >= 0)
    waiting = np.where(remitted_claims["status"].isin(NO_ANSWER), UNADJUDICATED, UNMATCHED)
    places = provider_adjustments["code"].map(plb_account).astype("str")
    draft = Draft()
    draft.add(np.arange(len(ids)), 0, CASH, cents(remittances["bpr_cents"]))
    draft.add(
        of_claim[remitted],
        remitted + 1,
        pa.array(waiting[remitted], pa.string()),
        -cents(remitted_claims["paid_cents"])[remitted],
        remitted=remitted,
    )
    draft.add(
        of_plb[plb],
        len(of_claim) + 1 + plb,
        text(places).take(pa.array(plb)),
        cents(provider_adjustments["amount_cents"])[plb],
        plb=plb,
    )
    return journal(
        draft,
        first_turn(ids),
        "remittance",
        {
            "remittance_id": ("posting", text(ids)),
            "payer_id": ("posting", text(remittances["payer_id"])),
            "effective_on": ("posting", days(remittances["payment_date"])),
            "remitted_claim_id": ("remitted", text(remitted_claims["remitted_claim_id"])),
            "reason": ("plb", text(provider_adjustments["code"])),
        },
    )
