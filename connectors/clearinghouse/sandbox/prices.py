"""What the sandbox's payers allow, where somebody says so: ``prices.csv`` in the sandbox's folder.

A price is for a payer (NM1*PR NM109), a code and, where it differs by clinician, a taxonomy (2310B PRV*PE). It is
kept in the folder so that every later reading of an upload gives the same answers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = "prices.csv"
COLUMNS = ["payer", "code", "taxonomy", "unit_cents", "basis_points"]
WHOLE = 10_000


@dataclass(frozen=True)
class Price:
    """`basis_points` of so many cents a unit, or of the charge where `unit_cents` is None."""

    unit_cents: int | None
    basis_points: int = WHOLE

    def of(self, charge_cents: int, units: int) -> int:
        """What is allowed of a line: never more than its charge, half a cent rounded up once."""
        base = charge_cents if self.unit_cents is None else self.unit_cents * units
        return min(charge_cents, (base * self.basis_points + WHOLE // 2) // WHOLE)


Rates = Mapping[tuple[str, str, str], Price]  # payer, code, taxonomy ('' for every one)


def price(rates: Rates, payer: str, code: str, taxonomy: str) -> Price | None:
    """The price for the clinician's taxonomy, else the general one."""
    return rates.get((payer, code, taxonomy)) or rates.get((payer, code, ""))


def write(root: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Put the prices into the sandbox's folder; rows have `COLUMNS`, None for a share of the charge."""
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f".{FILE}.tmp"
    with draft.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draft.replace(root / FILE)


def read(root: Path) -> Rates:
    """The prices in the sandbox's folder; none where nobody put any."""
    path = root / FILE
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            (row["payer"], row["code"], row["taxonomy"]): Price(
                int(row["unit_cents"]) if row["unit_cents"] else None, int(row["basis_points"])
            )
            for row in csv.DictReader(stream)
        }
