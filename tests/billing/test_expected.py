"""Expected by contract beside allowed: rate methods, which row is for a line, what is an underpayment and why."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from math import floor
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.billing import denials, expected
from tasks.billing.context import among
from tasks.billing.expected import rates
from tests.support.remittance_frames import ledger

DAY = dt.date(2026, 1, 5)


def contract(row_id: str = "K1", **terms: Any) -> dict[str, Any]:
    plain = {
        "payer_id": "ACME",
        "code": "90837",
        "modifier": "",
        "provider_class": "",
        "plan": "",
        "place_group": "",
    }
    return {
        **plain,
        "row_id": row_id,
        "version": 1,
        "effective_from": dt.date(2026, 1, 1),
        "method": "fixed",
    } | terms


def service(line_id: str = "L1", **values: Any) -> dict[str, Any]:
    plain = {"claim_id": "C1", "code": "90837", "service_date": DAY, "units": 1, "charge_cents": 20000}
    return {**plain, "line_id": line_id, **values}


def line(paid: int, *cas: tuple[str, str, int], **values: Any) -> dict[str, Any]:
    """A remitted line of L1 as the payer answered it; the charge is what was paid and adjusted."""
    return {"paid": paid, "cas": cas, "line_id": "L1", **values}


def answer(
    *lines: dict[str, Any], status: str = "1", day: int = 20, cas: tuple[Any, ...] = (), **claim: Any
) -> Any:
    return {"lines": lines, "status": status, "day": dt.date(2026, 1, day), "cas": cas, **claim}


class Office:
    """Our claims of one payer and what it answered, as frames of the ledger."""

    def __init__(self, contracts: list[dict[str, Any]], services: list[dict[str, Any]], **claim: Any) -> None:
        self.contracts = ledger("contracts", *contracts)
        ids = list(dict.fromkeys(str(row["claim_id"]) for row in services))
        plain = {"payer_id": "ACME", "payer_order": "P", "frequency": "1", "place_of_service": "11"}
        plain |= {"rendering_row_id": "P1", "coverage_row_id": "V1", "service_from": DAY}
        self.provider = {"row_id": "P1", "provider_class": claim.pop("provider_class", "PHD")}
        self.supervisor = {"row_id": "P2", "provider_class": claim.pop("supervisor_class", "PHD")}
        self.coverage = {"row_id": "V1", "group_number": claim.pop("plan", "GRP1")}
        self.claims = ledger("claims", *({**plain, "claim_id": each, **claim} for each in ids))
        self.lines = ledger("claim_lines", *services)

    def compare(self, *answers: dict[str, Any]) -> pd.DataFrame:
        claims, lines, adjustments, remittances = [], [], [], []
        for number, said in enumerate(answers, 1):
            of = {"remittance_id": f"R{number}", "remitted_claim_id": f"RC{number}"}
            remittances.append({"remittance_id": of["remittance_id"], "payment_date": said["day"]})
            total = sum(amount for _, _, amount in said["cas"])
            charge = total
            for group, carc, amount in said["cas"]:
                adjustments.append({**of, "group_code": group, "carc": carc, "amount_cents": amount})
            for position, each in enumerate(said["lines"], 1):
                own = {
                    **of,
                    "remitted_line_id": f"RL{number}.{position}",
                    "position": position,
                    "segment": 10 * position,
                }
                line_charge = each["paid"] + sum(amount for _, _, amount in each["cas"])
                charge += line_charge
                own |= {"charge_cents": line_charge, "paid_cents": each["paid"]}
                lines.append(own | {k: v for k, v in each.items() if k not in ("paid", "cas")})
                for group, carc, amount in each["cas"]:
                    key = {**of, "remitted_line_id": own["remitted_line_id"]}
                    adjustments.append({**key, "group_code": group, "carc": carc, "amount_cents": amount})
            charge += said.get("paid", 0)
            paid = said.get("paid", sum(each["paid"] for each in said["lines"]))
            claim = {
                "claim_id": said.get("claim_id", "C1"),
                "status": said["status"],
                "position": 1,
                "segment": 5,
            }
            claims.append({**of, **claim, "charge_cents": charge, "paid_cents": paid})
        for number, row in enumerate(adjustments):
            row["adjustment_id"], row["position"] = f"A{number}", number
        facts = [ledger("remitted_claims", *claims), ledger("remittances", *remittances)]
        facts += [ledger("remitted_lines", *lines), ledger("remitted_adjustments", *adjustments)]
        verdicts = denials.classify(facts[0], facts[2], facts[3])
        seen = expected.observed(*facts, verdicts)
        providers = ledger("providers", self.provider, self.supervisor)
        asked = expected.services(
            seen, self.claims, self.lines, ledger("coverages", self.coverage), providers
        )
        return expected.compare(seen, expected.price(asked, self.contracts), self.contracts)

    def one(self, *answers: dict[str, Any]) -> dict[str, Any]:
        (found,) = self.compare(*answers).to_dict(orient="records")
        return {str(name): value for name, value in found.items()}


def due(terms: dict[str, Any], **values: Any) -> int:
    """Expected cents of one line under one contract row."""
    asked = ledger("claim_lines", service(**values)).assign(
        payer_id="ACME", plan="GRP1", place_group="non_facility"
    )
    asked = asked.assign(provider_class="PHD", supervisor_class="")
    found = expected.price(asked, ledger("contracts", contract(**terms)))
    return int(found["expected_cents"].iloc[0])


def told(found: dict[str, Any]) -> tuple[Any, ...]:
    return found["state"], found["cause"] if isinstance(found["cause"], str) else None


@pytest.mark.parametrize(
    ("terms", "values", "cents"),
    [
        ({"rate_cents": 15000}, {}, 15000),
        ({"rate_cents": 4000}, {"units": 3}, 12000),
        ({"method": "percent_of_fee", "percent_basis_points": 7500}, {}, 15000),
        ({"method": "percent_of_fee", "percent_basis_points": 6667}, {"charge_cents": 5000}, 3334),  # 33.335
        ({"method": "percent_of_fee", "percent_basis_points": 3333}, {"charge_cents": 10000}, 3333),
        (
            {"method": "percent_of_fee", "percent_basis_points": 8000, "rate_cents": 15429},
            {},
            12343,
        ),  # 123.432
        (
            {"method": "percent_of_fee", "percent_basis_points": 8000, "rate_cents": 5001},
            {"units": 2},
            8002,
        ),  # 80.016
        ({"method": "per_diem", "rate_cents": 15000}, {"units": 4}, 15000),  # a session code: one day
        ({"method": "per_diem", "rate_cents": 5000, "code": "H0015"}, {"code": "H0015", "units": 3}, 15000),
        ({"method": "case_rate", "rate_cents": 18000}, {"units": 9}, 18000),
        ({"rate_cents": 15429, "class_basis_points": 7500}, {}, 11572),  # 115.7175: half up, once
        ({"rate_cents": 15429, "class_basis_points": 8500}, {}, 13115),  # 131.1465
        ({"rate_cents": 30000}, {}, 20000),  # the lesser of rate and charge
        ({"rate_cents": 30000, "lesser_of": False}, {}, 30000),
        ({"rate_cents": 20000}, {"units": 0, "charge_cents": 0}, 0),
    ],
)
def test_a_contract_row_comes_to(terms: dict[str, Any], values: dict[str, Any], cents: int) -> None:
    assert due(terms, **values) == cents


@pytest.mark.parametrize(
    ("rows", "claim", "values", "right"),
    [
        # the newest of those whose days cover the service; both days count
        ([{"effective_from": dt.date(2025, 1, 1)}, {}], {}, {}, "K2"),
        ([{"effective_to": dt.date(2026, 1, 5)}], {}, {}, "K1"),
        ([{"effective_from": dt.date(2026, 1, 5)}], {}, {}, "K1"),
        ([{"effective_to": dt.date(2026, 1, 4)}], {}, {}, None),
        ([{"effective_from": dt.date(2026, 1, 6)}], {}, {}, None),
        # another payer's or code's rows are not for it
        ([{"payer_id": "OTHER"}, {"code": "90834"}], {}, {}, None),
        # all the modifiers of the row, the more the better; among equals the first on the line
        ([{}, {"modifier": "95"}], {}, {"modifiers": "95"}, "K2"),
        ([{}, {"modifier": "95"}], {}, {"modifiers": "GT"}, "K1"),
        ([{"modifier": "HO U1"}, {"modifier": "HO"}], {}, {"modifiers": "U1 HO"}, "K1"),
        ([{"modifier": "HO U1"}, {"modifier": "HO"}], {}, {"modifiers": "HO"}, "K2"),
        ([{"modifier": "95"}, {"modifier": "HO"}], {}, {"modifiers": "HO 95"}, "K2"),
        # class, an intern by the supervisor's only where there is none for interns
        ([{}, {"provider_class": "LCSW"}], {"provider_class": "LCSW"}, {}, "K2"),
        ([{}, {"provider_class": "LCSW"}], {"provider_class": "NP"}, {}, "K1"),
        (
            [{}, {"provider_class": "LCSW"}],
            {"provider_class": "INTERN", "supervisor_class": "LCSW", "supervising_row_id": "P2"},
            {},
            "K2",
        ),
        (
            [{"provider_class": "INTERN"}, {"provider_class": "LCSW"}],
            {"provider_class": "INTERN", "supervisor_class": "LCSW", "supervising_row_id": "P2"},
            {},
            "K1",
        ),
        # plan, and place by how it is paid
        ([{}, {"plan": "GRP1"}], {"plan": "GRP1"}, {}, "K2"),
        ([{}, {"plan": "GRP1"}], {"plan": "GRP2"}, {}, "K1"),
        (
            [{"place_group": "facility"}, {"place_group": "non_facility"}],
            {},
            {"place_of_service": "02"},
            "K1",
        ),
        (
            [{"place_group": "facility"}, {"place_group": "non_facility"}],
            {},
            {"place_of_service": "10"},
            "K2",
        ),
        ([{"place_group": "facility"}], {}, {"place_of_service": "11"}, None),
        # plan before modifier before class before place
        ([{"plan": "GRP1"}, {"modifier": "95", "provider_class": "PHD"}], {}, {"modifiers": "95"}, "K1"),
        ([{"provider_class": "PHD"}, {"modifier": "95"}], {}, {"modifiers": "95"}, "K2"),
        ([{"place_group": "non_facility"}, {"provider_class": "PHD"}], {}, {}, "K2"),
    ],
)
def test_the_row_that_is_for_a_line(rows: Any, claim: Any, values: Any, right: str | None) -> None:
    listed = [contract(f"K{number}", rate_cents=10000 + number, **row) for number, row in enumerate(rows, 1)]
    found = Office(listed, [service(**values)], **claim).one(answer(line(10000, ("CO", "45", 10000))))
    assert found["contract_ids"] == right if right else found["state"] == "no_contract"


@pytest.mark.parametrize(
    ("said", "state", "variance"),
    [
        (line(15000, ("CO", "45", 5000)), "as_agreed", 0),
        (line(12000, ("CO", "45", 5000), ("PR", "3", 3000)), "as_agreed", 0),
        (line(0, ("CO", "45", 5000), ("PR", "1", 15000)), "as_agreed", 0),
        (line(14999, ("CO", "45", 5001)), "as_agreed", -1),  # a cent is let pass
        (line(14998, ("CO", "45", 5002)), "under", -2),
        (line(15001, ("CO", "45", 4999)), "as_agreed", 1),
        (line(15002, ("CO", "45", 4998)), "over", 2),
        # what is set apart is no underpayment, stated before or after it
        (line(14700, ("CO", "45", 5000), ("CO", "253", 300)), "as_agreed", 0),
        (line(14700, ("CO", "45", 5000), ("CO", "253", 300), allowed_cents=15000), "as_agreed", 0),
        (line(13500, ("CO", "45", 5000), ("CO", "104", 1500), allowed_cents=13500), "as_agreed", 0),
        (line(13500, ("CO", "45", 5000), ("CO", "245", 1500)), "as_agreed", 0),
        (line(7500, ("CO", "45", 5000), ("CO", "59", 7500), allowed_cents=7500), "as_agreed", 0),
        (line(11760, ("CO", "45", 8000), ("CO", "253", 240), allowed_cents=12000), "under", -3000),
        # AMT*B6 where it is there; never more than the adjustments leave
        (line(14000, ("CO", "45", 6000), allowed_cents=14000), "under", -1000),
        (line(14000, ("CO", "45", 6000), allowed_cents=15000), "under", -1000),
        # beyond the allowed, the patient's (PR-45)
        (line(14000, ("PR", "45", 6000)), "under", -1000),
        # denied, whatever was paid
        (line(0, ("CO", "50", 20000)), "denied", None),
        (line(5000, ("CO", "50", 10000), ("CO", "45", 5000)), "denied", None),
        (line(0, ("CO", "45", 20000)), "denied", None),  # 45 may not be the whole charge
    ],
)
def test_what_is_an_underpayment(said: dict[str, Any], state: str, variance: int | None) -> None:
    found = Office([contract(rate_cents=15000)], [service()]).one(answer(said))
    assert (found["state"], None if pd.isna(found["variance_cents"]) else found["variance_cents"]) == (
        state,
        variance,
    )


@pytest.mark.parametrize(("short", "state"), [(499, "as_agreed"), (500, "as_agreed"), (501, "under")])
def test_the_contracts_tolerance_counts_to_the_cent(short: int, state: str) -> None:
    office = Office([contract(rate_cents=15000, tolerance_cents=500)], [service()])
    assert office.one(answer(line(15000 - short, ("CO", "45", 5000 + short))))["state"] == state


def test_a_tolerance_of_nothing_is_a_cent() -> None:
    office = Office([contract(rate_cents=15000, tolerance_cents=0)], [service()])
    assert office.one(answer(line(14999, ("CO", "45", 5001))))["tolerance_cents"] == 1


def test_what_is_not_known_is_not_compared() -> None:
    without_units = Office([contract(rate_cents=15000)], [service(units=None)])
    assert told(without_units.one(answer(line(100, ("CO", "45", 19900))))) == ("unknown", None)
    without_charge = Office([contract(rate_cents=15000)], [service(charge_cents=None)])
    found = without_charge.one(answer(line(15000, ("CO", "45", 5000))))
    assert found["expected_cents"] == 15000, "the payer's own charge says what was allowed"


def test_another_payers_money_and_voids_are_not_compared() -> None:
    paid = answer(line(100, ("CO", "45", 19900)))
    assert (
        Office([contract(rate_cents=15000)], [service()], payer_order="S").one(paid)["state"] == "secondary"
    )
    second = answer(line(100, ("CO", "45", 19900)), status="2")
    assert Office([contract(rate_cents=15000)], [service()]).one(second)["state"] == "secondary"
    assert Office([contract(rate_cents=15000)], [service()], frequency="8").compare(paid).empty


def test_a_reversal_takes_the_underpayment_with_it_and_a_correction_is_judged_anew() -> None:
    office = Office([contract(rate_cents=15000)], [service()])
    low, right = line(12000, ("CO", "45", 8000)), line(15000, ("CO", "45", 5000))
    back = answer(line(-12000, ("CO", "45", -8000)), status="22", day=25)
    assert office.one(answer(low))["state"] == "under"
    assert office.compare(answer(low), back).empty
    assert office.one(answer(low), back, answer(right, day=25))["state"] == "as_agreed"
    assert office.one(answer(low), answer(right, day=26))["state"] == "as_agreed", (
        "corrected without a reversal"
    )
    again = office.one(answer(right), answer(low, day=26))
    assert (again["state"], again["remitted_line_id"]) == ("under", "RL2.1")


def test_the_parts_of_a_split_line_are_one() -> None:
    office = Office([contract(rate_cents=7500)], [service(units=2)])
    halves = [line(7500, ("CO", "45", 2500)), line(7500, ("CO", "45", 2500))]
    assert office.one(answer(*halves))["state"] == "as_agreed"
    found = office.one(answer(halves[0], line(5000, ("CO", "45", 5000))))
    assert (found["state"], found["variance_cents"], found["expected_cents"]) == ("under", -2500, 15000)


def test_a_line_that_nobody_knows_is_priced_by_what_the_payer_says_was_done() -> None:
    office = Office([contract(rate_cents=4000, code="90853")], [service()])
    units = {"units_paid_thousandths": 2000, "units_submitted_thousandths": 2000}
    said = line(5000, ("CO", "45", 3000), line_id=None, code="90853", **units)
    found = office.one(answer(said))
    assert (found["state"], found["variance_cents"], found["line_id"]) == ("under", -3000, "RL1.1")


def test_a_claim_that_was_answered_as_a_whole_is_compared_as_a_whole() -> None:
    office = Office([contract(rate_cents=15000)], [service("L1"), service("L2")])
    bare = answer(paid=28000, cas=(("CO", "45", 12000),))
    found = office.one(bare)
    assert (found["state"], found["expected_cents"], found["allowed_cents"]) == ("under", 30000, 28000)
    lines = (line(20000), line(20000, line_id="L2"))
    found = office.one(answer(*lines, cas=(("CO", "45", 10000),)))
    assert (found["state"], found["variance_cents"], found["tolerance_cents"]) == ("as_agreed", 0, 2)


def test_a_case_rate_is_due_once_and_on_whichever_line() -> None:
    rows = [
        contract(method="case_rate", rate_cents=25000),
        contract("K2", code="90834", method="case_rate", rate_cents=25000),
    ]
    office = Office(rows, [service("L1"), service("L2", code="90834")])
    first, bundled = line(15000, ("CO", "45", 5000)), line(10000, ("CO", "45", 10000), line_id="L2")
    assert office.one(answer(first, bundled))["state"] == "as_agreed"
    found = office.one(answer(line(20000), line(0, ("CO", "97", 20000), line_id="L2")))
    assert (found["state"], found["variance_cents"], found["cause"]) == ("under", -5000, "below_contract")
    assert office.one(answer(first))["state"] == "waiting"


def test_a_day_rate_is_due_once_a_day_for_each_claim() -> None:
    office = Office(
        [contract(method="per_diem", rate_cents=15000)],
        [service("L1"), service("L2"), service("L3", service_date=dt.date(2026, 1, 6))],
    )
    lines = [line(7500, ("CO", "45", 12500), line_id=each) for each in ("L1", "L2")]
    found = office.compare(answer(*lines, line(15000, ("CO", "45", 5000), line_id="L3")))
    assert found["state"].tolist() == ["as_agreed", "as_agreed"]


def other(row_id: str, **values: Any) -> dict[str, Any]:
    return contract(row_id, **values)


LAST_YEAR = {"effective_from": dt.date(2025, 1, 1), "effective_to": dt.date(2025, 12, 31)}


@pytest.mark.parametrize(
    ("rows", "claim", "values", "allowed", "more", "cause", "shown_by"),
    [
        ([{}], {}, {}, 14000, {}, "below_contract", "K1"),
        ([{}, {"rate_cents": 14000, **LAST_YEAR}], {}, {}, 14000, {}, "old_rate", "K2"),
        ([{}, {"rate_cents": 14000, **LAST_YEAR}], {}, {}, 14001, {}, "below_contract", "K1"),
        (
            [
                {"provider_class": "NP", "class_basis_points": 8500},
                {"provider_class": "LCSW", "class_basis_points": 7500},
            ],
            {"provider_class": "NP"}, {}, 11250, {}, "wrong_class", "K2",
        ),
        ([{"provider_class": "PHD"}, {"rate_cents": 9000}], {}, {}, 9000, {}, "wrong_class", "K2"),
        (
            [{"modifier": "95"}, {"rate_cents": 9000}],
            {}, {"modifiers": "95"}, 9000, {}, "modifier_not_recognised", "K2",
        ),
        (
            [{"place_group": "non_facility"}, {"place_group": "facility", "rate_cents": 9000}],
            {}, {}, 9000, {}, "wrong_place", "K2",
        ),
        ([{"plan": "GRP1"}, {"plan": "GRP2", "rate_cents": 9000}], {}, {}, 9000, {}, "wrong_plan", "K2"),
        # in two respects at once is no proof
        ([{}, {"provider_class": "LCSW", "rate_cents": 9000, **LAST_YEAR}], {}, {}, 9000, {}, "below_contract", "K1"),
        ([{"rate_cents": 5000}], {}, {"units": 3}, 10000, {"units_paid_thousandths": 2000}, "units_not_paid", "K1"),
        ([{"rate_cents": 5000}], {}, {"units": 3}, 5000, {}, "units_not_paid", "K1"),
        ([{"rate_cents": 5000}], {}, {"units": 3}, 10000, {"units_paid_thousandths": 3000}, "below_contract", "K1"),
        ([{"rate_cents": 30000, "lesser_of": False}], {}, {}, 20000, {}, "lesser_of_applied", "K1"),
        ([{}], {}, {}, 14000, {"allowed_cents": 15000}, "allowed_not_paid", "K1"),
        ([{}], {}, {}, 11000, {"code": "90834", "submitted_code": "90837"}, "code_changed", "K1"),
        ([{}], {}, {}, 11000, {"code": "90837", "submitted_code": "90837"}, "below_contract", "K1"),
    ],
)  # fmt: skip
def test_causes_are_exact(
    rows: Any, claim: Any, values: Any, allowed: int, more: Any, cause: str, shown_by: str
) -> None:
    listed = [contract(f"K{number}", **{"rate_cents": 15000, **row}) for number, row in enumerate(rows, 1)]
    cas = (("CO", "45", 20000 - allowed),) if allowed < 20000 else ()
    found = Office(listed, [service(**values)], **claim).one(answer(line(allowed, *cas, **more)))
    assert (found["state"], found["cause"], found["shown_by"]) == ("under", cause, shown_by)


def test_our_fee_below_the_contract_is_ours_to_mend() -> None:
    found = Office([contract(rate_cents=22000)], [service()]).one(answer(line(20000)))
    assert told(found) == ("as_agreed", "fee_below_contract")
    summary = expected.summary(Office([contract(rate_cents=22000)], [service()]).compare(answer(line(20000))))
    assert summary[["cause", "work", "variance_cents"]].values.tolist() == [
        ["fee_below_contract", False, -2000]
    ]


def test_figures_by_payer_and_cause() -> None:
    lines = [service("L1"), service("L2"), service("L3", code="90899"), service("L4")]
    said = [
        line(12000, ("CO", "45", 8000)),
        line(14700, ("CO", "45", 5000), ("CO", "253", 300), line_id="L2"),
        line(9000, ("CO", "45", 11000), line_id="L3"),
        line(16000, ("CO", "45", 4000), line_id="L4"),
    ]
    found = expected.summary(Office([contract(rate_cents=15000)], lines).compare(answer(*said)))
    rows = found.astype(object).where(found.notna(), None).values.tolist()
    assert rows == [
        ["ACME", "below_contract", True, 1, 15000, 12000, -3000],
        ["ACME", "sequestration", False, 1, 15000, 15000, -300],
        ["ACME", "overpaid", False, 1, 15000, 16000, 1000],
        ["ACME", "no_contract", False, 1, None, 9000, None],
    ]


def test_keys_are_looked_up_whatever_is_absent() -> None:
    keys = pd.Series(["A", None, "B"], dtype="str")
    assert among(keys, pd.Series(["B", None], dtype="str")).tolist() == [False, False, True]
    assert among(keys, pd.Series([], dtype="str")).tolist() == [False, False, False]


def test_of_nothing_there_is_nothing() -> None:
    found = Office([], []).compare()
    assert (len(found), list(found.columns)) == (0, list(expected.COMPARED))
    assert expected.summary(found).empty


CENTS = st.integers(1, 50_000)


@st.composite
def priced(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    terms: dict[str, Any] = {
        "method": draw(st.sampled_from(["fixed", "percent_of_fee", "per_diem", "case_rate"]))
    }
    terms |= {"rate_cents": draw(CENTS), "percent_basis_points": draw(st.integers(1, 12_000))}
    terms |= {"class_basis_points": draw(st.none() | st.integers(5_000, 10_000))}
    if terms["method"] == "percent_of_fee" and draw(st.booleans()):
        terms["rate_cents"] = None
    return terms, {"units": draw(st.integers(1, 8)), "charge_cents": draw(st.integers(2, 60_000))}


def by_hand(terms: dict[str, Any], values: dict[str, Any]) -> int:
    """Expected cents, one line at a time, in exact fractions."""
    units, charge, rate = values["units"], values["charge_cents"], terms["rate_cents"]
    base = Fraction(charge if rate is None else rate * units if terms["method"] in PER_UNIT else rate)
    if terms["method"] == "percent_of_fee":
        base = base * terms["percent_basis_points"] / 10_000
    return min(charge, floor(base * (terms["class_basis_points"] or 10_000) / 10_000 + Fraction(1, 2)))


PER_UNIT = ("fixed", "percent_of_fee")


@settings(max_examples=15)
@given(st.lists(st.tuples(priced(), st.integers(-3000, 3000) | st.integers(-2, 2)), min_size=1, max_size=12))
def test_what_is_paid_as_agreed_never_varies_and_variance_is_the_difference(
    drawn: list[tuple[tuple[dict[str, Any], dict[str, Any]], int]],
) -> None:
    contracts, services, answers, right = [], [], [], {}
    for number, ((terms, values), off) in enumerate(drawn):
        charge, amount = values["charge_cents"], by_hand(terms, values)
        allowed = min(max(amount + off, 1), charge)
        own = {"claim_id": f"C{number}", "code": f"X{number:04}"}
        contracts.append(contract(f"K{number}", code=own["code"], **terms))
        services.append(service(f"L{number}", **own, **values))
        cas = (("CO", "45", charge - allowed),) if allowed < charge else ()
        answers.append(answer(line(allowed, *cas, line_id=f"L{number}"), claim_id=own["claim_id"]))
        right[f"L{number}"] = (amount, allowed)
    found = Office(contracts, services).compare(*answers).to_dict(orient="records")
    assert {row["line_id"] for row in found} == set(right)
    for row in found:
        amount, allowed = right[row["line_id"]]
        assert (row["expected_cents"], row["allowed_cents"]) == (amount, allowed)
        assert row["variance_cents"] == allowed - amount
        assert (row["state"] == "as_agreed") == (abs(allowed - amount) <= 1)


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from("ab")), min_size=1, max_size=8),
)
def test_shares_sum_to_the_whole_and_follow_the_one_by_one_split(
    whole: int, parts: list[tuple[int, str]]
) -> None:
    from tasks.billing.money import allocate

    weights = pd.Series([weight for weight, _ in parts], dtype="Int64")
    groups = pd.Series([group for _, group in parts])
    shares = rates.allocate(pd.Series(whole, index=weights.index, dtype="Int64"), weights, groups)
    for group in set(groups):
        mine = weights[groups == group].tolist()
        assert shares[groups == group].tolist() == allocate(whole, mine if sum(mine) else [1] * len(mine))


def test_an_underpayment_vanished_when_the_supplement_answered_the_claim_too():
    """A claim that crossed over keeps its id, and the last word on it was the next payer's."""
    first = answer(line(4000, ("CO", "45", 12000), ("PR", "2", 4000), allowed_cents=8000), status="19")
    second = answer(line(4000, ("OA", "23", 16000)), status="2", day=25)
    office = Office([contract(rate_cents=11000)], [service()])
    assert told(office.one(first)) == ("under", "below_contract")
    assert told(office.one(first, second)) == ("under", "below_contract")
    assert office.one(second)["state"] == "secondary"
