"""A small synthetic practice for the tests of judging: one patient, one payer, a clinician and a supervisor.

Frames have the columns and dtypes of the ledger; a test changes only what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Boolean, Date, DateTime

from configs.identity import digest
from configs.rules import load_rules
from connectors.ledger.schema import metadata
from tasks.billing.context import JudgeContext, Masters
from tasks.billing.gates.samples import Sample
from tasks.billing.judge import Judgement, judge
from tasks.billing.references import KINDS, References

TODAY = date(2026, 1, 6)
SEVERITIES, OVERRIDES = load_rules()
DTYPES = {BigInteger: "Int64", Boolean: "boolean", Date: "datetime64[s]", DateTime: "datetime64[s]"}

ROWS: dict[str, dict[str, Any]] = {
    "payers": {
        "payer_id": "ACME", "name": "ACME", "payer_class": "commercial", "edi_payer_id": "99999", "filing_code": "CI",
        "partner": "sandbox", "timely_filing_days": 90, "telehealth_rule": "modifier_95", "audio_allowed": True,
        "supervised_billing": "supervisor_named", "provider_classes": "MD NP PHD LCSW",
    },
    "providers": {
        "provider_id": "CL001", "npi": "1245319599", "last_name": "DOE", "first_name": "PAT", "taxonomy": "1041C0700X",
        "provider_class": "LCSW", "license_number": "149000001", "license_state": "IL", "license_from": "2020-01-01",
        "license_to": "2027-12-31", "active_from": "2022-01-01",
    },
    "enrollments": {"provider_id": "CL001", "payer_id": "ACME", "effective_from": "2024-01-01"},
    "patients": {
        "patient_id": "P0001", "last_name": "TESTER", "first_name": "ALEX", "birth_date": "1990-01-01", "sex": "U",
        "street": "1 SAMPLE RD", "city": "SPRINGFIELD", "state": "IL", "zip": "627010001",
    },
    "coverages": {
        "coverage_id": "COV1", "patient_id": "P0001", "payer_id": "ACME", "priority": "P", "member_id": "XYZ000000001",
        "relationship": "18", "effective_from": "2026-01-01",
    },
    "authorizations": {
        "authorization_id": "AU1", "patient_id": "P0001", "payer_id": "ACME", "number": "AUTH1", "codes": "90837",
        "units_approved": 12, "valid_from": "2026-01-05", "valid_to": "2026-06-30", "status": "approved",
    },
    "consents": {"consent_id": "CO1", "patient_id": "P0001", "recipient": "ACME", "signed_on": "2026-01-02"},
    "fees": {"code": "90837", "modifier": "", "effective_from": "2026-01-01", "charge_cents": 20000},
    "contracts": {
        "payer_id": "ACME", "code": "90837", "modifier": "", "provider_class": "", "effective_from": "2026-01-01",
        "method": "fixed", "rate_cents": 15000,
    },
    "encounters": {
        "encounter_id": "E1", "patient_id": "P0001", "service_date": "2026-01-05", "rendering_id": "CL001",
        "service_kind": "psychotherapy", "minutes": 53, "diagnoses": "F41.1 F33.1", "modality": "video",
        "patient_location": "home", "signed_on": "2026-01-05",
    },
    "licenses": {"provider_id": "CL001", "state": "IL", "valid_from": "2020-01-01", "number": "149000001"},
    "supervisions": {"provider_id": "CL002", "supervisor_id": "CL001", "valid_from": "2026-01-01"},
    "schedule": {
        "appointment_id": "AP1", "patient_id": "P0001", "payer_id": "ACME", "service_date": "2026-01-12",
        "provider_id": "CL001", "code": "90837", "units": 1, "status": "booked",
    },
    "stays": {
        "stay_id": "ST1", "patient_id": "P0001", "level_of_care": "php", "admitted_on": "2026-01-05",
        "attending_id": "CL001", "weekly_hours": 20,
    },
    "programmes": {
        "payer_id": "ACME", "level_of_care": "php", "effective_from": "2026-01-01", "form": "837I",
        "type_of_bill": "013", "revenue_code": "0913", "code": "S0201", "line": "day",
    },
    "charge_lines": {
        "charge_id": "CH9", "encounter_id": "E9", "encounter_row_id": "E9-1", "decision_id": "D9", "position": 1,
        "patient_id": "P0001", "payer_id": "ACME", "coverage_id": "COV1", "rendering_id": "CL001",
        "service_date": "2026-01-02", "place_of_service": "11", "code": "90837", "units": 1, "charge_cents": 20000,
        "diagnoses": "F411", "pointers": "1", "authorization_id": "AU1",
    },
    "eligibility_answers": {
        "answer_id": "EA1", "inquiry_id": "IQ1", "position": 1, "payer_identifier": "99999",
        "member_id": "XYZ000000001", "birth_date": "1990-01-01", "answered_on": "2026-01-05", "info": "1",
        "service_types": "MH",
    },
    "authorization_units": {
        "entry_id": "U9", "authorization_id": "AU1", "charge_id": "CH9", "event": "reserve", "units": 1, "cause": "D9",
    },
}  # fmt: skip
FACTS = ("charge_lines", "authorization_units")
# Columns of the official files that gates read, as their readers give them.
OFFICIAL = {
    "nppes": "npi found entity_type deactivated_on reactivated_on",
    "leie": "npi last_name first_name birth_date excluded_on reinstated_on",
    "nucc": "code deactivation",
}

PRICES = {
    "90785": 1500, "90791": 25000, "90792": 30000, "90832": 12000, "90833": 8000, "90834": 15000, "90836": 10000,
    "90837": 20000, "90838": 13000, "90839": 24000, "90840": 11000, "90846": 16000, "90847": 17000, "90853": 6000,
    "99203": 16000, "99212": 8000, "99213": 12000, "99214": 18000, "99215": 24000, "H0004": 4000, "H0015": 35000,
    "96130": 20000, "96131": 15000, "H0035": 45000, "S0201": 46000, "S9480": 30000, "1001": 90000, "1002": 80000,
    "0126": 110000, "0124": 150000, "0183": 20000, "G0410": 7000, "G0176": 5000,
}  # fmt: skip


@cache
def types(table: str) -> dict[str, str]:
    """Column names of a ledger table with the dtypes its frames have."""
    return {
        column.name: next((dtype for kind, dtype in DTYPES.items() if isinstance(column.type, kind)), "str")
        for column in metadata.tables[table].columns
    }


def frame(table: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the ledger would give them back: its columns, its dtypes."""
    return pd.DataFrame(list(rows), columns=list(types(table)), dtype=object).astype(types(table))


