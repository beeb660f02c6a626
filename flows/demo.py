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
from connectors.clearinghouse.sandbox.files import IN
from connectors.clearinghouse.sandbox.keys import make_key
from connectors.clearinghouse.sandbox.server import SandboxServer
from connectors.clearinghouse.upload import TEMPORARY
from connectors.ledger import Ledger
from connectors.sources import synthetic, synthetic_money
from flows.daily import daily_billing
from flows.responses import collect_responses
from tasks import planning, standing
from tasks.billing import custody, worklists
from tasks.demonstrating import appeal_one, correct_one, correct_when_decided, resubmit_rejected
from tasks.door import open_ledger
from tasks.frames import records
from tasks.moment import Moment, moment
from tasks.proving import prove
from tasks.sources import load_file

USER = "practice"
CLAIMS_PER_SET = 25  # several transaction sets a file, so that a 999 can reject one of them
FAULTS = ("no_answer", "unbalanced_835", "unknown_claim_835")
# Stage of the sandbox, and how many days after the batch its answers are read.
WAVES = (("acknowledge", 1), ("pay", 15), ("late", 45))
# The second batch: what a biller corrected, and what goes to the next payers; its stages, and when they are read.
SECOND, SECOND_WAVE, SECOND_ANSWERS = 46, ("acknowledge", "pay"), 61
# The third, a day later: rejected claims that go again. The line breaks while their file is renamed, and nobody ever
# answers it. Days pass between it and the end of the demo: by then the file is silent, too.
THIRD = SECOND + 1

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

    def after(self, days: int) -> dt.date:
        """A day after the business day."""
        return self.day + dt.timedelta(days=days)

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
        half_done = any((demo.root / USER / IN).glob(f"*{TEMPORARY}"))
        if half_done or not _begun(ledger, demo.after(THIRD), "renaming"):
            if not _begun(ledger, demo.after(SECOND), "uploaded"):
                _first_batch(demo, ledger, say)
                _second_batch(demo, ledger, say)
            _third_batch(demo, ledger, server, say)
        correct_when_decided(ledger)
        say("the partner answers the second batch; response flow")
        process(demo.root, USER, seed=demo.seed, stages=SECOND_WAVE)
        _complete(collect_responses(date=demo.after(SECOND_ANSWERS), return_state=True))
    say("an appeal is opened; proof")
    appeal_one(ledger, settings, demo.after(SECOND_ANSWERS))
    return results(settings, ledger, demo.after(SECOND_ANSWERS))


def _first_batch(demo: Demo, ledger: Ledger, say: Say) -> None:
    """The practice's day, and all that its partner answers. Once there are answers, its claims went long ago."""
    say("loading the practice")
    if not ledger.count("remittances"):
        paths = synthetic.write_practice(demo.home / "demo" / "sources", demo.encounters, demo.seed, demo.day)
        for kind, path in paths.items():
            load_file(ledger, kind, path)
        say("daily flow: gates, coding, scrub, claims, upload")
        _complete(daily_billing(date=demo.day, return_state=True))
    for stage, days in WAVES:
        say(f"the partner answers: {stage}; response flow")
        process(demo.root, USER, seed=demo.seed, stages=(stage,), faults=FAULTS)
        _complete(collect_responses(date=demo.after(days), return_state=True))
    say("the bank's statement")
    paid = ledger.read("remittances", columns=["remittance_id", *synthetic_money.SEEN]).sort_values(
        ["payment_date", "trace"]
    )
    bank = synthetic_money.statement(demo.home / "demo" / "sources" / "deposits.csv", records(paid))
    load_file(ledger, "deposits", bank)


def _second_batch(demo: Demo, ledger: Ledger, say: Say) -> None:
    """A biller corrects a denied claim; the next daily run replaces it, and bills the next payers."""
    say("a biller corrects a denied claim; daily flow: its replacement, and claims to the next payers")
    correct_one(ledger, demo.home / "demo" / "sources")
    _complete(daily_billing(date=demo.after(SECOND), return_state=True))


def _third_batch(demo: Demo, ledger: Ledger, server: SandboxServer, say: Say) -> None:
    """Rejections are settled and their claims go again; whether their file arrived, nobody knows."""
    say("rejected claims go again; daily flow: the line breaks while their file is renamed")
    resubmit_rejected(ledger)
    with server.losing_uploads():
        _complete(daily_billing(date=demo.after(THIRD), return_state=True))


def _begun(ledger: Ledger, day: dt.date, event: str) -> bool:
    """Whether a file of this day came as far as `event`: a run that was killed before is not done with it."""
    files = ledger.read("submissions", {"business_date": pd.Timestamp(day)})["submission_id"].tolist()
    return bool(files) and ledger.count("submission_events", {"submission_id": files, "event": event}) > 0


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


def results(settings: Settings, ledger: Ledger, as_of: dt.date) -> dict[str, Any]:
    """How a home stands, with the keys that other programs read."""
    with moment(ledger) as now:
        return _results(settings, now, as_of)


def _results(settings: Settings, ledger: Moment, as_of: dt.date) -> dict[str, Any]:
    proof = prove(ledger)
    states = standing.claim_states(ledger)["state"]
    work = standing.work(ledger, settings, as_of)
    work = worklists.shown(work)
    verdicts = planning.verdicts(ledger)
    denied = verdicts[verdicts["denied"].astype(bool)]
    held = work[work["queue"] == "holds"]
    submissions = ledger.read("submissions").sort_values("interchange_control")
    return {
        "encounters": len(ledger.current("encounters")),
        "held": len(held),
        "held_by_reason": _counts(held["category"]),
        "claims": ledger.count("claims"),
        "claim_lines": ledger.count("claim_lines"),
        "claims_by_form": _counts(ledger.read("claims", columns=["form"])["form"]),
        "outbound_files": [str(archive.path(settings.archive, sha)) for sha in submissions["sha256"]],
        "accepted": int(states.isin(custody.TAKEN).sum()),
        "rejected": int(states.isin(custody.REJECTED).sum()),
        "replaced": int(states.eq("replaced").sum()),
        "in_doubt": int(states.eq("in_doubt").sum()),
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
