"""Statements: the facts of a patient's account gathered, printed and kept.

Substance-use records (42 CFR Part 2): a statement names such services neutrally, and is made only under a consent that
is running for the insurer billed (or for any); else it waits for a person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from configs.settings import Settings
from connectors.documents import Document
from connectors.ledger import Ledger
from tasks import masters, people, standing
from tasks.billing import patient_share, statements
from tasks.documents import keeping
from tasks.documents.statement import Account, Line, statement
from tasks.documents.words import address
from tasks.frames import records
from tasks.moment import Facts, moment

ADULT = 18
SHOWN_DAYS = 90
STATEMENT = "statement"


@dataclass(frozen=True)
class Statements:
    """What was made, and patients whose statement waits for a person, with the reason."""

    made: list[keeping.Made]
    held: dict[str, str]
    small: int


def accounts(ledger: Facts, as_of: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines of all accounts and credits, see `tasks.billing.statements`."""
    with moment(ledger) as now:
        return statements.lines(
            now.read("charge_lines"),
            now.read("claims"),
            now.read("claim_lines"),
            now.read("journal", where={"source": list(statements.ANSWERS)}),
            now.current("patient_payments"),
            now.read("write_offs"),
            now.read("refunds"),
            pd.Timestamp(as_of),
            set(standing.unspoken(now)["claim_id"]),
        )


def make(
    ledger: Ledger,
    settings: Settings,
    out: Path,
    *,
    as_of: dt.date,
    person: str,
    patient_id: str | None = None,
) -> Statements:
    """A statement for every patient who owes the least amount of the settings or more, or for one patient."""
    lines, over = accounts(ledger, as_of)
    if patient_id is not None:
        lines = lines[lines["patient_id"] == patient_id]
        if ledger.current("patients", {"patient_id": patient_id}).empty:
            raise people.Refused("no such patient")
    lines = _with_part2(ledger, lines[lines["owed_cents"] > 0])
    held = _without_consent(ledger, lines, as_of)
    lines = lines.assign(words=statements.words(lines["code"], lines["part2"]))
    credit = over.set_index("patient_id")["credit_cents"].to_dict()
    known = ledger.current("patients", {"patient_id": lines["patient_id"].unique().tolist()})
    by_id = known.set_index("patient_id", drop=False)
    payments = _lately(ledger, as_of)
    made, small = [], 0
    for patient, rows in lines.groupby("patient_id"):
        paid = payments[payments["patient_id"] == patient]
        account = _account(dict(by_id.loc[patient]), rows, int(credit.get(patient, 0)), paid, as_of)
        if account.due < settings.practice.statement_least_cents:
            small += 1
        elif patient not in held:
            made.append(_statement(ledger, settings, account, out, as_of, person))
    return Statements(made, held, small)


def _with_part2(ledger: Ledger, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines with the flag of the version of the encounter that was charged."""
    which = {"charge_id": lines["charge_id"].tolist()}
    charges = ledger.read("charge_lines", which, ["charge_id", "encounter_row_id"])
    versions = {"row_id": charges["encounter_row_id"].tolist()}
    flags = ledger.read("encounters", versions, ["row_id", "part2", "service_kind"])
    part2 = flags["part2"].fillna(flags["service_kind"] == "iop_sud").astype(bool)
    named = charges["encounter_row_id"].map(dict(zip(flags["row_id"], part2, strict=True)))
    flag = dict(zip(charges["charge_id"], named, strict=True))
    return lines.assign(part2=lines["charge_id"].map(flag).astype("boolean").fillna(False))


def _without_consent(ledger: Ledger, lines: pd.DataFrame, as_of: dt.date) -> dict[str, str]:
    """Patients with substance-use services that no consent covers on the day."""
    own = lines[lines["part2"].astype(bool)]
    consents = ledger.current("consents", {"patient_id": own["patient_id"].unique().tolist()})
    covered = masters.consented(consents, own["patient_id"], own["payer_id"], as_of)
    return dict.fromkeys(own.loc[~covered, "patient_id"], "NO_CONSENT")


def _lately(ledger: Ledger, as_of: dt.date) -> pd.DataFrame:
    """Payments of the days that a statement shows, in their order."""
    rows, today = ledger.current("patient_payments"), pd.Timestamp(as_of)
    shown = rows["received_on"].between(today - pd.Timedelta(days=SHOWN_DAYS), today)
    return rows[shown].sort_values(["received_on", "payment_id"])


def _account(
    patient: dict[str, Any], rows: pd.DataFrame, credit: int, paid: pd.DataFrame, as_of: dt.date
) -> Account:
    own = tuple(
        Line(
            row["service_date"].date(),
            row["words"],
            *(
                int(row[f"{name}_cents"])
                for name in ("charge", "insurer", "adjusted", "waiting", "paid", "owed")
            ),
        )
        for row in records(rows.sort_values(["service_date", "charge_id"]))
    )
    ages = rows.groupby("bucket")["owed_cents"].sum()
    birthday = patient["birth_date"].date()
    age = as_of.year - birthday.year - ((as_of.month, as_of.day) < (birthday.month, birthday.day))
    return Account(
        patient_id=patient["patient_id"],
        name=f"{patient['first_name']} {patient['last_name']}",
        lines_of_address=address(patient),
        minor=age < ADULT,
        lines=own,
        ages=tuple((name, int(ages.get(name, 0))) for name in patient_share.BUCKETS),
        credit=credit,
        payments=tuple(
            (
                row["received_on"].date(),
                "other" if pd.isna(row["method"]) else row["method"],
                int(row["amount_cents"]),
            )
            for row in records(paid)
        ),
    )


def _statement(
    ledger: Ledger, settings: Settings, account: Account, out: Path, as_of: dt.date, person: str
) -> keeping.Made:
    def make(on: dt.date, revision: int) -> Document:
        return statement(account, settings.practice, on, revision)

    printed = keeping.keep(
        ledger,
        settings,
        STATEMENT,
        account.patient_id,
        make,
        today=as_of,
        template="statement v1",
        person=person,
        patient_id=account.patient_id,
        dated=True,
    )
    path = out / f"statement-{keeping.safe(account.patient_id)}-{as_of.isoformat()}.pdf"
    return keeping.written(printed, path, account.due)
