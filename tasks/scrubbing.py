"""The rules as a site has them configured: what they are judged under."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from configs.rules import load_book
from configs.settings import Settings
from tasks import masters
from tasks.billing.context import JudgeContext


def context(settings: Settings, date: dt.date, config: Path | None = None) -> JudgeContext:
    """The day and the configuration that encounters are judged under; `config` is a rules.toml to be tried."""
    book = load_book(settings.home, config)
    return replace(
        masters.context(settings, date),
        severities=book.severities,
        overrides=book.overrides,
        dates=book.dates,
        parameters=book.parameters,
    )
