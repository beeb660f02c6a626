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


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Claims per second, and seconds a suite takes for 100,000 rows."""
    count = 2_000 if quick else 10_000
    with office(count, SEED) as practice:
        visits = assemble(practice.encounters, practice.known, practice.context)
        lines = coding.code(visits, practice.known, practice.context).lines
        history = practice.judgement.charges.iloc[:0]
        context: JudgeContext = practice.context
        timed = compare(
            3 if quick else 7,
            scrub=lambda: registry.run(lines, visits, history, context),
            judge=practice.judge,
        )
        projections = {
            "encounters": _project(practice.encounters, practice.known, DAY),
            "charges": _project_charges(practice.judgement.charges),
        }
    claims = lines["encounter_id"].nunique()
    speeds = {
        name: {
            "claims": claims,
            "lines": len(lines),
            "per_s": claims / timed[name].wall,
            "per_cpu_s": claims / timed[name].cpu,
        }
        for name in ("scrub", "judge")
    }
    return speeds | {"suites": {name: _suite(name, frame, quick) for name, frame in projections.items()}}


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
