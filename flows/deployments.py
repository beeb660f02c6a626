"""The deployments of ``configs/deployments.yaml`` as Prefect's own objects, for ``cleanclaim serve``."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import EntrypointType, RunnerDeployment  # type: ignore[attr-defined]

import configs

FILE = Path(configs.__file__).with_name("deployments.yaml")


def deployments() -> list[RunnerDeployment]:
    """One deployment a row of the file, by module entrypoint, with its schedules and time zone."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]
    return [_deployment(row) for row in rows]


def _deployment(row: dict[str, Any]) -> RunnerDeployment:
    module, _, name = row["entrypoint"].rpartition(".")
    flow = getattr(import_module(module), name)
    made = flow.to_deployment(
        name=row["name"],
        description=row["description"],
        tags=row["tags"],
        parameters=row["parameters"],
        schedules=[CronSchedule(cron=s["cron"], timezone=s["timezone"]) for s in row["schedules"]],
        concurrency_limit=row["concurrency_limit"]["limit"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)
    return made
