"""Decisions: their chains, their ids, and that judging again changes nothing."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest
from judge_practice import billed, context, encounters, masters, nothing, outcomes, rows, run, said

from connectors.ledger.schema import metadata
from tasks.billing.context import Masters
from tasks.billing.judge import Judgement

NEEDS_AUTH = {"payers": rows("payers", {"auth_codes": "90837"})}


def newest(*judgements: Judgement) -> pd.DataFrame:
    """Newest decision of each encounter, as the ledger would give it."""
    everything = pd.concat([nothing("decisions"), *(judgement.decisions for judgement in judgements)])
    return everything.sort_values("sequence").drop_duplicates("encounter_id", keep="last")


def standing(*judgements: Judgement) -> pd.DataFrame:
    return pd.concat(
        [nothing("charge_lines"), *(judgement.charges for judgement in judgements)], ignore_index=True
    )


def spent(*judgements: Judgement) -> pd.DataFrame:
    parts = (judgement.reservations for judgement in judgements)
    return pd.concat([nothing("authorization_units"), *parts], ignore_index=True)


def is_empty(judgement: Judgement) -> bool:
    return all(
        getattr(judgement, name).empty for name in ("decisions", "findings", "charges", "reservations")
    )


def test_a_clean_encounter_is_charged() -> None:
    judgement = run(encounters({}))
    assert outcomes(judgement) == {"E1": "charged"}
    assert billed(judgement) == [("90837", "95", 1)]
    assert judgement.charges["charge_cents"].tolist() == [20000]
    assert judgement.charges["decision_id"].tolist() == judgement.decisions["decision_id"].tolist()


TABLES = {
    "decisions": "decisions",
    "findings": "findings",
    "charges": "charge_lines",
    "reservations": "authorization_units",
}


def test_frames_are_the_ledgers_tables() -> None:
    practice = masters(**NEEDS_AUTH, authorizations=rows("authorizations", {"units_approved": 1}))
    full = run(encounters({}, {"signed_on": None}), practice)
    none = run(encounters({}).iloc[:0])
    assert not is_empty(full)
    assert is_empty(none)
    for judgement, (frame, table) in product((full, none), TABLES.items()):
        made, columns = getattr(judgement, frame), metadata.tables[table].columns
        assert made.columns.tolist() == [column.name for column in columns]
        assert made.dtypes.astype(str).tolist() == nothing(table).dtypes.astype(str).tolist()
        required = [column.name for column in columns if not column.nullable]
        assert made[required].notna().all().all()
        assert made[columns[0].name].is_unique
    assert all(len(getattr(full, frame)) for frame in TABLES)


def test_held_fixed_charged_is_a_chain() -> None:
    monday = run(encounters({"signed_on": None}))
    assert outcomes(monday) == {"E1": "held"}
    assert said(monday) == {"GATE_NOTE_SIGNED"}
    assert monday.charges.empty
    fixed = run(encounters({}), before=newest(monday))
    assert outcomes(fixed) == {"E1": "charged"}
    first, second = monday.decisions.iloc[0], fixed.decisions.iloc[0]
    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert pd.isna(first["previous_id"])
    assert second["previous_id"] == first["decision_id"]
    assert second["encounter_row_id"] != first["encounter_row_id"]


def test_a_master_record_lets_the_same_version_go() -> None:
    held = run(encounters({}), masters(enrollments=nothing("enrollments")))
    free = run(encounters({}), before=newest(held))
    assert outcomes(free) == {"E1": "charged"}
    assert free.decisions["encounter_row_id"].tolist() == held.decisions["encounter_row_id"].tolist()
    assert free.decisions["sequence"].tolist() == [2]


def test_judging_a_held_encounter_again_says_nothing_new_on_any_day() -> None:
    held = run(encounters({"signed_on": None}))
    tomorrow = context(business_date=date(2026, 1, 7))
    assert is_empty(run(encounters({"signed_on": None}), under=tomorrow, before=newest(held)))


def test_another_reason_is_a_new_decision_with_the_same_outcome() -> None:
    practice = masters(enrollments=nothing("enrollments"))
    first = run(encounters({"signed_on": None}), practice)
    second = run(encounters({"signed_on": None}), before=newest(first))
    assert outcomes(second) == {"E1": "held"}
    assert said(first) == {"GATE_NOTE_SIGNED", "GATE_ENROLLMENT"}
    assert said(second) == {"GATE_NOTE_SIGNED"}
    back = run(encounters({"signed_on": None}), practice, before=newest(first, second))
    assert back.decisions["sequence"].tolist() == [3]
    assert back.decisions["decision_id"].tolist() != first.decisions["decision_id"].tolist()


def test_a_charged_version_is_never_judged_again() -> None:
    charged = run(encounters({}))
    again = run(encounters({}), masters(enrollments=nothing("enrollments")), history=standing(charged),
                before=newest(charged))  # fmt: skip
    assert is_empty(again)


def test_the_same_input_gives_the_same_rows_in_any_order_on_any_day() -> None:
    met = [{"patient_id": "P0001", "service_date": f"2026-01-{day:02d}"} for day in (1, 2, 3)]
    later = context(business_date=date(2026, 1, 9))
    forth, back = run(encounters(*met)), run(encounters(*met).iloc[::-1].reset_index(drop=True), under=later)
    for name in ("findings", "charges", "reservations"):
        one, other = getattr(forth, name), getattr(back, name)
        key = one.columns[0]
        pd.testing.assert_frame_equal(
            one.sort_values(key).reset_index(drop=True), other.sort_values(key).reset_index(drop=True)
        )
    assert set(forth.decisions["decision_id"]) == set(back.decisions["decision_id"])
    assert (forth.decisions["decided_on"] == pd.Timestamp("2026-01-06")).all()
    assert (back.decisions["decided_on"] == pd.Timestamp("2026-01-09")).all()


def test_units_are_reserved_with_the_decision_as_cause() -> None:
    practice = masters(**NEEDS_AUTH, authorizations=rows("authorizations", {}))
    judgement = run(encounters({}), practice)
    assert judgement.charges["authorization_id"].tolist() == ["AU1"]
    entry = judgement.reservations.iloc[0]
    assert (entry["event"], entry["units"]) == ("reserve", 1)
    assert entry["cause"] == judgement.decisions["decision_id"].iloc[0]
    assert entry["charge_id"] == judgement.charges["charge_id"].iloc[0]


def on(day: int, **more: Any) -> dict[str, Any]:
    return {"service_date": f"2026-01-{day:02d}", "signed_on": f"2026-01-{day:02d}"} | more


def test_units_run_out_within_a_batch_and_over_batches() -> None:
    practice = masters(**NEEDS_AUTH, authorizations=rows("authorizations", {"units_approved": 1}))
    day = context(business_date=date(2026, 1, 12))
    batch = run(encounters(on(7), on(6)), practice, day)
    assert outcomes(batch) == {"E1": "held", "E2": "charged"}
    assert said(batch) == {"GATE_AUTHORIZATION"}
    third = encounters(on(8, encounter_id="E3"))
    after = run(third, practice, day, history=standing(batch), units=spent(batch))
    assert said(after, "E3") == {"GATE_AUTHORIZATION"}
    extended = masters(**NEEDS_AUTH, authorizations=rows("authorizations", {"units_approved": 12}))
    retro = run(
        encounters(on(7)), extended, day, units=spent(batch), history=standing(batch), before=newest(batch)
    )
    assert outcomes(retro) == {"E1": "charged"}


def weekly(approved: int) -> Masters:
    granted = rows("authorizations", {"units_approved": approved, "weekly_units": 1})
    return masters(**NEEDS_AUTH, authorizations=granted)


def test_an_encounter_held_by_the_weeks_limit_ate_the_units_of_later_ones() -> None:
    day, practice = context(business_date=date(2026, 1, 20)), weekly(2)
    met = encounters(on(5), on(7), on(12))
    judgement = run(met, practice, day)
    assert outcomes(judgement) == {"E1": "charged", "E2": "held", "E3": "charged"}
    assert said(judgement, "E2") == {"GATE_AUTHORIZATION"}, "none is left in another week either"
    again = run(
        met, practice, day, history=standing(judgement), units=spent(judgement), before=newest(judgement)
    )
    assert is_empty(again)


def test_an_encounter_held_by_the_weeks_limit_took_the_week_from_a_later_one() -> None:
    day, practice = context(business_date=date(2026, 1, 20)), weekly(5)
    met = encounters(on(5), on(7), on(8), on(12), on(14), on(19))
    judgement = run(met, practice, day)
    held = {"E2", "E3", "E5"}
    assert outcomes(judgement) == {f"E{n}": "held" if f"E{n}" in held else "charged" for n in range(1, 7)}
    assert all(said(judgement, each) == {"GATE_AUTHORIZATION_WEEK"} for each in held)
    again = run(
        met, practice, day, history=standing(judgement), units=spent(judgement), before=newest(judgement)
    )
    assert is_empty(again)


def test_a_weeks_limit_that_only_warns_holds_nobody() -> None:
    day = context(
        business_date=date(2026, 1, 20),
        severities=dict(context().severities) | {"GATE_AUTHORIZATION_WEEK": "warn"},
    )
    judgement = run(encounters(on(5), on(7)), weekly(5), day)
    assert outcomes(judgement) == {"E1": "charged", "E2": "charged"}
    assert judgement.charges["authorization_id"].tolist() == ["AU1", "AU1"]
    assert said(judgement, "E2") == {"GATE_AUTHORIZATION_WEEK"}


def test_an_encounter_held_for_something_else_spends_no_units() -> None:
    practice = masters(**NEEDS_AUTH, authorizations=rows("authorizations", {"units_approved": 1}))
    judgement = run(encounters(on(5, signed_on=None), on(6)), practice)
    assert outcomes(judgement) == {"E1": "held", "E2": "charged"}
    # it hears that nothing would be left for it, and nothing of a warning about others' units
    assert said(judgement, "E1") == {"GATE_NOTE_SIGNED", "GATE_AUTHORIZATION"}


def test_a_held_encounter_hears_of_a_missing_authorization_too() -> None:
    judgement = run(encounters({"signed_on": None}), masters(**NEEDS_AUTH))
    assert said(judgement) == {"GATE_NOTE_SIGNED", "GATE_AUTHORIZATION"}
    line = judgement.findings.set_index("rule_id")["line"]
    assert line["GATE_AUTHORIZATION"] == 1
    assert pd.isna(line["GATE_NOTE_SIGNED"])


@pytest.mark.parametrize(
    ("today", "approved", "rules"),
    [
        ("2026-01-06", 12, set()),
        ("2026-01-06", 1, {"GATE_AUTHORIZATION_LOW"}),
        ("2026-06-24", 12, set()),
        ("2026-06-25", 12, {"GATE_AUTHORIZATION_ENDING"}),
        ("2026-06-30", 12, {"GATE_AUTHORIZATION_ENDING"}),
        ("2026-07-01", 12, set()),
    ],
)
def test_warnings_before_an_authorization_runs_out(today: str, approved: int, rules: set[str]) -> None:
    practice = masters(
        authorizations=rows("authorizations", {"units_approved": approved}),
        payers=rows("payers", {"auth_codes": "*", "timely_filing_days": 3650}),
    )
    judgement = run(encounters({}), practice, context(business_date=date.fromisoformat(today)))
    assert outcomes(judgement) == {"E1": "charged"}
    assert said(judgement) == rules


def test_the_batch_and_earlier_lines_are_looked_at_together() -> None:
    """The second session of the same code on the same day is held, in one batch or in two."""
    both = run(encounters({}, {}))
    assert sorted(outcomes(both).values()) != ["charged", "charged"]
    first = run(encounters({}))
    later = run(encounters({"encounter_id": "E2"}), history=standing(first), before=newest(first))
    assert outcomes(later) == {"E2": "held"}


def test_an_encounter_that_gives_no_line_is_never_charged_even_with_its_rule_off() -> None:
    silent = context(severities=context().severities | {"CODING_TOO_SHORT": "off"})
    judgement = run(encounters({"minutes": 5}), under=silent)
    assert outcomes(judgement) == {"E1": "held"}
    assert said(judgement) == {"CODING_INCOMPLETE"}


def test_a_line_with_a_hole_is_never_charged_even_with_its_rules_off() -> None:
    severities = {rule: "off" for rule in context().severities if rule != "CODING_INCOMPLETE"}
    without_price = run(encounters({}), masters(fees=nothing("fees")), context(severities=severities))
    assert outcomes(without_price) == {"E1": "held"}
    without_policy = run(
        encounters({}), masters(coverages=nothing("coverages")), context(severities=severities)
    )
    assert said(without_policy) == {"CODING_INCOMPLETE"}


def test_a_supervised_session_bills_as_the_payer_allows() -> None:
    people = rows(
        "providers", {}, {"provider_id": "CL002", "npi": "1003000126", "provider_class": "INTERN",
                          "supervisor_id": "CL001"},
    )  # fmt: skip
    for rule, rendering, supervising in (
        ("supervisor_npi", "CL001", None),
        ("supervisor_named", "CL002", "CL001"),
    ):
        practice = masters(providers=people, payers=rows("payers", {"supervised_billing": rule}))
        line = run(encounters({"rendering_id": "CL002"}), practice).charges.iloc[0]
        assert line["rendering_id"] == rendering
        assert (None if pd.isna(line["supervising_id"]) else line["supervising_id"]) == supervising


def test_every_encounter_gets_exactly_one_decision() -> None:
    met = encounters(
        *(on(1 + n % 5, minutes=None if n % 3 else 53, patient_id=f"P{n % 4:04d}") for n in range(40))
    )
    judgement = run(met)
    assert sorted(judgement.decisions["encounter_id"]) == sorted(met["encounter_id"])
    charged = set(judgement.decisions.loc[judgement.decisions["outcome"] == "charged", "encounter_id"])
    holding = judgement.findings[judgement.findings["severity"] == "hold"]
    assert set(judgement.charges["encounter_id"]) == charged
    assert set(holding["encounter_id"]) == set(met["encounter_id"]) - charged


def test_findings_name_their_decision() -> None:
    judgement = run(encounters({"signed_on": None}, {}))
    assert set(judgement.findings["decision_id"]) <= set(judgement.decisions["decision_id"])
