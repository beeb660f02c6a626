"""The account that each adjustment of a remitted claim moves money to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing.posting.places import account_of, telling_remarks
from tasks.billing.rows import Rows, cents, rows_of, taken, text


def moved_to(
    adjustments: pd.DataFrame, of_claim: Rows, remitted_claims: pd.DataFrame, remitted_lines: pd.DataFrame
) -> pa.Array:
    """The account of each adjustment, `of_claim` its row in `remitted_claims`.

    Few combinations of codes occur: each is looked up once, and the answer spread over the rows.
    """
    of_line = rows_of(adjustments["remitted_line_id"], remitted_lines["remitted_line_id"])
    at_line = of_line >= 0
    charged, lined = cents(remitted_claims["charge_cents"]), cents(remitted_lines["charge_cents"])
    charge = np.where(at_line, lined[of_line] if len(lined) else 0, charged[of_claim] if len(charged) else 0)
    whole = (cents(adjustments["amount_cents"]) == charge) & (charge != 0)
    columns = [
        text(adjustments["group_code"]),
        text(adjustments["carc"]),
        taken(text(remitted_lines["remarks"]), of_line),
        taken(text(remitted_claims["remarks"]), of_claim),
    ]
    encoded = [pc.fill_null(column, "").dictionary_encode() for column in columns]
    key = whole.astype(np.int64)
    for column in encoded:
        key = key * max(len(column.dictionary), 1) + column.indices.to_numpy(zero_copy_only=False)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    names = [column.dictionary.to_pylist() for column in encoded]
    accounts = []
    for row in first.tolist():
        group, carc, *marks = (
            listed[column.indices[row].as_py()] for listed, column in zip(names, encoded, strict=True)
        )
        remarks = telling_remarks() & frozenset(" ".join(marks).split())
        accounts.append(account_of(group, carc, remarks, bool(whole[row])))
    return pa.array(accounts, pa.string()).take(pa.array(which))
