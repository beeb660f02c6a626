"""The cases of an 837, each a part that can be put together with others: what claims of both guides are made of.

`professional` and `institutional` are lists of *aspects*; a claim takes one option of each. An option changes the
claim, its lines, and adds rows to the other tables. `batch` puts claims together from the options' numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyarrow as pa

from connectors.x12.tables837 import TABLES_837
from tests.support import tables837 as plain
from tests.support.tables837 import BILLING, CHILD, DAY, STAY, SUPERVISING

Rows = dict[str, list[dict[str, Any]]]
Option = Callable[[Rows, int], None]  # changes the rows of the claim of that number


def _claim(**changes: Any) -> Option:
    def change(rows: Rows, number: int) -> None:
        rows["claims"][-1].update(changes)

    return change


def _line(**changes: Any) -> Option:
    """Changes of the first line."""

    def change(rows: Rows, number: int) -> None:
        rows["lines"][0].update(changes)

    return change


def _both(*options: Option) -> Option:
    def change(rows: Rows, number: int) -> None:
        for option in options:
            option(rows, number)

    return change


def _address(prefix: str, **more: Any) -> dict[str, Any]:
    given = {"street": "7 SAMPLE PIKE", "city": "SPRINGFIELD", "state": "IL", "zip": "627010009", **more}
    return {f"{prefix}_{name}": value for name, value in given.items()}


def _person(prefix: str, **more: Any) -> dict[str, Any]:
    given = {"last_name": "POE", "first_name": "DANA", "npi": "1679576722", **more}
    return {f"{prefix}_{name}": value for name, value in given.items()}


NOTHING: Option = _claim()
FACILITY = {"facility_name": "EXAMPLE CLINIC", **_address("facility")}

# --- other payers --------------------------------------------------------------------------------------------------


def _line_level(position: int = 1, order: str = "P", **changes: Any) -> Option:
    """The payer decided line by line: 60 of each line, 25 contractual, the rest the patient's."""

    def change(rows: Rows, number: int) -> None:
        lines, payer = rows["lines"], f"8888{position}"
        paid = [line["charge_cents"] * 60 // 100 for line in lines]
        rows["other_payers"].append(
            plain.other_payer(
                number,
                position,
                payer_order=order,
                payer_id=payer,
                paid_cents=sum(paid),
                payer_control=f"ICN{number}{order}",
                **changes,
            )
        )
        for line, cents in zip(lines, paid, strict=True):
            owed = line["charge_cents"] - cents
            contract = owed // 2
            rows["line_payments"].append(
                {
                    "claim_id": line["claim_id"],
                    "line": line["position"],
                    "payer": position,
                    "paid_cents": cents,
                    "code": line.get("code"),
                    "modifiers": line.get("modifiers"),
                    "revenue_code": line.get("revenue_code"),
                    "units": line["units"],
                    "adjudicated_date": DAY(2026, 1, 20),
                    "remaining_cents": owed - contract,
                }
            )
            reasons = [("CO", "45", contract), ("PR", "2", owed - contract)]
            _adjust(rows, line["claim_id"], position, line["position"], reasons)

    return change


def _adjust(
    rows: Rows, claim_id: str, payer: int, line: int | None, reasons: Sequence[tuple[str, str, int]]
) -> None:
    for place, (group, carc, cents) in enumerate(reasons, 1):
        rows["adjustments"].append(
            {
                "claim_id": claim_id,
                "payer": payer,
                "line": line,
                "position": place,
                "group_code": group,
                "carc": carc,
                "amount_cents": cents,
                "quantity_thousandths": 1500 if carc == "96" else None,
            }
        )


def _claim_level(rows: Rows, number: int) -> None:
    """The payer decided about the claim as a whole, for many reasons, one of which raises the payment."""
    claim = rows["claims"][-1]
    rows["other_payers"].append(
        plain.other_payer(
            number,
            paid_cents=5050,
            remaining_cents=1000,
            adjudicated_date=DAY(2026, 1, 21),
            remarks="MA01 N130",
            benefits_assigned="N",
            release="I",
            **_address("insured", street_2="UNIT 4"),
        )
    )
    rest = claim["charge_cents"] - 5050 - 1000 - 600 + 300
    reasons = [("CO", str(carc), 100) for carc in (45, 50, 59, 96, 97, 119)]
    reasons += [("CO", "94", -300), ("OA", "23", rest), ("PR", "1", 1000)]
    _adjust(rows, claim["claim_id"], 1, None, reasons)


def _never_billed(rows: Rows, number: int) -> None:
    cents = rows["claims"][-1]["charge_cents"]
    rows["other_payers"].append(plain.other_payer(number, noncovered_cents=cents, group_name="EXAMPLE WORKS"))


def _later(rows: Rows, number: int) -> None:
    """A payer that comes after the destination payer."""
    rows["other_payers"].append(
        plain.other_payer(
            number, payer_order="T", relationship="01", insured_suffix="JR", insured_middle_name="Q"
        )
    )


_SECOND = _claim(payer_order="S", filing_code="MC")
COORDINATION: tuple[Option, ...] = (
    NOTHING,
    _both(_SECOND, _line_level()),
    _both(_SECOND, _claim_level),
    _both(_claim(payer_order="T", filing_code="MC"), _line_level(), _line_level(2, "S", filing_code="MB")),
    _both(_SECOND, _never_billed),
    _later,
)


def _attachments(rows: Rows, number: int) -> None:
    kinds = [("OZ", "EL", "ATT1"), ("B3", "AA", None), *(("OZ", "FX", f"F{n}") for n in range(8))]
    rows["attachments"] += [
        {
            "claim_id": rows["claims"][-1]["claim_id"],
            "position": place,
            "report_type": report,
            "transmission": way,
            "control": control,
        }
        for place, (report, way, control) in enumerate(kinds, 1)
    ]


def _codes(*listed: tuple[Any, ...]) -> Option:
    """Rows of claim_codes: qualifier, code, from, to, cents."""

    def change(rows: Rows, number: int) -> None:
        count: dict[str, int] = {}
        for qualifier, code, *rest in listed:
            count[qualifier] = count.get(qualifier, 0) + 1
            names = ("date_from", "date_to", "amount_cents")
            rows["claim_codes"].append(
                {
                    "claim_id": rows["claims"][-1]["claim_id"],
                    "qualifier": qualifier,
                    "position": count[qualifier],
                    "code": code,
                    **dict(zip(names, rest, strict=False)),
                }
            )

    return change


def _more_lines(make: Callable[..., dict[str, Any]], count: int, **changes: Any) -> Option:
    def change(rows: Rows, number: int) -> None:
        rows["lines"] += [make(number, n + 2, **changes) for n in range(count)]
        rows["claims"][-1]["charge_cents"] = sum(line["charge_cents"] for line in rows["lines"])

    return change


SUBSCRIBERS: tuple[Option, ...] = (
    NOTHING,
    _claim(**CHILD),
    _claim(
        **{**CHILD, "relationship": "01"},
        patient_middle_name="LEE",
        patient_suffix="III",
        patient_street_2="REAR",
        **dict.fromkeys(f"subscriber_{p}" for p in ("street", "city", "state", "zip", "birth_date", "sex")),
    ),
    _claim(
        subscriber_middle_name="Q",
        subscriber_suffix="SR",
        subscriber_street_2="APT 2",
        group_number=None,
        group_name="EXAMPLE WORKS",
    ),
    _claim(**_address("payer", street_2="DEPT 5"), billing_legacy_id="LEGACY1"),
    _claim(subscriber_suffix="JR"),
)
BILLERS: tuple[Option, ...] = (
    NOTHING,
    _claim(**_address("pay_to", street="PO BOX 9", street_2="STE 1")),
    _claim(billing_street_2="FLOOR 3", billing_npi="1003000126"),
)
FREQUENCIES: tuple[Option, ...] = (
    NOTHING,
    _claim(frequency="7", original_reference="PAYERICN0001"),
    _claim(frequency="8", original_reference="PAYERICN0002", authorization="AUTH12345"),
    _claim(authorization="AUTH12345", referral="REFER9", medical_record="MR77", clearinghouse_trace="TRACE1"),
    _claim(note="PATIENT SEEN AT HOME", delay_reason="11"),
    _claim(accept_assignment="C", benefits_assigned="N", release="I"),
)

professional: tuple[tuple[Option, ...], ...] = (
    (
        *BILLERS,
        _claim(billing_name="ROE", billing_first_name="JORDAN", billing_tax_qualifier="SY"),
        _claim(billing_name="ROE", billing_first_name="JORDAN", **_address("pay_to", street="PO BOX 9")),
    ),
    (*SUBSCRIBERS, _claim(payer_order="S", filing_code="MB", msp_type="12")),
    FREQUENCIES,
    COORDINATION,
    (
        NOTHING,
        _claim(place_of_service="21", admission_date=DAY(2026, 1, 2), discharge_date=DAY(2026, 1, 9)),
        _claim(onset_date=DAY(2025, 12, 1), initial_treatment_date=DAY(2025, 12, 9), patient_paid_cents=2005),
        _claim(diagnoses="F411 F331 F4310 F902 F913 F1020 F840 F500 F603 F429 Z590 Z560"),
        _both(_claim(diagnoses="F411"), _line(pointers="1")),
    ),
    (
        NOTHING,
        _claim(**SUPERVISING, supervising_middle_name="M"),
        _claim(**_person("referring", suffix="JR")),
        _claim(**FACILITY, facility_npi="1679576722", facility_street_2="WING B"),
        _claim(**FACILITY, **_person("referring"), **SUPERVISING),
        _claim(
            rendering_npi=BILLING["billing_npi"],
            billing_npi=BILLING["billing_npi"],
            rendering_last_name=None,
            rendering_first_name=None,
            rendering_taxonomy=None,
        ),
        _claim(rendering_middle_name="A", rendering_suffix="MD"),
    ),
    (NOTHING, _attachments, _codes(*(("BG", f"{n:02d}") for n in range(1, 25)))),
    (
        NOTHING,
        _line(modifiers="25 59 HO 95", description="LONG VISIT"),
        _line(
            modifiers=None,
            description="SHORT VISIT",
            authorization="LINEAUTH",
            note="SEEN LATE",
            pointers="1",
        ),
        _line(service_to=DAY(2026, 1, 9), units=5, place_of_service="11"),
        _line(
            unit="MJ", units=53, modifiers=None, pointers="1", **_person("rendering", taxonomy="1041C0700X")
        ),
        _line(**_person("supervising"), **_person("ordering", middle_name="B")),
        _line(**_person("rendering", suffix="PHD")),
        _line(modifiers="GT HO", description="ZERO", pointers="1"),
    ),
    (
        NOTHING,
        _more_lines(plain.line, 2, charge_cents=4205, pointers="1"),
        _more_lines(plain.line, 49, pointers="1"),
    ),
)

institutional: tuple[tuple[Option, ...], ...] = (
    BILLERS,
    SUBSCRIBERS,
    (
        *FREQUENCIES,
        _claim(frequency="2", patient_status="30"),
        _claim(frequency="Q", original_reference="PAYERICN0003"),
        _claim(patient_due_cents=1500),
    ),
    COORDINATION,
    (
        _codes(("BG", "41")),
        _both(
            _claim(type_of_bill="76"),
            _line(revenue_code="0905", code="S9480"),
            _codes(("BG", "92"), ("BH", "11", DAY(2026, 1, 1))),
        ),
        _line(revenue_code="0906", code="H0015", modifiers="HF", service_to=DAY(2026, 1, 5)),
        _both(
            _claim(**{**STAY, "type_of_bill": "86"}),
            _line(revenue_code="1001", code="H0019", unit="DA", units=7, service_to=DAY(2026, 1, 8)),
        ),
        _both(
            _claim(**STAY, present_on_admission="Y N", drg="885", external_causes="X781 Y929"),
            _line(
                revenue_code="0124", code=None, unit="DA", units=7, service_from=None, noncovered_cents=505
            ),
            _codes(
                ("BBR", "GZB4ZZZ", DAY(2026, 1, 4)),
                ("BBQ", "GZ56ZZZ", DAY(2026, 1, 5)),
                ("BI", "70", DAY(2026, 1, 2), DAY(2026, 1, 9)),
                *(("BH", f"A{n % 10}", DAY(2026, 1, 2)) for n in range(14)),
                ("BE", "80", None, None, 700),
                ("BE", "01", None, None, 95005),
                ("TC", "A1"),
            ),
        ),
        _both(
            _claim(
                **{**STAY, "admission_hour": None, "type_of_bill": "18"},
                diagnoses=" ".join(["F332", *(f"F{n}" for n in range(200, 224))]),
                present_on_admission=" ".join(["-"] * 3 + ["W"] * 22),
            ),
            _line(revenue_code="0204", code=None, service_from=None),
        ),
        _both(
            _claim(reason_diagnoses="R4589 F410 R45851", diagnoses="F332"), _line(description="DAY PROGRAM")
        ),
    ),
    (
        NOTHING,
        _claim(**_person("operating"), attending_taxonomy=None),
        _claim(**_person("rendering", middle_name="J"), **_person("referring")),
        _claim(**FACILITY),
        _claim(**FACILITY, facility_npi="1679576722", **_person("referring", suffix="II")),
    ),
    (NOTHING, _attachments),
    (
        NOTHING,
        _line(**_person("rendering")),
        _line(code="H0035", modifiers="HE HQ", description="GROUP", noncovered_cents=1),
    ),
    (NOTHING, _more_lines(plain.revenue_line, 2, charge_cents=4205), _more_lines(plain.revenue_line, 60)),
)

ASPECTS = {"837P": professional, "837I": institutional}


def pairs(kind: str, seed: int) -> list[list[int]]:
    """Choices among which every two options of different aspects stand together in some claim."""
    sizes = [len(aspect) for aspect in ASPECTS[kind]]
    left = {
        (one, a, two, b)
        for one in range(len(sizes))
        for two in range(one + 1, len(sizes))
        for a in range(sizes[one])
        for b in range(sizes[two])
    }
    chance, chosen = random.Random(seed), []
    while left:
        one, a, two, b = min(left)
        tries = []
        for _ in range(20):
            choice = [chance.randrange(size) for size in sizes]
            choice[one], choice[two] = a, b
            new = {pair for pair in left if choice[pair[0]] == pair[1] and choice[pair[2]] == pair[3]}
            tries.append((len(new), choice, new))
        _, choice, new = max(tries, key=lambda each: each[0])
        chosen.append(choice)
        left -= new
    return chosen


def batch(
    kind: str, choices: Iterable[Sequence[int]], changes: Sequence[dict[str, dict[str, Any]]] = ()
) -> dict[str, pa.Table]:
    """Tables of one claim for each choice of an option in every aspect.

    `changes` are made to a claim and its first line before the options have their turn.
    """
    aspects = ASPECTS[kind]
    claim, line = (plain.claim, plain.line) if kind == "837P" else (plain.institutional, plain.revenue_line)
    together: Rows = {name: [] for name in TABLES_837}
    for number, choice in enumerate(choices, 1):
        change = changes[number - 1] if changes else {"claims": {}, "lines": {}}
        rows: Rows = {name: [] for name in TABLES_837}
        rows["claims"].append(claim(number, **change["claims"]))
        rows["lines"].append(line(number, **change["lines"]))
        # Lines are made before other payers decide about them.
        for aspect in sorted(range(len(aspects)), key=lambda n: aspects[n] is COORDINATION):
            aspects[aspect][choice[aspect] % len(aspects[aspect])](rows, number)
        for name, added in rows.items():
            together[name] += added
    return plain.tables(together.pop("claims"), together.pop("lines"), **together)


# --- the canonical form --------------------------------------------------------------------------------------------

_ORDER = {
    "claims": (),
    "lines": ("position",),
    "other_payers": ("position",),
    "line_payments": ("line", "payer"),
    "adjustments": ("line", "payer", "position"),
    "claim_codes": ("qualifier", "position"),
    "attachments": ("position",),
}


def ordered(tables: dict[str, pa.Table]) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table by claim and by their places in it."""
    return {
        name: sorted(
            tables[name].to_pylist(),
            key=lambda row: (
                (row["claim_id"], *((row[k] is not None, row[k] or 0) for k in by if k != "qualifier"))
                if "qualifier" not in by
                else (row["claim_id"], row["qualifier"], row["position"])
            ),
        )
        for name, by in _ORDER.items()
    }


def canonical(tables: dict[str, pa.Table], kind: str) -> dict[str, list[dict[str, Any]]]:
    """What comes back of tables that were written: `reading.claims` says how it differs from what was given."""
    rows = ordered(tables)
    places = {}
    for claim in rows["claims"]:
        _fill(claim, billing_tax_qualifier="EI", accept_assignment="A", benefits_assigned="Y", release="Y")
        places[claim["claim_id"]] = claim["place_of_service"]
        if claim["frequency"] not in ("7", "8", "Q"):
            claim["original_reference"] = None
        if claim["relationship"] == "18":
            claim.update({name: None for name in claim if name.startswith("patient_") and name in _PATIENT})
        if kind == "837P" and claim["rendering_npi"] == claim["billing_npi"]:
            claim.update(
                {name: None for name in claim if name.startswith("rendering_") and name != "rendering_npi"}
            )
    for line in rows["lines"]:
        _fill(line, unit="UN", service_to=line["service_from"])
        if kind == "837P":
            _fill(line, place_of_service=places[line["claim_id"]])
    for payer in rows["other_payers"]:
        _fill(payer, benefits_assigned="Y", release="Y")
    return rows


_PATIENT = {name for name in plain.CHILD if name.startswith("patient_")} | {
    f"patient_{part}" for part in ("middle_name", "suffix", "street_2")
}


def _fill(row: dict[str, Any], **defaults: Any) -> None:
    row.update({name: value for name, value in defaults.items() if row[name] is None})
