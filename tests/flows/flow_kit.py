"""What the flow tests share: a billing office in a folder, its commands, and the sandbox as its partner."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from configs.settings import SETTINGS_FILE, load_settings
from connectors.clearinghouse import archive
from connectors.clearinghouse.sandbox.clearinghouse import process
from connectors.clearinghouse.sandbox.keys import make_key
from connectors.clearinghouse.sandbox.server import SandboxServer
from connectors.ledger import Ledger
from connectors.sources import synthetic
from connectors.x12 import decode_835
from tests.support import toml
from tests.support.commands import Told, cleanclaim

__all__ = ["Told", "archive", "cleanclaim", "decode_835"]

# A fixed day: what these tests show must not depend on the calendar.
DAY = dt.date(2026, 3, 18)
USER, SEED = "practice", 11
PROGRAM = Path(sys.executable).with_name("cleanclaim")


@dataclass(frozen=True)
class Size:
    """Size and seed of a demo."""

    encounters: int
    seed: int


WHOLE = Size(500, 7)


@dataclass(frozen=True)
class Demo:
    """A demo that was run; `tmp` was its folder for temporary files."""

    home: Path
    told: Told
    tmp: Path
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        """What it printed."""
        return self.told.json

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return Office(self.home).ledger


def environment(tmp: Path, **more: str) -> dict[str, str]:
    """The environment of a user's own process: nothing of the test's Prefect in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CLEANCLAIM_"))}
    tmp.mkdir(parents=True, exist_ok=True)
    return {**kept, "TMPDIR": str(tmp), "COLUMNS": "200", **more}


def run_demo(home: Path, tmp: Path, **more: str) -> Demo:
    """``cleanclaim demo --json`` in a process of its own, from any folder."""
    started = time.monotonic()
    command = [str(PROGRAM), "demo", "--json", "--home", str(home)]
    ran = subprocess.run(
        command, env=environment(tmp, **more), cwd=tmp, capture_output=True, text=True, timeout=900
    )
    return Demo(home, Told(ran.returncode, ran.stdout, ran.stderr), tmp, time.monotonic() - started)


def fix_day(home: Path, size: Size, day: dt.date = DAY) -> None:
    """Note size, seed and day of the demo of an empty home, as its first start would with today's date."""
    (home / "demo").mkdir(parents=True, mode=0o700)
    note = {"encounters": size.encounters, "seed": size.seed, "day": day.isoformat()}
    (home / "demo" / "demo.json").write_text(json.dumps(note), encoding="utf-8")


# Below the ports that a system gives to whoever asks for any, and for each process of a test run others: nobody takes
# one between the look at it and its use. In no order, because another test run may be on the same machine.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_OWN = range(10_000 + _WORKER, 32_000, _WORKERS)
_PORTS = itertools.cycle(Random().sample(_OWN, len(_OWN)))


