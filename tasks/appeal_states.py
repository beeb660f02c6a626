"""Where every appeal stands, with what the settings say of its payer."""

from __future__ import annotations

import pandas as pd

from configs.settings import Settings
from tasks.billing import appeals
from tasks.moment import Facts

# Kinds of documents about an appeal: the packet, what shows an event, what a person adds to the letter.
KIND, EVIDENCE, STATEMENT = "appeal", "appeal_evidence", "appeal_statement"


def states(ledger: Facts, settings: Settings) -> pd.DataFrame:
    """Where every appeal stands, see `tasks.billing.appeals.standing`, with ``payer_id``."""
    facts = with_terms(ledger, settings)
    payer = facts.set_index("appeal_id")["payer_id"]
    rows = appeals.states(facts, ledger.read("appeal_events"))
    return rows.assign(payer_id=rows["appeal_id"].map(payer.to_dict()).astype("str"))


def with_terms(ledger: Facts, settings: Settings) -> pd.DataFrame:
    """Rows of ``appeals`` with ``payer_id``, and ``next_days`` as the settings of the payer say them."""
    rows = ledger.read("appeals").merge(
        ledger.read("claims", columns=["claim_id", "payer_id"]), on="claim_id", how="left"
    )
    said = [
        _at(settings.appeals[payer].days, int(level)) if payer in settings.appeals else None
        for payer, level in zip(rows["payer_id"], rows["level"], strict=True)
    ]
    return rows.assign(next_days=pd.Series(said, index=rows.index, dtype="Int64"))


def _at(days: list[int], place: int) -> int | None:
    return days[place] if place < len(days) else None
