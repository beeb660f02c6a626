"""What a gate looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tasks.billing.context import JudgeContext, Masters
from tasks.billing.gates.people import people


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

    @property
    def tax_id(self) -> str:
        """The practice's tax id, digits only; blank where the context does not say."""
        return self.context.tax_id.replace("-", "")

    @cached_property
    def people(self) -> pd.DataFrame:
        """Clinicians and supervisors on file, one row a person and encounter (``gates.people``)."""
        return people(self.visits)
