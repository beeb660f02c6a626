"""What a gate looks at."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tasks.billing.context import JudgeContext, Masters


@dataclass(frozen=True)
class Case:
    """One batch: visits (``visits.assemble``), lines (``coding.code``), masters, context, lines already billed.

    ``allocated`` stands beside ``lines`` row by row (``authorizations.allocate``) once units were given out.
    """

    visits: pd.DataFrame
    lines: pd.DataFrame
    masters: Masters
    context: JudgeContext
    history: pd.DataFrame
    allocated: pd.DataFrame | None = None
