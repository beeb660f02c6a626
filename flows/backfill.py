"""The backfill: years of remittances taken in, decoded in parallel, posted and proved."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from configs.settings import ConfigurationError, Settings
from connectors.clearinghouse import pickup
from connectors.ledger import Ledger
from connectors.ledger.shadow import NoShadow, shadow
from flows.endings import ending
from tasks.backfilling import reporting
from tasks.backfilling.pools import pool
from tasks.backfilling.running import Run, Told, whole
from tasks.door import only_run, settings_and_ledger, stage

told: Told = lambda done, of: None  # noqa: E731  # the command's progress bar; a callable is no flow parameter


@flow(name="backfill", validate_parameters=True, persist_result=False)
def backfill(
    paths: list[str],
    jobs: int | None = None,
    dask: str | None = None,
    dry_run: bool = False,
    unmatched: Literal["adopt", "suspend"] = "adopt",
    store: str | None = None,
) -> State[Any]:
    """Ingest and post historical 835s; a rerun goes on where the last one ended.

    `paths` are folders, globs, files or fsspec URLs. Decoding is done by `jobs` processes (default one a core) or by
    the Dask cluster whose scheduler listens at `dask`, through Parquet at the URL `store` (default below the home).
    With `dry_run` all of it happens to a copy of the ledger.
    """
    return ending(
        lambda: _steps(paths, jobs or os.cpu_count() or 1, dask, dry_run, unmatched == "adopt", store)
    )


def _steps(
    paths: list[str], jobs: int, dask: str | None, dry_run: bool, adopt: bool, store: str | None
) -> dict[str, Any]:
    settings, ledger = settings_and_ledger()
    with only_run(settings, ledger):
        if not dry_run:
            made = _run(settings, ledger, paths, jobs, dask, adopt, store)
        else:
            made = _rehearsed(settings, ledger, paths, jobs, dask, adopt, store)
    _publish(settings, made)
    return made


def _rehearsed(settings: Settings, ledger: Ledger, *arguments: Any) -> dict[str, Any]:
    """The run on a copy of the ledger, and what would be another there."""
    folder = settings.home / "backfill" / "shadow"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    for file in settings.home.glob("*.toml"):  # thresholds and severities
        shutil.copy(file, folder)
    try:
        with shadow(settings.ledger_url, folder) as (url, copy):
            aside = settings.model_copy(update={"home": folder, "database_url": SecretStr(url)})
            made = _run(aside, copy, *arguments)
            with ledger.snapshot() as before, copy.snapshot() as after:
                made["moved"] = reporting.moved(before, after)
            made["kept_out"] = reporting.kept_out(ledger, copy)
    except NoShadow as error:
        raise ConfigurationError(f"--dry-run makes a copy of the ledger: {error.where}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return made | {"dry_run": True}


def _run(
    settings: Settings,
    ledger: Ledger,
    paths: list[str],
    jobs: int,
    dask: str | None,
    adopt: bool,
    store: str | None,
) -> dict[str, Any]:
    began = time.monotonic()
    run = Run(settings, ledger, f"{pickup.utc_now():%Y%m%dT%H%M%S%f}", store=store, adopt=adopt)
    artifact = create_progress_artifact(0.0, key="backfill-progress", description="bytes of the input")

    def heard(done: int, of: int) -> None:
        update_progress_artifact(artifact, 100.0 * done / max(of, 1))  # type: ignore[arg-type]
        told(done, of)

    with pool(jobs, dask) as workers:
        made = whole(run, paths, workers, heard, lambda name, function: stage(name)(function))
    left = [
        f"{made['quarantined_files']} files" if made["quarantined_files"] else "",
        f"{made['quarantined_remittances']} remittances" if made["quarantined_remittances"] else "",
    ]
    waits = " and ".join(filter(None, left))
    if not made["balanced"]:
        waits = "the ledger does not prove: cleanclaim proof"
    return made | {
        "seconds": round(time.monotonic() - began, 3),
        "name": run.name,
        "work_left": f"{waits} newly in quarantine" if waits and made["balanced"] else waits or None,
    }


def _publish(settings: Settings, made: dict[str, Any]) -> None:
    """The report in the home as Markdown and JSON, and without names of files as an artifact."""
    folder: Path = settings.home / "backfill" / "reports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{made['name']}.md").write_text(reporting.markdown(made, names=True), encoding="utf-8")
    (folder / f"{made['name']}.json").write_text(json.dumps(made, indent=2), encoding="utf-8")
    create_markdown_artifact(
        key="backfill-report",
        markdown=reporting.markdown(made, names=False),
        description="what the input came to",
    )
