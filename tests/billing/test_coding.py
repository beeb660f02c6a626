"""From documented sessions to charge lines; among the cases the vector em_plus_therapy."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from judge_practice import context, encounters, frame, masters, rows, run, said

from connectors.ledger.schema import metadata
from tasks.billing import coding
from tasks.billing.visits import assemble

Lines = list[tuple[str, str, int]]


def code(*met: dict[str, Any], **tables: pd.DataFrame) -> coding.Coded:
    practice = masters(**tables)
    return coding.code(assemble(encounters(*met), practice, context()), practice, context())


def lines(coded: coding.Coded, encounter: str = "E1") -> Lines:
    mine = coded.lines[coded.lines["encounter_id"] == encounter]
    modifiers = mine["modifiers"].fillna("")
    return [(c, m, int(u)) for c, m, u in zip(mine["code"], modifiers, mine["units"], strict=True)]


def rules(coded: coding.Coded, encounter: str = "E1") -> set[str]:
    return set(coded.findings.loc[coded.findings["encounter_id"] == encounter, "rule_id"])


IN_PERSON = {"modality": "in_person", "patient_location": "office"}
CASES: list[tuple[dict[str, Any], Lines, set[str]]] = [
    ({"minutes": 53}, [("90837", "", 1)], set()),
    ({"minutes": 52}, [("90834", "", 1)], set()),
    ({"minutes": 16}, [("90832", "", 1)], set()),
    ({"minutes": 15}, [], {"CODING_TOO_SHORT"}),
    ({"minutes": None}, [], {"CODING_MINUTES_MISSING"}),
    ({"service_kind": "intake", "minutes": None}, [("90791", "", 1)], set()),
    ({"service_kind": "intake_medical"}, [("90792", "", 1)], set()),
    ({"service_kind": "group", "minutes": 90}, [("90853", "", 1)], set()),
    ({"service_kind": "family", "minutes": 50}, [("90847", "", 1)], set()),
    ({"service_kind": "family", "minutes": 25}, [], {"CODING_TOO_SHORT"}),
    ({"service_kind": "family_without_patient", "minutes": 26}, [("90846", "", 1)], set()),
    ({"service_kind": "crisis", "minutes": 60}, [("90839", "", 1)], set()),
    ({"service_kind": "crisis", "minutes": 105}, [("90839", "", 1), ("90840", "", 2)], set()),
    ({"service_kind": "crisis", "minutes": 29}, [("90832", "", 1)], {"CODING_CRISIS_SHORT"}),
    ({"service_kind": "crisis", "minutes": 10}, [], {"CODING_TOO_SHORT"}),
    ({"service_kind": "em", "em_level": "low", "new_patient": True}, [("99203", "", 1)], set()),
    ({"service_kind": "em", "em_level": "moderate", "minutes": None}, [("99214", "", 1)], set()),
    ({"service_kind": "em", "minutes": 22}, [("99213", "", 1)], set()),
    ({"service_kind": "em", "minutes": None}, [], {"CODING_EM_LEVEL_MISSING"}),
    ({"service_kind": "em", "minutes": 9}, [], {"CODING_TOO_SHORT"}),
    # the vector: 55 minutes in all, 30 of therapy, moderate decision making: never 99215 by time
    ({"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": 30, "em_level": "moderate"},
     [("99214", "25", 1), ("90833", "", 1)], set()),
    ({"service_kind": "em_psychotherapy", "minutes": 90, "therapy_minutes": 53, "em_level": "low"},
     [("99213", "25", 1), ("90838", "", 1)], set()),
    ({"service_kind": "em_psychotherapy", "minutes": 30, "therapy_minutes": 15, "em_level": "low"},
     [("99213", "", 1)], {"CODING_ADDON_TOO_SHORT"}),
    ({"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": None, "em_level": "low"},
     [("99213", "25", 1)], {"CODING_MINUTES_MISSING"}),
    ({"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": 30},
     [], {"CODING_EM_LEVEL_MISSING"}),
    ({"service_kind": "em_psychotherapy", "minutes": 25, "therapy_minutes": 30, "em_level": "low"},
     [("99213", "25", 1), ("90833", "", 1)], {"CODING_MINUTES_CONFLICT"}),
    ({"service_kind": "iop_sud", "minutes": 180}, [("H0015", "", 1)], set()),
    ({"service_kind": "iop_sud", "minutes": 170}, [], {"CODING_TOO_SHORT"}),
    ({"service_kind": "other"}, [], {"CODING_CODES_MISSING"}),
    ({"service_kind": "no such kind"}, [], {"CODING_CODES_MISSING"}),
    ({"minutes": 53, "interactive_complexity": True}, [("90837", "", 1), ("90785", "", 1)], set()),
    ({"service_kind": "family", "interactive_complexity": True}, [("90847", "", 1)], {"CODING_COMPLEXITY"}),
    ({"service_kind": "crisis", "minutes": 60, "interactive_complexity": True}, [("90839", "", 1)],
     {"CODING_COMPLEXITY"}),
    ({"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": 30, "em_level": "low",
      "interactive_complexity": True}, [("99213", "25", 1), ("90833", "", 1), ("90785", "", 1)], set()),
    ({"minutes": 10, "interactive_complexity": True}, [], {"CODING_TOO_SHORT"}),
    # codes of the source stand as they are
    ({"codes": "99214-25 90833", "minutes": 55}, [("99214", "25", 1), ("90833", "", 1)], set()),
    ({"codes": "99214-95-25"}, [("99214", "25 95", 1)], set()),
    ({"codes": "90837", "interactive_complexity": True}, [("90837", "", 1)], set()),
    ({"codes": "H0004", "minutes": 60}, [("H0004", "", 4)], set()),
    ({"codes": "H0004", "minutes": 7}, [], {"CODING_TOO_SHORT"}),
    ({"codes": "H0004", "minutes": None}, [], {"CODING_MINUTES_MISSING"}),
    ({"codes": "H0015", "minutes": 179}, [], {"CODING_TOO_SHORT"}),
    ({"codes": "96130 96131", "minutes": 151}, [("96130", "", 1), ("96131", "", 2)], set()),
    ({"codes": "90839 90840", "minutes": 105}, [("90839", "", 1), ("90840", "", 2)], set()),
    ({"codes": "90834;90785"}, [], {"CODING_CODES_UNREADABLE"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def day() -> coding.Coded:
    """All cases as one day's batch, E1 the first."""
    return code(*(IN_PERSON | met for met, _, _ in CASES))


