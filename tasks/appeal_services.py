"""The lines of an appealed claim: as billed and documented, beside what was answered and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from configs import reference
from connectors.ledger import Ledger
from tasks.billing.appeals.case import Reason, Service
from tasks.billing.scrub import codebook
from tasks.frames import records

# Families whose code stands for minutes with the patient; of an add-on the minutes of its own part.
TIMED = {
    "psychotherapy": "minutes",
    "psychotherapy_addon": "therapy_minutes",
    "crisis": "minutes",
    "family": "minutes",
}


def given(value: Any) -> Any:
    """A value, or None where it is absent."""
    return None if pd.isna(value) else value


def services_of(
    ledger: Ledger, claim: dict[str, Any], answer: dict[str, Any], remitted_line_id: str | None
) -> tuple[Service, ...]:
    """The claim's lines beside what the answer says of each."""
    lines = ledger.read("claim_lines", {"claim_id": claim["claim_id"]}).sort_values("position")
    which = {"remitted_claim_id": answer["remitted_claim_id"]}
    told = ledger.read("remitted_lines", which).sort_values("position")
    reasons = _reasons(told, ledger.read("remitted_adjustments", which), given(answer["remarks"]) or "")
    rows = lines.merge(
        told.drop_duplicates("line_id")[["line_id", "remitted_line_id", "code", "paid_cents"]],
        on="line_id",
        how="left",
        suffixes=("", "_paid"),
    ).merge(_minutes(ledger, lines), on="charge_id", how="left")
    found = []
    for row in records(rows):
        line = given(row["remitted_line_id"])
        known = codebook.codes().get(row["code"])
        timed = TIMED.get(known.family) if known else None
        minutes = given(row[timed]) if timed else None
        disputed = line == remitted_line_id if remitted_line_id else (line in reasons or told.empty)
        found.append(
            Service(
                day=row["service_date"].date(),
                code=row["code"],
                modifiers=given(row["modifiers"]) or "",
                words=_words_of(row["code"]),
                units=given(row["units"]),
                minutes=None if minutes is None else int(minutes),
                minutes_least=known.minutes_min if known and timed else None,
                charge_cents=int(row["charge_cents"]),
                paid_cents=None if line is None else int(row["paid_cents"]),
                paid_code=given(row["code_paid"]),
                reasons=reasons.get(line, reasons.get(None, ()) if told.empty else ()),
                disputed=bool(disputed),
            )
        )
    return tuple(found)


def _words_of(code: str) -> str:
    row = reference.by_key("procedure_codes", "code").get(code)
    return row["own_words"] if row else "service"


def _minutes(ledger: Ledger, lines: pd.DataFrame) -> pd.DataFrame:
    """Documented minutes by charge, of the version of the encounter that was charged."""
    charges = ledger.read(
        "charge_lines", {"charge_id": lines["charge_id"].tolist()}, ["charge_id", "encounter_row_id"]
    )
    which = {"row_id": charges["encounter_row_id"].tolist()}
    minutes = ledger.read("encounters", which, ["row_id", "minutes", "therapy_minutes"])
    return charges.merge(minutes, left_on="encounter_row_id", right_on="row_id", how="left")[
        ["charge_id", "minutes", "therapy_minutes"]
    ]


def _reasons(
    told: pd.DataFrame, adjustments: pd.DataFrame, of_claim: str
) -> dict[str | None, tuple[Reason, ...]]:
    """Reasons by remitted line (None: of the claim as a whole); those at the claim stand with its first line."""
    first = str(told["remitted_line_id"].iloc[0]) if len(told) else None
    marks = {row["remitted_line_id"]: given(row["remarks"]) or "" for row in records(told)}
    found: dict[str | None, list[Reason]] = {}
    for row in records(adjustments.sort_values(["remitted_line_id", "position"], na_position="last")):
        line = given(row["remitted_line_id"]) or first
        carc = reference.by_key("carc", "carc").get(row["carc"])
        denial = carc is None or carc["is_denial"] != "N"
        remarks = f"{marks.get(line, '')} {of_claim}".split() if denial else []
        reason = Reason(
            code=f"{row['group_code']}-{row['carc']}",
            words=carc["own_words"] if carc else "a reason that is not in our table",
            amount_cents=int(row["amount_cents"]),
            remarks=tuple((mark, _remark(mark)) for mark in dict.fromkeys(remarks)),
        )
        found.setdefault(line, []).append(reason)
    return {line: tuple(reasons) for line, reasons in found.items()}


def _remark(code: str) -> str:
    row = reference.by_key("rarc", "rarc").get(code)
    return row["own_words"] if row else "remark code not in our table"
