"""What the sandbox did, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Processed:
    """What was answered. `claims` are those of every set read, `remittances` distinct 835s, faulty ones included."""

    files: int = 0
    unreadable: int = 0
    interchanges_rejected: int = 0
    sets_accepted: int = 0
    sets_rejected: int = 0
    claims: int = 0
    claims_returned: int = 0  # by the clearinghouse's own edits
    claims_rejected: int = 0  # by the payer's front end
    claims_decided: int = 0
    remittances: int = 0
    written: int = 0
    unchanged: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Processed) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def as_dict(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)} | {
            "outcomes": dict(self.outcomes)
        }
