"""Visits: an encounter beside the policy, payer and clinicians that decide how it is billed.

Four questions are answered here once, so that every rule reads the same answer:

* which policy pays first on the day of service (priority P), and which comes next;
* who is shown as rendering and who as supervisor: a supervised clinician bills under the supervisor's NPI
  (``supervisor_npi``), with the supervisor named in 2310D (``supervisor_named``), or not at all;
* where the patient was: place of service 10 for telehealth at home, 02 elsewhere, the place itself in person;
* whether it is a day or a service of a stay that goes on an 837I (``institutional``): such a claim shows the attending
  clinician of the stay, whose class and enrolment then count.

Nothing is refused here. Where the answer is wrong or missing, the best known one stands, for a gate to say so.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import deadlines
from tasks.billing.context import Column, JudgeContext, Masters, beside, words
from tasks.billing.institutional import lines, programmes, stays

PAYER = words(
    "row_id payer_class partner timely_filing_days telehealth_rule audio_allowed auth_codes supervised_billing"
    " provider_classes date_window_days coverage_required_active taxonomies era_from eft_from filing_basis"
    " corrected_filing_days secondary_filing_days telehealth_codes modifier_order quarter_hour_rule programme_minutes"
    " beside_programme"
)
PROVIDER = words(
    "row_id npi taxonomy provider_class license_number license_state license_from license_to active_from active_to"
    " supervisor_id caqh_attested_on dea_to cds_to malpractice_to address_suppressed"
)
POLICY = words("coverage_id row_id payer_id priority effective_from effective_to")
TELEHEALTH_HOME, TELEHEALTH_ELSEWHERE, OFFICE = "10", "02", "11"
SUPERVISED_CLASS = "INTERN"


def covers(day: Column, start: Column, end: Column) -> Column:
    """Whether `day` lies within start and end, both inclusive and open where missing."""
    return (start.isna() | (start <= day)) & (end.isna() | (end >= day))


def said(flag: Column, otherwise: bool) -> Column:
    """A flag as plain booleans, `otherwise` where nobody said."""
    return flag.astype("boolean").fillna(otherwise).astype(bool)


def _beside(table: pd.DataFrame, key: str, columns: list[str], prefix: str, on: str) -> pd.DataFrame:
    """`columns` of a master table under a prefix, ready to be joined on the column `on`."""
    stem = key.removesuffix("id")  # provider_class of a supervisor is supervisor_class
    return table[[key, *columns]].rename(
        columns={key: on} | {name: f"{prefix}_{name.removeprefix(stem)}" for name in columns}
    )


def _policies(encounters: pd.DataFrame, coverages: pd.DataFrame) -> pd.DataFrame:
    """Every policy of each encounter's patient; ``active`` on the day of service, best first."""
    days = encounters[["encounter_id", "patient_id", "service_date"]]
    pairs = days.merge(coverages[["patient_id", *POLICY]], on="patient_id")
    pairs["active"] = covers(pairs["service_date"], pairs["effective_from"], pairs["effective_to"])
    pairs["order"] = pairs["priority"].map({"P": 0, "S": 1, "T": 2}).fillna(3)
    return pairs.sort_values(
        ["encounter_id", "order", "active", "effective_from", "coverage_id"],
        ascending=[True, True, False, False, True],
    )


def _with_policies(encounters: pd.DataFrame, coverages: pd.DataFrame) -> pd.DataFrame:
    """Encounters with the policy to bill, how many primaries are active, and the policy that comes next."""
    pairs = _policies(encounters, coverages)
    first = pairs.drop_duplicates("encounter_id").rename(
        columns={
            "row_id": "coverage_row_id",
            "priority": "coverage_priority",
            "active": "coverage_active",
            "effective_from": "coverage_from",
            "effective_to": "coverage_to",
        }
    )
    active = pairs[pairs["active"]]
    primaries = active[active["priority"] == "P"].groupby("encounter_id").size()
    second = active[active["priority"] == "S"].drop_duplicates("encounter_id").set_index("encounter_id")
    visits = encounters.merge(
        first.drop(columns=["patient_id", "service_date", "order"]), on="encounter_id", how="left"
    )
    visits["coverage_active"] = said(visits["coverage_active"], False)
    visits["primaries_active"] = beside(visits["encounter_id"], primaries).fillna(0).astype("Int64")
    visits["secondary_coverage_id"] = beside(visits["encounter_id"], second["coverage_id"]).astype("str")
    return visits


