"""The examples of ``time_unit_algorithms.tsv``, each row: what minutes earn, in coding and in the scrub.

The examples are copied from the table (sources S01 psychotherapy ranges, S02-S04 crisis, S54 and S16 programme days;
the rest from knowledge, marked K); the last test fails when a row or an example of the table has no case here.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from judge_practice import encounters, masters, rows

from configs import reference
from tasks.billing import coding, derivation
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import registry
from tasks.billing.visits import assemble

JUDGE = JudgeContext(business_date=date(2026, 2, 1))
Earned = dict[str, int]  # units by code
# algorithm: (examples as the table has them, [(kind of session or stated codes, minutes, what they earn)])
EXAMPLES: dict[str, tuple[str, list[tuple[str, int, Earned]]]] = {
    "psychotherapy_range": (
        "15->none 16->90832 37->90832 38->90834 52->90834 53->90837 180->90837",
        [("psychotherapy", minutes, {code: 1} if code else {})
         for minutes, code in ((15, ""), (16, "90832"), (37, "90832"), (38, "90834"), (52, "90834"), (53, "90837"),
                               (180, "90837"))],
    ),
    "crisis": (
        "29->90832 30->90839 74->90839 75->+1 104->+1 105->+2",
        [("crisis", 29, {"90832": 1}), ("crisis", 30, {"90839": 1}), ("crisis", 74, {"90839": 1}),
         ("crisis", 75, {"90839": 1, "90840": 1}), ("crisis", 104, {"90839": 1, "90840": 1}),
         ("crisis", 105, {"90839": 1, "90840": 2})],
    ),
    "family": (
        "25->none 26->1",
        [("family", 25, {}), ("family", 26, {"90847": 1}), ("family_without_patient", 26, {"90846": 1})],
    ),
    "cpt_midpoint": (
        "96130: 30->0 31->1 90->1 91->1+96131x1 150->x1 151->x2 ; 96136: 15->0 16->1 45->1 46->+1",
        [("96130 96131", 30, {}), ("96130 96131", 31, {"96130": 1}), ("96130 96131", 90, {"96130": 1}),
         ("96130 96131", 91, {"96130": 1, "96131": 1}), ("96130 96131", 150, {"96130": 1, "96131": 1}),
         ("96130 96131", 151, {"96130": 1, "96131": 2}), ("96136 96137", 15, {}), ("96136 96137", 16, {"96136": 1}),
         ("96136 96137", 45, {"96136": 1}), ("96136 96137", 46, {"96136": 1, "96137": 1})],
    ),
    "fifteen_minute_midpoint": (
        "7->0 8->1 22->1 23->2 37->2 38->3 52->3 53->4",
        [("H0004", minutes, {"H0004": units} if units else {})
         for minutes, units in ((7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (52, 3), (53, 4))],
    ),
    "fifteen_minute_full": (
        "22->1 29->1 30->2",
        [("H2015", 14, {}), ("H2015", 22, {"H2015": 1}), ("H2015", 29, {"H2015": 1}), ("H2015", 30, {"H2015": 2})],
    ),
    "per_diem": (
        "IOP 170 min with 180 min floor -> 0",
        [("H0015", 170, {}), ("H0015", 180, {"H0015": 1}), ("S9480", 170, {}), ("H0035", 239, {})],
    ),
    "prolonged_cpt": (
        "99215: 54->0 55->1 69->1 70->2",
        [("99215 99417", minutes, {"99215": 1} | ({"99417": units} if units else {}))
         for minutes, units in ((54, 0), (55, 1), (69, 1), (70, 2))],
    ),
    "prolonged_medicare": (
        "99215: 68->0 69->1 84->2",
        [("99215 G2212", minutes, {"99215": 1} | ({"G2212": units} if units else {}))
         for minutes, units in ((68, 0), (69, 1), (84, 2))],
    ),
}  # fmt: skip
CASES = [(name, *case) for name, (_, cases) in EXAMPLES.items() for case in cases]


def earned(algorithm: str, session: str, minutes: int) -> Earned:
    """Units by code that coding gives the minutes of a kind of session, or of stated codes."""
    kind = session if session in derivation.DERIVERS else "other"
    visits = encounters(
        {"service_kind": kind, "minutes": minutes, "codes": None if kind == session else session}
    )
    rule = "full" if algorithm == "fifteen_minute_full" else None
    practice = masters(payers=rows("payers", {"quarter_hour_rule": rule}))
    lines = coding.code(assemble(visits, practice, JUDGE), practice, JUDGE).lines
    return {code: int(units) for code, units in zip(lines["code"], lines["units"], strict=True)}


def held(algorithm: str, minutes: int, lines: Earned) -> set[str]:
    """Rules about minutes and units that hold these lines of one encounter."""
    frame = pd.DataFrame(
        [
            {
                "encounter_id": "E1", "position": n, "patient_id": "P1", "payer_id": "ACME", "coverage_id": "C1",
                "rendering_id": "CL1", "service_date": "2026-01-05", "place_of_service": "11", "code": code,
                "modifiers": None, "units": units, "charge_cents": 10000, "diagnoses": "F411", "pointers": "1",
                "minutes": minutes, "payer_class": "medicare_ffs" if code == "G2212" else "commercial",
                "payer_quarter_hour_rule": "full" if algorithm == "fifteen_minute_full" else None,
            }
            for n, (code, units) in enumerate(lines.items(), 1)
        ]
    ).astype({"minutes": "Int64"})  # fmt: skip
    said = registry.run(frame, None, None, JUDGE)
    clocks = ("MINUTES_", "PER_DIEM_", "PROLONGED_")
    return {rule for rule in said.loc[said["severity"] == "hold", "rule_id"] if rule.startswith(clocks)}


@pytest.mark.parametrize(("algorithm", "session", "minutes", "units"), CASES)
def test_minutes_earn_what_the_table_says(algorithm: str, session: str, minutes: int, units: Earned) -> None:
    assert earned(algorithm, session, minutes) == units


@pytest.mark.parametrize(("algorithm", "session", "minutes", "units"), CASES)
def test_what_is_earned_passes_the_scrub(algorithm: str, session: str, minutes: int, units: Earned) -> None:
    if units:
        assert held(algorithm, minutes, units) == set()


@pytest.mark.parametrize(
    ("algorithm", "minutes", "lines", "rules"),
    [
        ("psychotherapy_range", 15, {"90832": 1}, {"MINUTES_RANGE"}),
        ("psychotherapy_range", 52, {"90837": 1}, {"MINUTES_RANGE"}),
        ("crisis", 29, {"90839": 1}, {"MINUTES_RANGE"}),
        ("crisis", 74, {"90839": 1, "90840": 1}, {"MINUTES_RANGE"}),
        ("crisis", 104, {"90839": 1, "90840": 2}, {"MINUTES_UNITS"}),
        ("family", 25, {"90847": 1}, {"MINUTES_RANGE"}),
        ("cpt_midpoint", 30, {"96130": 1}, {"MINUTES_RANGE"}),
        ("cpt_midpoint", 150, {"96130": 1, "96131": 2}, {"MINUTES_UNITS"}),
        ("fifteen_minute_midpoint", 22, {"H0004": 2}, {"MINUTES_UNITS"}),
        ("fifteen_minute_full", 29, {"H2015": 2}, {"MINUTES_UNITS"}),
        ("per_diem", 170, {"H0015": 1}, {"PER_DIEM_MINIMUM"}),
        ("per_diem", 300, {"H0015": 2}, {"PER_DIEM_UNITS"}),
        ("prolonged_cpt", 69, {"99215": 1, "99417": 2}, {"PROLONGED_UNITS"}),
        ("prolonged_medicare", 68, {"99215": 1, "G2212": 1}, {"PROLONGED_UNITS"}),
    ],
)
def test_what_is_not_earned_is_held(algorithm: str, minutes: int, lines: Earned, rules: set[str]) -> None:
    assert held(algorithm, minutes, lines) == rules


def test_the_days_total_earns_and_not_each_session() -> None:
    for minutes, first, second, rules in (
        ((10, 10), 1, 1, {"MINUTES_DAY"}),
        ((22, 22), 1, 2, set()),
        ((22, 22), 2, 2, {"MINUTES_DAY"}),
        ((8, 7), 1, 1, {"MINUTES_DAY"}),
        ((8, 15), 1, 1, set()),
    ):
        lines = pd.DataFrame(
            {
                "encounter_id": ["E1", "E2"], "position": 1, "patient_id": "P1", "payer_id": "ACME",
                "rendering_id": ["CL1", "CL2"], "service_date": "2026-01-05", "code": "H0004",
                "units": [first, second], "minutes": minutes, "charge_cents": 4000,
            }
        )  # fmt: skip
        said = registry.run(lines, None, None, JUDGE)
        assert {rule for rule in said["rule_id"] if rule.startswith("MINUTES_")} == rules, minutes


def test_every_row_and_example_of_the_table_is_here() -> None:
    table = {row["algorithm"]: row["examples"] for row in reference.table("time_unit_algorithms")}
    assert table == {name: examples for name, (examples, _) in EXAMPLES.items()}
