"""What earlier payers decided, read from the ledger for the claims that carry it."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from configs.settings import Settings
from connectors.x12.tables837 import TABLES_837, complete
from tasks.billing import prior_payers as told
from tasks.billing.context import Masters
from tasks.claiming import tables_837
from tasks.moment import Reads


def prior_payers(
    ledger: Reads, claims: pd.DataFrame, lines: pd.DataFrame, versions: Masters, settings: Settings
) -> dict[str, pa.Table]:
    """The encoder's tables of other payers for those of the claims that carry answers; nothing where none does.

    `versions` are all versions of the masters: an earlier claim names the ones it was sent with.
    """
    pairs = told.carried(claims)
    if pairs.empty:
        return {}
    answers = {"remitted_claim_id": pairs["remitted_claim_id"].unique().tolist()}
    remitted = ledger.read("remitted_claims", answers)
    earlier = {"claim_id": remitted["claim_id"].dropna().unique().tolist()}
    facts = told.Told(
        remittances=ledger.read(
            "remittances", {"remittance_id": remitted["remittance_id"].unique().tolist()}
        ),
        remitted_claims=remitted,
        remitted_lines=ledger.read("remitted_lines", answers),
        remitted_adjustments=ledger.read("remitted_adjustments", answers),
        claims=ledger.read("claims", earlier),
        claim_lines=ledger.read("claim_lines", earlier),
    )
    heads = tables_837(facts.claims, facts.claim_lines, versions, settings)["claims"].to_pandas()
    made = told.tables(claims, lines, facts, heads)
    return {name: complete(table, TABLES_837[name]) for name, table in made.items()}
