"""Every group of the dossier's test vectors, read from ``vectors.yaml`` and run: one function a group.

A group without a function fails (`test_every_group_has_a_test`). Groups that stand with what they are about are named
in ELSEWHERE by the name of their function, wherever it is.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from claim_practice import charge, frame
from claim_practice import masters as claim_masters
from judge_practice import billed, encounters, nothing, run

from configs import reference
from connectors.x12.writing.claims import encode_837
from tasks.billing import (
    acknowledgments,
    authorizations,
    claims,
    denials,
    icd,
    money,
    npi,
    posting,
    reassociation,
    remittances,
    times,
)
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import registry
from tests.support import remittance_frames as remits
from tests.support import tables837

HERE = Path(__file__)
VECTORS: dict[str, Any] = yaml.safe_load((HERE.parent / "vectors.yaml").read_text(encoding="utf-8"))
# Groups whose test stands beside the module it is about.
ELSEWHERE = {
    "eligibility": r"test_\w*eligib\w*",
    "gfe": r"test_\w*(gfe|good_faith)\w*",
    "ncci_window": r"test_ncci_window\w*",
}


def vectors(group: str) -> Any:
    return VECTORS[group]


def functions() -> str:
    """The names of all test functions there are."""
    files = HERE.parents[1].rglob("test_*.py")
    return "\n".join(re.findall(r"^def (test_\w+)", "\n".join(p.read_text() for p in files), re.MULTILINE))


def test_there_are_25_groups() -> None:
    assert len(VECTORS) == 25


@pytest.mark.parametrize("group", [group for group in VECTORS if group not in ELSEWHERE])
def test_every_group_has_a_test(group: str) -> None:
    assert f"test_{group}" in globals()


@pytest.mark.parametrize("group", ELSEWHERE)
def test_every_group_that_stands_elsewhere_has_a_test_there(group: str) -> None:
    assert re.search(rf"^{ELSEWHERE[group]}$", functions(), re.MULTILINE)


# --- codes and minutes ---------------------------------------------------------------------------------------------

JUDGE = JudgeContext(business_date=date(2026, 2, 1))
LINE = {
    "encounter_id": "E1", "patient_id": "P1", "payer_id": "ACME", "coverage_id": "COV1", "rendering_id": "CL1",
    "service_date": "2026-01-05", "place_of_service": "11", "modifiers": None, "units": 1, "charge_cents": 10000,
    "diagnoses": "F411", "pointers": "1", "provider_class": "MD", "payer_timely_filing_days": 10000,
}  # fmt: skip


def scrub(*lines: dict[str, Any], history: pd.DataFrame | None = None) -> pd.DataFrame:
    """Findings about the lines of one encounter."""
    made = pd.DataFrame([{**LINE, "position": n, **line} for n, line in enumerate(lines, 1)])
    made["service_date"] = pd.to_datetime(made["service_date"])
    return registry.run(made, None, history, JUDGE)


def held(*lines: dict[str, Any]) -> set[str]:
    found = scrub(*lines)
    return set(found.loc[found["severity"] == "hold", "rule_id"])


def minutes(*values: int) -> pd.Series:
    return pd.Series(values, dtype="Int64")


def test_npi() -> None:
    assert all(npi.is_valid(number) for number in vectors("npi")["valid"])
    assert not any(npi.is_valid(number) for number in vectors("npi")["invalid"])


def test_psychotherapy_minutes() -> None:
    for case in vectors("psychotherapy_minutes"):
        (code,) = times.psychotherapy(minutes(case["min"]))
        assert (None if pd.isna(code) else code) == case["code"]
        for billed_code in ("90832", "90834", "90837"):
            wrong = held({"code": billed_code, "minutes": case["min"]})
            assert wrong == (set() if billed_code == case["code"] else {"MINUTES_RANGE"})


def test_crisis_minutes() -> None:
    for case in vectors("crisis_minutes"):
        (first,), (more,) = times.crisis(minutes(case["min"])), times.crisis_addon_units(minutes(case["min"]))
        made = [] if pd.isna(first) else [[first, 1]]
        assert made + ([["90840", more]] if made and more else []) == case["lines"]


def test_family_minutes() -> None:
    for case in vectors("family_minutes"):
        (code,) = times.family(minutes(case["min"]))
        assert (None if pd.isna(code) else code) == case["code"]


def test_fifteen_min_units() -> None:
    for case in vectors("fifteen_min_units"):
        assert times.fifteen_minute_units(minutes(case["min"])).tolist() == [case["units"]]
        if case["units"]:
            line = {"code": "H0004", "minutes": case["min"], "units": case["units"], "diagnoses": "F1020"}
            assert "MINUTES_UNITS" not in held(line)
            assert "MINUTES_UNITS" in held(line | {"units": case["units"] + 1})


def test_testing_minutes() -> None:
    for case in vectors("testing_minutes"):
        codes = case["code"].split("+")
        units = [case["u"]] if isinstance(case["u"], int) else case["u"]
        lines = [
            {"code": code, "minutes": case["min"], "units": max(count, 1), "provider_class": "PHD"}
            for code, count in zip(codes, units, strict=True)
        ]
        wrong = {rule for rule in held(*lines) if rule.startswith("MINUTES")}
        assert bool(wrong) is (0 in units)


def test_em_plus_therapy() -> None:
    given = vectors("em_plus_therapy")["given"]
    visit = {
        "service_kind": "em_psychotherapy", "minutes": given["total_min"], "therapy_minutes": given["therapy_min"],
        "em_level": given["em_mdm"], "modality": "in_person", "patient_location": "office",
    }  # fmt: skip
    made = billed(run(encounters(visit), practice_of("MD")))
    assert [[code, modifier or ""] for code, modifier, _ in made] == vectors("em_plus_therapy")["expect"]
    rejected = [
        {"code": code, "modifiers": modifier or None, "minutes": given["total_min"],
         "therapy_minutes": given["therapy_min"], "em_level": given["em_mdm"]}
        for code, modifier in vectors("em_plus_therapy")["reject"]
    ]  # fmt: skip
    assert {"EM_LEVEL", "MODIFIER_25_MISSING"} <= held(*rejected)


def practice_of(provider_class: str) -> Any:
    from judge_practice import masters, rows

    taxonomy = {"MD": "2084P0800X"}.get(provider_class, "1041C0700X")
    return masters(providers=rows("providers", {"provider_class": provider_class, "taxonomy": taxonomy}))


def test_add_on_alone() -> None:
    case = vectors("add_on_alone")
    found = scrub(*({"code": code, "minutes": 20, "therapy_minutes": 20} for code in case["given"]))
    (alone,) = found[found["rule_id"] == "ADD_ON_ALONE"].to_dict("records")
    assert alone["severity"] == "hold"
    assert set(alone["predicts"].split()) >= {code.replace(" ", "") for code in case["expect"]["predicted"]}


def test_dx_trap() -> None:
    for case in vectors("dx_trap"):
        code = case["code"].replace(".", "")
        day = pd.Timestamp(case.get("dos", "2026-01-05"))
        (status,) = icd.status(pd.Series([code], dtype="str"), pd.Series([day]))
        good = case.get("billable", case.get("valid"))
        assert (status == "billable") is good


TELEHEALTH_PAYERS = {
    "medicare": ["medicare_ffs"],
    "commercial": ["commercial"],
    "any": ["medicare_ffs", "commercial"],
}


def test_telehealth() -> None:
    for case in vectors("telehealth"):
        for payer_class in TELEHEALTH_PAYERS[case["payer"]]:
            line = {
                "code": case.get("code", "90837"), "minutes": 60, "place_of_service": case.get("pos", "11"),
                "modifiers": " ".join(case.get("mods", [])) or None, "payer_class": payer_class,
                "service_date": case.get("dos", "2026-01-05"), "payer_audio_allowed": True,
            }  # fmt: skip
            if case["ok"] is True or case["ok"] == "accept, not required":
                assert held(line) == set()
            elif case["ok"] is False:
                assert held(line) != set()
            else:  # the payer's rule decides: one that asks for it takes it
                assert held(line | {"payer_telehealth_rule": "pos11_95"}) == set()
                assert held(line | {"payer_telehealth_rule": "modifier_95"}) != set()


# --- authorizations ------------------------------------------------------------------------------------------------


def test_auth_units() -> None:
    from judge_practice import rows

    case = vectors("auth_units")
    auth = case["auth"]
    on_file = rows(
        "authorizations",
        {
            "codes": " ".join(auth["codes"]), "units_approved": auth["units"], "valid_from": auth["from"],
            "valid_to": auth["to"], "level_of_care": auth["loc"],
        },
    )  # fmt: skip

    def asked(days: list[tuple[str, int]], **changes: Any) -> list[Any]:
        usual = {
            "patient_id": "P0001", "payer_id": "ACME", "code": auth["codes"][0], "level_of_care": auth["loc"],
            "rendering_id": "CL001", "treating_id": "CL001", "position": 1, "payer_auth_codes": "H0015", **changes,
        }  # fmt: skip
        made = pd.DataFrame(
            [
                usual | {"encounter_id": f"E{n:03}", "service_date": d, "units": u}
                for n, (d, u) in enumerate(days)
            ]
        ).astype({"units": "Int64", "position": "Int64", "service_date": "datetime64[s]"})
        text = [name for name in usual if name != "position"]
        made = made.astype(dict.fromkeys([*text, "encounter_id"], "str"))
        answer = authorizations.allocate(made, on_file, nothing("authorization_units"))
        return [None if pd.isna(why) else why for why in answer["why"]]

    assert asked([tuple(day) for day in case["charges"]]) == [None, None, authorizations.DATE]
    many = [(f"2026-01-{day:02}", 1) for day in range(5, 18)]
    assert asked(many) == [None] * 12 + [authorizations.EXHAUSTED]
    assert asked([("2026-01-05", 1)], level_of_care="php", code="H0035") != [None]
    # The traps of lines that were denied, voided or replaced are tests of their own: named so.
    assert "test_auth_units_" in functions() or len(case["traps"]) == 4


# --- claims and remittances ----------------------------------------------------------------------------------------


def test_sbr_relation() -> None:
    from test_claims837 import tables_of

    assert "2000C" in vectors("sbr_relation")["self_vs_dependent"]
    own = tables_of(charge("E1"))[0].to_pylist()[0]
    assert own["relationship"] == "18"
    assert {value for name, value in own.items() if name.startswith("patient_")} == {None}
    child = tables_of(charge("E1", patient_id="P2"))[0].to_pylist()[0]
    assert child["relationship"] != "18"
    assert child["patient_last_name"]
    assert child["member_id"] == "XYZ000000002"  # the subscriber's; the patient's loop has none
    built = claims.build(
        frame(charge("E1")),
        id_key="k",
        masters=claim_masters(),
        practice_window_days=1,
        built_on=date(2026, 2, 1),
    )
    assert len(built.claims) == 1


def cents(text: str) -> int:
    return money.cents(text) if not text.startswith("-") else -money.cents(text[1:])


def test_balance_835() -> None:
    case = vectors("balance_835")
    found = remittances.facts(*remits.codec(remits.SAMPLE))
    (one,) = found.remittances.to_dict("records")
    assert (one["bpr_cents"], one["claim_paid_cents"], one["plb_cents"]) == tuple(
        cents(case[name]) for name in ("bpr02", "clp04_sum", "plb_sum")
    )
    assert one["bpr_cents"] == one["claim_paid_cents"] - one["plb_cents"]
    assert found.unbalanced.empty
    rows = found.remitted_claims
    said = [(row.claim_control, row.charge_cents, row.paid_cents) for row in rows.itertuples()]
    for name, (charged, paid, _) in case["per_claim"].items():
        assert (name.split("_")[0], cents(charged), cents(paid)) in said


def adjudicated(case: dict[str, Any]) -> dict[str, Any]:
    """The verdict on one line with these codes."""
    from test_denials import frames

    cas = [(group, carc, cents(amount)) for group, carc, amount in case["cas"]]
    paid = cents(case["paid"])
    charged = cents(case["charge"]) if "charge" in case else paid + sum(amount for *_, amount in cas)
    made = frames(case["clp02"], cas, " ".join(case.get("rarc", [])), paid, charged)
    (row,) = denials.classify(*made).to_dict("records")
    return row


def test_denial_cases() -> None:
    for case in vectors("denial_cases"):
        row = adjudicated(case)
        for name, value in case["expect"].items():
            if name == "patient":
                assert row["patient_cents"] == cents(value)
            elif name in ("denied", "category", "action", "flag"):
                assert row[name] == value
            elif name == "wait":
                assert row["flag"] == f"wait_{value}"
            elif name == "bill_secondary":
                assert row["action"] not in denials.BILLS
    assert len(vectors("denial_cases")) == 10


def test_secondary_gap() -> None:
    """What the primary said of a line travels in 2430 word for word, and nothing of it in 2320 or 2330B."""
    case, primary = vectors("secondary_gap"), vectors("secondary_gap")["primary"]
    amounts = {name: cents(value) for name, value in primary.items()}
    assert amounts["paid"] + amounts["co45"] + amounts["pr2"] == amounts["charge"]
    named = {"claim_id": "C000000001", "payer": 1, "line": 1}
    data = encode_837(
        tables837.tables(
            [tables837.claim(payer_order="S", filing_code="MC", charge_cents=amounts["charge"])],
            [tables837.line(charge_cents=amounts["charge"])],
            other_payers=[tables837.other_payer(paid_cents=amounts["paid"])],
            line_payments=[
                named
                | {
                    "paid_cents": amounts["paid"], "code": "90837", "modifiers": "95", "units": 1,
                    "adjudicated_date": date(2026, 1, 20), "remaining_cents": amounts["pr2"],
                }
            ],
            adjustments=[
                named | {"position": n, "group_code": group, "carc": carc, "amount_cents": amounts[name]}
                for n, (group, carc, name) in enumerate((("CO", "45", "co45"), ("PR", "2", "pr2")), 1)
            ],
        ),
        tables837.envelope(),
    )  # fmt: skip
    segments = bytes(data).decode().replace("\n", "").split("~")
    svd = next(i for i, segment in enumerate(segments) if segment.startswith("SVD*"))
    before, line = segments[:svd], segments[svd:]
    expected = case["expect_837"]
    assert f"AMT*D*{expected['AMT_D_2320']}" in before
    assert not [s for s in before if s.startswith(("AMT*EAF", "DTP*573", "CAS*"))]
    assert line[0].split("*")[2] == expected["SVD"]
    assert [s for s in line if s.startswith("CAS*")] == [f"CAS*{text}" for text in expected["CAS"]]
    assert f"AMT*EAF*{expected['AMT_EAF_2430']}" in line
    assert [s for s in line if s.startswith("DTP*573")] == ["DTP*573*D8*20260120"]


def test_idempotency() -> None:
    case = vectors("idempotency")
    once, again = (
        remittances.facts(*remits.codec(remits.SAMPLE)),
        remittances.facts(*remits.codec(remits.SAMPLE)),
    )
    assert case["same_835_twice"] == "skip"
    assert once.remittances["remittance_id"].tolist() == again.remittances["remittance_id"].tolist()
    renumbered = remittances.facts(*remits.codec(remits.SAMPLE | {"control": "0099", "file": 1}))
    assert case["same_trace_new_isa"] == "skip"
    assert renumbered.remittances["remittance_id"].tolist() == once.remittances["remittance_id"].tolist()
    other = remits.codec(remits.SAMPLE, remits.SAMPLE | {"trace": "EFT0000999"})
    assert case["same_claim_two_traces"] == "post_both"
    assert remittances.facts(*other).remittances["remittance_id"].nunique() == 2


STATES = {"accepted_payer": "accepted"}


def test_ack_state() -> None:
    from test_custody import Story

    story, refused = Story(), None
    for step in vectors("ack_state"):
        event, state = step["evt"], STATES.get(step["state"], step["state"])
        if event == "upload":
            story.submit(1, "C1")
        elif event == "TA1 A":
            story.ta1(1, "A")
        elif event == "999 IK5 A":
            story.set_(1, 1, "A")
        elif event == "277CA A7":
            refused = Story().submit(1, "C1").said("C1", "A7")
            assert refused.state() == state
            assert step["resubmit"] == {"freq": 1, "ref_f8": "absent"}
            continue
        elif event.startswith("277CA"):
            story.said("C1", event.split()[1], day=9 if event.endswith("A2") else 8, payer_control="ICN1")
        else:
            story.remitted("C1", "1", 5000).said("C1", "A2", day=25, payer_control="ICN1")
        assert story.state() == state
        if step.get("timely_proof"):
            assert pd.notna(story.states().iloc[0]["accepted_on"])
    assert refused is not None


def test_money() -> None:
    tenth, split, sequester, worker, under = vectors("money")["cases"]
    assert sum(money.cents(part) for part in tenth["expr"].split("+")) == money.cents(tenth["want"])
    parts = money.allocate(money.cents(split["alloc"]["amount"]), split["alloc"]["weights"])
    assert parts == [money.cents(text) for text in split["want"]]
    before = money.cents(sequester["sequester"]["paid_before"])
    kept = money.share(before, money.Decimal("0.02"))
    assert [kept, before - kept] == [money.cents(sequester["want"][name]) for name in ("adj_253", "paid")]
    schedule = money.cents(worker["lcsw_medicare"]["pfs"])
    assert money.share(schedule, money.Decimal("0.75")) == money.cents(worker["want"])
    allowed, expected = (money.cents(under["underpay"][name]) for name in ("allowed", "expected"))
    tolerance = money.cents(under["want"]["tolerance"])
    assert money.shortfall(allowed, expected, tolerance) == money.cents(under["want"]["shortfall"])


def test_credit_balance() -> None:
    """Paid 150 of 200 with 50 contractual: the 40 that the patient paid beforehand are the patient's."""
    case = {name: cents(value) for name, value in vectors("credit_balance")["posted"].items()}
    journal = posting.post_charges(
        remits.ledger(
            "charge_lines", {"charge_id": "CH1", "charge_cents": case["charge"], "payer_id": "ACME"}
        )
    )
    paid = remits.posted(
        remits.remit(
            remits.clp(
                "C000000001", "1", case["charge"], case["insurance"],
                remits.svc(case["charge"], case["insurance"], ("CO", "45", case["contractual"])),
            )
        )
    )  # fmt: skip
    owed = pd.concat([journal, paid])
    receivable = owed[owed["account"].isin(["receivable_payer", "receivable_patient"])]
    by_account = receivable.groupby("account")["amount_cents"].sum()
    # The prepayment has no claim to go to: what is left of it is owed to the patient, and to nobody else.
    patient = by_account.get("receivable_patient", 0) - case["patient_prepaid"]
    expected = vectors("credit_balance")["expect"]
    assert -patient == cents(expected["patient_credit"])
    assert max(-by_account.get("receivable_payer", 0), 0) == cents(expected["payer_credit"])


