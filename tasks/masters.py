"""The practice's master data as the billing domain takes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from configs.rules import load_book
from configs.settings import Settings
from tasks import references
from tasks.billing import references as official
from tasks.billing.context import JudgeContext, Masters
from tasks.moment import Facts

KINDS = (
    "payers",
    "providers",
    "enrollments",
    "patients",
    "coverages",
    "authorizations",
    "consents",
    "fees",
    "contracts",
    "licenses",
    "supervisions",
    "payer_classes",
    "schedule",
    "stays",
    "programmes",
)


def current(ledger: Facts, *, with_answers: bool = False) -> Masters:
    """The newest version of every master row; `with_answers` also what payers answered of the cover (271).

    The gates and the estimates read the answers and nothing else does; there are more of them than of all the rest.
    """
    rows = {kind: ledger.current(kind) for kind in KINDS}
    return (
        Masters(**rows, eligibility_answers=ledger.read("eligibility_answers"))
        if with_answers
        else Masters(**rows)
    )


def every_version(ledger: Facts) -> Masters:
    """All versions, for claims that name the version they were built from."""
    return Masters(**{kind: ledger.read(kind) for kind in KINDS})


def context(
    settings: Settings,
    date: dt.date,
    facts: Facts | None = None,
    config: Path | None = None,
    codes: Iterable[str] = (),
    kinds: Collection[str] = official.KINDS,
) -> JudgeContext:
    """The day, the configuration and the official files that encounters are judged under.

    `facts` give the official files that were loaded; without them the context only names their editions. `config` is
    a rules.toml to be tried on top of the home's. `codes` are procedure codes that occur besides those the ledger
    knows, `kinds` the official files that are asked for (with `facts`).
    """
    book = load_book(settings.home, config)
    margin = book.parameters.get("TIMELY_MARGIN", {}).get("days", settings.billing.timely_margin_days)
    return JudgeContext(
        business_date=date,
        place_of_service=settings.practice.place_of_service,
        tax_id=settings.practice.tax_id.get_secret_value(),
        npi=settings.practice.npi,
        date_window_days=settings.billing.date_window_days,
        timely_margin_days=margin,
        severities=book.severities,
        overrides=book.overrides,
        references=references.read(facts, settings, codes, kinds) if facts else references.of_home(settings),
        dates=book.dates,
        parameters=book.parameters,
    )


def consented(consents: pd.DataFrame, patients: pd.Series, payers: pd.Series, date: dt.date) -> pd.Series:
    """Whether substance-use records of each patient may go to each payer on `date` (42 CFR Part 2)."""
    today = pd.Timestamp(date)
    valid = consents[
        (consents["signed_on"] <= today)
        & (consents["expires_on"].isna() | (consents["expires_on"] >= today))
        & (consents["revoked_on"].isna() | (consents["revoked_on"] > today))
    ]
    pairs = set(zip(valid["patient_id"], valid["recipient"], strict=True))
    return pd.Series(
        [(p, r) in pairs or (p, "*") in pairs for p, r in zip(patients, payers, strict=True)],
        index=patients.index,
        dtype="bool",
    )
