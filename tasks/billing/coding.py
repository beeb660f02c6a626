"""From the documented session to charge lines.

Where the source codes itself (``codes``), its codes and modifiers stand and only units are counted. Otherwise the
code follows from what was documented: the kind of session, exact face-to-face minutes, the level of medical
decision making. The mistakes this module exists to avoid: 90837 for "an hour or so"; an add-on without its E/M;
E/M time that counts therapy minutes; three groups billed as three programme days.

Passing: psychotherapy of 53 minutes -> 90837. E/M of moderate decision making with 30 minutes of psychotherapy
-> 99214-25 and 90833. Failing: psychotherapy of 15 minutes -> nothing, CODING_TOO_SHORT.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tasks.billing import codes, derivation, fees, findings
from tasks.billing.context import Column, JudgeContext, Masters, beside, words
from tasks.billing.institutional import lines as institutional
from tasks.billing.institutional import programmes, stays
from tasks.billing.scrub.modifiers import TELEHEALTH_FIRST, telehealth_first
from tasks.billing.visits import covers

SOURCE = "coding v1: time_unit_algorithms.tsv, procedure_codes.tsv, telehealth_agreement.tsv"
MAX_DIAGNOSES, MAX_POINTERS = 12, 4
# Modifier for video by the payer's own rule; a payer that states none follows its class.
VIDEO_MODIFIER = {"none": "", "modifier_95": "95", "pos11_95": "95", "modifier_gt": "GT"}
VIDEO_BY_CLASS = {"medicare_ffs": ""}  # complete without one (T01, T02); the rest expects 95 (T07)
AUDIO_MODIFIER = "93"  # T03, T08: every payer that takes audio at all

# What a line carries of its visit, for the rules that read lines.
OF_VISIT = words(
    "encounter_row_id patient_id payer_id coverage_id secondary_coverage_id service_date diagnoses level_of_care"
    " payer_class payer_telehealth_rule payer_audio_allowed payer_auth_codes payer_timely_filing_days"
    " service_kind modality patient_location minutes therapy_minutes new_patient interactive_complexity part2"
    " start_time end_time em_basis location_id"
)
# What makes a line one of an 837I; null on professional lines.
OF_PROGRAMME = [*words("form type_of_bill condition_codes stay_id programme_line"), *stays.STAY_COLUMNS]
# The payer's ways that codes, units and modifiers depend on, as the ledger names them.
WAYS = words("telehealth_codes modifier_order quarter_hour_rule programme_minutes beside_programme")
COLUMNS = (
    words(
        "encounter_id encounter_row_id position patient_id payer_id coverage_id secondary_coverage_id rendering_id"
        " supervising_id service_date place_of_service code modifiers units charge_cents diagnoses pointers"
        " authorization_id level_of_care payer_class payer_telehealth_rule payer_audio_allowed payer_auth_codes"
        " payer_timely_filing_days provider_class treating_id service_kind modality"
        " patient_location minutes therapy_minutes new_patient interactive_complexity part2"
        " start_time end_time em_basis location_id treating_class payer_class_codes payer_telehealth_codes"
        " payer_modifier_order payer_quarter_hour_rule payer_programme_minutes payer_beside_programme revenue_code"
    )
    + OF_PROGRAMME
)
NO_CODE = "none"  # a class that the payer's table lists with no code at all


@dataclass(frozen=True)
class Coded:
    """Lines in ``COLUMNS`` order (charge_lines without its ids, plus the visit), and what could not be coded."""

    lines: pd.DataFrame
    findings: pd.DataFrame


def _telehealth(visits: pd.DataFrame) -> Column:
    """The telehealth modifier of each visit, '' where the payer wants none or the session was in person."""
    by_class = visits["payer_class"].map(VIDEO_BY_CLASS).fillna("95")
    video = visits["payer_telehealth_rule"].map(VIDEO_MODIFIER).fillna(by_class)
    modifier = video.where(visits["modality"] == "video", "")
    return modifier.mask(visits["modality"] == "audio", AUDIO_MODIFIER).astype("str")


def _with_ways(visits: pd.DataFrame, payers: pd.DataFrame) -> pd.DataFrame:
    """Visits with ``payer_`` columns for the payer's WAYS."""
    known = payers.set_index("payer_id")
    ways = {f"payer_{name}": beside(visits["payer_id"], known[name]) for name in WAYS}
    return visits.assign(**ways)


def class_codes(visits: pd.DataFrame, payer_classes: pd.DataFrame) -> Column:
    """Codes that the payer's table gives the clinician's class on the day; missing where it has no row for it."""
    if payer_classes.empty:
        return pd.Series(None, index=visits.index, dtype="str")
    asked = visits[["payer_id", "service_date"]].assign(
        provider_class=visits["credentialed_class"], row=range(len(visits))
    )
    rows = asked.merge(payer_classes, on=["payer_id", "provider_class"])
    rows = rows[covers(rows["service_date"], rows["effective_from"], rows["effective_to"])]
    newest = rows.sort_values("effective_from").drop_duplicates("row", keep="last").set_index("row")
    listed = newest["codes"].fillna("").str.strip().replace("", NO_CODE)
    return beside(pd.Series(range(len(visits)), index=visits.index), listed).astype("str")