def _with_clinicians(visits: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """The clinician, the supervisor, and whom the claim shows; see the module's second question."""
    visits = visits.merge(
        _beside(providers, "provider_id", PROVIDER, "provider", "rendering_id"), on="rendering_id", how="left"
    )
    visits["supervisor_id"] = visits["supervising_id"].fillna(visits["provider_supervisor_id"]).astype("str")
    visits["supervised"] = visits["supervisor_id"].notna() | (visits["provider_class"] == SUPERVISED_CLASS)
    own = [name for name in PROVIDER if name != "supervisor_id"]
    visits = visits.merge(
        _beside(providers, "provider_id", own, "supervisor", "supervisor_id"), on="supervisor_id", how="left"
    )
    known = visits["supervisor_id"].notna()
    under = known & (visits["payer_supervised_billing"] == "supervisor_npi")
    named = known & (visits["payer_supervised_billing"] == "supervisor_named")
    # An intern has no enrolment of their own: where the payer takes interns, the supervisor's counts.
    lent = under | (named & (visits["provider_class"] == SUPERVISED_CLASS))
    visits["billed_rendering_id"] = visits["rendering_id"].mask(under, visits["supervisor_id"])
    visits["billed_supervising_id"] = visits["supervisor_id"].where(named)
    visits["credentialed_id"] = visits["rendering_id"].mask(lent, visits["supervisor_id"])
    visits["credentialed_class"] = visits["provider_class"].mask(lent, visits["supervisor_class"])
    return visits


def _place(visits: pd.DataFrame, context: JudgeContext) -> Column:
    """Place of service: where the patient was. Payers on pos11_95 keep the office for video (never for audio)."""
    place = visits["place_of_service"].fillna(context.place_of_service)
    remote = visits["modality"].isin(["video", "audio"])
    place = place.mask(remote, TELEHEALTH_ELSEWHERE)
    place = place.mask(remote & (visits["patient_location"] == "home"), TELEHEALTH_HOME)
    parity = (visits["modality"] == "video") & (visits["payer_telehealth_rule"] == "pos11_95")
    return place.mask(parity, OFFICE).astype("str")


def _with_programme(visits: pd.DataFrame, masters: Masters) -> pd.DataFrame:
    """Visits with the columns of an 837I, which are null where the visit is professional."""
    visits = visits.assign(**stays.beside_visits(visits, masters.stays))
    visits["level_of_care"] = visits["level_of_care"].fillna(visits["stay_level_of_care"])
    asking = visits[visits["stay_id"].notna()]
    said = programmes.found(asking, masters.programmes)
    said = said[lines.on_institutional_form(asking, said)].reindex(visits.index)
    return visits.assign(
        **{name: said[name] for name in ("form", "type_of_bill", "condition_codes")},
        **{f"programme_{name}": said[name] for name in ("line", "code", "revenue_code")},
    )


def _attended(visits: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """Visits of an 837I show the attending clinician and no supervisor; who sat in the room is not on that form."""
    facility, attending = visits["form"].notna(), visits["stay_attending_id"]
    theirs = facility & attending.notna()
    class_ = beside(attending, providers.set_index("provider_id")["provider_class"])
    return visits.assign(
        billed_rendering_id=visits["billed_rendering_id"].mask(theirs, attending),
        credentialed_id=visits["credentialed_id"].mask(theirs, attending),
        credentialed_class=visits["credentialed_class"].mask(theirs, class_),
        billed_supervising_id=visits["billed_supervising_id"].mask(facility),
        supervised=visits["supervised"] & ~facility,
    )


def assemble(encounters: pd.DataFrame, masters: Masters, context: JudgeContext) -> pd.DataFrame:
    """One row an encounter, in the order given.

    Takes current encounters (with ``row_id``); gives their columns (``row_id`` as ``encounter_row_id``) plus
    ``coverage_*``, ``payer_id``, ``payer_*``, ``secondary_coverage_id``, ``primaries_active``, ``provider_*`` (the
    clinician of the session), ``supervisor_*``, ``supervised``, ``billed_rendering_id``,
    ``billed_supervising_id`` (whom the claim shows), ``credentialed_id``, ``credentialed_class`` (whose enrolment
    and class count), ``patient_known``, ``pos``, ``stay_*`` and, where the visit goes on an 837I, ``form``,
    ``type_of_bill``, ``condition_codes`` and ``programme_*``. ``payer_timely_filing_days`` counts from the service to
    the last day to file by the payer's own clock.
    """
    visits = encounters.drop(columns=["version", "previous_id"], errors="ignore")
    visits = visits.rename(columns={"row_id": "encounter_row_id"}).reset_index(drop=True)
    visits = _with_policies(visits, masters.coverages)
    visits = visits.merge(
        _beside(masters.payers, "payer_id", PAYER, "payer", "payer_id"), on="payer_id", how="left"
    )
    visits["payer_timely_filing_days"] = deadlines.filing_days(
        visits["service_date"], visits["payer_timely_filing_days"], visits["payer_filing_basis"]
    )
    visits = _with_clinicians(visits, masters.providers)
    visits["patient_known"] = visits["patient_id"].isin(masters.patients["patient_id"])
    programme = visits["service_kind"] == "iop_sud"
    # A substance-use programme is Part 2 by what it is, even where nobody set the flag.
    visits["part2"] = visits["part2"].astype("boolean").fillna(programme).astype("boolean")
    visits = _attended(_with_programme(visits, masters), masters.providers)
    visits["level_of_care"] = visits["level_of_care"].fillna(
        programme.map({True: "iop", False: "outpatient"}).astype("str")
    )
    visits["pos"] = _place(visits, context)
    return visits
