"""A practice day from encounters to posted remittances, on SQLite in a fresh home: seconds by stage.

    python benchmarks/day.py --encounters 10000            # one JSON object on stdout
    python benchmarks/day.py --encounters 10000 --profile  # and the costliest functions of each stage on stderr

The flows are the ones that `cleanclaim demo` runs, with Prefect and its server as shipped. Each stage is a Prefect
task around a plain function, whose time is taken inside the flow; what a flow takes beyond its plain functions is
orchestration. The checks are the time inside `expectations.gate.check`, with the import of Great Expectations.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()
DAY = dt.date(2026, 1, 15)  # a fixed business day: the same practice in every run
SEED = 7

STAGES = {
    "tasks.sources": {"pull_encounters": "pull encounters"},
    "tasks.judging": {"check_encounters": "check encounters", "judge_encounters": "gates, coding and scrub"},
    "tasks.claiming": {"build_claims": "build claims"},
    "tasks.sending": {"write_interchanges": "write 837 interchanges", "upload_pending": "upload"},
    "tasks.collecting": {"collect": "collect"},
    "tasks.reading": {
        "read_acknowledgments": "read acknowledgments",
        "read_remittances": "read remittances",
    },
    "tasks.correcting": {
        "correct_claims": "build corrected claims",
        "bill_next_payers": "bill the next payer",
        "settle_voids": "settle voids",
    },
    "tasks.eligibility": {"read_eligibility": "read eligibility answers"},
    "tasks.recognising": {"recognise_answers": "recognise answers"},
    "tasks.policies": {"write_off_by_policy": "write off by policy"},
    "tasks.figures": {"report_figures": "write the figures"},
    "tasks.reports": {"report": "report"},
}
# Parts of a stage that are worth a line of their own, by module and attribute.
PARTS = {
    "gates": ("tasks.billing.gates.registry", "run"),
    "coding": ("tasks.billing.coding", "code"),
    "scrub": ("tasks.billing.scrub.registry", "run"),
    "judge": ("tasks.billing.judge", "judge"),
    "build": ("tasks.billing.claims", "build"),
    "encodable": ("tasks.claiming", "unencodable"),
    "encode": ("tasks.sending", "encode_837"),
    "decode": ("tasks.reading", "decode_835"),
    "facts": ("tasks.billing.remittances", "facts"),
    "match": ("tasks.billing.matching", "match"),
    "post": ("tasks.recognising", "entries"),
    "work": ("tasks.standing", "work"),
    "claim states": ("tasks.billing.custody", "claim_states"),
    "encounter states": ("tasks.billing.custody", "encounter_states"),
    "classify": ("tasks.billing.denials", "classify"),
    "check": ("tasks.quarantining", "check"),
    "markdown artifact": ("tasks.reports", "create_markdown_artifact"),
    "table artifact": ("tasks.reports", "create_table_artifact"),
}
STORE = ("read", "current", "add", "load", "put", "fingerprint")


def measure(encounters: int, home: Path, *, profile: bool = False) -> dict[str, Any]:
    """Run the day in `home`; the seconds by span, and what the day came to."""
    from clock import Clock

    from flows import desk

    clock = Clock(profile)
    desk.enter(home)
    with clock.span("import Prefect and the line"):
        from prefect.server.api.server import SubprocessASGIServer

        from flows import demo
    clock.wrap(SubprocessASGIServer, "start", "Prefect server start")
    with clock.span("import Great Expectations"):
        import great_expectations  # noqa: F401
    _instrument(clock, demo)
    with clock.span("whole day"):
        made = demo.run(demo.Demo(home, encounters, SEED, DAY), lambda step: None)
    assert made["proof"]["balanced"]  # a day counts only where its work was done
    clock.print_profiles()
    return {
        "encounters": encounters,
        "seconds_since_start": time.perf_counter() - STARTED,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "spans": clock.to_dict(),
        "claims": made["claims"],
        "remittances": made["remittances"],
    }


def _instrument(clock: Any, demo: Any) -> None:
    """Put a span around everything that has a line in the report."""
    from importlib import import_module

    from connectors.ledger.store import Snapshot, Transaction

    for module, stages in STAGES.items():
        for attribute, name in stages.items():
            clock.wrap(getattr(import_module(module), attribute), "fn", name, profiled=True)
    for name, (module, attribute) in PARTS.items():
        clock.wrap(import_module(module), attribute, name)
    for name in STORE:
        clock.wrap(Transaction if name in vars(Transaction) else Snapshot, name, f"ledger {name}")
    clock.wrap(demo.synthetic, "write_practice", "synthetic practice")
    clock.wrap(demo, "load_file", "load", profiled=True)
    clock.wrap(demo, "process", "partner")
    clock.wrap(demo, "results", "proof and results", profiled=True)
    clock.wrap(demo, "prove", "proof")
    for flow in ("daily_billing", "collect_responses"):
        _flow(clock, demo, flow)


def _flow(clock: Any, demo: Any, name: str) -> None:
    """Flows are called in `demo.run` by their names there."""
    flow = getattr(demo, name)

    def timed(**parameters: Any) -> Any:
        with clock.span("flows"), clock.span(name):
            return flow(**parameters)

    setattr(demo, name, timed)


def main() -> None:
    """Measure in a temporary home, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--encounters", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(given.encounters, Path(folder), profile=given.profile)))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
