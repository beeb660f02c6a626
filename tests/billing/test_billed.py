"""Lines billed on an earlier day, beside lines of today: a rule sees of both the visit, the payer and the clinician."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from judge_practice import context, encounters, frame, masters, rows, run, said

from tasks.billing import billed
from tasks.billing.context import Masters
from tasks.billing.scrub.common import COLUMNS
from tasks.billing.visits import assemble

PROGRAMME = {"service_kind": "iop_sud", "codes": "H0015", "minutes": 180, "modality": "in_person"}
DAY = context(business_date=date(2026, 1, 10))


def today_beside(
    earlier: dict[str, Any], later: dict[str, Any], practice: Masters
) -> tuple[set[str], set[str]]:
    """What is said of the later session: with both in one run, and with the earlier one charged the run before."""
    met = encounters(earlier, later)
    alone = run(met.iloc[:1], practice, DAY).charges
    assert len(alone)
    history = billed.completed(alone, met, practice)
    return said(run(met, practice, DAY), "E2"), said(run(met.iloc[1:], practice, DAY, history=history), "E2")


def test_a_class_paid_beside_the_programme_is_so_on_the_next_run_too() -> None:
    payer = rows("payers", {"beside_programme": "LCSW"})
    together, apart = today_beside({}, PROGRAMME, masters(payers=payer))
    assert "PAIR_PR17" not in together | apart
    assert together == apart
    together, apart = today_beside({}, PROGRAMME, masters())
    assert "PAIR_PR17" in apart


def test_a_session_of_another_run_that_overlaps_in_time_is_not_told_apart_by_59() -> None:
    group = {
        "service_kind": "group",
        "codes": "90853",
        "minutes": 50,
        "start_time": "1000",
        "end_time": "1050",
    }
    talk = {"codes": "90837-59", "minutes": 55, "start_time": "1030", "end_time": "1125"}
    together, apart = today_beside(group, talk, masters())
    assert "PAIR_PR09" in together & apart
    late = talk | {"start_time": "1100", "end_time": "1155"}
    together, apart = today_beside(group, late, masters())
    assert "PAIR_PR09" not in together | apart


def test_earlier_lines_have_every_column_that_new_ones_have() -> None:
    """But for what no charge keeps: the rest is the same, value by value."""
    table = {"row_id": "1", "payer_id": "ACME", "provider_class": "LCSW", "effective_from": "2026-01-01",
             "codes": "90837"}  # fmt: skip
    practice = masters(
        payers=rows("payers", {"filing_basis": "calendar_year", "quarter_hour_rule": "full"}),
        payer_classes=frame("payer_classes", [table]),
    )
    met = encounters({"start_time": "1000", "end_time": "1053", "location_id": "L1"})
    (line,) = billed.completed(run(met, practice, DAY).charges, met, practice).to_dict("records")
    (visit,) = assemble(met, practice, DAY).to_dict("records")
    assert {name for name in COLUMNS if name not in line} == set()
    named = [name for name in COLUMNS if name.startswith("payer_") and name != "payer_class_codes"]
    assert [str(line[name]) for name in named] == [str(visit[name]) for name in named]
    assert line["payer_timely_filing_days"] == (pd.Timestamp(2027, 12, 31) - pd.Timestamp(2026, 1, 5)).days
    assert (line["payer_class_codes"], line["treating_class"], line["start_time"]) == (
        "90837",
        "LCSW",
        "1000",
    )


def test_an_intern_who_is_named_beside_a_supervisor_counts_as_the_supervisor() -> None:
    people = rows(
        "providers", {}, {"provider_id": "CL002", "provider_class": "INTERN", "supervisor_id": "CL001"}
    )
    practice = masters(providers=people)
    met = encounters({"rendering_id": "CL002"})
    line = pd.DataFrame(
        [{"encounter_row_id": met["row_id"].iloc[0], "payer_id": "ACME", "rendering_id": "CL002",
          "supervising_id": "CL001", "service_date": pd.Timestamp(2026, 1, 5)}]
    )  # fmt: skip
    found = billed.completed(line, met, practice).iloc[0]
    assert (found["provider_class"], found["treating_class"]) == ("LCSW", "INTERN")
