"""The journal in the text format of beancount, a double-entry program that checks it without us (``bean-check``).

Accounts of the chart are opened under the root of their kind, those of suspense under ``Liabilities:Suspense``. Each
posting is a transaction on the day it counts on (``months.booked_on``), each entry a leg of it, with its ids as
metadata. Debit is positive there as here. Balance assertions say what our own trial balance says of an account at the
start of a day; they are exact (``~ 0.00``), because beancount would let a cent pass.

    2026-01-21 * "answer"
      posting: "5f0c…>1"
      effective: 2026-01-21
      Liabilities:Suspense:Unmatched  120.00 USD
        position: 1
        claim: "C000000001"
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import pandas as pd

from tasks.billing import accounts, months

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "income": "Income",
    "expense": "Expenses",
    "equity": "Equity",
    "suspense": "Liabilities:Suspense",
}
# What has no date, and the opening of every account, is before everything else.
BEGINNING = dt.date(1900, 1, 1)
# Columns of the journal that are a leg's metadata, by their names there.
REFERENCES = {
    "remittance": "remittance_id",
    "remitted": "remitted_claim_id",
    "claim": "claim_id",
    "charge": "charge_id",
    "payer": "payer_id",
    "patient": "patient_id",
    "group": "group_code",
    "reason": "reason",
}


def account(name: str) -> str:
    """The account's name there; one that is not in the chart is never opened, so that the check fails.

    >>> account("receivable_payer"), account("suspense_plb"), account("petty_cash")
    ('Assets:Receivable-Payer', 'Liabilities:Suspense:Plb', 'Equity:Unknown:Petty-Cash')
    """
    kind = accounts.kinds().get(name)
    root = ROOTS[kind] if kind else "Equity:Unknown"
    words = name.removeprefix("suspense_" if kind == "suspense" else "").split("_")
    return f"{root}:{'-'.join(word.capitalize() for word in words)}"


def amount(cents: int) -> str:
    """Integer cents as dollars, exactly.

    >>> amount(-123405), amount(-7)
    ('-1234.05 USD', '-0.07 USD')
    """
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d} USD"


def quoted(text: str) -> str:
    """A text there.

    >>> print(quoted('a"b'))
    "a\\"b"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def head() -> Iterator[str]:
    """Lines that every file begins with: options, and the accounts of the chart."""
    yield 'option "title" "cleanclaim journal"'
    yield 'option "operating_currency" "USD"'
    yield ""
    yield from (f"{BEGINNING} open {account(name)} USD" for name in accounts.kinds())


def transactions(journal: pd.DataFrame, before: str | None = None) -> Iterator[str]:
    """Lines of the journal's postings, whose entries stand together.

    A posting may have begun in an earlier part of the journal: `before` is the last one there, and gets no second
    head.
    """
    days = months.booked_on(journal)
    rows = journal.astype(object).where(journal.notna(), None).to_dict("records")
    for row, day in zip(rows, days, strict=True):
        if row["posting_id"] != before:
            before = row["posting_id"]
            yield ""
            yield f"{BEGINNING if pd.isna(day) else day.date()} * {quoted(row['source'])}"
            yield f"  posting: {quoted(before)}"
            if row["effective_on"] is not None:
                yield f"  effective: {row['effective_on'].date()}"
        yield f"  {account(row['account'])}  {amount(int(row['amount_cents']))}"
        yield f"    position: {row['position']}"
        for name, column in REFERENCES.items():
            if row[column] is not None:
                yield f"    {name}: {quoted(row[column])}"


def opening(day: dt.date, cents: Mapping[str, int]) -> Iterator[str]:
    """Lines of a transaction that brings earlier balances forward; every posting sums to zero, so these do."""
    held = {name: value for name, value in cents.items() if value}
    if held:
        yield ""
        yield f'{day} * "brought forward"'
        yield from (f"  {account(name)}  {amount(value)}" for name, value in sorted(held.items()))


def assertions(day: dt.date, cents: Mapping[str, int]) -> Iterator[str]:
    """Lines that say what every account of the chart, and every other one named, holds at the start of a day."""
    yield ""
    for name in sorted({*accounts.kinds(), *cents}):
        number, currency = amount(cents.get(name, 0)).split()
        yield f"{day} balance {account(name)}  {number} ~ 0.00 {currency}"
