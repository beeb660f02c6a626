"""Encounters as they come from the source: whole, known people and clinicians, plausible dates and times."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, one_of, present, true, unique

COLUMNS = [
    "encounter_row_id",
    "patient_known",
    "rendering_known",
    "days_before_run",
    "minutes",
    "diagnosis_count",
    "diagnoses_well_formed",
    "modality",
    "signed_after_service",
]

SUITE = Suite(
    name="encounters",
    about=__doc__ or "",
    key="encounter_row_id",
    subject="encounter",
    rules=(
        columns(COLUMNS, "the projection of encounters has changed"),
        unique("encounter_row_id", "the same version of an encounter came twice"),
        present("encounter_row_id", "an encounter has no id"),
        true("patient_known", "the patient is not in the master data: load patients first"),
        true("rendering_known", "the clinician is not in the master data: load providers first"),
        between(
            "days_before_run", 0, 3660, "the date of service is in the future or more than ten years ago"
        ),
        between("minutes", 0, 1440, "the documented minutes are not between 0 and 1440"),
        between("diagnosis_count", 1, 12, "there must be 1 to 12 diagnoses"),
        true("diagnoses_well_formed", "a diagnosis does not have the form of an ICD-10-CM code"),
        one_of("modality", ["in_person", "video", "audio"], "the modality is not in_person, video or audio"),
        true("signed_after_service", "the note is signed before the date of service"),
    ),
)
