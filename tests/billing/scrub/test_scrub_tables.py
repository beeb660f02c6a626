"""Each row of the telehealth table (T01-T16) and of the table of pairs (PR01-PR20), passing and failing.

Rows are named as in ``telehealth_agreement.tsv`` (V:S20, S21, S64-S66; K) and ``code_pair_rules.tsv`` (V:S02, S03, S16,
S17, S55, S56; K); a row that is not shown here fails the last test of its table.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from configs import reference
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import add_on, modifiers, registry
from tasks.billing.scrub.common import prepare

JUDGE = JudgeContext(business_date=date(2026, 2, 1))
LINE = {
    "encounter_id": "E1", "patient_id": "P1", "payer_id": "ACME", "coverage_id": "COV1", "rendering_id": "CL1",
    "service_date": "2026-01-05", "place_of_service": "11", "modifiers": None, "units": 1, "charge_cents": 10000,
    "diagnoses": "F411", "pointers": "1", "code": "90837", "minutes": 60,
}  # fmt: skip


def found(*lines: dict[str, Any]) -> set[str]:
    """Rule ids found on these lines."""
    frame = pd.DataFrame([{**LINE, "position": n, **line} for n, line in enumerate(lines, 1)])
    return set(registry.run(frame, None, None, JUDGE)["rule_id"])


# --- telehealth: row, payer class, place, modifier, more of the line, what is found -----------------------

VIDEO, AUDIO = {"modality": "video"}, {"modality": "audio", "payer_audio_allowed": True}
TELEHEALTH: list[tuple[str, str, str, str | None, dict[str, Any], set[str]]] = [
    ("T01", "medicare_ffs", "02", None, VIDEO, set()),
    ("T02", "medicare_ffs", "10", None, VIDEO | {"patient_location": "home"}, set()),
    ("T03", "medicare_ffs", "02", "93", AUDIO, set()),
    ("T03", "medicare_ffs", "10", "93", AUDIO, set()),
    ("T04", "medicare_ffs", "11", "95", {}, {"T04"}),
    ("T05", "medicare_ffs", "10", "GT", {}, {"T05"}),
    ("T06", "medicare_ffs", "10", None, {"code": "98005"}, {"T06"}),
    ("T06", "commercial", "10", "95", {"code": "98005"}, set()),
    ("T07", "commercial", "02", "95", VIDEO, set()),
    ("T07", "commercial", "10", "95", VIDEO | {"patient_location": "home"}, set()),
    ("T08", "commercial", "10", "93", AUDIO, set()),
    ("T08", "commercial", "10", "93", {"modality": "audio", "payer_audio_allowed": False}, {"T08"}),
    ("T09", "commercial", "10", None, VIDEO, {"T09"}),
    ("T10", "commercial", "11", "95", {}, {"T10"}),
    ("T10", "commercial", "11", "95", {"payer_telehealth_rule": "pos11_95"}, set()),
    ("T11", "commercial", "11", None, {"modality": "in_person"}, set()),
    ("T11", "medicare_ffs", "12", None, {"modality": "in_person"}, set()),
    ("T11", "medicaid", "22", None, {"modality": "in_person"}, set()),
    ("T12", "commercial", "02", "95 93", {"payer_audio_allowed": True}, {"T12"}),
    ("T12", "medicare_ffs", "10", "95 93", {"payer_audio_allowed": True}, {"T12"}),
    ("T13", "medicaid", "11", "95", {}, {"T13"}),
    ("T13", "commercial", "12", "93", {}, {"T13"}),
    ("T14", "medicaid", "10", "GT", {}, {"T14"}),
    ("T14", "medicaid", "10", "GT", {"payer_telehealth_rule": "modifier_gt"}, set()),
    ("T15", "medicare_ffs", "10", None, {"code": "90870"}, {"T15"}),
    ("T15", "commercial", "10", "95", {"payer_telehealth_codes": "90834"}, {"T15"}),
    ("T15", "commercial", "10", "95", {"payer_telehealth_codes": "90834 90837"}, set()),
    ("T15", "medicare_ffs", "10", None, {"code": "90870", "payer_telehealth_codes": "90870"}, set()),
    ("T16", "commercial", "10", "95", VIDEO | {"patient_location": "other"}, {"T16"}),
    ("unlisted", "commercial", "10", "GQ", {}, {"UNLISTED"}),
    ("unlisted", "medicare_ffs", "02", "FQ", {}, {"UNLISTED"}),
    ("unlisted", "commercial", "10", "GT", {}, {"UNLISTED"}),
    ("unlisted", "eap", "10", "GT", {}, {"UNLISTED"}),
    ("unlisted", "tricare", "10", "95", {}, {"UNLISTED"}),
    ("unlisted", "tricare", "10", "95", {"payer_telehealth_rule": "modifier_95"}, set()),
]


@pytest.mark.parametrize(("row", "payer", "place", "modifier", "more", "rules"), TELEHEALTH)
def test_telehealth(
    row: str, payer: str, place: str, modifier: str | None, more: dict[str, Any], rules: set[str]
) -> None:
    said = found({"payer_class": payer, "place_of_service": place, "modifiers": modifier, **more})
    assert {rule for rule in said if rule.startswith("TELEHEALTH_")} == {
        f"TELEHEALTH_{rule}" for rule in rules
    }


def test_every_row_of_the_telehealth_table_is_shown() -> None:
    assert {row["rule_id"] for row in reference.table("telehealth_agreement")} == {
        row for row, *_ in TELEHEALTH
    } - {"unlisted"}


# --- pairs: row, rule, two lines that pass, two that fail -------------------------

Line = dict[str, Any]


def line(code: str, modifiers: str | None = None, **more: Any) -> Line:
    return {"code": code, "modifiers": modifiers, "encounter_id": f"E{code}", "units": 1, **more}


def again(code: str, modifiers: str | None = None, **more: Any) -> Line:
    return line(code, modifiers, encounter_id="E2", **more)


OTHER = {"rendering_id": "CL2"}
MORNING, LATER = {"start_time": "0900", "end_time": "0950"}, {"start_time": "1000", "end_time": "1045"}
OVERLAP = {"start_time": "0940", "end_time": "1025"}
PAIRS: list[tuple[str, list[Line], list[Line]]] = [
    ("PR01", [line("90834"), again("90837", "59")], [line("90834"), again("90837")]),
    ("PR01", [line("90834", **MORNING), again("90837", "59", **LATER)],
     [line("90834", **MORNING), again("90837", "59", **OVERLAP)]),
    ("PR02", [line("90834"), line("90833", **OTHER)], [line("90834"), line("90833")]),
    ("PR03", [line("90791"), line("90834", **OTHER)], [line("90791"), line("90834", "59")]),
    ("PR04", [line("90791"), line("90792", **OTHER)], [line("90791"), line("90792")]),
    ("PR05", [line("90792"), line("99214", **OTHER)], [line("90792"), line("99214", "25")]),
    ("PR06", [line("90839"), line("90834", **OTHER)], [line("90839"), line("90834", "59")]),
    ("PR07", [line("90846"), again("90847", "XE")], [line("90846"), again("90847", **OTHER)]),
    ("PR07", [line("90846", **MORNING), again("90847", "XE", **LATER)],
     [line("90846", **MORNING), again("90847", "XE", **OVERLAP)]),
    ("PR08", [line("90847", **MORNING), again("90834", "XU", **LATER)], [line("90847"), again("90834")]),
    ("PR08", [line("90847"), again("90834", "59")], [line("90847", **MORNING), again("90834", "59", **OVERLAP)]),
    ("PR09", [line("90853"), again("90834", "XE")], [line("90853"), again("90834")]),
    ("PR09", [line("90853", **MORNING), again("90834", "59", **LATER)],
     [line("90853", **MORNING), again("90834", "59", **OVERLAP)]),
    ("PR10", [line("90837"), line("90785")], [line("90847"), line("90785")]),
    ("PR11", [line("99214", "25"), line("90833"), line("90785")], [line("99214"), line("90785")]),
    ("PR12", [line("90832"), line("90863")], [line("99214"), line("90863")]),
    ("PR14", [line("96127"), line("90837")], [line("96127"), line("96146")]),
    ("PR15", [line("96156"), line("90834", **OTHER)], [line("96156"), line("90834")]),
    ("PR16", [line("H0015")], [line("H0015"), again("H0035")]),
    ("PR17", [line("H0015"), again("90837", provider_class="MD", payer_beside_programme="MD PHD")],
     [line("H0015"), again("90837", provider_class="LCSW", payer_beside_programme="MD PHD")]),
    ("PR17", [line("H0035", location_id="MAIN"), again("90837", location_id="NORTH")],
     [line("H0035", location_id="MAIN"), again("90837", location_id="MAIN")]),
    ("PR17", [line("H0015", place_of_service="57"), again("90837", place_of_service="52")],
     [line("H0015", place_of_service="57"), again("90837", place_of_service="11")]),
    ("PR18", [line("99215"), line("99417")], [line("99215", "25"), line("90833"), line("99417")]),
    ("PR20", [line("H2015"), again("H2018")], [line("H2015"), again("H2016")]),
]  # fmt: skip
ELSEWHERE: list[tuple[str, str, list[Line], list[Line]]] = [
    ("PR13", "ADD_ON_ALONE", [line("99214", "25"), line("90833", encounter_id="E99214")], [line("90833")]),
    (
        "PR19", "EM_LEVEL",
        [line("99215", "25", em_level="high"), line("90833", encounter_id="E99215")],
        [line("99215", "25", em_basis="time"), line("90833", encounter_id="E99215")],
    ),
]  # fmt: skip
SHOWN = [(row, f"PAIR_{row}", good, bad) for row, good, bad in PAIRS] + ELSEWHERE


@pytest.mark.parametrize(("row", "rule", "good", "bad"), SHOWN)
def test_pair(row: str, rule: str, good: list[Line], bad: list[Line]) -> None:
    assert rule not in found(*good), row
    assert rule in found(*bad), row


def test_every_row_of_the_table_of_pairs_is_shown() -> None:
    assert {row["rule_id"] for row in reference.table("code_pair_rules")} == {row for row, *_ in SHOWN}


def test_of_more_than_four_modifiers_the_change_names_those_for_the_note() -> None:
    lines, history = prepare(
        pd.DataFrame([{**LINE, "position": 1, "modifiers": "59 HO HE HQ 95"}]), None, None
    )
    (said,) = modifiers.check(lines, history, JUDGE).to_dict(orient="records")
    assert (said["rule_id"], said["change"]) == ("MODIFIER_COUNT", "modifiers=move to the note HQ")


def test_an_add_on_alone_says_what_a_payer_would_answer() -> None:
    assert {"CARC107", "N122"} <= set(add_on.PREDICTS.split())
