"""Charges of stays for the tests of institutional claims: days in a row, with what coding says of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from tasks.billing import claims
from tasks.billing.context import Masters
from tests.billing.claim_practice import TEXT, charge
from tests.billing.claim_practice import masters as usual

OF_STAY = ("form", "revenue_code", "type_of_bill", "condition_codes", "stay_id")
PHP = {
    "level_of_care": "php",
    "type_of_bill": "013",
    "revenue_code": "0912",
    "code": "H0035",
    "condition_codes": "41",
}
RTC = {"level_of_care": "rtc_mh", "type_of_bill": "086", "revenue_code": "1001", "code": "1001"}
DETOX = {"level_of_care": "inpatient_detox", "type_of_bill": "011", "revenue_code": "0126", "code": "0126"}
TYPES = {"admitted_on": "datetime64[s]", "discharged_on": "datetime64[s]", "weekly_hours": "Int64"}


def days(first: str, last: str, programme: dict[str, str] = PHP, **more: Any) -> list[dict[str, Any]]:
    """A charge for each day from `first` to `last`."""
    found = []
    for day in pd.date_range(first, last):
        row = charge(f"E{day:%m%d}", service_date=f"{day:%Y-%m-%d}", form="837I", stay_id="ST1")
        found.append(row | programme | more | {"charge_id": f"{more.get('stay_id', 'ST1')} {day:%m%d}"})
    return found


def charges(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Charge lines with the dtypes that the ledger reads."""
    lines = pd.DataFrame(rows, columns=[*charge("E"), *OF_STAY])
    lines["service_date"] = pd.to_datetime(lines["service_date"]).astype("datetime64[s]")
    types = dict.fromkeys((*TEXT.split(), *OF_STAY), "str")
    types |= dict.fromkeys(("position", "units", "charge_cents"), "Int64")
    return lines.astype(types | {"part2": "boolean"})


def stay(**changes: Any) -> dict[str, Any]:
    return {
        "stay_id": "ST1", "row_id": "stay-1", "patient_id": "P1", "level_of_care": "php", "admitted_on": "2026-01-05",
        "admission_hour": "1400", "admission_type": None, "admission_source": None, "admitting_diagnosis": "F33.2",
        "attending_id": "CL2", "discharged_on": None, "discharge_hour": None, "patient_status": None,
        "weekly_hours": 20,
    } | changes  # fmt: skip


def masters(*stays: dict[str, Any], **tables: pd.DataFrame) -> Masters:
    made = pd.DataFrame(list(stays) or [stay()])
    made = made.astype({name: TYPES.get(name, "str") for name in made})
    payers = usual().payers.assign(payer_class="commercial")
    return usual(**({"stays": made, "payers": payers} | tables))


def build(
    rows: list[dict[str, Any]], known: Masters | None = None, built_on: date = date(2026, 3, 1), **more: Any
) -> claims.Built:
    return claims.build(
        charges(rows),
        id_key="k",
        masters=known or masters(),
        practice_window_days=1,
        built_on=built_on,
        **more,
    )


def told(built: claims.Built) -> list[tuple[Any, ...]]:
    """(first day, last day, frequency, patient status) of each claim, as the statement has them."""
    rows = built.claims.sort_values("service_from")
    return [
        (f"{r.service_from:%m-%d}", f"{r.service_to:%m-%d}", r.frequency, r.patient_status)
        for r in rows.itertuples()
    ]
