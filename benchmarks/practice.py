"""A synthetic practice in a ledger of its own, judged and built into claims, for the benchmarks of the domain."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

# Before Prefect is imported: the stages' modules import it, and it must not look for a home of its own.
os.environ.setdefault("PREFECT_HOME", tempfile.gettempdir() + "/prefect-of-benchmarks")

from configs.rules import load_rules
from connectors.ledger import Ledger
from connectors.ledger.frames import empty
from connectors.sources import synthetic
from tasks import masters
from tasks.billing import claims as building
from tasks.billing.claims837 import to_837
from tasks.billing.context import JudgeContext, Masters
from tasks.billing.judge import Judgement, judge
from tasks.sources import load_file

DAY = dt.date(2026, 1, 15)


@dataclass(frozen=True)
class Office:
    """A practice with its encounters, as the stages see it."""

    ledger: Ledger
    encounters: pd.DataFrame
    known: Masters
    context: JudgeContext

    def judge(self) -> Judgement:
        """Gates, coding and scrub over all encounters, as on the first day."""
        return judge(
            self.encounters,
            self.known,
            self.context,
            history_lines=empty("charge_lines"),
            authorization_units=empty("authorization_units"),
            previous_decisions=empty("decisions"),
        )

    @cached_property
    def judgement(self) -> Judgement:
        """The same, once."""
        return self.judge()

    def build(self) -> building.Built:
        """Claims from what passed."""
        part2 = self.encounters[["row_id", "part2"]].rename(columns={"row_id": "encounter_row_id"})
        return building.build(
            self.judgement.charges.merge(part2, on="encounter_row_id", how="left"),
            id_key="benchmark",
            masters=self.known,
            practice_window_days=1,
            built_on=DAY,
            attempts=pd.DataFrame({"charge_id": [], "claim_id": [], "attempt": []}),
        )


@contextmanager
def office(encounters: int, seed: int) -> Iterator[Office]:
    """A practice of `encounters` encounters in a temporary ledger on SQLite."""
    severities, overrides = load_rules()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{folder}/ledger.sqlite")
        paths = synthetic.write_practice(Path(folder) / "sources", encounters, seed, DAY)
        for kind, path in paths.items():
            load_file(ledger, kind, path)
        context = JudgeContext(business_date=DAY, severities=severities, overrides=overrides)
        yield Office(ledger, ledger.current("encounters"), masters.current(ledger), context)
        ledger.close()


def claims_837(encounters: int, seed: int) -> dict[str, pa.Table]:
    """The claims of a practice's encounters as the encoder takes them."""
    from configs.settings import Practice
    from connectors.x12.tables837 import CLAIMS_837, LINES_837, complete

    with office(encounters, seed) as practice:
        built = practice.build()
        head, body = to_837(built.claims, built.lines, vars(practice.known), Practice(**synthetic.practice()))
    return {"claims": complete(head, CLAIMS_837), "lines": complete(body, LINES_837)}
