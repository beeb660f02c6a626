"""What an analyst sees of the office's figures beside a run: a table with charts of today and a window before.

Counts, dollars and formulas; no claim and no person. The claims behind a figure are told by ``cleanclaim metrics``.
"""

from __future__ import annotations

import base64
import datetime as dt

import pandas as pd
from prefect.artifacts import create_image_artifact, create_markdown_artifact

from tasks import charts, measuring
from tasks.billing.metrics import Measured
from tasks.door import settings_and_ledger, stage
from tasks.moment import moment

Figures = dict[str, Measured]


@stage("write the figures")
def report_figures(date: dt.date) -> dict[str, float | None]:
    """Write the artifacts of the figures as of a day; nothing while there are no claims. Returns the values."""
    settings, ledger = settings_and_ledger()
    days = settings.metrics.window_days
    before = date - dt.timedelta(days=days)
    with moment(ledger) as now:
        built = now.read("claims", columns=["built_on"])["built_on"]
        if built.empty:
            return {}
        found = measuring.measured(now, settings, date, days)
        # A practice that had sent nothing by then had no figures.
        known = bool((built <= pd.Timestamp(before)).any())
        earlier = measuring.measured(now, settings, before, days) if known else {}
    chart = _chart(f"Figures of {days} days", (date, before), (found, earlier))
    create_markdown_artifact(
        key="metrics", markdown=_page(date, before, days, found, earlier), description=f"figures as of {date}"
    )
    picture = base64.b64encode(chart.encode()).decode()
    create_image_artifact(
        image_url=f"data:image/svg+xml;base64,{picture}",
        key="metrics-chart",
        description=f"figures as of {date}",
    )
    return {name: each["value"] for name, each in measuring.told(found).items()}


def _page(date: dt.date, before: dt.date, days: int, found: Figures, earlier: Figures) -> str:
    """The figures in Markdown, percentages with a bar each."""
    lines = [
        f"# Figures of {days} days to {date.isoformat()}",
        "",
        f"| figure | {date.isoformat()} | | {before.isoformat()} | what |",
        "|---|---:|---|---:|---|",
    ]
    for name, each in found.items():
        formula = each.formula
        lines.append(
            f"| {formula.name} | {measuring.shown(each)} | {_bar(each)} | {_past(earlier, name)}"
            f" | {formula.words} |"
        )
    lines += ["", f"Claims behind each: `cleanclaim metrics --as-of {date.isoformat()} --json --claims`"]
    return "\n".join(lines)


def _past(earlier: Figures, name: str) -> str:
    return measuring.shown(earlier[name]) if name in earlier else "-"


def _bar(each: Measured) -> str:
    if each.formula.unit != "percent" or each.value is None:
        return ""
    filled = min(max(round(float(each.value) / 5), 0), 20)
    return "█" * filled + "░" * (20 - filled)


def _chart(title: str, days: tuple[dt.date, dt.date], figures: tuple[Figures, Figures]) -> str:
    """Percentages and days as bars, one a day; figures without a value are left out."""
    groups = []
    for name, each in figures[0].items():
        measured = [one[name] for one in figures if name in one]
        if each.formula.unit != "cents" and any(one.value is not None for one in measured):
            values = [float(one.value or 0) for one in measured]
            groups.append(charts.Bars(each.formula.name, values, [measuring.shown(one) for one in measured]))
    series = [day.isoformat() for day, one in zip(days, figures, strict=True) if one]
    return charts.bars(title, series, groups)