def rows(table: str, *changes: Mapping[str, Any]) -> pd.DataFrame:
    """The practice's row of a master table, once for each mapping of changes; row_id follows the content."""
    made = [ROWS[table] | dict(change) for change in changes]
    return frame(table, [row | {"row_id": digest(table, *row.values()), "version": 1} for row in made])


def encounters(*changes: Mapping[str, Any]) -> pd.DataFrame:
    """Encounters; those without an id of their own are numbered."""
    return rows(
        "encounters", *({"encounter_id": f"E{n}"} | dict(change) for n, change in enumerate(changes, 1))
    )


@cache
def usual_masters() -> dict[str, pd.DataFrame]:
    """The practice itself, made once."""
    usual = {name: rows(name, {}) if name in ROWS else nothing(name) for name in Masters.__dataclass_fields__}
    unused = ("authorizations", "consents", "licenses", "supervisions", "schedule", "stays", "programmes")
    unused += ("eligibility_answers",)
    usual |= {name: nothing(name) for name in unused}
    return usual | {
        "fees": rows("fees", *({"code": code, "charge_cents": price} for code, price in PRICES.items()))
    }


def masters(**tables: pd.DataFrame) -> Masters:
    """The practice, with some tables exchanged."""
    return Masters(**(usual_masters() | tables))


