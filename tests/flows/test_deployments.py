"""The deployments: by module entrypoint, on a billing office's timetable, accepted by a real Prefect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import flow_kit as kit
import yaml

from flows.deployments import FILE, deployments

SCHEDULES = {
    "daily": ["30 18 * * 1-5"],
    "responses": ["*/15 5-19 * * *", "0 0-4,20-23 * * *"],
    "backfill": [],  # run when somebody asks for it
}


def test_serve_offers_every_flow_by_module_on_the_practices_clock(prefect_server: str) -> None:
    made = {deployment.name: deployment for deployment in deployments()}
    assert set(made) == set(SCHEDULES)
    assert made["daily"].entrypoint == "flows.daily.daily_billing"
    assert made["backfill"].entrypoint == "flows.backfill.backfill"
    assert made["responses"].entrypoint == "flows.responses.collect_responses"
    for name, crons in SCHEDULES.items():
        schedules = [schedule.schedule for schedule in made[name].schedules or []]
        assert [schedule.cron for schedule in schedules] == crons
        assert {schedule.timezone for schedule in schedules} <= {"America/New_York"}
        assert made[name].concurrency_limit == 1
        assert "cleanclaim" in (made[name].tags or [])


def test_the_entrypoints_are_flows_found_from_any_folder(tmp_path: Path) -> None:
    code = (
        "from prefect.flows import load_flow_from_entrypoint as load\n"
        "print(load('flows.daily.daily_billing').name, load('flows.responses.collect_responses').name)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=kit.environment(tmp_path / "tmp", PREFECT_HOME=str(tmp_path)),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.stdout.split() == ["daily-billing", "collect-responses"], ran.stderr


def prefect(*arguments: str, api: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Prefect's own command line against the session's server."""
    environment = kit.environment(folder / "tmp", PREFECT_API_URL=api, PREFECT_HOME=str(folder), NO_COLOR="1")
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)


def test_prefect_deploy_takes_the_file(prefect_server: str, tmp_path: Path) -> None:
    pool = prefect(
        "work-pool", "create", "cleanclaim", "--type", "process", api=prefect_server, folder=tmp_path
    )
    assert pool.returncode == 0, pool.stderr + pool.stdout
    told = prefect("deploy", "--all", "--prefect-file", str(FILE), api=prefect_server, folder=tmp_path)
    assert told.returncode == 0, told.stderr + told.stdout

    import httpx

    answer = httpx.post(f"{prefect_server}/deployments/filter", json={}, timeout=30)
    stored = {row["name"]: row for row in answer.json() if row["work_pool_name"] == "cleanclaim"}
    assert set(stored) == set(SCHEDULES), json.dumps(sorted(stored))
    for row in yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]:
        known = stored[row["name"]]
        assert known["entrypoint"] == row["entrypoint"]
        schedules = [schedule["schedule"] for schedule in known["schedules"]]
        assert sorted(schedule["cron"] for schedule in schedules) == sorted(SCHEDULES[row["name"]])
        assert {schedule["timezone"] for schedule in schedules} <= {"America/New_York"}
        assert all(schedule["active"] for schedule in known["schedules"])
    assert not os.path.exists(tmp_path / "prefect.yaml")


def test_a_flow_takes_nothing_but_a_date() -> None:
    """Parameters are shown to anyone with a browser."""
    from flows.daily import daily_billing
    from flows.responses import collect_responses

    for flow in (daily_billing, collect_responses):
        assert set(flow.parameters.properties) == {"date"}
