"""Gates, coding and scrub in claims (encounters) per second, the scrub rules alone, and the suites of the checks.

python benchmarks/scrub.py [--quick]      # one JSON object on stdout
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import pandas as pd
from clock import compare
from practice import DAY, office

from configs.checks import Threshold
from expectations.gate import check
from expectations.suites import SUITES
from tasks.billing import coding
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import registry
from tasks.billing.visits import assemble
from tasks.judging import _project, _project_charges

SEED = 7
ANY = Threshold(share=1.0, rows=1)  # how many rows fail is not the question here
ROWS = 100_000
CLAIMS = 100_000


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Claims per second, and seconds a suite takes for 100,000 rows."""
    count = 2_000 if quick else 10_000
    with office(count, SEED) as practice:
        visits = assemble(practice.encounters, practice.known, practice.context)
        lines = coding.code(visits, practice.known, practice.context).lines
        history = practice.judgement.charges.iloc[:0]
        context: JudgeContext = practice.context
        many_lines, many_visits = _many(lines, visits, 10_000 if quick else CLAIMS)
        timed = compare(
            3 if quick else 7,
            scrub=lambda: registry.run(many_lines, many_visits, history, context),
            judge=practice.judge,
        )
        projections = {
            "encounters": _project(practice.encounters, practice.known, DAY),
            "charges": _project_charges(practice.judgement.charges),
        }
    speeds = {
        name: {
            "claims": (claims := judged["encounter_id"].nunique()),
            "lines": len(judged),
            "rules": len(registry.manual()),
            "per_s": claims / timed[name].wall,
            "per_cpu_s": claims / timed[name].cpu,
        }
        for name, judged in (("scrub", many_lines), ("judge", lines))
    }
    return speeds | {"suites": {name: _suite(name, frame, quick) for name, frame in projections.items()}}


def _many(lines: pd.DataFrame, visits: pd.DataFrame, claims: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The practice's lines and visits as those of so many claims: the same people again under other names."""
    times = -(-claims // max(lines["encounter_id"].nunique(), 1))

    def again(frame: pd.DataFrame) -> pd.DataFrame:
        names = [n for n in ("encounter_id", "encounter_row_id", "patient_id", "coverage_id") if n in frame]
        parts = [frame.assign(**{n: frame[n] + f"/{turn}" for n in names}) for turn in range(times)]
        return pd.concat(parts, ignore_index=True)

    many = again(lines)
    kept = many["encounter_id"].drop_duplicates().head(claims)
    return many[many["encounter_id"].isin(kept)].reset_index(drop=True), again(visits)


def _suite(name: str, frame: pd.DataFrame, quick: bool) -> dict[str, float]:
    """Seconds for 100,000 rows, made by repeating the frame under keys of its own."""
    rows = 10_000 if quick else ROWS
    suite = SUITES[name]
    repeated = pd.concat([frame] * (rows // len(frame) + 1), ignore_index=True).head(rows)
    repeated[suite.key] = [f"K{number}" for number in range(rows)]
    timed = compare(1 if quick else 3, check=lambda: check(suite, repeated, ANY))["check"]
    return {"rows": rows, "expectations": len(suite.rules), "wall": timed.wall, "cpu": timed.cpu}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(measure(quick=parser.parse_args().quick)))
