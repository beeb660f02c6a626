"""Where every claim and every encounter is."""

from __future__ import annotations

import datetime as dt
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tasks.billing import custody, evidence
from tests.support.remittance_frames import claim, claim_line, ledger

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
        lines: tuple[str | None, ...] = (),
        remittance: str | None = None,
        **more: Any,
    ) -> Story:
        """One CLP; `denied` are its lines' verdicts and `lines` our lines they were matched to."""
        number = len(self.rows.get("remitted_claims", []))
        one, remittance = f"R{number}", remittance or f"M{day}"
        self.add("remittances", {"remittance_id": remittance, "payment_date": D(2026, 1, day)})
        row = {"remitted_claim_id": one, "remittance_id": remittance, "claim_id": claim_id, "status": status}
        self.add("remitted_claims", {**row, "position": number + 1, "paid_cents": paid, **more})
        for place, (verdict, line_id) in enumerate(zip_longest(denied, lines)):
            named = {"remitted_line_id": f"{one}/{place}", "remitted_claim_id": one, "line_id": line_id}
            self.verdicts.append({**named, "denied": verdict})
        return self

    def frame(self, table: str) -> pd.DataFrame:
        return ledger(table, *self.rows.get(table, [])).drop_duplicates()

    def states(self) -> pd.DataFrame:
        names = (
            "claims claim_lines submissions submission_claims submission_events acknowledgments remitted_claims"
            " remittances"
        )
        return custody.claim_states(*(self.frame(name) for name in names.split()), self.line_verdicts())

    def line_verdicts(self) -> pd.DataFrame:
        columns = ["remitted_line_id", "remitted_claim_id", "line_id", "denied"]
        return pd.DataFrame(self.verdicts, columns=columns).astype(dict.fromkeys(columns[:3], "str"))

    def counted(self) -> list[list[Any]]:
        """Of every line the CLP whose word counts, and its status."""
        frames = (self.frame("remitted_claims"), self.frame("remittances"), self.line_verdicts())
        found = evidence.counted(*frames)
        return found[["line_id", "remitted_claim_id", "status"]].fillna("").values.tolist()

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


def test_a_split_claim_does_not_hide_the_line_that_was_denied():
    """Two CLPs of one claim, one line denied, the other paid: the claim was 'paid' and the denial gone."""
    for order in (1, -1):
        story = Story()
        for status, paid, verdict, line in [("4", 0, True, "L1"), ("1", 5000, False, "L2")][::order]:
            story.remitted("C1", status, paid, (verdict,), lines=(line,))
        assert story.state() == "partly_denied"
        assert sorted(status for _, _, status in story.counted()) == ["1", "4"]


def test_the_other_half_of_a_split_claim_in_a_later_check_answers_its_own_line_only():
    story = Story().remitted("C1", "4", 0, (True,), lines=("L1",), day=20)
    assert story.state() == "denied"
    assert story.remitted("C1", "1", 5000, (False,), lines=("L2",), day=25).state() == "partly_denied"
    # Nor does a part whose line nobody recognised.
    assert story.remitted("C1", "1", 100, (False,), lines=(None,), day=26).state() == "partly_denied"
    assert story.remitted("C1", "1", 5000, (False,), lines=("L1",), day=27).state() == "paid"


def test_a_denied_correction_is_not_put_before_its_reversal_by_the_id_of_its_check():
    for reversal, correction in (("MA", "MB"), ("MB", "MA")):
        story = Story().remitted("C1", "1", 5000, lines=("L1",), day=10)
        story.remitted("C1", "22", -5000, lines=("L1",), remittance=reversal)
        story.remitted("C1", "4", 0, (True,), lines=("L1",), remittance=correction)
        assert story.state() == "denied"
        assert story.counted() == [["L1", "R2", "4"]]


def test_a_later_estimate_does_not_hide_a_denial():
    story = Story().remitted("C1", "4", 0, (True,), lines=("L1",), day=10)
    story.remitted("C1", "25", 0, (False,), lines=("L1",), day=20)
    assert story.state() == "denied"
    assert story.counted() == [["L1", "R0", "4"]]


def test_a_line_that_was_taken_back_and_not_corrected_has_no_answer():
    story = Story().remitted("C1", "1", 5000, (True, False), lines=("L1", "L2"), day=10)
    story.remitted("C1", "22", -5000, (False, False), lines=("L1", "L2"), day=20)
    assert story.state() == "reversed"
    story.remitted("C1", "1", 3000, (False,), lines=("L2",), day=20)
    assert story.counted() == [["L1", "R1", "22"], ["L2", "R2", "1"]]
    assert story.state() == "reversed"  # of one line still
    assert story.remitted("C1", "4", 0, (True,), lines=("L1",), day=25).state() == "partly_denied"


