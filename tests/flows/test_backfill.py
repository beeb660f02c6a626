"""``cleanclaim backfill``: what a dry run promises is what is done; a cluster that loses a worker ends the same."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import flow_kit as kit
import pytest

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks.backfilling import intake, running
from tasks.backfilling.pools import pool
from tasks.backfilling.running import Run, whole
from tests.support import postgres
from tests.support.backfills import FILES, fill, more
from tests.support.processes import assert_nothing_half_posted

COUNTS = "files new_files duplicate_files quarantined_files ignored_files remittances claims lines bpr_cents cash_cents"
KEYS = {*COUNTS.split(), "problems", "fingerprint", "seconds"}


@pytest.fixture
def office(prefect_server: str, tmp_path: Path) -> kit.Office:
    office = kit.Office(tmp_path / "home")
    assert office.run("init").status == 0
    return office


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_dry_run_promises_what_is_then_done(
    office: kit.Office, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "postgresql":
        monkeypatch.setenv("CLEANCLAIM_DATABASE_URL", postgres.fresh_database())
    source = fill(tmp_path / "in", "zip")
    before = office.proof()["fingerprint"]
    dry = office.run("backfill", source, "--jobs", "1", "--dry-run", "--json")
    assert dry.status == 0, dry.err
    assert office.proof()["fingerprint"] == before
    assert not (office.home / "backfill/shadow").exists()
    moved = {row["account"]: row["amount_cents"] for row in dry.json["moved"] if row["period"] == "2019-04"}
    assert moved == {"cash": -500, "contractual": 500}  # taken back and paid less
    real = office.run("backfill", source, "--jobs", "1", "--json")
    assert real.status == 0, real.err
    assert real.json["fingerprint"] == dry.json["fingerprint"]
    proof = office.proof()
    assert (proof["balanced"], proof["fingerprint"]) == (True, real.json["fingerprint"])
    assert set(real.json) >= KEYS
    reports = sorted((office.home / "backfill/reports").iterdir())
    assert [report.suffix for report in reports] == [".json", ".md"] * 2
    assert json.loads(reports[-2].read_text())["fingerprint"] == real.json["fingerprint"]


def test_nothing_at_a_path_is_bad_usage_and_what_is_kept_out_is_work(
    office: kit.Office, tmp_path: Path
) -> None:
    told = office.run("backfill", tmp_path / "nowhere")
    assert (told.status, "nowhere" in told.err) == (2, False)
    told = office.run("backfill", fill(tmp_path / "in"), "--jobs", "1")
    assert told.status == 1
    assert "TRANSACTION_BALANCE" in told.out
    assert "lost.835" in told.out


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and workers of this machine, each a process of its own."""
    address = f"tcp://127.0.0.1:{kit.free_port()}"
    command = [sys.executable, "-m", "dask"]
    where = {"env": os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, "stderr": subprocess.DEVNULL}
    port = address.rpartition(":")[2]
    with ExitStack() as stack:
        scheduler = [*command, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"]
        started = [subprocess.Popen(scheduler, **where)]
        stack.callback(lambda: [(one.kill(), one.wait()) for one in started])
        for _ in range(workers):
            worker = [*command, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            started.append(subprocess.Popen(worker, **where))
        yield address, started[1:]


def test_a_cluster_that_loses_a_worker_ends_the_same(
    office: kit.Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = office.run("backfill", fill(tmp_path / "in", "tar"), "--jobs", "1", "--json").json
    monkeypatch.setattr(intake, "FILES", 1)
    monkeypatch.setattr(running, "AHEAD", 1)
    lost: list[int] = []
    with cluster(2) as (address, workers), Ledger.open(f"sqlite:///{tmp_path}/other.sqlite") as ledger:

        def told(done: int, of: int) -> None:
            if done and not lost:
                workers[0].kill()
                lost.append(done)

        run = Run(Settings(home=tmp_path / "other"), ledger, "test", store=None, adopt=True)
        with pool(1, address) as taken:
            taken._client.wait_for_workers(2, timeout=60)  # type: ignore[attr-defined]
            made = whole(run, [str(tmp_path / "in")], taken, told)
    assert lost
    assert run.intake.counts["new"] == len(FILES)
    assert made["fingerprint"] == expected["fingerprint"]


# The command, with a partition a file. Prefect reads the environment when it is imported, so the home comes first.
ONE_FILE_A_PARTITION = """
import pathlib, sys
from flows import desk
desk.enter(pathlib.Path(sys.argv[-1]))
from tasks.backfilling import intake
intake.BYTES = 1
from flows.cli import main
main()
"""


def nobody_left(group: int, seconds: float) -> bool:
    """Whether all processes of a group end within that time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_ctrl_c_leaves_whole_partitions_and_no_traceback(office: kit.Office, tmp_path: Path) -> None:
    """A terminal sends it to all processes in the foreground: the workers and the Prefect server, too."""
    source = more(fill(tmp_path / "in", "gz"), 30)
    office.proof()  # the ledger is there
    command = [sys.executable, "-c", ONE_FILE_A_PARTITION, "backfill", str(source), "--jobs", "2"]
    command += ["--home", str(office.home)]
    environment = kit.environment(tmp_path / "tmp", PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)
    with closing(sqlite3.connect(f"file:{office.home}/ledger.sqlite?mode=ro", uri=True)) as seen:
        while run.poll() is None and not seen.execute("SELECT count(*) FROM remittances").fetchone()[0]:
            time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=120)
    assert (run.returncode, out) == (130, ""), err
    assert err.strip() == "cleanclaim: interrupted; the same command goes on from there"
    assert nobody_left(run.pid, 30)  # no worker and no server
    read = set(office.ledger.read("readings")["sha256"])
    assert 0 < len(read) < len(FILES) + 30
    assert read == set(office.ledger.read("remittance_sources")["sha256"])
    assert_nothing_half_posted(office.ledger)
    again = office.run("backfill", source, "--jobs", "1", "--json").json
    whole = kit.Office(tmp_path / "whole")
    assert whole.run("init").status == 0
    undisturbed = whole.run("backfill", source, "--jobs", "1", "--json").json
    assert again["fingerprint"] == undisturbed["fingerprint"]
