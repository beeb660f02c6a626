"""Superbills: an encounter as charged, or as it would be, printed and kept.

A superbill goes into the patient's own hands, which substance-use records may (42 CFR 2.23).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from configs import reference
from configs.settings import Settings
from connectors.documents import Document
from connectors.ledger import Ledger
from tasks import masters, people
from tasks.billing import coding, icd, visits
from tasks.documents import keeping
from tasks.documents.superbill import Clinician, Item, Visit, superbill
from tasks.documents.words import address
from tasks.frames import records

SUPERBILL = "superbill"


def make_all(
    ledger: Ledger, settings: Settings, encounters: Sequence[str], out: Path, *, today: dt.date, person: str
) -> list[keeping.Made]:
    """A superbill for each encounter. Raises `people.Refused` for one that is unknown, unsigned or cannot be coded."""
    found = ledger.current("encounters", {"encounter_id": list(encounters)})
    if missing := len(set(encounters) - set(found["encounter_id"])):
        raise people.Refused(f"{missing} of these encounters are not in the ledger")
    if found["signed_on"].isna().any():
        raise people.Refused("a note that is not signed cannot be put on a superbill")
    lines = _coded(ledger, settings, found, today)
    return [
        _superbill(
            ledger, settings, row, lines[lines["encounter_id"] == row["encounter_id"]], out, today, person
        )
        for row in records(found)
    ]


def _coded(ledger: Ledger, settings: Settings, encounters: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """Lines as charged; of an encounter that was not charged, as the coding gives them."""
    charged = ledger.read("charge_lines", {"encounter_row_id": encounters["row_id"].tolist()})
    open_ = encounters[~encounters["row_id"].isin(charged["encounter_row_id"])]
    if open_.empty:
        return charged
    known, context = masters.current(ledger), masters.context(settings, today, ledger, kinds=())
    lines = coding.code(visits.assemble(open_, known, context), known, context).lines
    return pd.concat([charged, lines], ignore_index=True) if len(charged) else lines


def _superbill(
    ledger: Ledger,
    settings: Settings,
    encounter: dict[str, Any],
    lines: pd.DataFrame,
    out: Path,
    today: dt.date,
    person: str,
) -> keeping.Made:
    if lines.empty or lines[["units", "charge_cents", "pointers"]].isna().any(axis=None):
        raise people.Refused("an encounter without code, price or diagnosis cannot be put on a superbill")
    visit = _visit(ledger, encounter, lines.sort_values("position"))

    def make(on: dt.date, revision: int) -> Document:
        return superbill(visit, settings.practice, on, revision)

    printed = keeping.keep(
        ledger,
        settings,
        SUPERBILL,
        visit.encounter_id,
        make,
        today=today,
        template="superbill v1",
        person=person,
        patient_id=visit.patient_id,
    )
    charges = sum(item.charge for item in visit.items)
    return keeping.written(printed, out / f"superbill-{keeping.safe(visit.encounter_id)}.pdf", charges)


def _visit(ledger: Ledger, encounter: dict[str, Any], lines: pd.DataFrame) -> Visit:
    patient = records(ledger.current("patients", {"patient_id": encounter["patient_id"]}))[0]
    payments = ledger.current("patient_payments", {"encounter_id": encounter["encounter_id"]})
    first = records(lines)[0]
    seen = _clinician(ledger, encounter["rendering_id"])
    supervisor = (
        first["supervising_id"]
        if first["rendering_id"] == encounter["rendering_id"]
        else first["rendering_id"]
    )
    words = reference.by_key("procedure_codes", "code")
    return Visit(
        encounter_id=encounter["encounter_id"],
        patient_id=encounter["patient_id"],
        patient=f"{patient['first_name']} {patient['last_name']}",
        birth_date=patient["birth_date"].date(),
        lines_of_address=address(patient),
        clinician=seen,
        supervisor=None if pd.isna(supervisor) else _clinician(ledger, supervisor),
        diagnoses=tuple(icd.dotted(code) for code in str(first["diagnoses"]).split()),
        items=tuple(
            Item(
                row["service_date"].date(),
                row["place_of_service"],
                row["code"],
                "" if pd.isna(row["modifiers"]) else row["modifiers"],
                words[row["code"]]["own_words"] if row["code"] in words else "service",
                row["pointers"],
                int(row["units"]),
                int(row["charge_cents"]),
            )
            for row in records(lines)
        ),
        paid=int(payments["amount_cents"].sum()),
    )


def _clinician(ledger: Ledger, provider_id: str) -> Clinician:
    row = records(ledger.current("providers", {"provider_id": provider_id}))[0]
    licence = " ".join(
        str(row[name]) for name in ("license_state", "license_number") if not pd.isna(row[name])
    )
    return Clinician(
        f"{row['first_name']} {row['last_name']}",
        row["provider_class"],
        row["npi"],
        licence or "none on file",
    )