def _visit_columns(visits: pd.DataFrame, payer_classes: pd.DataFrame) -> pd.DataFrame:
    """What lines take from their visit, with the claim's own view of the clinicians."""
    frame = visits[["encounter_id", *OF_VISIT, *(f"payer_{name}" for name in WAYS)]].copy()
    frame["diagnoses"] = codes.each(codes.normalise_diagnoses, frame["diagnoses"])
    frame["place_of_service"] = visits["pos"]
    frame["rendering_id"] = visits["billed_rendering_id"]
    frame["supervising_id"] = visits["billed_supervising_id"]
    frame["provider_class"] = visits["credentialed_class"]
    frame["treating_id"] = visits["rendering_id"]
    frame["treating_class"] = visits["provider_class"]
    frame["payer_class_codes"] = class_codes(visits, payer_classes)
    day = visits["programme_line"] == programmes.DAY
    frame["telehealth"] = _telehealth(visits).mask(day, "")  # a day is no visit by video
    of_programme = words("programme_code programme_revenue_code")
    frame[[*OF_PROGRAMME, *of_programme]] = visits[[*OF_PROGRAMME, *of_programme]]
    professional = visits["form"].isna()
    frame[["stay_id", *stays.STAY_COLUMNS]] = frame[["stay_id", *stays.STAY_COLUMNS]].mask(professional)
    return frame.assign(stated_revenue_code=visits["revenue_code"])


def _modifiers(lines: pd.DataFrame) -> Column:
    """All modifiers of a line in the payer's order; the telehealth one only where the source has not set its own."""
    own = lines["modifiers"].fillna("")
    stated = own.str.contains(rf"\b(?:{'|'.join(codes.TELEHEALTH)})\b", regex=True)
    joined = (own + " " + lines["telehealth"].where(~stated, "")).str.strip()
    ordered = codes.each(codes.order_modifiers, joined)
    first = lines["payer_modifier_order"] == TELEHEALTH_FIRST
    ordered = ordered.mask(first.fillna(False).astype(bool), codes.each(telehealth_first, ordered))
    return ordered.where(ordered != "").astype("str")


def _count(lists: Column) -> Column:
    """How many items each blank-separated list has."""
    return lists.str.count(r"\S+").fillna(0).astype("int64")


def _pointers(diagnoses: Column) -> Column:
    """Positions of the first diagnoses, up to four: '1 2 3'."""
    texts = {n: " ".join(str(i) for i in range(1, n + 1)) or None for n in range(MAX_POINTERS + 1)}
    return _count(diagnoses).clip(upper=MAX_POINTERS).map(texts).astype("str")


def _line_findings(lines: pd.DataFrame, uncut: Column) -> pd.DataFrame:
    """What is wrong with lines that could be coded: diagnoses, price."""
    many = lines[_count(uncut) > MAX_DIAGNOSES].drop_duplicates("encounter_id")
    free = lines[lines["charge_cents"].isna() & lines["units"].notna()]
    return findings.together(
        [
            findings.about(
                many.drop(columns="position"), "CODING_DIAGNOSES", "more than twelve diagnoses; the first twelve go",
                fields="diagnoses", fix="order the diagnoses so that the first twelve are the ones treated",
                source=SOURCE,
            ),
            findings.about(
                free, "FEE_MISSING", "no price for this code on the day of service",
                fields="fees.code fees.modifier fees.effective_from fees.effective_to",
                fix="add the price to the fee table, valid on the day of service", source="fees v1: the fee table",
            ),
        ]
    )  # fmt: skip


def _visit_findings(visits: pd.DataFrame) -> pd.DataFrame:
    """The telehealth question that the payer's record leaves open."""
    open_rule = (visits["modality"] == "video") & visits["payer_class"].notna()
    return findings.about(
        visits[open_rule & visits["payer_telehealth_rule"].isna()],
        "CODING_TELEHEALTH_RULE",
        "the payer's telehealth rule is not on file; its class's usual modifier was used",
        fields="payers.telehealth_rule modality",
        fix="set telehealth_rule of the payer",
        source=SOURCE,
    )


def code(visits: pd.DataFrame, masters: Masters, context: JudgeContext) -> Coded:
    """Charge lines of `visits` (as ``visits.assemble`` gives them), priced, in order of encounter and position."""
    visits = _with_ways(visits, masters.payers)
    items, found = derivation.items(visits)
    lines = items.merge(
        _visit_columns(visits, masters.payer_classes), on="encounter_id", how="left", validate="m:1"
    )
    lines["position"] = (lines.groupby("encounter_id").cumcount() + 1).astype("Int64")
    lines["modifiers"] = _modifiers(lines)
    uncut = lines["diagnoses"]
    lines["diagnoses"] = codes.each(lambda text: " ".join(text.split()[:MAX_DIAGNOSES]), uncut)
    lines["diagnoses"] = lines["diagnoses"].where(lines["diagnoses"] != "").astype("str")
    lines["pointers"] = _pointers(lines["diagnoses"])
    lines["charge_cents"] = fees.price(lines, masters.fees)
    lines["authorization_id"] = pd.Series(None, index=lines.index, dtype="str")
    lines["revenue_code"] = institutional.revenue_codes(lines)
    found = findings.together([found, _line_findings(lines, uncut), _visit_findings(visits)])
    return Coded(lines[COLUMNS], found)
