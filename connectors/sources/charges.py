"""The layout ``charges``: charge lines as somebody else coded them, to be judged by the scrub and never loaded.

One row a line. `encounter_id` and `position` name it; lines of one encounter are judged beside each other. What a
rule asks about the payer and the clinician comes from the masters by `payer_id` and `rendering_id`; where there are
none, `payer_class` and `provider_class` may stand in the row. Columns that nobody knows may be left out: a rule that
reads them stays silent or says that it is missing.
"""

from __future__ import annotations

from connectors.sources.columns import CENTS, DATE, FLAG, NUMBER, TEXT, Column, Kind

CHARGES = Kind(
    "charges",
    "Charge lines to be judged, one row a line.",
    ("encounter_id", "position"),
    (
        Column("encounter_id", TEXT, True, "The source's opaque id of the session.", "E00001"),
        Column("position", NUMBER, True, "1-based line within the encounter.", "1"),
        Column("patient_id", TEXT, True, "Patient.", "P0001"),
        Column("payer_id", TEXT, True, "Payer billed.", "ACME"),
        Column("coverage_id", TEXT, False, "Policy billed.", "COV0001"),
        Column("rendering_id", TEXT, True, "Clinician shown as rendering.", "CL001"),
        Column("supervising_id", TEXT, False, "Supervisor named on the claim.", ""),
        Column("service_date", DATE, True, "Date of service.", "2026-01-05"),
        Column("place_of_service", TEXT, True, "CMS place of service.", "10"),
        Column("code", TEXT, True, "Procedure code; the revenue code where that stands alone.", "90837"),
        Column("modifiers", TEXT, False, "Up to four modifiers in order, blanks between.", "95"),
        Column("units", NUMBER, True, "Units.", "1"),
        Column("charge_cents", CENTS, True, "Charge for all units.", "20000"),
        Column("diagnoses", TEXT, True, "ICD-10-CM codes in order, up to 12, blanks between.", "F411 F331"),
        Column("pointers", TEXT, True, "Positions of the diagnoses of this line, up to four.", "1 2"),
        Column("level_of_care", TEXT, False, "outpatient, iop, php …", "outpatient"),
        Column("service_kind", TEXT, False, "Kind of session, as of encounters.", "psychotherapy"),
        Column("minutes", NUMBER, False, "Face-to-face minutes documented.", "53"),
        Column("therapy_minutes", NUMBER, False, "Psychotherapy minutes within a visit.", ""),
        Column("start_time", TEXT, False, "When it began, HHMM.", ""),
        Column("end_time", TEXT, False, "When it ended, HHMM.", ""),
        Column("em_level", TEXT, False, "Medical decision making of a visit.", ""),
        Column("em_basis", TEXT, False, "time or mdm.", ""),
        Column("new_patient", FLAG, False, "Whether the visit is with a new patient.", ""),
        Column("modality", TEXT, False, "in_person, video or audio.", "video"),
        Column("patient_location", TEXT, False, "home, office or other.", "home"),
        Column("payer_class", TEXT, False, "Class of the payer, where no masters say it.", ""),
        Column("provider_class", TEXT, False, "Class of the clinician, where no masters say it.", ""),
        Column("form", TEXT, False, "837P or 837I; blank is 837P.", ""),
        Column("revenue_code", TEXT, False, "Revenue code with its zeros, where 837I.", ""),
        Column("type_of_bill", TEXT, False, "013, or 0131 with the frequency, where 837I.", ""),
        Column("condition_codes", TEXT, False, "Condition codes of the claim, blanks between.", ""),
        Column("programme_line", TEXT, False, "day or service: what a line of the programme is.", ""),
        Column("stay_id", TEXT, False, "Stay or programme episode.", ""),
        Column("stay_level_of_care", TEXT, False, "Level of care of the stay.", ""),
        Column("stay_admitted_on", DATE, False, "Day of admission.", ""),
        Column("stay_discharged_on", DATE, False, "Day of discharge; blank while the person stays.", ""),
        Column("stay_patient_status", TEXT, False, "CL103: 30 still a patient, 01 home …", ""),
        Column("stay_weekly_hours", NUMBER, False, "Hours a week in the plan of care.", ""),
        Column("stay_attending_id", TEXT, False, "Attending clinician.", ""),
        Column("stay_attending_class", TEXT, False, "Class of the attending clinician.", ""),
    ),
)
