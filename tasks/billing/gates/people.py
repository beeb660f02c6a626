"""The people whose papers an encounter rests on: its clinician, and the supervisor where there is one."""

from __future__ import annotations

import pandas as pd

COLUMNS = [
    "npi",
    "class",
    "taxonomy",
    "license_number",
    "license_state",
    "license_from",
    "license_to",
    "active_from",
    "active_to",
    "caqh_attested_on",
    "dea_to",
    "cds_to",
    "malpractice_to",
]
UNLICENSED = ("INTERN", "PEER", "RBT")  # certified or in training: they work under somebody else's licence


def people(visits: pd.DataFrame) -> pd.DataFrame:
    """One row a person on file: encounter_id, service_date, provider_id, role (clinician, supervisor), ``COLUMNS``."""
    parts = []
    for role, prefix, person in (
        ("clinician", "provider", "rendering_id"),
        ("supervisor", "supervisor", "supervisor_id"),
    ):
        own = {f"{prefix}_{name}": name for name in COLUMNS} | {person: "provider_id"}
        part = visits[["encounter_id", "service_date", *own]].rename(columns=own).assign(role=role)
        parts.append(part[part["npi"].notna()])
    return pd.concat(parts, ignore_index=True)


def per_role(rows: pd.DataFrame, clinician: str, supervisor: str) -> pd.Series[str]:
    """A message for each person by role."""
    return rows["role"].map({"clinician": clinician, "supervisor": supervisor}).astype("str")
