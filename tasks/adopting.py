"""Adopted claims in the ledger: whose answers join them, and what they post. See `tasks.billing.adoption`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from connectors.ledger import Transaction
from tasks import periods
from tasks.billing import adoption, posting, shapes
from tasks.billing.adoption import ADOPTED
from tasks.billing.context import among
from tasks.billing.matching import SURE
from tasks.billing.remittances import RemittanceFacts
from tasks.moment import Reads


def joined(ledger: Reads, remitted_claims: pd.DataFrame, adopts: pd.Series[bool] | bool) -> pd.DataFrame:
    """Answers that no claim of ours is for, put to adopted claims: the ledger's, and new ones where it `adopts`."""
    open_ = remitted_claims[remitted_claims["matched_by"].isna()]
    if open_.empty:
        return remitted_claims
    numbers = open_.assign(adopted_id=adoption.ids(open_["claim_control"]), new=adopts)
    numbers = (
        numbers.dropna(subset="adopted_id")
        .groupby(["claim_control", "adopted_id"])["new"]
        .any()
        .reset_index()
    )
    unsure = numbers.loc[~numbers["new"], "adopted_id"].tolist()
    known = ledger.read("adopted_claims", {"adopted_id": unsure}, ["adopted_id"])["adopted_id"]
    return adoption.join(remitted_claims, numbers[numbers["new"] | numbers["adopted_id"].isin(known)])


def beside(ours: posting.Ours, remitted_claims: pd.DataFrame) -> posting.Ours:
    """Our claims and the adopted ones that these answers are for; whose they are says each answer's payer."""
    adopted = remitted_claims.loc[remitted_claims["matched_by"] == ADOPTED, "claim_id"].drop_duplicates()
    if adopted.empty:
        return ours
    rows = ours.claims.iloc[:0].reindex(range(len(adopted))).assign(claim_id=adopted.array)
    return replace(ours, claims=pd.concat([ours.claims, rows], ignore_index=True))


def store(tx: Transaction, found: RemittanceFacts, made: pd.DataFrame, held: Collection[str]) -> int:
    """Post what the adopted claims of new remittances charged, after these and their entries `made` were stored."""
    mine = found.remitted_claims[found.remitted_claims["matched_by"] == ADOPTED]
    claims = mine[["claim_id", "claim_control"]].drop_duplicates("claim_id")
    if claims.empty:
        return 0
    known = tx.read("adopted_claims", {"adopted_id": claims["claim_id"].tolist()}, ["adopted_id"])[
        "adopted_id"
    ]
    tx.add("adopted_claims", claims.rename(columns={"claim_id": "adopted_id"}))
    new = mine[~among(mine["claim_id"], known)]
    entries = made[among(made["claim_id"], new["claim_id"])]
    live = new[~new["remittance_id"].isin(held)]
    charged = adoption.post(
        _answers(live, found.remittances), found.remitted_lines[[*adoption.LINES]], entries
    )
    return tx.add("journal", periods.booked(tx, charged)) + settle(tx, known, held)


def settle(tx: Transaction, claim_ids: Collection[str], held: Collection[str]) -> int:
    """Make the journal say what these adopted claims should charge, their answers being settled.

    `held` are remittances that post nothing.
    """
    if not len(claim_ids):
        return 0
    which = {"claim_id": sorted(set(claim_ids))}
    journal = tx.read("journal", which)
    own = journal["source"].str.startswith(adoption.SOURCE)
    wanted = charged(tx, which, held, journal[~own])
    return tx.add("journal", periods.booked(tx, posting.changes(journal[own], wanted)))


def charged(
    facts: Reads, which: Mapping[str, list[str]], held: Collection[str], entries: pd.DataFrame
) -> pd.DataFrame:
    """Journal entries of what adopted claims charge; `which` chooses their answers, `entries` is what those post.

    `held` are remittances that post nothing.
    """
    answers = facts.read("remitted_claims", {**which, "matched_by": ADOPTED})
    answers = answers[~answers["remittance_id"].isin(held)]
    lines = facts.read(
        "remitted_lines", {"remitted_claim_id": answers["remitted_claim_id"].tolist()}, [*adoption.LINES]
    )
    remittances = facts.read("remittances", {"remittance_id": answers["remittance_id"].unique().tolist()})
    return adoption.post(_answers(answers, remittances), lines, entries)


def _answers(remitted_claims: pd.DataFrame, remittances: pd.DataFrame) -> pd.DataFrame:
    columns = ["remittance_id", "payer_identifier", "payer_id", "payment_date"]
    return shapes.conform(remitted_claims.merge(remittances[columns], on="remittance_id"), adoption.ANSWERS)


def doubtful(ledger: Reads) -> pd.DataFrame:
    """Answers (remitted_claim_id, remittance_id) of adopted claims that may be for a claim of ours, as known now.

    A history is large, and what may concern it is not: claims under its numbers, payer's numbers and line numbers of
    ours.
    """
    columns = ["remitted_claim_id", "remittance_id"]
    if not (ledger.count("adopted_claims") and ledger.count("claims")):
        return pd.DataFrame(columns=columns, dtype="str")
    own = ledger.read("claims", columns=["claim_id"])["claim_id"]
    taught = [
        ledger.read("remitted_claims", {"matched_by": list(SURE)}, ["payer_control"])["payer_control"],
        ledger.read("acknowledgments", columns=["payer_control"])["payer_control"],
    ]
    numbers = pd.concat(taught).dropna().unique().tolist()
    lines = ledger.read("claim_lines", columns=["line_id"])["line_id"].tolist()
    found = [
        ledger.read("remitted_claims", {"matched_by": ADOPTED, "claim_control": own.tolist()}, columns),
        ledger.read("remitted_claims", {"matched_by": ADOPTED, "payer_control": numbers}, columns),
        ledger.read("remitted_lines", {"line_id": None, "line_control": lines}, columns),
    ]
    return pd.concat(found, ignore_index=True).drop_duplicates("remitted_claim_id", ignore_index=True)
