"""Where every claim and every encounter is."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from remittance_frames import claim, claim_line, ledger

from tasks.billing import custody

D = dt.date


class Story:
    """Facts about claims, told in any order; `states` derives."""

    def __init__(self, *claim_ids: str) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.verdicts: list[dict[str, Any]] = []
        for claim_id in claim_ids or ("C1",):
            self.add("claims", claim(claim_id, 10000))

    def add(self, table: str, row: dict[str, Any]) -> Story:
        self.rows.setdefault(table, []).append(row)
        return self

    def submit(
        self, number: int, *claim_ids: str, events: tuple[str, ...] = ("renaming", "uploaded"), day: int = 6
    ) -> Story:
        one = f"S{number}"
        self.add(
            "submissions",
            {
                "submission_id": one,
                "partner": "sandbox",
                "interchange_control": f"{number:09}",
                "group_control": str(number),
                "claims": len(claim_ids),
                "charge_cents": 10000 * len(claim_ids),
                "business_date": D(2026, 1, day),
            },
        )
        for place, claim_id in enumerate(claim_ids, 1):
            row = {"entry_id": one + claim_id, "submission_id": one, "claim_id": claim_id}
            self.add("submission_claims", {**row, "transaction_control": f"{place:04}"})
        for event in events:
            self.add("submission_events", {"event_id": one + event, "submission_id": one, "event": event})
        return self

    def ack(self, kind: str, code: str, **more: Any) -> Story:
        row = {"ack_id": repr((kind, code, more)), "kind": kind, "partner": "sandbox", "code": code, **more}
        return self.add("acknowledgments", row)

    def ta1(self, number: int, code: str, detail: str = "000") -> Story:
        return self.ack("TA1", code, interchange_control=f"{number:09}", detail=detail)

    def set_(self, number: int, place: int | None, code: str) -> Story:
        return self.ack("999", code, group_control=str(number), transaction_control=place and f"{place:04}")

    def said(self, claim_id: str, code: str, sender: str = "payer", day: int = 8, **more: Any) -> Story:
        return self.ack("277CA", code, claim_id=claim_id, sender=sender, stated_on=D(2026, 1, day), **more)

    def remitted(
        self,
        claim_id: str,
        status: str,
        paid: int,
        denied: tuple[bool, ...] = (False,),
        day: int = 21,
        **more: Any,
    ) -> Story:
        number = len(self.rows.get("remitted_claims", []))
        one, remittance = f"R{number}", f"M{day}"
        self.add("remittances", {"remittance_id": remittance, "payment_date": D(2026, 1, day)})
        row = {"remitted_claim_id": one, "remittance_id": remittance, "claim_id": claim_id, "status": status}
        self.add("remitted_claims", {**row, "position": number + 1, "paid_cents": paid, **more})
        for place, verdict in enumerate(denied):
            self.verdicts.append(
                {"remitted_line_id": f"{one}/{place}", "remitted_claim_id": one, "denied": verdict}
            )
        return self

    def frame(self, table: str) -> pd.DataFrame:
        return ledger(table, *self.rows.get(table, [])).drop_duplicates()

    def states(self) -> pd.DataFrame:
        verdicts = pd.DataFrame(self.verdicts, columns=["remitted_line_id", "remitted_claim_id", "denied"])
        names = "claims submissions submission_claims submission_events acknowledgments remitted_claims remittances"
        return custody.claim_states(*(self.frame(name) for name in names.split()), verdicts)

    def state(self, claim_id: str = "C1") -> str:
        found = self.states()
        assert found["claim_id"].is_unique
        return str(found.set_index("claim_id")["state"][claim_id])


def test_ack_state_vector_step_by_step():
    """test_vectors.yaml, group ack_state."""
    story = Story()
    assert story.state() == "built"
    assert story.submit(1, "C1").state() == "sent"
    assert story.ta1(1, "A").state() == "sent"
    assert story.set_(1, 1, "A").state() == "accepted_syntax"
    assert story.said("C1", "A1").state() == "received"
    assert story.said("C1", "A2", payer_control="ICN1", day=9).state() == "accepted"
    found = story.states().iloc[0]
    assert (found["accepted_on"], found["payer_control"]) == (pd.Timestamp("2026-01-09"), "ICN1")
    assert story.remitted("C1", "1", 5000).state() == "paid"
    assert story.said("C1", "A2", day=25, payer_control="ICN1").state() == "paid"


def test_a_rejection_ends_the_claim_s_way():
    assert (
        Story().submit(1, "C1").set_(1, 1, "A").said("C1", "A1").said("C1", "A7", action="U").state()
        == "rejected"
    )


def test_answers_converge_in_any_order():
    steps = [
        lambda s: s.set_(1, 1, "A"),
        lambda s: s.said("C1", "A1", "clearinghouse", 7),
        lambda s: s.said("C1", "A2", day=8),
        lambda s: s.remitted("C1", "1", 5000),
    ]
    # Every pair of answers occurs in both orders.
    for order in (steps, steps[::-1]):
        story = Story().submit(1, "C1")
        seen = []
        for step in order:
            step(story)
            seen.append(custody.RANK[story.state()])
        assert seen == sorted(seen)
        assert story.state() == "paid"


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), "sending"),
        (("renaming",), "in_doubt"),
        (("renaming", "in_doubt"), "in_doubt"),
        (("renaming", "uploaded"), "sent"),
    ],
)
def test_an_upload(events, state):
    assert Story().submit(1, "C1", events=events).state() == state


def test_any_answer_to_a_file_ends_the_doubt():
    doubt = ("renaming",)
    assert Story().submit(1, "C1", events=doubt).ta1(1, "A").state() == "sent"
    assert Story().submit(1, "C1", events=doubt).set_(1, 1, "A").state() == "accepted_syntax"
    assert Story().submit(1, "C1", events=doubt).ta1(2, "A").state() == "in_doubt"


def test_a_duplicate_interchange_is_not_a_rejection():
    story = Story().submit(1, "C1").ta1(1, "R", "025")
    assert story.states()[["state", "codes"]].values.tolist() == [["sent", "025"]]
    assert Story().submit(1, "C1").ta1(1, "R", "006").state() == "file_rejected"


def test_a_refused_file_sent_again_is_judged_by_the_new_one():
    story = Story().submit(1, "C1").ta1(1, "R", "006").submit(2, "C1", day=7)
    assert story.state() == "sent"
    assert story.states()["submission_id"].tolist() == ["S2"]
    assert story.set_(2, 1, "A").state() == "accepted_syntax"


def test_a_group_accepted_in_part_is_decided_set_by_set():
    story = (
        Story("C1", "C2", "C3").submit(1, "C1", "C2", "C3").set_(1, None, "P").set_(1, 1, "A").set_(1, 2, "R")
    )
    assert story.states()["state"].tolist() == ["accepted_syntax", "rejected_syntax", "sent"]


def test_a_group_s_verdict_reaches_sets_that_nobody_named():
    assert Story().submit(1, "C1").set_(1, None, "A").state() == "accepted_syntax"
    assert Story().submit(1, "C1").set_(1, None, "R").set_(1, 1, "A").state() == "rejected_syntax"


def test_control_numbers_match_without_their_zeros_and_only_within_a_partner():
    story = Story().submit(1, "C1").ack("999", "A", group_control="0001", transaction_control="1")
    assert story.state() == "accepted_syntax"
    other = Story().submit(1, "C1")
    other.add(
        "acknowledgments",
        {"ack_id": "X", "kind": "999", "partner": "direct", "code": "A", "group_control": "1"},
    )
    assert other.state() == "sent"


def test_a_clearinghouse_s_word_is_receipt():
    assert Story().submit(1, "C1").said("C1", "A1", "clearinghouse").state() == "received"
    assert Story().submit(1, "C1").said("C1", "A2", "clearinghouse").state() == "received"
    assert Story().submit(1, "C1").said("C1", "A2").said("C1", "A1", "clearinghouse", 9).state() == "accepted"


def test_the_newest_verdict_of_a_277ca_counts_and_a_refusal_wins_a_tie():
    assert Story().said("C1", "A2", day=8).said("C1", "A7", day=9).state() == "rejected"
    assert Story().said("C1", "A7", day=8).said("C1", "A2", day=9).state() == "accepted"
    assert Story().said("C1", "A2", day=8).said("C1", "A7", day=8).state() == "rejected"


def test_an_unknown_code_leaves_the_state():
    assert Story().submit(1, "C1").said("C1", "F1").state() == "sent"


@pytest.mark.parametrize(
    ("status", "paid", "denied", "patient", "state"),
    [
        ("1", 5000, (False,), None, "paid"),
        ("4", 0, (False,), 10000, "patient_share"),
        ("1", 0, (True, True), None, "denied"),
        ("1", 5000, (False, True), None, "partly_denied"),
        ("1", 5000, (True,), None, "partly_denied"),
        ("1", 0, (False, True), 5000, "partly_denied"),
        ("19", 5000, (False,), None, "crossed_over"),
        ("22", -5000, (False,), None, "reversed"),
        ("1", 0, (), None, "paid"),
    ],
)
def test_what_a_remittance_decides(status, paid, denied, patient, state):
    assert Story().remitted("C1", status, paid, denied, patient_cents=patient).state() == state


def test_an_estimate_decides_nothing():
    assert Story().submit(1, "C1").remitted("C1", "25", 0).state() == "sent"


def test_a_reversal_waits_for_its_correction():
    story = (
        Story().remitted("C1", "1", 5000, day=10, payer_control="ICN1").remitted("C1", "22", -5000, day=21)
    )
    assert story.state() == "reversed"
    assert story.states()["payer_control"].tolist() == ["ICN1"]
    story.remitted("C1", "1", 0, (True,), day=21, payer_control="ICN2")
    assert story.states()[["state", "paid_cents", "payer_control"]].values.tolist() == [["denied", 0, "ICN2"]]


def test_a_replaced_claim_is_out_of_the_game():
    story = Story().said("C1", "A7").add("claims", claim("C2", 10000, replaces_claim_id="C1", attempt=2))
    assert story.states()[["claim_id", "state", "replaced_by"]].fillna("").values.tolist() == [
        ["C1", "replaced", "C2"],
        ["C2", "built", ""],
    ]
    assert story.remitted("C1", "1", 5000).state() == "replaced"


def test_answers_about_strangers_are_no_claims_of_ours():
    assert Story().said("ELSE", "A2").remitted("ELSE", "1", 5).states()["claim_id"].tolist() == ["C1"]


def test_no_claims_no_states():
    story = Story()
    story.rows.clear()
    assert story.states().empty


# --- encounters ------------------------------------------------------------------------------------------------


def encounters(story: Story | None = None, **frames: pd.DataFrame) -> list[list[Any]]:
    """State and cents of encounters E1…; `story` has the claims."""
    story = story or Story()
    names = ("encounters", "decisions", "quarantine", "charge_lines", "claim_lines")
    found = custody.encounter_states(*(frames.get(name, ledger(name)) for name in names), story.states())
    return found[["encounter_id", "state", "charge_cents"]].fillna({"charge_cents": -1}).values.tolist()


ENCOUNTERS = ledger("encounters", {"encounter_id": "E1"}, {"encounter_id": "E2"})


def decision(encounter: str, sequence: int, outcome: str) -> dict[str, Any]:
    return {
        "decision_id": f"{encounter}/{sequence}",
        "encounter_id": encounter,
        "sequence": sequence,
        "outcome": outcome,
    }


def charge(encounter: str, sequence: int, cents: int = 10000) -> dict[str, Any]:
    one = f"{encounter}/{sequence}"
    return {"charge_id": "CH" + one, "encounter_id": encounter, "decision_id": one, "charge_cents": cents}


def test_an_encounter_s_way_to_a_claim():
    decisions = ledger("decisions", decision("E1", 1, "held"))
    assert encounters(encounters=ENCOUNTERS) == [["E1", "loaded", -1], ["E2", "loaded", -1]]
    assert encounters(encounters=ENCOUNTERS, decisions=decisions)[0] == ["E1", "held", -1]
    decisions = ledger("decisions", decision("E1", 1, "held"), decision("E1", 2, "charged"))
    charges = ledger("charge_lines", charge("E1", 2))
    frames = {"encounters": ENCOUNTERS, "decisions": decisions, "charge_lines": charges}
    assert encounters(**frames)[0] == ["E1", "charged", 10000]
    lines = ledger("claim_lines", claim_line("L1", "C1", 10000, encounter_id="E1", charge_id="CHE1/2"))
    assert encounters(**frames, claim_lines=lines)[0] == ["E1", "built", 10000]
    assert encounters(Story().remitted("C1", "1", 5), **frames, claim_lines=lines)[0] == ["E1", "paid", 10000]


@pytest.mark.parametrize(("kind", "subject"), [("encounter", "E1"), ("charge", "CHE1/1")])
def test_a_quarantined_encounter(kind, subject):
    row = {"quarantine_id": "Q", "subject_kind": kind, "subject_id": subject}
    found = encounters(
        encounters=ENCOUNTERS,
        decisions=ledger("decisions", decision("E1", 1, "charged")),
        charge_lines=ledger("charge_lines", charge("E1", 1)),
        quarantine=ledger("quarantine", row),
    )
    assert found == [["E1", "quarantined", 10000], ["E2", "loaded", -1]]


def test_the_newest_claim_speaks_for_the_encounter():
    story = Story().said("C1", "A7").add("claims", claim("C2", 10000, replaces_claim_id="C1", attempt=2))
    lines = ledger(
        "claim_lines",
        claim_line("L1", "C1", 10000, encounter_id="E1", charge_id="CHE1/1"),
        claim_line("L2", "C2", 10000, encounter_id="E1", charge_id="CHE1/1"),
    )
    decisions = ledger("decisions", decision("E1", 1, "charged"))
    frames = {
        "encounters": ENCOUNTERS,
        "decisions": decisions,
        "charge_lines": ledger("charge_lines", charge("E1", 1)),
    }
    assert encounters(story, **frames, claim_lines=lines)[0] == ["E1", "built", 10000]


def test_lines_of_one_encounter_on_two_claims_count_once_each_and_hide_no_work():
    story = Story("C1", "C2").remitted("C1", "1", 5)
    lines = ledger(
        "claim_lines",
        claim_line("L1", "C1", 10000, encounter_id="E1", charge_id="CHE1/1"),
        claim_line("L2", "C2", 700, encounter_id="E1", charge_id="X"),
    )
    charges = ledger("charge_lines", charge("E1", 1), {**charge("E1", 1, 700), "charge_id": "X"})
    decisions = ledger("decisions", decision("E1", 1, "charged"))
    frames = {"encounters": ENCOUNTERS, "decisions": decisions, "charge_lines": charges}
    assert encounters(story, **frames, claim_lines=lines)[0] == ["E1", "built", 10700]


def test_a_newer_version_that_is_not_claimed_yet_does_not_count_twice():
    lines = ledger("claim_lines", claim_line("L1", "C1", 10000, encounter_id="E1", charge_id="CHE1/1"))
    decisions = ledger("decisions", decision("E1", 1, "charged"), decision("E1", 2, "charged"))
    charges = ledger("charge_lines", charge("E1", 1), charge("E1", 2, 12000))
    frames = {"encounters": ENCOUNTERS, "decisions": decisions, "charge_lines": charges}
    assert encounters(Story().submit(1, "C1"), **frames, claim_lines=lines)[0] == ["E1", "sent", 10000]


# --- silence ---------------------------------------------------------------------------------------------------

LIMITS = SimpleNamespace(days_without_999=1, days_without_277ca=2, days_without_835=30)


def silence(story: Story, as_of: dt.date) -> list[list[Any]]:
    names = ("submissions", "submission_claims", "submission_events", "acknowledgments")
    found = custody.silent(*(story.frame(name) for name in names), story.states(), LIMITS, as_of)
    return found[["kind", "subject_id", "days", "claims", "charge_cents"]].values.tolist()


def test_a_file_without_a_999_is_one_item():
    story = Story("C1", "C2").submit(1, "C1", "C2")
    assert silence(story, D(2026, 1, 7)) == []
    assert silence(story, D(2026, 1, 8)) == [["no_999", "S1", 2, 2, 20000]]
    assert silence(story, D(2026, 1, 20)) == [["no_999", "S1", 14, 2, 20000]]
    assert silence(story.ta1(1, "R", "006"), D(2026, 1, 20)) == []


def test_a_claim_without_a_277ca_and_then_without_an_835():
    story = Story("C1", "C2").submit(1, "C1", "C2").set_(1, None, "A").said("C2", "A1", "clearinghouse", 7)
    assert silence(story, D(2026, 1, 8)) == []
    assert silence(story, D(2026, 1, 9)) == [["no_277ca", "C1", 3, 1, 10000]]
    assert silence(story, D(2026, 2, 6)) == [["no_835", "C1", 31, 1, 10000], ["no_835", "C2", 31, 1, 10000]]


def test_an_answered_claim_is_not_silent():
    story = Story("C1", "C2").submit(1, "C1", "C2").set_(1, None, "A").remitted("C1", "1", 5).said("C2", "A7")
    assert silence(story, D(2026, 3, 1)) == []


def test_a_file_that_never_left_is_no_silence():
    assert silence(Story().submit(1, "C1", events=()), D(2026, 3, 1)) == []
