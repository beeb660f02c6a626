"""What an analyst reads beside a run in Prefect: a summary, tables of holds and denials, where the Data Docs are.

Artifacts are stored in Prefect's database and shown to anyone with a browser, so they carry internal ids,
codes, counts and dollars, and nothing about a person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run

from configs.settings import Settings
from connectors.clearinghouse.pickup import utc_now
from tasks import quarantining, standing
from tasks.billing import queues as queues_of
from tasks.door import settings_and_ledger, stage
from tasks.exporting import dollars
from tasks.frames import records
from tasks.moment import moment

ROWS = 200  # of a table artifact; the worklist has them all


@stage("write the run's artifacts")
def report(flow: str, date: dt.date, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Write the artifacts of a run, and record the run; returns what the run comes to."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        work = standing.work(now, settings, date)
        kept_out = quarantining.with_state(now)
    open_work = work[work["status"] == "open"]
    queues = queue_totals(open_work)
    create_markdown_artifact(
        key=f"{flow}-summary",
        markdown=_summary(
            settings, flow, date, counts, queues, waiting=int((kept_out["state"] == "open").sum())
        ),
        description=f"{flow} run of {date.isoformat()}",
    )
    for queue in ("holds", "denials", "rejections"):
        _table(queue, queues_of.named(open_work, queue))
    with ledger.transaction() as tx:
        run = {
            "run_id": str(flow_run.id or f"{flow}-{date.isoformat()}"),
            "flow": flow,
            "business_date": pd.Timestamp(date),
            "outcome": "completed",
            "counts": json.dumps(counts, default=int),
            "ended_at": utc_now(),
        }
        tx.put("runs", [run])
    return {"queues": queues}


def queue_totals(items: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Items and recoverable cents by queue."""
    grouped = items.groupby("queue")
    return {
        str(queue): {"items": len(rows), "recoverable_cents": int(rows["recoverable_cents"].fillna(0).sum())}
        for queue, rows in grouped
    }


def _summary(
    settings: Settings,
    flow: str,
    date: dt.date,
    counts: Mapping[str, Mapping[str, int]],
    queues: Mapping[str, Mapping[str, int]],
    *,
    waiting: int,
) -> str:
    """The run in Markdown: what needs people first, then what each stage did (zeros left out)."""
    lines = [f"# {flow} · {date.isoformat()}", "", "| queue | open items | recoverable |", "|---|---:|---:|"]
    lines += [
        f"| {queue} | {total['items']} | {dollars(total['recoverable_cents'])} |"
        for queue, total in queues.items()
    ]
    lines += [
        "",
        f"In quarantine: {waiting}. Next: `cleanclaim worklist list`, `cleanclaim quarantine list`,",
        "`cleanclaim proof`.",
        "",
        "## What the stages did",
        "",
        "| stage | what | count |",
        "|---|---|---:|",
    ]
    for step, values in counts.items():
        lines += [
            f"| {step} | {_words(name)} | {_shown(name, value)} |" for name, value in values.items() if value
        ]
    docs = settings.data_docs / "index.html"
    lines += ["", f"Data Docs of the checks: [{settings.home.name}/data_docs]({docs.as_uri()})"]
    return "\n".join(lines)


def _words(name: str) -> str:
    return name.removesuffix("_cents").replace("_", " ")


def _shown(name: str, value: int) -> str:
    return dollars(int(value)) if name.endswith("_cents") else str(value)


def _table(queue: str, items: pd.DataFrame) -> None:
    """The most urgent items of a queue as a table artifact."""
    if items.empty:
        return
    shown = items.head(ROWS)
    rows = [
        {
            "item": row["item_id"][:8],
            "claim or encounter": _text(row["claim_id"]) or _text(row["encounter_id"]),
            "payer": _text(row["payer_id"]),
            "amount": _amount(row["amount_cents"]),
            "recoverable": _amount(row["recoverable_cents"]),
            "deadline": _text(row["deadline"])[:10],
            "next action": _text(row["next_action"]).replace("_", " "),
            "reason": _text(row["reason"])[:80],
        }
        for row in records(shown)
    ]
    create_table_artifact(
        key=queue, table=rows, description=f"{len(items)} open items, the most urgent {len(rows)} shown"
    )


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _amount(cents: object) -> str:
    return "" if pd.isna(cents) else dollars(int(cents))  # type: ignore[call-overload]
