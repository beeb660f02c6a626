"""The ledger's tables: the one source of column names and types.

Three kinds of table:

* **master** rows are versioned: a natural key, a version number and the id of the version before. Loading the
  same content again is a no-op; a changed row becomes the next version. ``current`` is the newest version.
* **facts** are append-only; their primary key is a digest of their content, so storing one again is a no-op.
  The fingerprint runs over these and over the master rows.
* **arrivals** and other bookkeeping (``info={"bookkeeping": True}``) say how and when facts came; they differ
  from run to run and stay out of the fingerprint.

Columns are ``Text``, ``BigInteger`` (money is ``*_cents``), ``Boolean``, ``Date`` (local dates without a zone) or
``DateTime`` (UTC). ``comment`` is the column's meaning and ``info["example"]`` an example; the docs are made
from them. ``info["phi"]`` marks what never leaves the ledger for a log, a name or an artifact. Lists (diagnoses,
modifiers, codes) are text with single blanks between the items.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Type = type[TypeEngine[Any]]


def col(
    name: str, type_: Type, meaning: str, example: str = "", *, required: bool = False, phi: bool = False
) -> Column[Any]:
    """One column with its documentation."""
    return Column(name, type_, nullable=not required, comment=meaning, info={"example": example, "phi": phi})


def text(
    name: str, meaning: str, example: str = "", *, required: bool = False, phi: bool = False
) -> Column[Any]:
    """A text column."""
    return col(name, Text, meaning, example, required=required, phi=phi)


def cents(name: str, meaning: str, example: str = "12000", *, required: bool = False) -> Column[Any]:
    """An amount in integer cents; absent is null, not zero."""
    return col(name, BigInteger, meaning, example, required=required)


def number(name: str, meaning: str, example: str = "1", *, required: bool = False) -> Column[Any]:
    """A whole number."""
    return col(name, BigInteger, meaning, example, required=required)


def day(
    name: str, meaning: str, example: str = "2026-01-05", *, required: bool = False, phi: bool = False
) -> Any:
    """A local date without a zone."""
    return col(name, Date, meaning, example, required=required, phi=phi)


def flag(name: str, meaning: str, example: str = "true", *, required: bool = False) -> Column[Any]:
    """True or false."""
    return col(name, Boolean, meaning, example, required=required)


def instant(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """A UTC instant; bookkeeping."""
    column = col(name, DateTime, meaning, "2026-01-05T23:30:00", required=required)
    column.info["bookkeeping"] = True
    return column


def derived(name: str, meaning: str, example: str = "") -> Column[Any]:
    """What follows from other facts and may change with them: outside the fingerprint, and `settle` may write it."""
    column = text(name, meaning, example)
    column.info["bookkeeping"] = column.info["derived"] = True
    return column


def booked(name: str, meaning: str, example: str) -> Column[Any]:
    """When we came to know something, in the books: outside the fingerprint."""
    column = text(name, meaning, example)
    column.info["bookkeeping"] = True
    return column


def master(name: str, about: str, key: list[str], *columns: Column[Any]) -> Table:
    """A versioned table of what people maintain elsewhere and load here."""
    for column in columns:
        if column.name in key:
            column.nullable = False
    return Table(
        name,
        metadata,
        Column("row_id", Text, primary_key=True, comment="Digest of key, content and previous version."),
        Column("version", BigInteger, nullable=False, comment="1 for the first version of this key."),
        Column("previous_id", Text, comment="row_id of the version before."),
        *columns,
        UniqueConstraint(*key, "version"),
        comment=about,
        info={"kind": "master", "key": key},
    )


def fact(name: str, about: str, *columns: Column[Any] | Index) -> Table:
    """An append-only table; its first column is the identity, a digest of the content."""
    columns[0].primary_key = True  # type: ignore[union-attr]
    columns[0].nullable = False  # type: ignore[union-attr]
    return Table(name, metadata, *columns, comment=about, info={"kind": "fact"})


def bookkeeping(name: str, about: str, keys: int, *columns: Column[Any]) -> Table:
    """A table about runs and arrivals, outside the fingerprint; its first `keys` columns are the key."""
    for column in columns[:keys]:
        column.primary_key = True
        column.nullable = False
    return Table(name, metadata, *columns, comment=about, info={"kind": "bookkeeping", "bookkeeping": True})


# --- master data -----------------------------------------------------------------------------------------------

payers = master(
    "payers",
    "Who pays, how claims reach them, and what they insist on.",
    ["payer_id"],
    text("payer_id", "Your short id of the payer.", "ACME"),
    text("name", "The payer's name, 2010BB NM103.", "ACME HEALTH PLAN", required=True),
    text(
        "payer_class",
        "One of commercial, blue, medicare_ffs, medicare_advantage, medicaid, medicaid_mco, tricare, va, eap, other.",
        "commercial",
        required=True,
    ),
    text("edi_payer_id", "Payer id at the clearinghouse, 2010BB NM109.", "99999", required=True),
    text("filing_code", "Claim filing indicator, SBR09.", "CI", required=True),
    text("partner", "Short name of the partner in the settings that claims go to.", "sandbox", required=True),
    text("remit_ids", "Ids the payer uses in its 835 (TRN03, N1*PR), blanks between.", "1512345678"),
    number("timely_filing_days", "Days from the date of service to file; blank means 90.", "90"),
    number("appeal_days", "Days from the remittance to appeal; blank means 60.", "180"),
    text(
        "telehealth_rule",
        "Modifiers and place for telehealth: none, modifier_95, modifier_gt or pos11_95.",
        "modifier_95",
    ),
    flag("audio_allowed", "Whether audio-only sessions are payable (modifier 93)."),
    text("auth_codes", "Codes that need an authorization, blanks between; * is all.", "90837 H0015"),
    text(
        "supervised_billing",
        "How a supervised clinician bills: supervisor_npi, supervisor_named or not_allowed.",
        "supervisor_named",
    ),
    text("provider_classes", "Classes of rendering provider this payer accepts; * is all.", "MD NP PHD LCSW"),
    number(
        "date_window_days",
        "Days of service that may share one claim; blank means the practice's setting.",
        "1",
    ),
    flag("coverage_required_active", "Whether coverage must be on file and active; blank means yes."),
    text("taxonomies", "Taxonomy codes the payer accepts, blanks between; blank is any.", ""),
    text("telehealth_codes", "Codes the payer pays by telehealth; blank is the general list.", ""),
    text("modifier_order", "usual or telehealth_first; blank is usual.", ""),
    text("quarter_hour_rule", "midpoint or full: when a quarter hour counts; blank is midpoint.", ""),
    number("programme_minutes", "Least minutes of a programme day; blank takes the code's own.", ""),
    text(
        "beside_programme",
        "Classes of clinician paid beside a programme day, blanks between; blank is none.",
        "",
    ),
    text(
        "filing_basis",
        "What the filing clock starts at: service_date, through_date, discharge_date or calendar_year.",
        "service_date",
    ),
    number(
        "corrected_filing_days",
        "Days to file a corrected claim, from its remittance; blank is as the first.",
        "",
    ),
    number("secondary_filing_days", "Days to file a secondary claim, from the primary's remittance.", ""),
    day(
        "era_from", "Day from which the payer sends electronic remittances; blank where nobody tracks it.", ""
    ),
    day("eft_from", "Day from which the payer pays by EFT; blank where nobody tracks it.", ""),
)

providers = master(
    "providers",
    "Clinicians: identity, licence and employment.",
    ["provider_id"],
    text("provider_id", "Your id of the clinician.", "CL001"),
    text("npi", "Individual NPI (type 1), ten digits.", "1245319599", required=True),
    text("last_name", "Last name, NM103.", "DOE", required=True),
    text("first_name", "First name, NM104.", "PAT", required=True),
    text("taxonomy", "NUCC taxonomy, PRV*PE.", "1041C0700X", required=True),
    text(
        "provider_class",
        "MD NP PA CNS PHD LCSW LMFT MHC BCBA RBT RN PEER LADC or INTERN.",
        "LCSW",
        required=True,
    ),
    text("license_number", "Licence number.", "149000001"),
    text("license_state", "State of the licence.", "IL"),
    day("license_from", "First day of the licence.", "2020-01-01"),
    day("license_to", "Last day of the licence.", "2027-12-31"),
    day("active_from", "First day with the practice.", "2022-01-01"),
    day("active_to", "Last day with the practice; blank while employed.", ""),
    text("supervisor_id", "provider_id of the supervisor, for supervised clinicians.", "CL002"),
    day("birth_date", "Date of birth, for the exclusion list; blank where not kept.", "", phi=True),
    day("caqh_attested_on", "Last CAQH attestation; blank where nobody tracks it.", ""),
    day("dea_to", "Last day of the DEA registration; blank where nobody tracks it.", ""),
    day("cds_to", "Last day of the state's controlled-substance registration.", ""),
    day("malpractice_to", "Last day of the malpractice cover; blank where nobody tracks it.", ""),
    flag("address_suppressed", "Whether the clinician's address stays off claims and directories.", ""),
)

enrollments = master(
    "enrollments",
    "Which clinician may bill which payer, from when.",
    ["provider_id", "payer_id", "effective_from"],
    text("provider_id", "Clinician.", "CL001"),
    text("payer_id", "Payer.", "ACME"),
    day("effective_from", "Effective date on the payer's letter.", "2024-01-01"),
    day("effective_to", "Last day; blank while it runs.", ""),
    day("loaded_on", "Day the payer had it in its system; blank where nobody tracks it.", ""),
    text("tax_id", "Tax id it is under; blank is the practice's.", ""),
    text("location_id", "Location it is for; blank is all.", ""),
)

patients = master(
    "patients",
    "People in treatment.",
    ["patient_id"],
    text("patient_id", "Your opaque id of the person.", "P0001"),
    text("last_name", "Last name.", "TESTER", required=True, phi=True),
    text("first_name", "First name.", "ALEX", required=True, phi=True),
    text("middle_name", "Middle name or initial.", "Q", phi=True),
    day("birth_date", "Date of birth.", "1990-01-01", required=True, phi=True),
    text("sex", "F, M or U, DMG03.", "U", required=True),
    text("street", "Street address.", "1 SAMPLE RD", required=True, phi=True),
    text("city", "City.", "SPRINGFIELD", required=True, phi=True),
    text("state", "State, two letters.", "IL", required=True),
    text("zip", "ZIP, five or nine digits.", "627010001", required=True, phi=True),
)

coverages = master(
    "coverages",
    "Insurance policies: who is insured where, in which order.",
    ["coverage_id"],
    text("coverage_id", "Your id of the policy.", "COV0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    text("payer_id", "Payer.", "ACME", required=True),
    text("priority", "P, S or T: primary, secondary, tertiary.", "P", required=True),
    text("member_id", "The subscriber's member id, 2010BA NM109.", "XYZ000000001", required=True, phi=True),
    text("group_number", "Group or policy number, SBR03.", "GRP001"),
    text(
        "msp_type",
        "Why Medicare is not the first payer, SBR05: 12 working aged, 13 kidney disease, 14 no-fault, 15 workers'"
        " compensation, 16 public health service, 41 black lung, 42 veterans, 43 disability, 47 other liability.",
        "",
    ),
    text(
        "relationship", "Patient to subscriber: 18 self, 01 spouse, 19 child, G8 other.", "18", required=True
    ),
    text("subscriber_last_name", "Subscriber's last name, where not the patient.", "TESTER", phi=True),
    text("subscriber_first_name", "Subscriber's first name, where not the patient.", "SAM", phi=True),
    day(
        "subscriber_birth_date", "Subscriber's date of birth, where not the patient.", "1980-02-02", phi=True
    ),
    text("subscriber_sex", "Subscriber's sex, where not the patient.", "U"),
    text("subscriber_street", "Subscriber's street, where not the patient's.", "2 SAMPLE RD", phi=True),
    text("subscriber_city", "Subscriber's city.", "SPRINGFIELD", phi=True),
    text("subscriber_state", "Subscriber's state.", "IL"),
    text("subscriber_zip", "Subscriber's ZIP.", "627010002", phi=True),
    day("effective_from", "First day of cover.", "2026-01-01", required=True),
    day("effective_to", "Last day of cover; blank while it runs.", ""),
)

authorizations = master(
    "authorizations",
    "What a payer approved: codes, dates, units.",
    ["authorization_id"],
    text("authorization_id", "Your id of the authorization.", "AU0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    text("payer_id", "Payer.", "ACME", required=True),
    text("number", "The payer's number, REF*G1.", "AUTH12345", required=True),
    text("codes", "Procedure codes approved, blanks between.", "90837 90834", required=True),
    text("level_of_care", "outpatient, iop, php, rtc_mh …; blank is any.", "outpatient"),
    number("units_approved", "Units approved.", "12", required=True),
    day("valid_from", "First day, inclusive.", "2026-01-05", required=True),
    day("valid_to", "Last day, inclusive.", "2026-06-30", required=True),
    text("provider_id", "Clinician it is limited to; blank is any.", ""),
    text("status", "approved, pended, denied or cancelled.", "approved", required=True),
    text(
        "unit_type",
        "visit, day, unit or hour: what its units are; blank is the code's own.",
        "",
    ),
    number("weekly_units", "Units a week it is limited to; blank is no limit.", ""),
    text("modifiers", "Modifiers it asks for, blanks between.", ""),
    text("facility_npi", "NPI of the facility it is limited to; blank is any.", ""),
    day("review_on", "Day of the next concurrent review.", ""),
    day("clinical_due_on", "Day the clinical record is due for it.", ""),
)

consents = master(
    "consents",
    "Written consents to disclose substance-use records (42 CFR Part 2).",
    ["consent_id"],
    text("consent_id", "Your id of the consent.", "CO0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    text("recipient", "payer_id the records may go to, or * for any payer.", "ACME", required=True),
    day("signed_on", "Date signed.", "2026-01-02", required=True),
    day("expires_on", "Last day it is valid; blank for none.", ""),
    day("revoked_on", "Date revoked; disclosures from this day on are refused.", ""),
)

fees = master(
    "fees",
    "The practice's own prices.",
    ["code", "modifier", "effective_from"],
    text("code", "Procedure code.", "90837"),
    text("modifier", "Pricing modifier, blank for none.", ""),
    day("effective_from", "First day of the price.", "2026-01-01"),
    cents("charge_cents", "Price of one unit.", "20000", required=True),
    day("effective_to", "Last day; blank while it runs.", ""),
)

contracts = master(
    "contracts",
    "What payers agreed to allow.",
    ["payer_id", "code", "modifier", "provider_class", "plan", "place_group", "effective_from"],
    text("payer_id", "Payer.", "ACME"),
    text("code", "Procedure code.", "90837"),
    text(
        "modifier", "Pricing modifiers, all of which the line must have, blanks between; blank for none.", ""
    ),
    text("provider_class", "Class of clinician, blank for all.", ""),
    text("plan", "Group number of the policies it is for (SBR03), blank for all.", ""),
    text("place_group", "facility or non_facility, as the place of service is paid; blank for all.", ""),
    day("effective_from", "First day of the rate.", "2026-01-01"),
    text("method", "fixed, percent_of_fee, per_diem or case_rate.", "fixed", required=True),
    cents(
        "rate_cents",
        "Rate of one unit, day or case; where percent_of_fee, the payer's fee for one unit, blank for our charge.",
        "15000",
    ),
    number(
        "percent_basis_points", "Percent of the fee in hundredths of a percent, where percent_of_fee.", "7500"
    ),
    number(
        "class_basis_points",
        "Part of it that the class is paid, in hundredths of a percent (7500 for LCSW at Medicare); blank is all.",
        "",
    ),
    flag("lesser_of", "Whether a charge below the rate is allowed instead of the rate; blank means yes.", ""),
    cents("tolerance_cents", "Difference of a line that is let pass; blank means one cent.", ""),
    day("effective_to", "Last day; blank while it runs.", ""),
)

licenses = master(
    "licenses",
    "Licences of clinicians, one row a state: who may see a patient where.",
    ["provider_id", "state", "valid_from"],
    text("provider_id", "Clinician.", "CL001"),
    text("state", "State, two letters.", "IL"),
    day("valid_from", "First day.", "2020-01-01"),
    text("number", "Licence number.", "149000001"),
    day("valid_to", "Last day; blank while it runs.", ""),
)

supervisions = master(
    "supervisions",
    "Agreements of supervision: who may bill under whom, from when.",
    ["provider_id", "supervisor_id", "valid_from"],
    text("provider_id", "Supervised clinician.", "CL009"),
    text("supervisor_id", "Supervisor.", "CL001"),
    day("valid_from", "First day.", "2026-01-01"),
    day("valid_to", "Last day; blank while it runs.", ""),
)

payer_classes = master(
    "payer_classes",
    "Which class of clinician may bill which codes to a payer, where it is not what the payer says in general.",
    ["payer_id", "provider_class", "effective_from"],
    text("payer_id", "Payer.", "ACME"),
    text("provider_class", "Class of clinician.", "LADC"),
    day("effective_from", "First day.", "2026-01-01"),
    text("codes", "Codes it may bill, blanks between; * is all, blank is none.", "H0004 H0005"),
    day("effective_to", "Last day; blank while it runs.", ""),
)

schedule = master(
    "schedule",
    "Appointments to come: what authorizations will be used for.",
    ["appointment_id"],
    text("appointment_id", "The source's opaque id.", "AP0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    text("payer_id", "Payer.", "ACME", required=True),
    day("service_date", "Day of the appointment.", "2026-02-05", required=True),
    text("provider_id", "Clinician; blank where not given yet.", "CL001"),
    text("code", "Procedure code expected.", "90837", required=True),
    number("units", "Units expected.", "1", required=True),
    text("level_of_care", "outpatient, iop, php …; blank is outpatient.", ""),
    text("status", "booked or cancelled.", "booked", required=True),
)

stays = master(
    "stays",
    "Admissions: of a person to a bed or to a programme (PHP, IOP), from the first day to the discharge.",
    ["stay_id"],
    text("stay_id", "Your opaque id of the stay.", "ST0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    text("level_of_care", "iop, php, rtc_mh, detox_residential …", "rtc_mh", required=True),
    day("admitted_on", "Day of admission, DTP*435.", "2026-01-05", required=True),
    text("admission_hour", "Hour of admission, HHMM; blank where not kept.", "1400"),
    text(
        "admission_type",
        "CL101: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma or 9 unknown; blank is 3.",
        "3",
    ),
    text("admission_source", "CL102, point of origin: 1 not a facility, 4 hospital …; blank is 1.", "1"),
    text("admitting_diagnosis", "ICD-10-CM code at admission, for inpatient bills.", "F33.2"),
    text("attending_id", "provider_id of the attending clinician, 2310A.", "CL001", required=True),
    day("discharged_on", "Day of discharge; blank while the person stays.", ""),
    text("discharge_hour", "Hour of discharge, HHMM; blank where not kept.", ""),
    text("patient_status", "CL103 at discharge: 01 home, 07 against advice …; blank is 01.", ""),
    number("weekly_hours", "Hours a week in the plan of care; blank where none is kept.", "20"),
)

programmes = master(
    "programmes",
    "How a payer is billed for a level of care: form, type of bill, revenue code, code, and what a line is.",
    ["payer_id", "level_of_care", "effective_from"],
    text("payer_id", "Payer; * is every payer without a row of its own.", "ACME"),
    text("level_of_care", "iop, php, rtc_mh …", "php"),
    day("effective_from", "First day.", "2026-01-01"),
    text("form", "837P or 837I.", "837I", required=True),
    text("type_of_bill", "First three digits with the leading zero, where 837I.", "013"),
    text(
        "revenue_code",
        "Revenue code of a day; where a line is a service, blank takes the code's own.",
        "0912",
    ),
    text("code", "Procedure code of a day; blank where the revenue code stands alone.", "H0035"),
    text(
        "line",
        "day or service: whether a line is an attended day or each service in it.",
        "day",
        required=True,
    ),
    text("condition_codes", "Condition codes of the claim, blanks between.", ""),
    text("cycle", "stay, month or week: how often it is billed; blank is month.", "month"),
    day("effective_to", "Last day; blank while it runs.", ""),
)

patient_payments = master(
    "patient_payments",
    "Money from patients, and back to them: the practice's own till. A changed row takes the place of the one before.",
    ["payment_id"],
    text("payment_id", "Your id of the payment.", "PP0001"),
    text("patient_id", "Patient.", "P0001", required=True),
    day("received_on", "Day it was received, or paid back.", "2026-02-10", required=True),
    cents("amount_cents", "Amount; below zero where it was paid back.", "2500", required=True),
    text("encounter_id", "Encounter it is for; blank goes to the oldest that is owed.", "E00001"),
    text("method", "card, check, cash, portal or other; blank is other.", "card"),
)

encounters = master(
    "encounters",
    "Sessions as documented. A changed encounter is a new version; what was billed keeps pointing at the old one.",
    ["encounter_id"],
    text("encounter_id", "The source's opaque id.", "E00001"),
    text("patient_id", "Patient.", "P0001", required=True),
    day("service_date", "Local date of service.", "2026-01-05", required=True),
    text("rendering_id", "provider_id of the clinician.", "CL001", required=True),
    text("supervising_id", "provider_id of the supervisor; blank takes the clinician's.", ""),
    text(
        "service_kind",
        "intake, intake_medical, psychotherapy, crisis, family, family_without_patient, group, em, em_psychotherapy"
        ", iop_sud, programme_day or other.",
        "psychotherapy",
        required=True,
    ),
    number("minutes", "Face-to-face minutes documented; for em_psychotherapy the whole visit.", "53"),
    number("therapy_minutes", "Psychotherapy minutes within an em_psychotherapy visit.", "30"),
    text("em_level", "Medical decision making: straightforward, low, moderate or high.", "moderate"),
    flag("new_patient", "Whether the visit is with a new patient.", "false"),
    flag("interactive_complexity", "Whether interactive complexity is documented (90785).", "false"),
    text(
        "codes",
        "Codes with modifiers where the source codes itself, e.g. '99214-25 90833'; blank derives.",
        "",
    ),
    text(
        "diagnoses",
        "ICD-10-CM codes, most important first, up to 12, blanks between.",
        "F41.1 F33.1",
        required=True,
    ),
    text("modality", "in_person, video or audio.", "video", required=True),
    text("patient_location", "home, office, or other: where the patient was.", "home", required=True),
    text(
        "place_of_service", "CMS place of service for in-person sessions; blank takes the practice's.", "11"
    ),
    day("signed_on", "Date the note was signed; blank while unsigned.", "2026-01-05"),
    flag("part2", "Whether the record is of a substance-use programme (42 CFR Part 2).", "false"),
    text("level_of_care", "outpatient, iop, php …; blank is outpatient.", "outpatient"),
    text("start_time", "When it began, HHMM; blank where not kept.", ""),
    text("end_time", "When it ended, HHMM; blank where not kept.", ""),
    text("patient_state", "State the patient was in; blank is the patient's own.", ""),
    text("location_id", "Location of the practice.", ""),
    flag("prescribed", "Whether a controlled substance was prescribed.", ""),
    flag("incident_to", "Whether it is billed incident to the supervisor.", ""),
    day("plan_of_care_on", "Day of the supervisor's plan of care that it follows.", ""),
    text("em_basis", "time or mdm: what the level of the visit rests on; blank is mdm.", ""),
    text("stay_id", "Stay or programme episode it belongs to; blank outside of one.", ""),
    text("revenue_code", "Revenue code where the source gives it; blank takes the programme's.", ""),
)

MASTER_KINDS = {
    table.name: table
    for table in (
        payers,
        providers,
        enrollments,
        patients,
        coverages,
        authorizations,
        consents,
        fees,
        contracts,
        licenses,
        supervisions,
        payer_classes,
        schedule,
        stays,
        programmes,
        patient_payments,
        encounters,
    )
}

# --- from encounter to claim -----------------------------------------------------------------------------------

decisions = fact(
    "decisions",
    "What the gates and the scrub said of one version of an encounter; a new row only when the answer changes.",
    text("decision_id", "Digest of encounter version, outcome, findings and the decision before."),
    text("encounter_id", "Encounter.", required=True),
    text("encounter_row_id", "Version of the encounter judged.", required=True),
    number("sequence", "1 for the first decision on this encounter.", required=True),
    text("outcome", "held or charged.", required=True),
    text("previous_id", "The decision before."),
    day("decided_on", "Business date of the run that first said so.", required=True),
    Index(None, "encounter_id"),
)

findings = fact(
    "findings",
    "Why an encounter is held, or what was noticed about it.",
    text("finding_id", "Digest of decision, rule and line."),
    text("decision_id", "Decision.", required=True),
    text("encounter_id", "Encounter.", required=True),
    number("line", "Charge line within the encounter; null for the encounter."),
    text("rule_id", "Rule that spoke.", "GATE_COVERAGE", required=True),
    text("severity", "hold, warn, or suppressed where a person let it be.", required=True),
    text("fields", "Names of the fields read, blanks between."),
    text("message", "What is wrong, without values of elements.", required=True),
    text("fix", "The smallest change that passes."),
    text("source", "Where the rule comes from, with its version."),
    text(
        "reference_version", "Versions of the reference files that judged it, kind=version, blanks between."
    ),
    text("change", "The smallest change that passes, column=what, without values.", ""),
    text("predicts", "CARC and RARC a payer would answer with, blanks between.", "CARC97"),
    day("data_as_of", "Date of the oldest reference file that judged it."),
    Index(None, "decision_id"),
)

suppressions = fact(
    "suppressions",
    "What a person said of a rule about one encounter: leave it be until a day, for a reason; or that no more.",
    text("suppression_id", "Digest of encounter, line, rule and sequence."),
    text("encounter_id", "Encounter.", required=True),
    number("line", "Charge line within the encounter; null for every line and the encounter."),
    text("rule_id", "Rule.", "PAIR_PR10", required=True),
    number("sequence", "1-based for the encounter and rule.", required=True),
    text("action", "suppress or withdraw.", "suppress", required=True),
    text("person", "Who."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    day("expires_on", "Last day it holds; null where withdrawn."),
    instant("at", "When."),
    Index(None, "encounter_id"),
)

shadow_findings = fact(
    "shadow_findings",
    "What a rule in shadow mode would have said: it is counted, and nothing waits for it.",
    text("shadow_id", "Digest of rule, encounter version and line."),
    text("rule_id", "Rule.", "PAIR_PR10", required=True),
    text("encounter_id", "Encounter.", required=True),
    text("encounter_row_id", "Version of the encounter.", required=True),
    number("line", "Charge line within the encounter; null for the encounter."),
    text("payer_id", "Payer billed first."),
    cents("charge_cents", "Charge of the line, or of all lines of the encounter."),
    Index(None, "rule_id"),
)

reference_files = fact(
    "reference_files",
    "Official files of codes and edits that were loaded; their rows are kept beside the ledger by sha256.",
    text("reference_id", "Digest of kind, edition and sha256."),
    text("kind", "icd10cm, ncci, mue, nucc, pos, nppes, leie or hcpcs.", "icd10cm", required=True),
    text("edition", "Version as published.", "2026", required=True),
    text("sha256", "Of the file's bytes.", required=True),
    number("rows", "Rows read.", required=True),
    day("effective_from", "First day it judges.", required=True),
    day("effective_to", "Last day it judges; null while it runs."),
    text("published_name", "Name of the file as it came, without folders."),
    booked("loaded_on", "Day it was loaded.", "2026-01-05"),
    Index(None, "kind"),
)

charge_lines = fact(
    "charge_lines",
    "What is billed for an encounter: one row a procedure.",
    text("charge_id", "Digest of encounter version, position, coding and payer."),
    text("encounter_id", "Encounter.", required=True),
    text("encounter_row_id", "Version of the encounter.", required=True),
    text("decision_id", "Decision that let it pass.", required=True),
    number("position", "1-based line within the encounter.", required=True),
    text("patient_id", "Patient.", required=True),
    text("payer_id", "Payer billed first.", required=True),
    text("coverage_id", "Policy billed first.", required=True),
    text("secondary_coverage_id", "Policy that comes next."),
    text("rendering_id", "Clinician shown as rendering.", required=True),
    text("supervising_id", "Supervisor named on the claim."),
    day("service_date", "Date of service.", required=True),
    text("place_of_service", "CMS place of service.", "10", required=True),
    text("code", "Procedure code; the revenue code where that stands alone.", "90837", required=True),
    text("modifiers", "Up to four modifiers in order, blanks between.", "95"),
    number("units", "Units.", required=True),
    cents("charge_cents", "Charge for all units.", required=True),
    text("diagnoses", "Diagnoses without dots, in order, blanks between.", "F411 F331", required=True),
    text("pointers", "Positions of the diagnoses of this line, up to four.", "1 2", required=True),
    text("authorization_id", "Authorization the units were reserved on."),
    text("level_of_care", "Level of care."),
    text("form", "837P or 837I; null is 837P."),
    text("revenue_code", "Revenue code, where 837I.", "0912"),
    text("type_of_bill", "First three digits of the type of bill, where 837I.", "013"),
    text("condition_codes", "Condition codes of the claim, blanks between, where 837I.", "41"),
    text("stay_id", "Stay or programme episode."),
    Index(None, "encounter_id"),
)

authorization_units = fact(
    "authorization_units",
    "Units reserved, consumed and given back; available = approved - reserved + released.",
    text("entry_id", "Digest of charge, event and cause."),
    text("authorization_id", "Authorization.", required=True),
    text("charge_id", "Charge line.", required=True),
    text("event", "reserve, consume or release.", required=True),
    number("units", "Units, always positive.", required=True),
    text("cause", "Decision, claim or acknowledgment that caused it.", required=True),
    Index(None, "authorization_id"),
)

claims = fact(
    "claims",
    "Claims as built. A resubmission or correction is a new claim that names the one it replaces.",
    text("claim_id", "Opaque patient control number, CLM01, at most 20 characters.", "CAB2C3D4E5F6G7H2J3K4"),
    text("form", "837P or 837I.", "837P", required=True),
    text("patient_id", "Patient.", required=True),
    text("payer_id", "Payer this claim goes to.", required=True),
    text("coverage_id", "Policy billed.", required=True),
    text("secondary_coverage_id", "Policy that comes next, recorded for coordination."),
    text("payer_order", "SBR01: P, S or T.", "P", required=True),
    text("rendering_id", "Rendering clinician.", required=True),
    text("supervising_id", "Supervisor named in 2310D."),
    text("place_of_service", "CLM05-1; of an 837I that of its charges.", "11", required=True),
    text("frequency", "CLM05-3: 1, 7 or 8.", "1", required=True),
    text("original_reference", "Payer's control number, REF*F8, for 7 and 8."),
    text("authorization_number", "REF*G1; null where there is none."),
    text("diagnoses", "Diagnoses without dots, in order.", "F411 F331", required=True),
    cents("charge_cents", "CLM02, the sum of the lines.", required=True),
    day("service_from", "First date of service.", required=True),
    day("service_to", "Last date of service.", required=True),
    number("attempt", "1, then one more for each resubmission of the same charges.", required=True),
    text("replaces_claim_id", "Claim this one resubmits, replaces or voids."),
    text("patient_row_id", "Version of the patient used.", required=True),
    text("coverage_row_id", "Version of the policy used.", required=True),
    text("payer_row_id", "Version of the payer used.", required=True),
    text("rendering_row_id", "Version of the clinician used.", required=True),
    text("supervising_row_id", "Version of the supervisor used."),
    flag("part2", "Whether any line is of a substance-use programme.", required=True),
    day("built_on", "Business date the claim was built.", required=True),
    text("type_of_bill", "CLM05-1 of an 837I: the first three digits.", "013"),
    text("condition_codes", "HI*BG, blanks between.", "41"),
    text("patient_status", "CL103 of an 837I.", "30"),
    text("stay_id", "Stay or programme episode of an 837I."),
    text("stay_row_id", "Version of the stay used."),
    text("attending_id", "Attending clinician, 2310A of an 837I."),
    text("attending_row_id", "Version of the attending clinician used."),
    text(
        "coordinates",
        "Remitted claims of earlier payers whose payments and adjustments it carries (2320, 2430), blanks between.",
    ),
    text(
        "cause",
        "charge, resubmission, correction, void or coordination; null is a first or repeated original.",
    ),
)

claim_lines = fact(
    "claim_lines",
    "Lines of claims.",
    text("line_id", "Opaque line control number, REF*6R, at most 30 characters."),
    text("claim_id", "Claim.", required=True),
    number("position", "LX01.", required=True),
    text("charge_id", "Charge line.", required=True),
    text("encounter_id", "Encounter.", required=True),
    day("service_date", "DTP*472.", required=True),
    text("code", "SV101-2 or SV202-2; the revenue code where that stands alone.", required=True),
    text("modifiers", "SV101-3 to 6, blanks between."),
    cents("charge_cents", "SV102.", required=True),
    number("units", "SV104.", required=True),
    text("place_of_service", "SV105.", required=True),
    text("pointers", "SV107, blanks between.", required=True),
    text("revenue_code", "SV201, where 837I.", "0912"),
    Index(None, "claim_id"),
    Index(None, "charge_id"),
)

# --- sending ---------------------------------------------------------------------------------------------------

submissions = fact(
    "submissions",
    "Outbound interchanges. The row is the intent, written before the upload; what happened is in its events.",
    text("submission_id", "Digest of partner, control number and content."),
    text("partner", "Partner.", required=True),
    text("interchange_control", "ISA13.", "000000001", required=True),
    text("group_control", "GS06.", "1", required=True),
    text("file_name", "Name at the partner; carries no person.", required=True),
    text("sha256", "SHA-256 of the bytes in the archive.", required=True),
    number("bytes", "Size.", required=True),
    number("claims", "Claims in it.", required=True),
    cents("charge_cents", "Sum of CLM02.", required=True),
    day("business_date", "Business date of the batch.", required=True),
    UniqueConstraint("partner", "interchange_control"),  # type: ignore[arg-type]
)

submission_claims = fact(
    "submission_claims",
    "Which claim went in which transaction set.",
    text("entry_id", "Digest of submission and claim."),
    text("submission_id", "Submission.", required=True),
    text("claim_id", "Claim.", required=True),
    text("transaction_control", "ST02.", "0001", required=True),
    Index(None, "submission_id"),
    Index(None, "claim_id"),
)

submission_events = fact(
    "submission_events",
    "What became of an upload: renaming (the point of no return), uploaded; or abandoned, never to be sent.",
    text("event_id", "Digest of submission and event."),
    text("submission_id", "Submission.", required=True),
    text("event", "renaming, uploaded or abandoned.", required=True),
    instant("at", "When."),
    Index(None, "submission_id"),
)

# --- answers ---------------------------------------------------------------------------------------------------

acknowledgments = fact(
    "acknowledgments",
    "TA1, 999 and 277CA, one row a statement about an interchange, a transaction set or a claim.",
    text("ack_id", "Digest of the statement."),
    text("kind", "TA1, 999 or 277CA.", required=True),
    text("partner", "Partner that sent it.", required=True),
    text("interchange_control", "TA101: ISA13 of what it answers."),
    text("group_control", "AK102: GS06 of what it answers."),
    text("transaction_control", "AK202: ST02 of what it answers."),
    text("claim_id", "2200D TRN02: our CLM01."),
    text("code", "TA104, IK501 or STC01-1.", required=True),
    text("detail", "TA105, the IK3/IK4 positions and codes, or STC01-2 and entity."),
    text("action", "STC03: WQ or U."),
    text("payer_control", "REF*1K."),
    text("sender", "payer or clearinghouse, as the 277CA's source says."),
    cents("charge_cents", "STC04."),
    day("stated_on", "Date of the statement."),
    Index(None, "claim_id"),
    Index(None, "payer_control"),
)

remittances = fact(
    "remittances",
    "835 transactions, one row a payment.",
    text("remittance_id", "Digest of payer, trace, date, amount and content."),
    text("payer_identifier", "TRN03, the payer's id in the 835.", required=True),
    text("payer_id", "Our payer, where the identifier is known."),
    text("trace", "TRN02, the EFT or check number.", required=True),
    text("method", "BPR04.", "ACH"),
    cents("bpr_cents", "BPR02.", required=True),
    day("payment_date", "BPR16."),
    day("production_date", "DTM*405."),
    text("payee_npi", "N1*PE."),
    text("content_sha256", "Digest of the transaction without its envelope numbers.", required=True),
    number("claims", "CLP segments.", required=True),
    cents("claim_paid_cents", "Sum of CLP04.", required=True),
    cents("plb_cents", "Sum of PLB amounts.", required=True),
)

remitted_claims = fact(
    "remitted_claims",
    "CLP: one claim in one remittance.",
    text("remitted_claim_id", "Digest of remittance and position."),
    text("remittance_id", "Remittance.", required=True),
    number("position", "1-based CLP within the transaction.", required=True),
    number("segment", "Ordinal of the CLP segment within its transaction set.", required=True),
    text("claim_control", "CLP01.", required=True),
    derived("claim_id", "Our claim it was recognised as an answer to; null where none."),
    derived(
        "matched_by",
        "What it was recognised by: person, control, payer_control, line_control, or adopted: a claim from before the"
        " system.",
        "control",
    ),
    text("status", "CLP02.", required=True),
    cents("charge_cents", "CLP03.", required=True),
    cents("paid_cents", "CLP04.", required=True),
    cents("patient_cents", "CLP05."),
    text("filing_code", "CLP06."),
    text("payer_control", "CLP07."),
    text("frequency", "CLP09."),
    text("remarks", "MIA/MOA remark codes, blanks between."),
    Index(None, "remittance_id"),
    Index(None, "claim_id"),
    Index(None, "payer_control"),
)

remitted_lines = fact(
    "remitted_lines",
    "SVC: one line of a remitted claim.",
    text("remitted_line_id", "Digest of remitted claim and position."),
    text("remitted_claim_id", "Remitted claim.", required=True),
    text("remittance_id", "Remittance.", required=True),
    number("position", "1-based SVC within the claim.", required=True),
    number("segment", "Ordinal of the SVC segment within its transaction set.", required=True),
    text("line_control", "REF*6R."),
    derived("line_id", "Our claim line it was recognised as; null where none."),
    text("code", "SVC01-2.", required=True),
    text("modifiers", "SVC01-3 to 6."),
    text("submitted_code", "SVC06-2, where the payer changed it."),
    cents("charge_cents", "SVC02.", required=True),
    cents("paid_cents", "SVC03.", required=True),
    cents("allowed_cents", "AMT*B6."),
    number("units_paid_thousandths", "SVC05 in thousandths."),
    number("units_submitted_thousandths", "SVC07 in thousandths."),
    day("service_date", "DTM*472 or DTM*150."),
    text("remarks", "LQ*HE remark codes, blanks between."),
    Index(None, "remittance_id"),
    Index(None, "remitted_claim_id"),
)

remitted_adjustments = fact(
    "remitted_adjustments",
    "CAS: one group and reason with its amount, at claim or line level.",
    text("adjustment_id", "Digest of owner and position."),
    text("remittance_id", "Remittance.", required=True),
    text("remitted_claim_id", "Remitted claim.", required=True),
    text("remitted_line_id", "Remitted line; null at claim level."),
    number("position", "1-based within its owner.", required=True),
    number("segment", "Ordinal of the CAS segment within its transaction set.", required=True),
    text("group_code", "CAS01.", "CO", required=True),
    text("carc", "Claim adjustment reason code.", "45", required=True),
    cents("amount_cents", "Amount; positive reduces the payment.", required=True),
    number("quantity_thousandths", "Quantity in thousandths."),
    Index(None, "remittance_id"),
)

provider_adjustments = fact(
    "provider_adjustments",
    "PLB: amounts that move the check but belong to no claim.",
    text("adjustment_id", "Digest of remittance and position."),
    text("remittance_id", "Remittance.", required=True),
    number("position", "1-based pair within the transaction.", required=True),
    number("segment", "Ordinal of the PLB segment within its transaction set.", required=True),
    text("code", "PLB03-1.", "WO", required=True),
    text("reference", "PLB03-2."),
    cents("amount_cents", "Amount; positive reduces the payment.", required=True),
    Index(None, "remittance_id"),
)

eligibility_answers = fact(
    "eligibility_answers",
    "271: what a payer answered of a person's cover, one row a benefit (EB) or a failed question (AAA).",
    text("answer_id", "Digest of the content and its place in its transaction set."),
    text("inquiry_id", "Digest of all that was answered of the person at once.", required=True),
    number("position", "1-based within the inquiry.", required=True),
    text("payer_identifier", "2100A NM109."),
    text("member_id", "2100C NM109.", phi=True),
    day("birth_date", "2100C or 2100D DMG02.", "", phi=True),
    text("trace", "TRN02 of the question, else BHT03."),
    day("answered_on", "BHT04."),
    day("valid_from", "First day of the benefit or the cover.", ""),
    day("valid_to", "Last day; null while it runs.", ""),
    text("reject", "AAA03: why the question failed; then nothing else is said.", ""),
    text("info", "EB01.", "1"),
    text("level", "EB02.", "IND"),
    text("service_types", "EB03, blanks between.", "MH"),
    text("time", "EB06.", "29"),
    cents("amount_cents", "EB07."),
    number("percent_basis_points", "EB08 in hundredths of a percent.", "2000"),
    text("quantity_qualifier", "EB09.", "VS"),
    number("quantity", "EB10.", "18"),
    text("authorization", "EB11.", "Y"),
    text("network", "EB12.", "Y"),
    text("entity", "2120 NM109: who has the benefit instead."),
    Index(None, "inquiry_id"),
)

deposits = fact(
    "deposits",
    "Money that arrived at the bank.",
    text("deposit_row_id", "Digest of the content."),
    text("deposit_id", "The bank's or your id.", "DEP0001", required=True),
    day("deposited_on", "Date of the deposit.", "2026-01-21", required=True),
    text("trace", "Trace number of the addenda, or the number of a check.", "EFT0000123"),
    text("payer_identifier", "Originator id (1 + TIN).", "1512345678"),
    cents("amount_cents", "Amount.", "14250", required=True),
    text("reference", "The other reference a BAI2 file gives: a check's number, an ACH trace number."),
    text("source", "bai2 or nacha; null where a table (CSV, Parquet) said it."),
)

journal = fact(
    "journal",
    "Double entry: debit positive, credit negative; every posting sums to zero.",
    text("entry_id", "The posting's id and the position in it."),
    text(
        "posting_id",
        "What is posted: the digest of a charge line, a remittance's id, a remitted claim's id, an adopted claim's id"
        " with a day, the digest of a payment, write-off or refund, with its turn (>1), or that and < where it was"
        " withdrawn.",
    ),
    number("position", "1-based within the posting.", required=True),
    text(
        "source",
        "charge, remittance, answer, adoption, patient_payment, write_off or refund; with _withdrawn where it is taken"
        " back.",
        required=True,
    ),
    text("account", "Account, see configs/reference/accounts.tsv.", "receivable_payer", required=True),
    cents("amount_cents", "Debit positive, credit negative.", required=True),
    text("remittance_id", "Remittance, where one is posted."),
    text("remitted_claim_id", "Remitted claim."),
    text("claim_id", "Claim."),
    text("charge_id", "Charge line."),
    text("payer_id", "Payer."),
    text("patient_id", "Patient."),
    text("group_code", "CAS group that caused it."),
    text("reason", "CARC, PLB code or kind of write-off that caused it."),
    day("effective_on", "Date of service for charges, payment date for remittances, of own money its day."),
    booked(
        "period",
        "Month it is booked in: that of its date, or the first open one after closed months.",
        "2026-01",
    ),
    Index(None, "remittance_id"),
    Index(None, "claim_id"),
    Index(None, "account"),
)

# --- people ----------------------------------------------------------------------------------------------------

work_events = fact(
    "work_events",
    "What people did with an item of a queue.",
    text("event_id", "Digest of item, sequence and action."),
    text("item_id", "Item.", required=True),
    number("sequence", "1-based per item.", required=True),
    text(
        "action",
        "assign, note, snooze, resubmit, correct, void, resolve or reopen.",
        required=True,
    ),
    text("person", "Who; of an assignment, to whom."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    day("until", "Snoozed until."),
    instant("at", "When."),
    text("actor", "Who did it; null where an assignment was stored before this was kept."),
    Index(None, "item_id"),
)

assignments = fact(
    "assignments",
    "A person's word on which claim of ours a remitted claim answers, or that it answers none.",
    text("assignment_id", "Digest of remitted claim, sequence and claim."),
    text("remitted_claim_id", "Remitted claim.", required=True),
    number("sequence", "1-based per remitted claim; the last one counts.", required=True),
    text("claim_id", "Claim; null for none of ours."),
    text("person", "Who.", required=True),
    text("reason", "Why; free text stays in the ledger.", required=True, phi=True),
    instant("at", "When."),
    Index(None, "remitted_claim_id"),
)

write_offs = fact(
    "write_offs",
    "What is asked of nobody any more, because a person said so or a policy of the practice does.",
    text("write_off_id", "Digest of claim, charge, account and sequence."),
    text("claim_id", "Claim.", required=True),
    text("charge_id", "Charge line; null for the claim as a whole."),
    text("account", "receivable_payer or receivable_patient: what is lowered.", required=True),
    number("sequence", "1-based for the claim, charge and account.", required=True),
    cents("amount_cents", "Amount; below zero takes an earlier one back.", required=True),
    text("kind", "denial, timely_filing, small_balance, charity, courtesy or bad_debt.", required=True),
    text("policy", "Name of the policy in the settings; null where a person decided.", ""),
    text("person", "Who."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    day("decided_on", "Day of the decision.", required=True),
    instant("at", "When."),
    Index(None, "claim_id"),
)

refunds = fact(
    "refunds",
    "Money given back: to a payer that overpaid, or to a patient.",
    text("refund_id", "Digest of claim, recipient and sequence."),
    text("claim_id", "Claim.", required=True),
    text("recipient", "payer or patient.", required=True),
    number("sequence", "1-based for the claim and recipient.", required=True),
    cents("amount_cents", "Amount, above zero.", required=True),
    day("sent_on", "Day it was sent.", required=True),
    text("reference", "Number of the check or transfer."),
    text("person", "Who."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    instant("at", "When."),
    Index(None, "claim_id"),
)

documents = fact(
    "documents",
    "Documents made for people outside: every version, kept in the archive under its sha256.",
    text("document_id", "Digest of kind, subject, revision and sha256."),
    text(
        "kind",
        "appeal, statement or superbill; or received: appeal_evidence, and appeal_statement that a person wrote.",
        required=True,
    ),
    text("subject_id", "Appeal, patient or encounter it is about.", required=True),
    number("revision", "1-based for the kind and subject.", required=True),
    text("patient_id", "Patient."),
    text("claim_id", "Claim, where it is about one."),
    text("sha256", "SHA-256 of the file.", required=True),
    number("bytes", "Size.", required=True),
    text("template", "Template it was made from, with its version.", required=True),
    day("made_on", "Business date.", required=True),
    text("person", "Who."),
    instant("at", "When."),
    Index(None, "subject_id"),
)

appeals = fact(
    "appeals",
    "Appeals of denied or underpaid lines: one row a level.",
    text("appeal_id", "Digest of the answer appealed and the level."),
    text("claim_id", "Claim.", required=True),
    text("remitted_claim_id", "Answer that is appealed.", required=True),
    text("remitted_line_id", "Line of it; null for the claim as a whole."),
    number("level", "1-based level.", required=True),
    text("level_name", "What the level is called, see configs/reference/appeal_levels.tsv.", required=True),
    text("category", "Category of the denial, which chooses the argument.", required=True),
    cents("amount_cents", "Cents asked for.", required=True),
    day("opened_on", "Day the appeal was opened.", required=True),
    day("due_on", "Last day to file.", required=True),
    text("person", "Who."),
    instant("at", "When."),
    Index(None, "claim_id"),
)

appeal_events = fact(
    "appeal_events",
    "What became of an appeal.",
    text("event_id", "Digest of appeal, sequence and action."),
    text("appeal_id", "Appeal.", required=True),
    number("sequence", "1-based per appeal.", required=True),
    text("action", "filed, acknowledged, decided or withdrawn.", required=True),
    day("happened_on", "Day it happened.", required=True),
    text("outcome", "overturned, partly, upheld or dismissed, where decided."),
    cents("awarded_cents", "Cents granted, where decided."),
    text("document_id", "Packet that was filed; else the evidence of what happened."),
    text("reference", "The payer's number of the appeal."),
    text("person", "Who."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    instant("at", "When."),
    Index(None, "appeal_id"),
)

closings = fact(
    "closings",
    "Months that were closed: what is posted for them afterwards is booked in the first open one.",
    text("period", "Month.", "2026-01"),
    text("person", "Who closed it.", required=True),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    text("balances_sha256", "Digest of the trial balance of the month when it was closed.", required=True),
    instant("at", "When."),
)

quarantine = fact(
    "quarantine",
    "Rows and remittances that a check kept out.",
    text("quarantine_id", "Digest of suite, subject and reason."),
    text("suite", "Suite.", "remittances", required=True),
    text("expectation", "Expectation that failed.", required=True),
    text("subject_kind", "encounter, charge, claim or remittance.", required=True),
    text("subject_id", "Id of the row kept out.", required=True),
    text("reason", "What failed, with code and position, without values.", required=True),
    cents("difference_cents", "How far it is out of balance, where that is the reason."),
    text("file_sha256", "File it came from."),
    number("segment", "Segment where it fails."),
    Index(None, "subject_id"),
)

quarantine_events = fact(
    "quarantine_events",
    "What people decided about quarantined rows.",
    text("event_id", "Digest of row, sequence and action."),
    text("quarantine_id", "Row.", required=True),
    number("sequence", "1-based per row.", required=True),
    text("action", "release or discard.", required=True),
    text("person", "Who."),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    instant("at", "When."),
    Index(None, "quarantine_id"),
)

# --- bookkeeping -----------------------------------------------------------------------------------------------

files = bookkeeping(
    "files",
    "Files by content: every byte that came or went is in the archive under its sha256.",
    1,
    text("sha256", "SHA-256 of the bytes."),
    text("direction", "in or out.", required=True),
    text("kind", "837P, TA1, 999, 277CA, 835, mixed, zip, document, other …", required=True),
    number("bytes", "Size.", required=True),
    text("partner", "Partner.", required=True),
    text("container_sha256", "Archive file (zip, gz) it was unpacked from."),
    instant("first_seen_at", "When it came or went first."),
)

retired_files = bookkeeping(
    "retired_files",
    "Files whose bytes were let go after their time of retention: what they said stays as facts.",
    1,
    text("sha256", "SHA-256 of the bytes."),
    day("kept_until", "Last day they had to be kept.", required=True),
    text("person", "Who let go of them.", required=True),
    text("reason", "Why; free text stays in the ledger.", phi=True),
    instant("at", "When."),
)

sightings = bookkeeping(
    "sightings",
    "Remote names under which content was seen; the same content under two names is one file.",
    3,
    text("partner", "Partner."),
    text("remote_name", "Name at the partner.", phi=True),
    text("stamp", "Size and time of the remote file."),
    text("sha256", "Content; null until it was downloaded."),
    instant("first_seen_at", "When it was listed first."),
    instant("taken_at", "When it was downloaded."),
)

readings = bookkeeping(
    "readings",
    "Which files were read into facts; reading one again changes nothing.",
    1,
    text("sha256", "File."),
    text("outcome", "read, ignored or failed.", required=True),
    text("problems", "Codes of problems found, blanks between."),
    instant("at", "When."),
)

remittance_sources = bookkeeping(
    "remittance_sources",
    "Files that a remittance arrived in: a resend is one more row, never one more posting.",
    3,
    text("remittance_id", "Remittance."),
    text("sha256", "File."),
    number("transaction", "1-based ST within the file."),
    text("interchange_control", "ISA13."),
    text("transaction_control", "ST02."),
)

adopted_claims = bookkeeping(
    "adopted_claims",
    "Claims from before the system, known from their remittances alone: answers under their number belong to them.",
    1,
    text("adopted_id", "Digest of the control number; claim_id of its answers and entries."),
    text("claim_control", "CLP01.", required=True),
)

acknowledgment_sources = bookkeeping(
    "acknowledgment_sources",
    "Files that a statement of a TA1, 999 or 277CA stands in, and where.",
    2,
    text("ack_id", "Statement."),
    text("sha256", "File."),
    number("transaction", "1-based ST within the file; null for a TA1."),
    number(
        "segment", "Ordinal of AK2 or STC within its transaction set; null for a TA1 and for a whole group."
    ),
)

watermarks = bookkeeping(
    "watermarks",
    "How far each source has been pulled.",
    1,
    text("source", "Source."),
    text("value", "Highest watermark stored.", required=True),
    instant("at", "When."),
)

counters = bookkeeping(
    "counters",
    "Control numbers in use, per partner.",
    1,
    text("name", "Counter, for instance sandbox/interchange."),
    number("value", "Last number given out.", required=True),
)

runs = bookkeeping(
    "runs",
    "Runs of flows and what they counted.",
    1,
    text("run_id", "Prefect's flow run id."),
    text("flow", "daily or responses.", required=True),
    day("business_date", "Business date.", required=True),
    text("outcome", "completed, stopped or failed."),
    text("counts", "Counts as JSON."),
    instant("started_at", "When it began."),
    instant("ended_at", "When it ended."),
)
