"""The gates, in the order they speak."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates import (
    amended,
    authorization,
    authorization_ending,
    authorization_low,
    authorization_week,
    caqh,
    consent,
    coverage,
    coverage_order,
    dea,
    eligibility_answered,
    eligibility_failed,
    enrollment,
    enrollment_loaded,
    era,
    excluded,
    incident_to,
    license_state,
    malpractice,
    note_signed,
    npi_type,
    patient,
    provider_active,
    provider_class,
    provider_license,
    provider_license_unknown,
    provider_npi,
    supervision,
    supervision_agreement,
    taxonomy,
    tele_license,
    tin_location,
)
from tasks.billing.gates.case import Case

GATES: tuple[ModuleType, ...] = (
    note_signed,
    patient,
    provider_npi,
    npi_type,
    excluded,
    provider_active,
    provider_license,
    provider_license_unknown,
    license_state,
    tele_license,
    taxonomy,
    caqh,
    dea,
    malpractice,
    supervision,
    supervision_agreement,
    incident_to,
    provider_class,
    coverage,
    coverage_order,
    eligibility_answered,
    eligibility_failed,
    enrollment,
    enrollment_loaded,
    tin_location,
    era,
    consent,
    amended,
)
# These speak last: units are given out to encounters that nothing else holds.
AUTHORIZATION_GATES: tuple[ModuleType, ...] = (
    authorization,
    authorization_week,
    authorization_low,
    authorization_ending,
)


def run(case: Case, gates: Iterable[ModuleType] = GATES) -> pd.DataFrame:
    """Findings of the gates on one batch, without severities; those of a gate that reads official files name them."""
    return findings.together(_told(gate, case) for gate in gates)


def _told(gate: ModuleType, case: Case) -> pd.DataFrame:
    found: pd.DataFrame = gate.check(case)
    kinds, known = getattr(gate, "REFERENCES", ()), case.context.references
    if found.empty or not known.version(*kinds):
        return found
    day = pd.Series([known.oldest(*kinds)] * len(found), index=found.index).astype(found["data_as_of"].dtype)
    return found.assign(
        reference_version=found["reference_version"].fillna(known.version(*kinds)),
        data_as_of=found["data_as_of"].fillna(day),
    )