@pytest.mark.parametrize(
    ("back", "again"),
    [((), ("L1",)), ((None,), ("L1",)), ((None,), (None,)), (("L1",), (None,)), ((), ()), (("L1",), ())],
)
def test_a_reversal_takes_back_what_was_said_of_lines_it_does_not_name(back, again):
    story = Story().remitted("C1", "4", 0, (True,), lines=("L1",), day=10)
    story.remitted("C1", "22", 0, (False,) * len(back), lines=back, day=20)
    assert story.state() == "reversed"
    assert story.remitted("C1", "1", 5000, (False,) * len(again), lines=again, day=20).state() == "paid"


def test_a_claim_denied_as_a_whole_is_answered_anew_by_its_lines():
    story = Story().remitted("C1", "4", 0, (), day=10)
    story.verdicts.append({"remitted_claim_id": "R0", "denied": True})
    assert story.state() == "denied"
    assert story.remitted("C1", "1", 5000, (False,), lines=("L1",), day=20).state() == "paid"


def test_two_unmatched_parts_of_one_day_both_count():
    story = Story().remitted("C1", "4", 0, (True,), lines=(None,)).remitted("C1", "1", 5000, lines=(None,))
    assert story.state() == "partly_denied"


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


def test_a_claim_is_replaced_only_when_newer_ones_took_over_all_its_encounters():
    """Amending one of two encounters of a rejected claim lost the other one from every queue."""
    story = Story().said("C1", "A3").add("claims", claim("C2", 4000, replaces_claim_id="C1", attempt=2))
    for encounter in ("E1", "E2"):
        row = claim_line(f"L1{encounter}", "C1", 5000, encounter_id=encounter, charge_id=f"CH{encounter}/1")
        story.add("claim_lines", row)
    story.add("claim_lines", claim_line("L2E1", "C2", 4000, encounter_id="E1", charge_id="CHE1/2"))
    assert story.states()["state"].tolist() == ["rejected", "built"]
    frames = {
        "encounters": ENCOUNTERS,
        "decisions": ledger("decisions", decision("E1", 2, "charged"), decision("E2", 1, "charged")),
        "charge_lines": ledger("charge_lines", charge("E1", 2, 4000), charge("E2", 1, 5000)),
        "claim_lines": story.frame("claim_lines"),
    }
    assert encounters(story, **frames) == [["E1", "built", 4000], ["E2", "rejected", 5000]]
    story.add("claims", claim("C3", 5000, replaces_claim_id="C1", attempt=2))
    story.add("claim_lines", claim_line("L3E2", "C3", 5000, encounter_id="E2", charge_id="CHE2/1"))
    assert story.states()["state"].tolist() == ["replaced", "built", "built"]


def test_a_charge_of_an_encounter_that_no_newer_claim_took_over_keeps_the_old_claim():
    story = Story().said("C1", "A3").add("claims", claim("C2", 4000, replaces_claim_id="C1", attempt=2))
    for one in ("X", "Y"):
        story.add("claim_lines", claim_line(f"L1{one}", "C1", 5000, encounter_id="E1", charge_id=one))
    story.add("claim_lines", claim_line("L2X", "C2", 5000, encounter_id="E1", charge_id="X"))
    assert story.state() == "rejected"


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


@pytest.mark.parametrize(
    ("status", "kind"), [("22", "no_835"), *((status, "no_crossover") for status in ("19", "20", "21", "23"))]
)
def test_a_reversal_and_a_crossover_wait_for_the_next_answer_no_longer_than_others(status, kind):
    """Neither stood in any queue: the clock runs from the answer, not from the day the claim was sent."""
    story = Story().submit(1, "C1").set_(1, None, "A").remitted("C1", status, 0, day=21)
    assert silence(story, D(2026, 2, 20)) == []
    assert silence(story, D(2026, 2, 21)) == [[kind, "C1", 31, 1, 10000]]
    assert silence(story.remitted("C1", "2", 500, (False,), day=22), D(2026, 3, 31)) == []


def test_an_unknown_code_is_no_answer_and_work_by_itself():
    """F9 is in no table: it silenced the clock of the 277CA, and nobody read it."""
    story = Story().submit(1, "C1").set_(1, None, "A").said("C1", "F9", day=7, detail="21")
    assert silence(story, D(2026, 1, 8)) == [["unknown_answer", "C1", 1, 1, 10000]]
    assert [row[0] for row in silence(story, D(2026, 1, 9))] == ["no_277ca", "unknown_answer"]
    assert [row[0] for row in silence(story, D(2026, 2, 6))] == ["no_835"]
    assert silence(story.said("C1", "A2", day=8), D(2026, 1, 9)) == []
    assert [row[0] for row in silence(story.said("C1", "F9", day=8), D(2026, 1, 9))] == ["unknown_answer"]


def test_an_unknown_code_after_the_835_is_no_work():
    story = Story().submit(1, "C1").set_(1, None, "A").remitted("C1", "1", 5).said("C1", "F9", day=25)
    assert silence(story, D(2026, 1, 26)) == []


def test_a_file_that_never_left_is_no_silence():
    assert silence(Story().submit(1, "C1", events=()), D(2026, 3, 1)) == []