def context(**changes: Any) -> JudgeContext:
    """The shipped severities on 2026-01-06."""
    usual: dict[str, Any] = {"business_date": TODAY, "severities": SEVERITIES, "overrides": OVERRIDES}
    return JudgeContext(**(usual | {"tax_id": "123456789", "npi": "1234567893"} | changes))


def nothing(table: str) -> pd.DataFrame:
    """An empty table."""
    return frame(table, [])


def run(
    met: pd.DataFrame,
    practice: Masters | None = None,
    under: JudgeContext | None = None,
    *,
    history: pd.DataFrame | None = None,
    units: pd.DataFrame | None = None,
    before: pd.DataFrame | None = None,
) -> Judgement:
    """Judge with the practice's usual surroundings."""
    return judge(
        met,
        practice or masters(),
        under or context(),
        history_lines=nothing("charge_lines") if history is None else history,
        authorization_units=nothing("authorization_units") if units is None else units,
        previous_decisions=nothing("decisions") if before is None else before,
    )


def said(judgement: Judgement, encounter: str = "E1") -> set[str]:
    """Rule ids found on an encounter."""
    found = judgement.findings
    return set(found.loc[found["encounter_id"] == encounter, "rule_id"])


def outcomes(judgement: Judgement) -> dict[str, str]:
    """Outcome by encounter."""
    return dict(zip(judgement.decisions["encounter_id"], judgement.decisions["outcome"], strict=True))


def billed(judgement: Judgement, encounter: str = "E1") -> list[tuple[str, str, int]]:
    """Code, modifiers and units of an encounter's charges, in order."""
    lines = judgement.charges[judgement.charges["encounter_id"] == encounter].sort_values("position")
    return [
        (line.code, line.modifiers if isinstance(line.modifiers, str) else "", int(line.units))
        for line in lines.itertuples()
    ]


READ = {"Int64": int, "boolean": lambda cell: cell == "true"}


def _typed(table: str, change: Mapping[str, str | None]) -> dict[str, Any]:
    """Cells of a sample as the values of their columns; a column the table does not have is a slip of the page."""
    kinds = types(table)
    return {name: None if cell is None else READ.get(kinds[name], str)(cell) for name, cell in change.items()}


def _official(kind: str, changes: Mapping[str, str | None]) -> pd.DataFrame:
    made = pd.DataFrame([{name: changes.get(name) for name in OFFICIAL[kind].split()}], dtype="str")
    days = [name for name in made if name.endswith(("_on", "_date", "deactivation"))]
    if "found" in made:
        made["found"] = made["found"] != "false"
    return made.astype(dict.fromkeys(days, "datetime64[s]"))


@dataclass(frozen=True)
class World:
    """What a sample of a gate's page says: the practice with one encounter in it."""

    met: pd.DataFrame
    practice: Masters
    under: JudgeContext
    history: pd.DataFrame
    units: pd.DataFrame


def world(sample: Sample, **settings: Any) -> World:
    """The usual practice, with what the sample changes."""
    tables = {name.rstrip("+") for name in sample.world} | set(sample.empty)
    made: dict[str, pd.DataFrame] = {}
    for table in tables - set(KINDS):
        changes = [_typed(table, sample.world.get(table, {}))]
        if f"{table}+" in sample.world:
            changes.append(_typed(table, sample.world[f"{table}+"]))
        if table in FACTS:
            made[table] = frame(table, [ROWS[table] | change for change in changes])
        else:
            made[table] = rows(table, *changes)
        made[table] = made[table].iloc[:0] if table in sample.empty else made[table]
    official = {kind: _official(kind, sample.world[kind]) for kind in tables & set(KINDS)}
    facts = {name: made.pop(name, nothing(name)) for name in FACTS}
    met = made.pop("encounters", encounters({}))
    return World(
        met,
        masters(**made),
        context(references=References(official), **settings),
        facts["charge_lines"],
        facts["authorization_units"],
    )
