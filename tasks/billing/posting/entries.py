"""Journal entries from columns: numbered within their posting, ids made of the posting and the number."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing import shapes
from tasks.billing.rows import Cents, Rows, taken, text


@dataclass
class Draft:
    """Entries to be: parts of equal length, concatenated by `journal`.

    ``posting`` numbers the postings (rows of the ids that `journal` takes), ``rank`` orders the entries of one.
    ``at`` gives for each reference the row of its column, -1 for none.
    """

    posting: list[Rows] = field(default_factory=list)
    rank: list[Rows] = field(default_factory=list)
    account: list[pa.Array] = field(default_factory=list)
    amount: list[Cents] = field(default_factory=list)
    at: dict[str, list[Rows]] = field(default_factory=dict)

    def add(
        self, posting: Rows, rank: Rows | int, account: str | pa.Array, amount: Cents, **at: Rows
    ) -> None:
        """Entries of these postings; those of no amount are left out."""
        kept = np.flatnonzero(amount)
        count = len(kept)
        self.posting.append(posting[kept])
        self.rank.append(np.full(count, rank) if isinstance(rank, int) else rank[kept])
        self.amount.append(amount[kept])
        named = pa.repeat(account, count) if isinstance(account, str) else account.take(pa.array(kept))
        self.account.append(named.cast(pa.string()))
        for name in dict.fromkeys((*self.at, *at)):  # each once, also where both have it
            rows = at[name][kept] if name in at else np.full(count, -1)
            before = sum(map(len, self.posting)) - count
            self.at.setdefault(name, [np.full(before, -1)]).append(rows)


def journal(
    draft: Draft, postings: pa.Array, source: str, references: dict[str, tuple[str, pa.Array]]
) -> pd.DataFrame:
    """The journal of a draft. `references` names for each column of the journal the key of ``at`` and its values."""
    if not draft.posting or not sum(map(len, draft.posting)):
        return shapes.empty(shapes.JOURNAL)
    posting, rank = np.concatenate(draft.posting), np.concatenate(draft.rank)
    order = np.lexsort((rank, posting))
    posting = posting[order]
    position = _numbered(posting)
    ids = taken(postings, posting)
    columns = {
        "entry_id": pc.binary_join_element_wise(ids, pa.array(position).cast(pa.string()), ":"),
        "posting_id": ids,
        "position": pa.array(position),
        "source": pa.repeat(source, len(order)),
        "account": pa.concat_arrays(draft.account).take(pa.array(order)),
        "amount_cents": pa.array(np.concatenate(draft.amount)[order]),
    }
    for name, (key, values) in references.items():
        rows = posting if key == "posting" else np.concatenate(draft.at[key])[order]
        columns[name] = taken(values, rows)
    return shapes.of_arrow(columns, shapes.JOURNAL)


def first_turn(owners: pd.Series[str]) -> pa.Array:
    """Ids of what is posted of these for the first time; see ``turns``."""
    return pc.binary_join_element_wise(text(owners), ">1", "")


def _numbered(posting: Rows) -> Rows:
    """1-based place of each entry in its posting; equal ones stand together."""
    first = np.flatnonzero(np.append(True, posting[1:] != posting[:-1]))
    return np.arange(len(posting)) - np.repeat(first, np.diff(np.append(first, len(posting)))) + 1
