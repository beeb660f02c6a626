"""What the rules of codes and days read of a line beyond the columns that every rule reads (``common``).

They come from the visit (when it began and ended, where, what its level rests on), from the payer (its ways, one
``payer_`` column each) and from the table of payers and classes. Each may be absent from a frame or null in it: then
nobody tracks it, and the rules that read it stay silent.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Flags, Numbers, member


def text(lines: pd.DataFrame, name: str) -> pd.Series:
    """A text column as categories; all null where the frame does not have it."""
    if name in lines:
        return lines[name]
    return pd.Series(None, index=lines.index, dtype="category")


def number(lines: pd.DataFrame, name: str) -> Numbers:
    """A column of numbers; all NaN where the frame does not have it."""
    if name not in lines:
        return np.full(len(lines), np.nan)
    return lines[name].to_numpy(dtype=np.float64)


def listed(items: pd.Series, lists: pd.Series) -> Flags:
    """Whether each row's item is in its list of items, blanks between; ``*`` lists everything, null nothing."""
    said = np.zeros(len(items), dtype=bool)
    for value in lists.cat.categories:
        mine = member(lists, [value])
        said |= mine if "*" in value.split() else mine & member(items, value.split())
    return said