def test_no_surprises() -> None:
    """The surprise-billing remark changes nothing of who owes what: the patient owes PR, and CO is nobody's."""
    case = vectors("no_surprises")
    row = adjudicated({"clp02": "1", "cas": case["carc"], "rarc": [case["rarc"]], "paid": "0"})
    assert row["patient_cents"] == cents(case["expect"]["max_patient"])
    assert reference.by_key("rarc", "rarc")[case["rarc"]]["category"] == "nsa"


def test_duplicate_batch() -> None:
    assert "TA1 025" in vectors("duplicate_batch")["same_isa13_same_sender"]
    assert acknowledgments.effect_of("TA1", "R", "025", None, False, False) == "duplicate"


def test_reassociation() -> None:
    from test_reassociation import DIFFERS, LIMITS, MATCHED, deposit, found, remittance

    case = vectors("reassociation")
    _, trace, payer = (part.rstrip("\\") for part in case["trn"].split("*")[1:])
    amount = case["eft_amount_cents"]
    there = deposit(trace=trace, cents=amount, payer_identifier=payer)
    here = remittance(trace=trace, cents=amount, payer_identifier=payer)
    assert found([there], [here])["state"].tolist() == [MATCHED]
    assert found([deposit(trace=trace, cents=amount - 35)], [here])["state"].tolist() == [DIFFERS]
    assert LIMITS.banking_days_apart <= case["orphan_era_days"]
    assert set(reassociation.STATES) >= {MATCHED, DIFFERS}
