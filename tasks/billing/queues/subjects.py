"""Every item that a queue can have had about some facts, open or not.

An item that was closed by a fact is listed nowhere any more, and what people did with it stays. Its id is made of its
queue and subject, so it can be found: these are the subjects that the queues make.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from configs.identity import digest
from tasks.billing.patient_share import AGES, OLDEST
from tasks.billing.queues import group_of
from tasks.billing.remedies import CREDITS


def items(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Frame[item_id, queue]; `tables` are the ledger's, reduced to what is about one family of claims."""
    claims = tables["claims"]["claim_id"]
    answers, lines = (
        tables["remitted_claims"]["remitted_claim_id"],
        tables["remitted_lines"]["remitted_line_id"],
    )
    held = tables["decisions"]["encounter_id"] + " " + tables["decisions"]["decision_id"]
    ages = [*(name for _, name in AGES), OLDEST]
    subjects = [
        ("holds", held),
        ("quarantine", tables["quarantine"]["quarantine_id"]),
        ("uploads", pd.concat([claims, tables["submissions"]["submission_id"]])),
        ("rejections", claims),
        ("corrections", claims),
        *(
            ("silence", kind + " " + claims)
            for kind in ("no_277ca", "unknown_answer", "no_835", "no_crossover")
        ),
        ("silence", "no_999 " + tables["submissions"]["submission_id"]),
        ("denials", pd.concat([answers, lines])),
        ("underpayments", pd.concat([answers, lines])),
        *(("suspense", answers + " " + why) for why in ("UNMATCHED", "UNADJUDICATED")),
        *(("credits", claims + " " + reason) for reason in CREDITS.values()),
        *(("patients", claims + " " + age) for age in ages),
        *(("appeals", tables["appeals"]["appeal_id"] + " " + kind) for kind in ("file", "answer", "next")),
    ]
    rows = pd.concat([pd.DataFrame({"queue": queue, "subject": text}) for queue, text in subjects])
    ids = zip(group_of(rows["queue"]), rows["subject"], strict=True)
    return pd.DataFrame(
        {"item_id": [digest("item", *pair) for pair in ids], "queue": rows["queue"].to_numpy()}
    )
