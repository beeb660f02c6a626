"""Letters: every argument says what is on file, says nothing of what is not, and leaves no hole."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from jinja2 import UndefinedError

from configs import letters, reference
from tasks.billing.appeals import arguments, letter, levels
from tasks.billing.appeals.case import Authorization, Case, Filing, Person, Rate, Reason, Service

DAY = dt.date(2026, 1, 5)
SERVICE = Service(
    DAY, "90837", "95", "individual psychotherapy", 1, 55, 53, 20_000, 0, "90837",
    (Reason("CO-50", "not medically necessary", 20_000, (("N661", "record does not support necessity"),)),), True,
)  # fmt: skip


def case(argument: str, **values: object) -> Case:
    """A case with nothing on file that it could do without."""
    level = levels.level("contract", 1)
    assert level is not None
    plain = Case(
        appeal_id="A" * 32, level=level, argument=arguments.arguments()[argument],
        amount_cents=20_000, payer="EXAMPLE HEALTH PLAN", payer_lines=(), practice="EXAMPLE GROUP",
        practice_npi="1234567893", practice_tax_id="123456789", contact="Billing Office", phone="5555550100",
        patient=Person("ALEX TESTER", dt.date(1990, 1, 1), "XYZ1", None, None, None), claim_id="C1",
        payer_control=None, service_from=DAY, service_to=DAY, charge_cents=20_000, clinician="PAT DOE, LCSW",
        clinician_npi="1245319599", answered_on=dt.date(2026, 1, 21), trace="EFT1", reference=None,
        services=(SERVICE,), filing=Filing(None, None, None, None, None),
    )  # fmt: skip
    return dataclasses.replace(plain, **values)  # type: ignore[arg-type]


def words(made: Case) -> str:
    return "\n".join(part.text for part in letter.compose(made, letters.sources("appeals")))


FULL = {
    "filing": Filing(90, dt.date(2026, 4, 5), DAY, dt.date(2026, 1, 13), "ICN1"),
    "authorizations": (Authorization("AUTH1", "90837", DAY, dt.date(2026, 6, 30), 12),),
    "rates": (Rate(DAY, "90837", "old_rate", "fixed $150.00", 15_000, 14_000),),
    "statement": "The plan was followed.",
    "patient": Person("ALEX TESTER", dt.date(1990, 1, 1), "XYZ1", "GRP1", DAY, None),
}


@pytest.mark.parametrize("name", arguments.arguments())
@pytest.mark.parametrize("values", [{}, FULL], ids=["bare", "full"])
def test_every_argument_has_a_letter_without_holes(name, values):
    parts = letter.compose(case(name, **values), letters.sources("appeals"))
    text = "\n".join(part.text for part in parts)
    assert not re.search(r"\bNone\b|[{}]|\[\[|\s[.,;]", text), text
    places = [part.text for part in parts if part.kind == "place"]
    assert places[0] == "services"
    assert places[-2:] == ["enclosures", "signature"]
    assert "$200.00" in text
    assert "ALEX TESTER" not in text  # the patient stands in the box above the letter, once


def test_every_template_is_an_argument_and_every_enclosure_is_known():
    assert set(letters.sources("appeals")) == {letter.FRAME, *arguments.arguments()}
    for one in arguments.arguments().values():
        assert set(one.enclosures) <= set(arguments.enclosures())


def test_codes_of_arguments_are_codes_of_the_tables():
    carcs, rarcs = reference.by_key("carc", "carc"), reference.by_key("rarc", "rarc")
    for one in arguments.arguments().values():
        assert one.carcs <= set(carcs)
        assert one.rarcs <= set(rarcs)


@pytest.mark.parametrize(
    ("category", "carcs", "rarcs", "expected"),
    [
        ("timely_filing", ["29"], [], "timely_filing"),
        ("benefit_max", ["119"], [], "parity"),
        ("benefit_max", ["151"], [], "medical_necessity"),  # a code says more than its category
        ("contractual", ["186"], [], "level_of_care"),
        ("auth_missing", ["16"], ["N54"], "level_of_care"),
        ("bundling", ["16"], ["M15"], "bundling"),
        ("cob", ["22"], [], "eligibility"),
        ("old_rate", ["45"], [], "underpayment"),
        ("moon", ["999"], [], "generic"),
    ],
)
def test_the_argument_follows_carc_then_rarc_then_category(category, carcs, rarcs, expected):
    assert arguments.argument_for(category, carcs, rarcs).name == expected


def test_what_cannot_be_appealed_says_what_to_do_instead():
    assert "frequency 1" in str(arguments.refusal("rejection_like", ["16"], insists=True))
    assert "CARC 27" in str(arguments.refusal("coverage_terminated", ["27"], insists=False))
    assert arguments.refusal("coverage_terminated", ["27"], insists=True) is None
    assert arguments.refusal("medical_necessity", ["50", "45"], insists=False) is None


def test_timely_filing_claims_a_margin_only_where_there_is_one():
    late = Filing(90, dt.date(2026, 1, 10), DAY, dt.date(2026, 1, 13), "ICN1")
    assert "days before the last day" not in words(case("timely_filing", filing=late))
    assert "82 days before the last day" in words(case("timely_filing", filing=FULL["filing"]))
    unproved = Filing(90, dt.date(2026, 4, 5), DAY, None, None)
    assert "stated itself" not in words(case("timely_filing", filing=unproved))


def test_an_authorization_is_asserted_only_where_one_is_on_file():
    assert "were authorized" not in words(case("authorization"))
    assert "number AUTH1 for 90837, 12 units" in words(case("authorization", **FULL))


def test_what_a_person_adds_is_no_template():
    assert "{{ case.patient.name }}" in words(case("generic", statement="{{ case.patient.name }}"))


def test_a_template_that_asks_for_what_is_not_there_stops():
    texts = {**letters.sources("appeals"), "generic": "{{ case.moon }}"}
    with pytest.raises(UndefinedError):
        letter.compose(case("generic"), texts)


def test_plain_text_in_its_parts():
    parts = letter.parts("One\nline.\n\n## Head\n\n- a\n- b\n\n[[rates]]\n")
    assert [(part.kind, part.text) for part in parts] == [
        ("paragraph", "One line."), ("heading", "Head"), ("list", "a\nb"), ("place", "rates"),
    ]  # fmt: skip


def test_a_version_names_all_the_texts_it_is_made_of():
    name, _, digest = letters.version("appeals", letter.FRAME, "parity").partition("@")
    assert (name, len(digest)) == ("parity", 12)
    assert letters.version("appeals", "parity").partition("@")[2] != digest