@pytest.mark.parametrize(
    ("number", "met", "expected", "found"), [(n, *case) for n, case in enumerate(CASES, 1)]
)
def test_what_a_session_earns(
    day: coding.Coded, number: int, met: dict[str, Any], expected: Lines, found: set[str]
) -> None:
    assert lines(day, f"E{number}") == expected, met
    assert rules(day, f"E{number}") == found, met


def test_minutes_are_counted_once() -> None:
    for codes in ("H0004 H2014", "96130 96136", "H0004 H0004-HQ"):
        assert "CODING_MINUTES_AMBIGUOUS" in rules(code(IN_PERSON | {"codes": codes, "minutes": 60}))
    assert "CODING_MINUTES_AMBIGUOUS" not in rules(code(IN_PERSON | {"codes": "96130 96131", "minutes": 91}))


def test_a_session_alone_earns_the_same_as_in_a_batch() -> None:
    for met, expected, found in CASES[::6]:
        coded = code(IN_PERSON | met)
        assert (lines(coded), rules(coded)) == (expected, found)


def test_lines_are_numbered_in_the_order_of_the_encounters(day: coding.Coded) -> None:
    positions = day.lines.groupby("encounter_id")["position"].agg(list)
    assert all(places == list(range(1, len(places) + 1)) for places in positions)
    numbers = day.lines["encounter_id"].str[1:].astype(int)
    assert numbers.is_monotonic_increasing


TELEHEALTH = [
    ("commercial", "modifier_95", "video", "home", "10", "95"),
    ("commercial", "modifier_gt", "video", "other", "02", "GT"),
    ("commercial", "none", "video", "home", "10", ""),
    ("commercial", "pos11_95", "video", "home", "11", "95"),
    ("commercial", "modifier_95", "audio", "home", "10", "93"),
    ("commercial", "pos11_95", "audio", "home", "10", "93"),
    ("commercial", None, "video", "home", "10", "95"),
    ("medicare_ffs", None, "video", "home", "10", ""),
    ("medicare_ffs", "none", "video", "other", "02", ""),
    ("medicare_ffs", "none", "audio", "home", "10", "93"),
    ("commercial", "modifier_95", "in_person", "office", "11", ""),
]


