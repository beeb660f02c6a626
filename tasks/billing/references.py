"""Official files of codes and edits as the rules see them: frames by kind, and which version each is.

A kind that nobody loaded is an empty frame, and the shipped tables (``configs/reference``) judge instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

KINDS = ("icd10cm", "ncci", "mue", "nucc", "pos", "nppes", "leie", "hcpcs")


@dataclass(frozen=True)
class References:
    """What was loaded: rows by kind (columns as ``connectors.sources.official`` gives them), versions and dates."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    as_of: Mapping[str, date] = field(default_factory=dict)  # when the newest file of the kind was loaded

    def rows(self, kind: str) -> pd.DataFrame | None:
        """Rows of a kind; None where nobody loaded one."""
        found = self.frames.get(kind)
        return None if found is None or found.empty else found

    def version(self, *kinds: str) -> str:
        """The versions of these kinds as a finding states them: kind=version, blanks between."""
        return " ".join(f"{kind}={self.versions[kind]}" for kind in kinds if kind in self.versions)

    def oldest(self, *kinds: str) -> date | None:
        """The date of the oldest of these kinds."""
        return min((self.as_of[kind] for kind in kinds if kind in self.as_of), default=None)
