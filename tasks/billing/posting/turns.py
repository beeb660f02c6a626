"""What should be posted against what is: a posting that no longer holds is withdrawn and made again in its next turn.

A posting of a remittance or of a remitted claim may change with what is learned: which claim of ours it answers, or
that a second remittance contradicts it; a patient's payment goes to what is owed by now; a void that the payer took,
and with it the withdrawal of its charges, may be refused after all. The journal is never changed.
The posting ``X>1`` is withdrawn by ``X>1<``, the opposite entries, and comes again as ``X>2``.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes

TURNED = ("charge", "remittance", "answer", "adoption", "patient_payment", "write_off", "refund")
WITHDRAWN = "_withdrawn"
_COMPARED = [column for column in shapes.JOURNAL if column not in ("entry_id", "posting_id", "period")]


def changes(journal: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    """Entries that make the journal say what is wanted.

    `journal` has every entry of the postings in question, `wanted` those that should stand, in their first turn
    (``>1``). Nothing where they agree.
    """
    given = journal.assign(owner=_owner(journal), turn=_turn(journal))
    gone = set(given.loc[given["source"].str.endswith(WITHDRAWN), "posting_id"].str.removesuffix("<"))
    stands = given[given["source"].isin(TURNED) & ~given["posting_id"].isin(gone)]
    should = wanted.assign(owner=_owner(wanted))
    alike = _alike(stands, should)
    new, old = (rows[~rows["owner"].isin(alike)] for rows in (should, stands))
    if new.empty and old.empty:
        return shapes.empty(shapes.JOURNAL)
    withdrawn = _withdrawn(old)
    last = given.groupby("owner")["turn"].max()
    turn = new["owner"].map(last).fillna(0).astype("int64") + 1
    posting = new["owner"] + ">" + turn.astype("str")
    made = new.assign(posting_id=posting, entry_id=posting + ":" + new["position"].astype("str"))
    return shapes.conform(pd.concat([withdrawn, made], ignore_index=True), shapes.JOURNAL)


def standing(journal: pd.DataFrame) -> pd.DataFrame:
    """Entries of postings that were not withdrawn: what came and went depends on the order of arrival."""
    gone = journal.loc[journal["source"].str.endswith(WITHDRAWN), "posting_id"]
    return journal[~journal["posting_id"].isin({*gone, *gone.str.removesuffix("<")})]


def _owner(entries: pd.DataFrame) -> pd.Series[str]:
    """Whose posting an entry is part of, by its kind: the id before the turn."""
    owner: pd.Series[str] = entries["posting_id"].str.split(">").str[0].astype("str")
    return owner


def _turn(entries: pd.DataFrame) -> pd.Series[int]:
    turn: pd.Series[int] = entries["posting_id"].str.extract(r">(\d+)", expand=False).astype("Int64")
    return turn


def _alike(stands: pd.DataFrame, should: pd.DataFrame) -> set[str]:
    """Owners whose entries are the same on both sides."""
    both = pd.concat([stands[["owner", *_COMPARED]], should[["owner", *_COMPARED]]], ignore_index=True)
    lonely = both.loc[~both.duplicated(keep=False), "owner"]
    return (set(stands["owner"]) & set(should["owner"])) - set(lonely)


def _withdrawn(entries: pd.DataFrame) -> pd.DataFrame:
    """The opposite entries."""
    return entries.assign(
        entry_id=entries["posting_id"] + "<:" + entries["position"].astype("str"),
        posting_id=entries["posting_id"] + "<",
        source=entries["source"] + WITHDRAWN,
        amount_cents=-entries["amount_cents"],
    )
