"""Amounts laid over what is wanted, in order, until one of the two runs out: each owner's oldest first.

Both sides of an owner are laid end to end on one line of cents; where two of them overlap, that many cents of the one
are for the other. What is not wanted is left over and named too (row -1).
"""

from __future__ import annotations

import numpy as np

from tasks.billing.rows import Cents, Rows, sums


def spread(owner: Rows, amounts: Cents, wanting: Rows, wants: Cents) -> tuple[Rows, Rows, Cents]:
    """Parts as (row of `amounts`, row of `wants` or -1, cents). Owners ascend on both sides; nothing is below zero.

    >>> [part.tolist() for part in spread(*map(np.array, ([0, 0], [50, 30], [0, 0], [60, 5])))]
    [[0, 1, 1, 1], [0, 0, 1, -1], [50, 10, 5, 15]]
    """
    owners = int(max(owner.max(initial=-1), wanting.max(initial=-1))) + 1
    given, asked = sums(owner, amounts, owners), sums(wanting, wants, owners)
    width = np.maximum(given, asked)
    begin = np.cumsum(width) - width
    have, want = _laid(owner, amounts, begin, given), _laid(wanting, wants, begin, asked)
    cuts = np.unique(np.concatenate([*have, *want]))
    start, size = cuts[:-1], np.diff(cuts)
    row, for_row = _over(start, *have), _over(start, *want)
    kept = row >= 0
    return row[kept], for_row[kept], size[kept]


def _laid(owner: Rows, amounts: Cents, begin: Cents, totals: Cents) -> tuple[Cents, Cents]:
    """Where each amount starts and ends on the line; `begin` is where its owner's part of the line does."""
    before = np.cumsum(totals) - totals
    end = np.cumsum(amounts) + (begin - before)[owner]
    return end - amounts, end


def _over(points: Cents, start: Cents, end: Cents) -> Rows:
    """The row whose stretch has each point, -1 for none."""
    if not len(end):
        return np.full(len(points), -1)
    row = np.minimum(np.searchsorted(end, points, side="right"), len(end) - 1)
    inside = (start[row] <= points) & (points < end[row])
    return np.where(inside, row, -1)