@pytest.mark.parametrize(("payer_class", "rule", "modality", "where", "pos", "modifier"), TELEHEALTH)
def test_telehealth_place_and_modifier_tell_one_story(
    payer_class: str, rule: str | None, modality: str, where: str, pos: str, modifier: str
) -> None:
    coded = code(
        {"modality": modality, "patient_location": where},
        payers=rows("payers", {"payer_class": payer_class, "telehealth_rule": rule}),
    )
    assert lines(coded) == [("90837", modifier, 1)]
    assert coded.lines["place_of_service"].tolist() == [pos]
    assert rules(coded) == ({"CODING_TELEHEALTH_RULE"} if rule is None else set())


def test_telehealth_follows_pricing_and_is_not_set_twice() -> None:
    met = {"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": 30, "em_level": "moderate"}
    assert lines(code(met)) == [("99214", "25 95", 1), ("90833", "95", 1)]
    assert lines(code({"codes": "90837-GT"})) == [("90837", "GT", 1)]


def test_no_modifier_is_dropped_silently() -> None:
    assert lines(code({"codes": "90837-HQ-59-HO-HE"})) == [("90837", "59 HO HE HQ 95", 1)]


def test_a_line_without_a_price_is_found_and_not_charged_at_zero() -> None:
    coded = code({}, fees=rows("fees", {"effective_from": "2026-01-06"}))
    assert rules(coded) == {"FEE_MISSING"}
    assert coded.lines["charge_cents"].isna().all()
    assert coded.findings["line"].tolist() == [1]


def test_the_charge_is_the_price_of_all_units() -> None:
    coded = code(IN_PERSON | {"service_kind": "crisis", "minutes": 105})
    assert coded.lines["charge_cents"].tolist() == [24000, 22000]


def test_diagnoses_lose_dots_and_repeats_and_keep_their_order() -> None:
    coded = code({"diagnoses": "f41.1 F33.1  F41.1 Z63.0 F10.20 F43.10"})
    assert coded.lines["diagnoses"].tolist() == ["F411 F331 Z630 F1020 F4310"]
    assert coded.lines["pointers"].tolist() == ["1 2 3 4"]


def test_of_more_than_twelve_diagnoses_the_first_twelve_go() -> None:
    coded = code({"diagnoses": " ".join(f"F{n}.1" for n in range(20, 33))})
    assert len(coded.lines["diagnoses"].iloc[0].split()) == 12
    assert rules(coded) == {"CODING_DIAGNOSES"}


def test_lines_carry_the_claims_view_of_the_clinicians() -> None:
    coded = code(
        {"rendering_id": "CL002"},
        providers=rows(
            "providers", {}, {"provider_id": "CL002", "provider_class": "INTERN", "supervisor_id": "CL001"}
        ),
        payers=rows("payers", {"supervised_billing": "supervisor_npi"}),
    )
    line = coded.lines.iloc[0]
    assert (line["rendering_id"], line["treating_id"], line["provider_class"]) == ("CL001", "CL002", "LCSW")
    assert pd.isna(line["supervising_id"])


def test_lines_have_every_charge_column_but_its_ids() -> None:
    wanted = {column.name for column in metadata.tables["charge_lines"].columns} - {
        "charge_id",
        "decision_id",
    }
    assert wanted <= set(coding.COLUMNS)
    assert code({}).lines.columns.tolist() == coding.COLUMNS


def test_no_encounters_give_no_lines_with_all_columns() -> None:
    practice = masters()
    coded = coding.code(assemble(encounters({}).iloc[:0], practice, context()), practice, context())
    assert coded.lines.columns.tolist() == coding.COLUMNS
    assert coded.lines.empty
    assert coded.findings.empty


def test_messages_carry_no_values() -> None:
    coded = code(*(met for met, _, _ in CASES), {"codes": "SECRET 12"})
    text = " ".join(coded.findings[["message", "fix", "fields"]].to_numpy().ravel())
    assert "SECRET" not in text
    assert not any(word in text for word in ("P0001", "F41", "2026-01-05"))


