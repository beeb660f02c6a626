"""A demo that is killed again and again and run again ends with the ledger of one that nobody disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import flow_kit as kit

KILLS = int(os.environ.get("CLEANCLAIM_KILLS", "1"))
LIMIT_SECONDS = 240


def settings_mark(home: Path) -> int:
    """Changes with every start: the demo writes its settings anew once its partner listens."""
    with suppress(FileNotFoundError):
        return (home / "cleanclaim.toml").stat().st_ino
    return 0


def run_and_kill(home: Path, tmp: Path, environment: dict[str, str], after: float) -> int | None:
    """Start a demo, kill it and all its children `after` seconds from its first step; None where it was killed."""
    mark = settings_mark(home)
    command = [str(kit.PROGRAM), "demo", "--json", "--home", str(home)]
    with (tmp / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            command, env=environment, cwd=tmp, stdout=said, stderr=said, start_new_session=True
        )
        try:
            until = time.monotonic() + LIMIT_SECONDS
            while settings_mark(home) == mark and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=after)
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its Prefect server too, where it started one
            process.wait()


def test_killed_demos_end_with_the_same_fingerprint(
    finished: kit.Demo, prefect_server: str, tmp_path: Path
) -> None:
    expected = {k: v for k, v in finished.json.items() if k != "outbound_files"}
    random, made, homes, endings = Random(1), 0, 0, 0
    while made < KILLS:
        home, tmp = tmp_path / f"home{homes}", tmp_path / f"tmp{homes}"
        kit.fix_day(home, kit.WHOLE)
        own, shared = kit.environment(tmp), kit.environment(tmp, PREFECT_API_URL=prefect_server)
        homes, status = homes + 1, None
        while made < KILLS and status is None:
            # The first start has a Prefect server of its own, killed with it; the others are quicker.
            status = run_and_kill(
                home, tmp, own if made == 0 else shared, random.uniform(0, finished.seconds)
            )
            made += status is None
        ended = kit.run_demo(home, tmp, PREFECT_API_URL=prefect_server)
        assert ended.told.status == 0, ended.told.err
        assert {k: v for k, v in ended.json.items() if k != "outbound_files"} == expected
        endings += 1
        partner = home / "demo" / "clearinghouse"
        uploads = [
            *(partner / "practice" / "SendFiles").iterdir(),
            *(partner / ".sandbox" / "lost").iterdir(),
        ]
        assert len(uploads) == len(ended.json["outbound_files"]) > 1, "sent once, nothing half done left"
    assert endings == homes > 0
