"""Stage: recognise which of our claims remitted claims answer, and post what follows.

Runs after everything that teaches something: new remittances, new claims, 277CAs, a person's word. What was unknown
is posted; what turns out to be another claim's is withdrawn by the opposite entries and posted again.
"""

from __future__ import annotations

import pandas as pd

from connectors.ledger import Ledger, Transaction
from tasks import periods
from tasks.billing import matching, posting
from tasks.door import log, settings_and_ledger, stage

# A remitted claim recognised by one of these stays what it is, unless a person says otherwise.
SETTLED = ("person", "control")


@stage("recognise answers")
def recognise_answers() -> dict[str, int]:
    """Look again at every remitted claim that is not recognised, or only by what may change."""
    _, ledger = settings_and_ledger()
    with ledger.transaction() as tx:
        counts = recognise(tx)
    log.info("recognise answers: %s", counts)
    return counts


def recognise(tx: Transaction) -> dict[str, int]:
    """Match again what is open, and post the differences."""
    stored = tx.read("remitted_claims")
    said = assigned(tx)
    open_ = ~stored["matched_by"].isin(SETTLED) | stored["remitted_claim_id"].isin(said["remitted_claim_id"])
    before = stored[open_].reset_index(drop=True)
    if before.empty:
        return {"recognised": 0, "withdrawn": 0}
    old_lines = _lines_of(tx, before)
    ours = posting.Ours(tx.read("claims"), tx.read("claim_lines"))
    found, lines = matching.match(before, old_lines, ours.claims, ours.claim_lines, taught(tx), said)
    changed = _differs(before["claim_id"], found["claim_id"])
    changed |= before["remitted_claim_id"].isin(
        lines.loc[_differs(old_lines["line_id"], lines["line_id"]), "remitted_claim_id"]
    )
    tx.settle("remitted_claims", found[["remitted_claim_id", "claim_id", "matched_by"]])
    new = found[changed].reset_index(drop=True)
    new_lines = lines[lines["remitted_claim_id"].isin(new["remitted_claim_id"])].reset_index(drop=True)
    tx.settle("remitted_lines", new_lines[["remitted_line_id", "line_id"]])
    withdrawn = _withdraw(tx, before[changed & before["claim_id"].notna()])
    posted = _answer(tx, new, new_lines, ours)
    return {"recognised": posted, "withdrawn": withdrawn}


def taught(ledger: Transaction | Ledger) -> pd.DataFrame:
    """The payer's numbers that stored sure answers and 277CAs gave."""
    columns = ["payer_control", "claim_id", "matched_by"]
    return matching.taught(
        ledger.read("remitted_claims", columns=columns),
        ledger.read("acknowledgments", columns=["payer_control", "claim_id"]),
    )


def assigned(ledger: Transaction | Ledger) -> pd.DataFrame:
    """What people said last of each remitted claim."""
    said = ledger.read("assignments").sort_values(["remitted_claim_id", "sequence"])
    return said.drop_duplicates("remitted_claim_id", keep="last")[["remitted_claim_id", "claim_id"]]


def _differs(one: pd.Series[str], other: pd.Series[str]) -> pd.Series[bool]:
    differs: pd.Series[bool] = one.fillna("") != other.fillna("")
    return differs


def _lines_of(tx: Transaction, claims: pd.DataFrame) -> pd.DataFrame:
    lines = tx.read("remitted_lines", where={"remittance_id": claims["remittance_id"].unique().tolist()})
    return lines[lines["remitted_claim_id"].isin(claims["remitted_claim_id"])].reset_index(drop=True)


def _answers(tx: Transaction, remittance_ids: list[str]) -> pd.DataFrame:
    """Every entry that any answer of these remittances has."""
    entries = tx.read("journal", where={"remittance_id": remittance_ids})
    return entries[entries["source"].isin(["answer", "answer_withdrawn"])]


def _withdraw(tx: Transaction, claims: pd.DataFrame) -> int:
    """Take back the answers that stand of these remitted claims."""
    if claims.empty:
        return 0
    entries = _answers(tx, claims["remittance_id"].unique().tolist())
    gone = entries.loc[entries["source"] == "answer_withdrawn", "posting_id"].str.removesuffix("<")
    stands = (entries["source"] == "answer") & ~entries["posting_id"].isin(gone)
    own = entries[stands & entries["remitted_claim_id"].isin(claims["remitted_claim_id"])]
    tx.add("journal", periods.booked(tx, posting.withdrawn(own)))
    return int(own["posting_id"].nunique())


def _answer(tx: Transaction, claims: pd.DataFrame, lines: pd.DataFrame, ours: posting.Ours) -> int:
    """Post the answers of these remitted claims, each in its next turn."""
    if claims.empty:
        return 0
    ids = claims["remittance_id"].unique().tolist()
    entries = _answers(tx, ids)
    given = entries[entries["source"] == "answer"].groupby("remitted_claim_id")["posting_id"].nunique()
    turn = claims["remitted_claim_id"].map(given).fillna(0).astype("int64") + 1
    made = posting.answered(
        tx.read("remittances", where={"remittance_id": ids}),
        claims,
        lines,
        tx.read("remitted_adjustments", where={"remittance_id": ids}),
        ours,
        turn=turn,
    )
    tx.add("journal", periods.booked(tx, made))
    return int(made["posting_id"].nunique())
