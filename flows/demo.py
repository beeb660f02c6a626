"""A whole practice day on an empty home, against the sandbox clearinghouse: what ``cleanclaim demo`` runs.

Every step is safe to repeat, so a demo that was killed is finished by running it again, with the same ledger as if
nothing had happened. The business day is fixed when the home is made.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from configs.settings import SETTINGS_FILE, Settings, load_settings
from connectors.clearinghouse import archive
from connectors.clearinghouse.sandbox import prices
from connectors.clearinghouse.sandbox.clearinghouse import process
from connectors.clearinghouse.sandbox.keys import make_key
from connectors.clearinghouse.sandbox.server import SandboxServer
from connectors.ledger import Ledger
from connectors.sources import synthetic
from flows.daily import daily_billing
from flows.responses import collect_responses
from tasks import standing
from tasks.door import open_ledger
from tasks.moment import Moment, moment
from tasks.proving import prove
from tasks.sources import load_file

USER = "practice"
CLAIMS_PER_SET = 25  # several transaction sets a file, so that a 999 can reject one of them
FAULTS = ("unbalanced_835", "unknown_claim_835")
# Stage of the sandbox, and how many days after the batch its answers are read.
WAVES = (("acknowledge", 1), ("pay", 15), ("late", 45))

Say = Callable[[str], None]


class DemoStopped(Exception):
    """A flow of the demo did not complete; the message is its state's."""


@dataclass(frozen=True)
class Demo:
    """Where a demo lives and what it is made of."""

    home: Path
    encounters: int
    seed: int
    day: dt.date

    @property
    def root(self) -> Path:
        """The sandbox clearinghouse's folder."""
        return self.home / "demo" / "clearinghouse"


def prepare(home: Path, encounters: int, seed: int) -> Demo:
    """The demo of `home`; a home that already has one keeps its size, seed and business day."""
    note = home / "demo" / "demo.json"
    if note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        return Demo(home, known["encounters"], known["seed"], dt.date.fromisoformat(known["day"]))
    day = dt.datetime.now(ZoneInfo("America/New_York")).date()
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = note.with_suffix(".tmp")
    draft.write_text(
        json.dumps({"encounters": encounters, "seed": seed, "day": day.isoformat()}), encoding="utf-8"
    )
    os.replace(draft, note)
    return Demo(home, encounters, seed, day)


def run(demo: Demo, say: Say) -> dict[str, Any]:
    """Run the demo to its end; returns what ``demo --json`` prints."""
    key = make_key(demo.home / "keys" / "sandbox")
    with SandboxServer(demo.root, {USER: key}, _port(demo.home)) as server:
        _write_settings(demo, server)
        settings = load_settings(demo.home)
        ledger = open_ledger(settings)
        prices.write(demo.root, synthetic.allowances())
        say("loading the practice")
        paths = synthetic.write_practice(demo.home / "demo" / "sources", demo.encounters, demo.seed, demo.day)
        for kind, path in paths.items():
            load_file(ledger, kind, path)
        say("daily flow: gates, coding, scrub, claims, upload")
        _complete(daily_billing(date=demo.day, return_state=True))
        for stage, days in WAVES:
            say(f"the partner answers: {stage}; response flow")
            process(demo.root, USER, seed=demo.seed, stages=(stage,), faults=FAULTS)
            _complete(collect_responses(date=demo.day + dt.timedelta(days=days), return_state=True))
    say("proof")
    return results(settings, ledger, demo.day + dt.timedelta(days=WAVES[-1][1]))


def _complete(state: Any) -> None:
    if not state.is_completed():
        raise DemoStopped(f"{state.name}: {state.message}")


def _port(home: Path) -> int:
    """The port of an earlier start where it is still free, else any free one."""
    earlier = load_settings(home).partners.get("sandbox")
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", earlier.port if earlier else 0))
        except OSError:
            return 0
        return earlier.port if earlier else 0


def _write_settings(demo: Demo, server: SandboxServer) -> None:
    """The home's settings file: the synthetic practice and the sandbox as its one partner."""
    practice = "\n".join(f'{name} = "{value}"' for name, value in synthetic.practice().items())
    text = f"""\
# Settings of the demo: a synthetic practice and the sandbox clearinghouse.
id_key = "demo {demo.seed}"
retry_seconds = [1.0]

[practice]
{practice}

[partners.sandbox]
host = "127.0.0.1"
port = {server.port}
username = "{USER}"
key_file = "keys/sandbox"
host_key = "{server.host_key}"
settle_seconds = 0
sender_id = "SUBMIT123"
receiver_id = "CLEARHSE"
receiver_name = "EXAMPLE CLEARINGHOUSE"
claims_per_transaction = {CLAIMS_PER_SET}
sandbox_root = "demo/clearinghouse"
sandbox_seed = {demo.seed}
"""
    draft = demo.home / f"{SETTINGS_FILE}.tmp"
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, demo.home / SETTINGS_FILE)


ACCEPTED = ("accepted", "paid", "denied", "partly_denied", "patient_share", "reversed", "crossed_over")
REJECTED = ("rejected", "rejected_syntax", "file_rejected")


def results(settings: Settings, ledger: Ledger, as_of: dt.date) -> dict[str, Any]:
    """How a home stands, with the keys that other programs read."""
    with moment(ledger) as now:
        return _results(settings, now, as_of)


def _results(settings: Settings, ledger: Moment, as_of: dt.date) -> dict[str, Any]:
    proof = prove(ledger)
    states = standing.claim_states(ledger)["state"]
    work = standing.work(ledger, settings, as_of)
    work = work[work["status"] == "open"]
    verdicts = standing.verdicts(ledger)
    denied = verdicts[verdicts["denied"].astype(bool)]
    held = work[work["queue"] == "holds"]
    submissions = ledger.read("submissions").sort_values("interchange_control")
    return {
        "encounters": len(ledger.current("encounters")),
        "held": len(held),
        "held_by_reason": _counts(held["category"]),
        "claims": ledger.count("claims"),
        "claim_lines": ledger.count("claim_lines"),
        "outbound_files": [str(archive.path(settings.archive, sha)) for sha in submissions["sha256"]],
        "accepted": int(states.isin(ACCEPTED).sum()),
        "rejected": int(states.isin(REJECTED).sum()),
        "claim_states": _counts(states),
        "remittances": ledger.count("remittances"),
        "paid_cents": int(ledger.read("remittances", columns=["claim_paid_cents"])["claim_paid_cents"].sum()),
        "denied_lines": len(denied),
        "denied_by_category": _counts(denied["category"]),
        "patient_cents": proof["accounts"]["receivable_patient"],
        "worklists": _counts(work["queue"]),
        "quarantined": proof["quarantined"],
        "business_date": as_of.isoformat(),
        "proof": proof,
    }


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(values.value_counts().items())}
