"""A rule tried on a million claims of one year: seconds and memory.

    python benchmarks/backtest.py [--quick]               # from Parquet; one JSON object on stdout
    python benchmarks/backtest.py --ledger [--quick]      # through a ledger on SQLite, as the command does
    python benchmarks/backtest.py --ledger --at FILE      # through one that `past.py` made before

The history is made in a process of its own, as Parquet files of about 100,000 lines each that are read one after the
other, or as the facts of a ledger (`past.py`).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.rules import load_book
from tasks.billing import backtest
from tasks.billing.backtest import Batch
from tasks.billing.context import JudgeContext

SEED = 7
CLAIMS, QUICK, PART = 1_000_000, 50_000, 75_000
RULES = ("ADD_ON_ALONE", "DUPLICATE", "PAIR_PR03", "TIMELY_PAST")
FIRST = np.datetime64("2025-01-01", "s")
DAYS = 365
CODES = np.array(["90837", "90834", "90832", "90847", "90791", "99214", "90853", "90833"])
SHARES = np.array([0.36, 0.2, 0.06, 0.08, 0.03, 0.15, 0.1, 0.02])
MINUTES = {
    "90837": 55,
    "90834": 45,
    "90832": 25,
    "90847": 50,
    "90791": 60,
    "99214": 40,
    "90853": 60,
    "90833": 25,
}
PAYERS = np.array(["ACME", "BLUE", "CARE", "DELTA"])


def make(folder: Path, claims: int) -> None:
    """Parts in order of service: NN.lines.parquet and NN.answers.parquet."""
    random = np.random.default_rng(SEED)
    for part, first in enumerate(range(0, claims, PART)):
        size = min(PART, claims - first)
        lines = lines_of(random, first, size, claims)
        lines.to_parquet(folder / f"{part:03}.lines.parquet", index=False)
        answers_of(random, lines).to_parquet(folder / f"{part:03}.answers.parquet", index=False)


def lines_of(random: np.random.Generator, first: int, size: int, claims: int) -> pd.DataFrame:
    """`size` claims from number `first`; a visit of 99214 has psychotherapy beside it, in a line of its own."""
    number = np.arange(first, first + size)
    day = FIRST + (number * DAYS // claims) * np.timedelta64(86_400, "s")
    code = random.choice(CODES, size, p=SHARES / SHARES.sum())
    frame = pd.DataFrame(
        {
            "claim_id": pd.Series(number).map("C{:07}".format),
            "encounter_id": pd.Series(number).map("E{:07}".format),
            "position": 1,
            "patient_id": pd.Series(random.integers(0, max(claims // 20, 1), size)).map("P{:06}".format),
            "payer_id": random.choice(PAYERS, size),
            "coverage_id": "COV",
            "rendering_id": pd.Series(random.integers(0, 200, size)).map("CL{:03}".format),
            "service_date": day,
            "place_of_service": "11",
            "code": code,
            "modifiers": np.where(code == "99214", "25", None),
            "units": 1,
            "charge_cents": 15_000,
            "diagnoses": "F411 F331",
            "pointers": "1 2",
            "level_of_care": "outpatient",
            "minutes": pd.Series(code).map(MINUTES),
            "therapy_minutes": 25,
            "payer_class": "commercial",
            "payer_timely_filing_days": 90,
            "provider_class": "MD",
            "modality": "in_person",
            "let_go_on": day
            + random.choice([1, 2, 3, 95], size, p=[0.6, 0.3, 0.09, 0.01]) * np.timedelta64(86_400, "s"),
        }
    )
    beside = frame[code == "99214"].assign(position=2, code="90833", modifiers=None)
    both = pd.concat([frame, beside], ignore_index=True)
    return both.sort_values(["encounter_id", "position"], ignore_index=True)


def answers_of(random: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """Most are paid; add-ons alone mostly are not, and one in forty is denied for something."""
    size = len(lines)
    alone = ((lines["code"] == "90833") & (lines["position"] == 1)).to_numpy()
    kind = random.choice(4, size, p=[0.955, 0.015, 0.01, 0.02])  # paid, bundled, duplicate, unanswered
    kind = np.where(alone & (random.random(size) < 0.8), 4, kind)
    category = np.array(["paid", "bundling", "duplicate", None, "bundling"], dtype=object)[kind]
    reasons = np.array(["CO-45", "CO-97 CO-45", "OA-18", None, "CO-107/N122"], dtype=object)[kind]
    denied = pd.array(np.array([False, True, True, None, True], dtype=object)[kind], dtype="boolean")
    own = lines[["claim_id", "encounter_id", "position", "payer_id", "charge_cents", "let_go_on"]]
    answers = own.assign(
        built_on=lines["let_go_on"],
        answered_on=lines["let_go_on"] + pd.to_timedelta(14, unit="D"),
        denied=denied,
        category=category,
        reasons=reasons,
        denied_cents=np.where(np.isin(kind, (1, 2, 4)), 15_000, 0),
        paid_cents=np.where(kind == 0, 12_000, 0),
    )
    return answers[backtest.ANSWERS]


def batches(folder: Path) -> Iterator[Batch]:
    """The parts, each beside the last eight days of the one before."""
    before = pd.DataFrame()
    for path in sorted(folder.glob("*.lines.parquet")):
        lines = pd.read_parquet(path)
        answers = pd.read_parquet(path.with_name(path.name.replace("lines", "answers")))
        yield Batch(lines, before, answers)
        last = lines["service_date"].max() - pd.Timedelta(days=8)
        before = lines[lines["service_date"] >= last].drop(columns=["let_go_on", "claim_id"])


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Wall and CPU seconds of each rule over all claims, and the most memory the process had."""
    claims = QUICK if quick else CLAIMS
    context = JudgeContext(business_date=date(2026, 1, 15), severities=load_book().severities)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, __file__, "--make", name, "--claims", str(claims)], check=True)
        return _timed(claims, lambda rule: backtest.run(batches(folder), rule, context))


def measure_ledger(*, quick: bool = False, at: Path | None = None) -> dict[str, Any]:
    """The same through a ledger, which is made anew where none is given."""
    from configs.settings import Settings
    from connectors.ledger import Ledger
    from tasks import backtesting

    claims = QUICK if quick else CLAIMS
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{at or Path(name) / 'ledger.sqlite'}"
        if at is None:
            maker = Path(__file__).with_name("past.py")
            subprocess.run([sys.executable, str(maker), url, "--claims", str(claims)], check=True)
        settings, year = Settings(home=Path(name)), (date(2025, 1, 1), date(2025, 12, 31))
        with Ledger.open(url) as ledger:
            claims = ledger.count("claims")
            return _timed(claims, lambda rule: backtesting.backtested(settings, ledger, rule, *year).by_payer)


def _timed(claims: int, tried: Callable[[str], pd.DataFrame]) -> dict[str, Any]:
    found: dict[str, Any] = {"claims": claims, "rules": {}}
    for rule in RULES:
        wall, cpu = time.perf_counter(), time.process_time()
        counts = tried(rule)
        found["rules"][rule] = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            **{column: int(counts[column].sum()) for column in backtest.COUNTS[:4]},
        }
    return found | {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ledger", action="store_true", help="through a ledger, not from Parquet")
    parser.add_argument("--at", type=Path, help="a ledger that is there already")
    parser.add_argument("--make", type=Path)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    asked = parser.parse_args()
    if asked.make:
        make(asked.make, asked.claims)
    else:
        print(
            json.dumps(
                measure_ledger(quick=asked.quick, at=asked.at) if asked.ledger else measure(quick=asked.quick)
            )
        )