def test_a_payer_may_want_telehealth_first() -> None:
    met = {"service_kind": "em_psychotherapy", "minutes": 55, "therapy_minutes": 30, "em_level": "moderate"}
    payer = rows("payers", {"modifier_order": "telehealth_first"})
    assert lines(code(met, payers=payer)) == [("99214", "95 25", 1), ("90833", "95", 1)]
    assert lines(code({"codes": "H0004-HO-HQ", "minutes": 60}, payers=payer)) == [("H0004", "95 HO HQ", 4)]


def test_a_payer_sets_the_length_of_a_programme_day() -> None:
    day = IN_PERSON | {"service_kind": "iop_sud", "minutes": 170}
    for least, expected in ((None, []), (150, [("H0015", "", 1)]), (171, [])):
        payer = rows("payers", {"programme_minutes": least})
        assert lines(code(day, payers=payer)) == expected
        assert lines(code(day | {"service_kind": "other", "codes": "H0015"}, payers=payer)) == expected
    stated = IN_PERSON | {"codes": "H0018", "minutes": 200}
    assert lines(code(stated)) == [("H0018", "", 1)]
    assert lines(code(stated, payers=rows("payers", {"programme_minutes": 240}))) == []


def test_a_payer_may_count_full_quarter_hours() -> None:
    met = IN_PERSON | {"codes": "H2015", "minutes": 29}
    assert lines(code(met)) == [("H2015", "", 2)]
    assert lines(code(met, payers=rows("payers", {"quarter_hour_rule": "full"}))) == [("H2015", "", 1)]


def test_a_visit_whose_level_rests_on_time_takes_its_level_from_the_minutes() -> None:
    met = IN_PERSON | {"service_kind": "em", "em_level": "high", "minutes": 22}
    assert lines(code(met)) == [("99215", "", 1)]
    assert lines(code(met | {"em_basis": "time"})) == [("99213", "", 1)]


def test_lines_carry_what_the_payer_lists_for_the_class() -> None:
    def listed(*changes: dict[str, Any]) -> list[str | None]:
        usual = {"payer_id": "ACME", "provider_class": "LCSW", "effective_from": "2026-01-01"}
        table = frame(
            "payer_classes", [usual | change | {"row_id": str(n)} for n, change in enumerate(changes)]
        )
        column = code(IN_PERSON, payer_classes=table).lines["payer_class_codes"]
        return [value if isinstance(value, str) else None for value in column]

    assert listed() == [None]
    assert listed({"codes": "90837 90834"}) == ["90837 90834"]
    assert listed({"codes": ""}) == ["none"]
    assert listed({"codes": "90837", "provider_class": "MD"}) == [None]
    assert listed({"codes": "90837", "effective_to": "2026-01-04"}) == [None]
    assert listed({"codes": "90837"}, {"codes": "90834", "effective_from": "2026-01-05"}) == ["90834"]


def test_quarter_hours_of_two_short_contacts_are_held_on_the_days_total() -> None:
    met = IN_PERSON | {"codes": "H0004", "minutes": 10}
    day = run(encounters(met, met), masters())
    assert "MINUTES_DAY" not in said(day, "E1")
    assert "MINUTES_DAY" in said(day, "E2")
    longer = run(encounters(met, met | {"minutes": 13}), masters())
    assert "MINUTES_DAY" not in said(longer, "E1") | said(longer, "E2")


def test_what_the_payer_lists_for_the_class_goes_before_the_codes_own_classes() -> None:
    row = {"row_id": "1", "payer_id": "ACME", "provider_class": "LCSW", "effective_from": "2026-01-01"}
    intake = IN_PERSON | {"codes": "90792"}  # by itself the prescribers' code
    for codes, rule in (
        ("90792 90837", None),
        ("90837", "PROVIDER_CLASS_PAYER"),
        (None, "PROVIDER_CLASS_PAYER"),
    ):
        found = said(
            run(encounters(intake), masters(payer_classes=frame("payer_classes", [row | {"codes": codes}])))
        )
        assert {name for name in found if name.startswith("PROVIDER_CLASS")} == ({rule} if rule else set())
    assert "PROVIDER_CLASS" in said(run(encounters(intake), masters()))


def test_the_order_that_coding_gives_is_the_order_that_the_scrub_wants() -> None:
    for order in ("telehealth_first", "usual", None):
        payer = rows("payers", {"modifier_order": order})
        assert "MODIFIER_ORDER" not in said(run(encounters({"codes": "90837-HO"}), masters(payers=payer)))