def free_port() -> int:
    """A port that nobody listens at."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports are a cycle")


def load_practice(home: Path, encounters: int = 80) -> None:
    """Make a home with a synthetic practice, the sandbox as its partner, and its encounters, nothing run yet."""
    home.mkdir(parents=True, mode=0o700)
    key = make_key(home / "keys" / "sandbox")
    server = SandboxServer(home / "clearinghouse", {USER: key})  # not started: it makes its host key
    partner = {
        "host": "127.0.0.1",
        "port": 1,
        "username": USER,
        "key_file": "keys/sandbox",
        "host_key": server.host_key,
        "settle_seconds": 0,
        "attempts": 1,
        "sender_id": "SUBMIT123",
        "receiver_id": "CLEARHSE",
        "receiver_name": "EXAMPLE CLEARINGHOUSE",
        "claims_per_transaction": 20,
        "sandbox_root": "clearinghouse",
        "sandbox_seed": SEED,
    }
    office = Office(home)
    office.write_settings(
        {
            "id_key": "a key of the tests",
            "retry_seconds": [],
            "practice": synthetic.practice(),
            "partners": {"sandbox": partner},
        }
    )
    paths = synthetic.write_practice(home.parent / "sources", encounters, SEED, DAY)
    for kind, path in paths.items():
        told = office.run("load", kind, path)
        assert told.status == 0, told.err


class Office:
    """A home and the commands run on it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: object) -> Told:
        """A command on this home, in this process."""
        return cleanclaim(*arguments, home=self.home)

    def daily(self, days: int = 0) -> Told:
        """The daily flow, `days` after `DAY`."""
        return self.run("daily", "--json", "--date", DAY + dt.timedelta(days=days))

    def responses(self, days: int = 1) -> Told:
        """The response flow, `days` after `DAY`."""
        return self.run("responses", "--json", "--date", DAY + dt.timedelta(days=days))

    def proof(self) -> dict[str, Any]:
        """What ``proof --json`` says."""
        return self.run("proof", "--json").json

    def fingerprint(self) -> str:
        """Digest of all facts."""
        return self.ledger.fingerprint()

    @property
    def ledger(self) -> Ledger:
        """The ledger, by the same connection pool as the commands' own."""
        from tasks.door import open_ledger

        return open_ledger(load_settings(self.home))

    # --- settings -------------------------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The settings file."""
        return tomllib.loads((self.home / SETTINGS_FILE).read_text(encoding="utf-8"))

    def write_settings(self, values: dict[str, Any]) -> None:
        """Replace the settings file."""
        (self.home / SETTINGS_FILE).write_text("\n".join(toml.lines(values)), encoding="utf-8")

    def change_partner(self, **changes: object) -> Office:
        """Change the partner's settings; None takes one away."""
        values = self.settings()
        partner = {**values["partners"]["sandbox"], **changes}
        values["partners"]["sandbox"] = {k: v for k, v in partner.items() if v is not None}
        self.write_settings(values)
        return self

    def at_port(self, port: int) -> Office:
        """Move the partner to a port."""
        return self.change_partner(port=port)

    # --- the partner ----------------------------------------------------------------------------------------------

    @property
    def clearinghouse(self) -> Path:
        """The sandbox's folder."""
        return self.home / str(self.settings()["partners"]["sandbox"].get("sandbox_root", "clearinghouse"))

    @property
    def uploads(self) -> Path:
        """What the partner has got."""
        return self.clearinghouse / USER / "SendFiles"

    @property
    def answers(self) -> Path:
        """What the partner has answered."""
        return self.clearinghouse / USER / "ReceiveFiles"

    @contextmanager
    def partner(self) -> Iterator[SandboxServer]:
        """The partner is up, and answers only what `answer` makes it answer."""
        key = make_key(self.home / "keys" / "sandbox")
        port = self.settings()["partners"]["sandbox"]["port"]
        with SandboxServer(self.clearinghouse, {USER: key}, port) as server:
            yield server

    def answer(self, *stages: str, faults: tuple[str, ...] = ()) -> None:
        """The partner answers every upload in these stages."""
        seed = self.settings()["partners"]["sandbox"]["sandbox_seed"]
        process(self.clearinghouse, USER, seed=seed, stages=stages, faults=faults)

    # --- what stands in the ledger --------------------------------------------------------------------------------

    def states(self) -> pd.DataFrame:
        """States of all claims."""
        from tasks import standing

        return standing.claim_states(self.ledger)

    def encounter_states(self) -> pd.Series[str]:
        """States of all encounters by id."""
        from tasks import standing

        made = standing.encounter_states(self.ledger, self.states())
        return made.set_index("encounter_id")["state"]

    def items(self, queue: str, days: int = 1) -> list[dict[str, Any]]:
        """Items of a queue, resolved ones too."""
        as_of = DAY + dt.timedelta(days=days)
        told = self.run("worklist", "list", "--queue", queue, "--all", "--json", "--as-of", as_of)
        return list(told.json["items"])

    def holds(self) -> dict[str, set[str]]:
        """encounter_id → rules that hold it, by its newest decision."""
        from tasks import standing

        found = standing.newest_findings(self.ledger)
        found = found[found["severity"] == "hold"]
        return {str(e): set(rows["rule_id"]) for e, rows in found.groupby("encounter_id")}


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
