"""Where appeals stand, what they ask of people, and how often they are won."""

from __future__ import annotations

import pandas as pd

from tasks.billing import appeals
from tasks.billing.appeals import standing
from tests.support.remittance_frames import ledger

CLAIMS = ledger("claims", {"claim_id": "C1", "payer_id": "ACME"}, {"claim_id": "C2", "payer_id": "OTHER"})
PAYERS = ledger("payers", {"payer_id": "ACME"}, {"payer_id": "OTHER"})


def appeal(number: int, **values: object) -> dict[str, object]:
    return {
        "appeal_id": f"A{number}", "claim_id": "C1", "remitted_claim_id": "R1", "remitted_line_id": f"L{number}",
        "level": 1, "level_name": "redetermination", "category": "medical_necessity", "amount_cents": 10_000,
        "opened_on": "2026-01-12", "due_on": "2026-05-10", **values,
    }  # fmt: skip


def event(number: int, sequence: int, action: str, on: str, **values: object) -> dict[str, object]:
    named = {"event_id": f"E{number}-{sequence}", "appeal_id": f"A{number}", "sequence": sequence}
    return named | {"action": action, "happened_on": on, **values}


def facts(
    opened: list[dict[str, object]], happened: list[dict[str, object]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return ledger("appeals", *opened), ledger("appeal_events", *happened)


def work(
    opened: list[dict[str, object]], happened: list[dict[str, object]], as_of: str
) -> list[tuple[str, str, str]]:
    rows = appeals.open_work(*facts(opened, happened), PAYERS, pd.Timestamp(as_of), CLAIMS)
    assert (rows["queue"] == "appeals").all()
    days = rows["deadline"].dt.strftime("%Y-%m-%d")
    return list(zip(rows["subject_id"], rows["reason"], days, strict=True))


LOST = [
    event(1, 1, "filed", "2026-02-02"),
    event(1, 2, "decided", "2026-03-02", outcome="upheld"),
]


def test_an_appeal_is_what_happened_to_it_last():
    happened = [
        *LOST,
        event(2, 1, "filed", "2026-05-11"),
        event(3, 1, "filed", "2026-02-02"),
        event(3, 2, "acknowledged", "2026-02-05", reference="X1"),
        event(4, 1, "withdrawn", "2026-02-02"),
    ]
    rows = appeals.states(*facts([appeal(n) for n in range(1, 6)], happened)).set_index("appeal_id")
    assert rows["state"].to_dict() == {
        "A1": "upheld", "A2": "filed", "A3": "acknowledged", "A4": "withdrawn", "A5": "open",
    }  # fmt: skip
    assert rows["late"].tolist()[:3] == [False, True, False]
    assert rows.loc["A3", ["reference", "decider"]].tolist() == ["X1", "MAC"]
    assert rows.loc["A3", "answer_due_on"] == pd.Timestamp("2026-04-03")
    assert rows.loc["A1", ["next_level", "next_name"]].tolist() == [2, "reconsideration"]
    assert rows.loc["A1", "next_due_on"] == pd.Timestamp("2026-09-03")
    # The third of September is a Thursday; the tenth of May, a Sunday, is worked towards on the Friday.
    assert rows.loc["A5", "file_by"] == pd.Timestamp("2026-05-08")


def test_a_level_that_was_opened_is_next_no_more():
    second = appeal(2, remitted_line_id="L1", level=2, level_name="reconsideration", due_on="2026-09-03")
    rows = appeals.states(*facts([appeal(1), second], LOST)).set_index("appeal_id")
    assert pd.isna(rows.loc["A1", "next_level"])
    assert appeals.under_appeal(*facts([appeal(1), second], LOST), pd.Timestamp("2026-04-01"))[
        "appeal_id"
    ].tolist() == ["A2"]


def test_the_last_level_has_none_after_it():
    last = appeal(1, level=5, level_name="federal district court")
    assert appeals.states(*facts([last], LOST))["next_level"].isna().all()


def test_until_a_plan_is_known_to_have_a_second_level_the_days_of_the_review_run():
    internal = appeal(1, level_name="internal appeal")
    (row,) = appeals.states(*facts([internal], LOST)).to_dict(orient="records")
    assert (row["next_level"], row["next_due_on"]) == (2, pd.Timestamp("2026-07-02"))


def test_settings_say_the_days_of_the_next_level():
    opened, happened = facts([appeal(1)], LOST)
    rows = appeals.states(opened.assign(next_days=pd.Series([30], dtype="Int64")), happened)
    # Five days for the notice to come, which Medicare presumes whoever says the days.
    assert rows["next_due_on"].tolist() == [pd.Timestamp("2026-04-06")]


def test_days_of_the_settings_are_days_where_the_next_level_is_counted_otherwise():
    """The external review has four months in the table; 120 of the settings are days."""
    second = appeal(1, level=2, level_name="second internal appeal")
    third = appeal(2, level=2, level_name="second internal appeal")
    happened = [
        *LOST,
        event(2, 1, "filed", "2026-02-02"),
        event(2, 2, "decided", "2026-03-02", outcome="upheld"),
    ]
    opened, events = facts([second, third], happened)
    rows = appeals.states(opened.assign(next_days=pd.Series([120, None], dtype="Int64")), events)
    assert rows["next_due_on"].tolist() == [pd.Timestamp("2026-06-30"), pd.Timestamp("2026-07-02")]


def test_an_open_level_is_work_until_it_is_filed_and_missed_after_its_day():
    assert work([appeal(1)], [], "2026-02-01") == [("A1 file", "DUE level 1 redetermination", "2026-05-08")]
    ((_, reason, _),) = work([appeal(1)], [], "2026-05-11")
    assert reason == "MISSED level 1 redetermination"
    filed = [event(1, 1, "filed", "2026-02-02")]
    assert work([appeal(1)], filed, "2026-04-03") == []


def test_an_answer_that_is_overdue_is_work():
    filed = [event(1, 1, "filed", "2026-02-02")]
    assert work([appeal(1)], filed, "2026-04-04") == [
        ("A1 answer", "ANSWER_OVERDUE level 1 redetermination", "2026-04-03")
    ]


def test_a_loss_is_work_while_the_next_level_can_be_filed():
    ((subject, reason, day),) = work([appeal(1)], LOST, "2026-03-03")
    assert (subject, day) == ("A1 next", "2026-09-03")
    assert reason == "UPHELD level 1 redetermination, next level 2 reconsideration"
    assert work([appeal(1)], LOST, "2026-09-04") == []
    assert work([appeal(1)], [*LOST, event(1, 3, "withdrawn", "2026-03-04")], "2026-03-05") == []


def test_what_was_granted_is_asked_for_no_more():
    partly = [LOST[0], event(1, 2, "decided", "2026-03-02", outcome="partly", awarded_cents=4_000)]
    rows = appeals.open_work(*facts([appeal(1)], partly), PAYERS, pd.Timestamp("2026-03-03"), CLAIMS)
    assert rows[["amount_cents", "recoverable_cents", "payer_id"]].values.tolist() == [
        [10_000, 6_000, "ACME"]
    ]


def test_a_denial_is_under_appeal_until_nothing_can_follow():
    def under(happened: list[dict[str, object]], as_of: str) -> list[str]:
        return appeals.under_appeal(*facts([appeal(1)], happened), pd.Timestamp(as_of))["subject_id"].tolist()

    assert under([], "2026-02-01") == ["L1"]
    assert under(LOST, "2026-09-03") == ["L1"]
    assert under(LOST, "2026-09-04") == []
    won = [LOST[0], event(1, 2, "decided", "2026-03-02", outcome="overturned", awarded_cents=10_000)]
    # The payment has thirty days; if the denial stands then, it is work again.
    assert (under(won, "2026-04-01"), under(won, "2026-04-02")) == (["L1"], [])
    assert under([event(1, 1, "withdrawn", "2026-02-02")], "2026-02-03") == []


def test_an_appeal_of_a_claim_speaks_for_its_lines():
    whole = appeal(1, remitted_line_id=None)
    lines = ledger(
        "remitted_lines", *({"remitted_claim_id": "R1", "remitted_line_id": one} for one in ("X", "Y"))
    )
    told = appeals.under_appeal(*facts([whole], []), pd.Timestamp("2026-02-01"), lines)
    assert sorted(told["subject_id"]) == ["R1", "X", "Y"]


def test_no_appeals_are_no_work():
    assert appeals.open_work(*facts([], []), PAYERS, pd.Timestamp("2026-02-01"), CLAIMS).empty
    assert appeals.under_appeal(*facts([], []), pd.Timestamp("2026-02-01")).empty
    assert appeals.rates(*facts([], []), CLAIMS).empty


def test_rates_count_decided_levels_by_payer_and_category():
    opened = [appeal(n) for n in range(1, 5)] + [appeal(5, claim_id="C2", category="bundling")]
    happened = [
        *LOST,
        event(2, 1, "filed", "2026-02-02"),
        event(2, 2, "decided", "2026-03-02", outcome="overturned", awarded_cents=10_000),
        event(3, 1, "filed", "2026-02-02"),
        event(3, 2, "decided", "2026-03-02", outcome="partly", awarded_cents=2_500),
    ]
    rows = appeals.rates(*facts(opened, happened), CLAIMS).set_index("category")
    won = rows.loc["medical_necessity"]
    assert won[["appeals", "decided", "undecided", "overturned", "partly", "upheld"]].tolist() == [
        4,
        3,
        1,
        1,
        1,
        1,
    ]
    assert won[["overturned_basis_points", "won_basis_points"]].tolist() == [3_333, 6_666]
    assert won[["asked_cents", "awarded_cents"]].tolist() == [30_000, 12_500]
    assert rows.loc["bundling", "payer_id"] == "OTHER"
    assert pd.isna(rows.loc["bundling", "overturned_basis_points"])


def test_what_may_happen_in_each_state():
    assert standing.refusal("open", "filed") is None
    assert standing.refusal("filed", "decided") is None
    assert "it can be filed or withdrawn" in str(standing.refusal("open", "decided"))
    assert "nothing more" in str(standing.refusal("overturned", "withdrawn"))
    assert set(standing.NEXT) == {*standing.UNDECIDED, *standing.OUTCOMES, "withdrawn"}
