"""Each gate: what passes it and what fails it, through `judge` with the practice's usual surroundings."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import pytest
from judge_practice import context, encounters, frame, masters, nothing, outcomes, rows, run, said

from tasks.billing.gates import registry
from tasks.billing.gates.case import Case
from tasks.billing.references import References
from tasks.billing.visits import assemble

INTERN = {"provider_id": "CL002", "npi": "1003000126", "provider_class": "INTERN", "supervisor_id": "CL001",
          "license_number": None, "license_from": None, "license_to": None}  # fmt: skip
BY_INTERN = {"rendering_id": "CL002"}
SUD = {"part2": True}


def providers(*changes: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"providers": rows("providers", *changes)}


def payer(**changes: Any) -> dict[str, pd.DataFrame]:
    return {"payers": rows("payers", changes)}


def interns(rule: str | None, *more: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return providers({}, INTERN, *more) | payer(supervised_billing=rule)


def spans(*changes: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"enrollments": rows("enrollments", *changes)}


def policies(*changes: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"coverages": rows("coverages", *changes)}


def consents(*changes: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"consents": rows("consents", *changes)}


Sample = tuple[str, dict[str, Any], dict[str, pd.DataFrame]]

PASSES: list[Sample] = [
    ("GATE_NOTE_SIGNED", {"signed_on": "2026-01-06"}, {}),
    ("GATE_PATIENT", {}, {}),
    ("GATE_PROVIDER_NPI", {}, {}),
    ("GATE_PROVIDER_ACTIVE", {}, providers({"active_from": "2026-01-05", "active_to": "2026-01-05"})),
    ("GATE_PROVIDER_ACTIVE", {}, providers({"active_from": None})),
    ("GATE_PROVIDER_LICENSE", {}, providers({"license_from": "2026-01-05", "license_to": "2026-01-05"})),
    ("GATE_PROVIDER_LICENSE", BY_INTERN, interns("supervisor_named")),
    ("GATE_PROVIDER_LICENSE", {}, providers({"license_to": None})),
    ("GATE_PROVIDER_LICENSE_UNKNOWN", {}, {}),
    ("GATE_PROVIDER_LICENSE_UNKNOWN", BY_INTERN, interns("supervisor_named")),
    ("GATE_SUPERVISION", {}, payer(supervised_billing="not_allowed")),
    ("GATE_SUPERVISION", BY_INTERN, interns("supervisor_named")),
    ("GATE_SUPERVISION", BY_INTERN, interns("supervisor_npi")),
    ("GATE_PROVIDER_CLASS", {}, payer(provider_classes="*")),
    ("GATE_PROVIDER_CLASS", {}, payer(provider_classes=None)),
    ("GATE_PROVIDER_CLASS", BY_INTERN, interns("supervisor_named")),
    ("GATE_COVERAGE", {}, {}),
    ("GATE_COVERAGE", {}, policies({"effective_to": "2026-01-04"}) | payer(coverage_required_active=False)),
    ("GATE_COVERAGE_ORDER", {}, policies({}, {"coverage_id": "COV2", "priority": "S"})),
    ("GATE_COVERAGE_ORDER", {}, policies({}, {"coverage_id": "COV2", "effective_to": "2026-01-04"})),
    ("GATE_ENROLLMENT", {}, spans({"effective_from": "2026-01-05", "effective_to": "2026-01-05"})),
    ("GATE_ENROLLMENT", {}, spans({"effective_from": "2020-01-01", "effective_to": "2020-12-31"}, {})),
    ("GATE_ENROLLMENT", BY_INTERN, interns("supervisor_npi")),
    ("GATE_ENROLLMENT", BY_INTERN, interns("supervisor_named")),
    ("GATE_CONSENT", {}, {}),
    ("GATE_CONSENT", SUD, consents({})),
    ("GATE_CONSENT", SUD, consents({"recipient": "*", "expires_on": "2026-01-06"})),
    ("GATE_CONSENT", SUD, consents({"signed_on": "2026-01-06"})),
    ("GATE_CONSENT", SUD, consents({"revoked_on": "2026-01-07"})),
    ("GATE_CONSENT", SUD, consents({"revoked_on": "2026-01-03"}, {"consent_id": "CO2"})),
]  # fmt: skip

FAILS: list[tuple[str, dict[str, Any], dict[str, pd.DataFrame], str]] = [
    ("GATE_NOTE_SIGNED", {"signed_on": None}, {}, "not signed"),
    ("GATE_NOTE_SIGNED", {"signed_on": "2026-01-07"}, {}, "after the business date"),
    ("GATE_NOTE_SIGNED", {"signed_on": "2026-01-04"}, {}, "before the day of service"),
    ("GATE_PATIENT", {}, {"patients": nothing("patients")}, "patient is not on file"),
    ("GATE_PROVIDER_NPI", {}, providers({"npi": "1245319598"}), "clinician's NPI"),
    ("GATE_PROVIDER_NPI", {}, providers({"provider_id": "CL009"}), "clinician is not on file"),
    ("GATE_PROVIDER_NPI", BY_INTERN, providers({"npi": "123"}, INTERN), "supervisor's NPI"),
    ("GATE_PROVIDER_ACTIVE", {}, providers({"active_to": "2026-01-04"}), "clinician was not"),
    ("GATE_PROVIDER_ACTIVE", {}, providers({"active_from": "2026-01-06"}), "clinician was not"),
    ("GATE_PROVIDER_ACTIVE", BY_INTERN, providers({"active_to": "2026-01-04"}, INTERN), "supervisor was not"),
    ("GATE_PROVIDER_LICENSE", {}, providers({"license_to": "2026-01-04"}), "clinician's licence ended"),
    ("GATE_PROVIDER_LICENSE", {}, providers({"license_from": "2026-01-06"}), "clinician's licence begins"),
    ("GATE_PROVIDER_LICENSE", {},
     providers({"license_number": None, "license_from": None, "license_to": None}), "no licence of the clinician"),
    ("GATE_PROVIDER_LICENSE", BY_INTERN, providers({"license_to": "2026-01-04"}, INTERN), "supervisor's licence"),
    ("GATE_PROVIDER_LICENSE_UNKNOWN", {}, providers({"license_to": None}), "end of the clinician's licence"),
    ("GATE_SUPERVISION", BY_INTERN, interns("not_allowed"), "does not pay"),
    ("GATE_SUPERVISION", BY_INTERN, interns(None), "not on file"),
    ("GATE_SUPERVISION", BY_INTERN, providers({}, INTERN | {"supervisor_id": None}), "without a supervisor"),
    ("GATE_SUPERVISION", BY_INTERN, providers({}, INTERN | {"supervisor_id": "CL009"}), "supervisor is not on file"),
    ("GATE_SUPERVISION", BY_INTERN, providers({}, INTERN | {"supervisor_id": "CL002"}), "their own supervisor"),
    ("GATE_SUPERVISION", BY_INTERN | {"supervising_id": "CL003"},
     providers({}, INTERN, INTERN | {"provider_id": "CL003"}), "in training"),
    ("GATE_PROVIDER_CLASS", {}, payer(provider_classes="MD NP"), "does not accept"),
    ("GATE_PROVIDER_CLASS", BY_INTERN, interns("supervisor_npi") | payer(provider_classes="MD"), "does not accept"),
    ("GATE_COVERAGE", {}, {"coverages": nothing("coverages")}, "no policy"),
    ("GATE_COVERAGE", {}, policies({"priority": "S"}), "no primary policy"),
    ("GATE_COVERAGE", {}, policies({"payer_id": "NOBODY"}), "payer of the policy"),
    ("GATE_COVERAGE", {}, policies({"effective_from": "2026-01-06"}), "begins after"),
    ("GATE_COVERAGE", {}, policies({"effective_from": "2025-01-01", "effective_to": "2026-01-04"}), "ended before"),
    ("GATE_COVERAGE_ORDER", {}, policies({}, {"coverage_id": "COV2"}), "more than one"),
    ("GATE_ENROLLMENT", {}, {"enrollments": nothing("enrollments")}, "no enrolment"),
    ("GATE_ENROLLMENT", {}, spans({"payer_id": "OTHER"}), "no enrolment"),
    ("GATE_ENROLLMENT", {}, spans({"effective_from": "2026-01-06"}), "begins after"),
    ("GATE_ENROLLMENT", {}, spans({"effective_to": "2026-01-04"}), "ended before"),
    ("GATE_ENROLLMENT", BY_INTERN, interns("supervisor_npi") | spans({"provider_id": "CL002"}), "no enrolment"),
    ("GATE_CONSENT", SUD, {"consents": nothing("consents")}, "no consent"),
    ("GATE_CONSENT", SUD, consents({"recipient": "OTHER"}), "no consent"),
    ("GATE_CONSENT", SUD, consents({"patient_id": "P0002"}), "no consent"),
    ("GATE_CONSENT", SUD, consents({"signed_on": "2026-01-07"}), "signed after"),
    ("GATE_CONSENT", SUD, consents({"expires_on": "2026-01-05"}), "expired"),
    ("GATE_CONSENT", SUD, consents({"revoked_on": "2026-01-06"}), "revoked"),
    ("GATE_CONSENT", {"service_kind": "iop_sud", "minutes": 180}, {}, "no consent"),
]  # fmt: skip


def spoken(rule: str, met: dict[str, Any], tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What one gate says of one encounter, before severities."""
    gates = [gate for gate in registry.GATES if rule == gate.ID]
    assert gates
    practice = masters(**tables)
    visits = assemble(encounters(met), practice, context())
    return registry.run(Case(visits, NO_LINES, practice, context(), nothing("charge_lines")), gates)


VALUES = ("TESTER", "ALEX", "XYZ000000001", "1990", "1245319598", "P0001", "CL00", "2026-01", "F41")
NO_LINES = pd.DataFrame({"encounter_id": pd.Series(dtype="str")})
PEOPLE_RULES = {gate.ID for gate in registry.GATES}


@pytest.mark.parametrize(("rule", "met", "tables"), PASSES)
def test_passes(rule: str, met: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
    assert rule not in set(spoken(rule, met, tables)["rule_id"])


@pytest.mark.parametrize(("rule", "met", "tables", "words"), FAILS)
def test_fails_and_says_why(
    rule: str, met: dict[str, Any], tables: dict[str, pd.DataFrame], words: str
) -> None:
    found = spoken(rule, met, tables)
    assert len(found) == 1
    finding = found.iloc[0]
    assert words.lower() in finding["message"].lower()
    assert finding[["fields", "fix", "source"]].notna().all()
    assert finding["encounter_id"] == "E1"
    assert pd.isna(finding["line"])
    text = " ".join(finding[["message", "fix", "fields", "source"]])
    assert not [value for value in VALUES if value in text]


def test_a_hold_holds_and_a_warning_lets_go() -> None:
    """A failing case of every third gate, in the practice's usual surroundings."""
    for rule, met, tables, _ in list({rule: (rule, *rest) for rule, *rest in FAILS}.values())[2::3]:
        judgement = run(encounters(met), masters(**tables))
        warned = rule == "GATE_PROVIDER_LICENSE_UNKNOWN"
        finding = judgement.findings[judgement.findings["rule_id"] == rule].iloc[0]
        assert finding["severity"] == ("warn" if warned else "hold")
        assert outcomes(judgement) == {"E1": "charged" if warned else "held"}
        assert judgement.charges.empty != warned


def test_a_clean_encounter_passes_every_gate() -> None:
    assert not said(run(encounters({}))) & PEOPLE_RULES


def test_an_encounter_billed_before_it_was_changed_is_corrected_and_not_billed_anew() -> None:
    first = run(encounters({}))
    changed = run(encounters({"minutes": 45}), history=first.charges, before=first.decisions)
    assert said(changed) == {"GATE_AMENDED"}
    assert changed.charges.empty
    assert changed.decisions["sequence"].tolist() == [2]


def test_mistake_20_what_the_payer_loads_later_is_released_by_the_next_nights_judging() -> None:
    """H04: hold, not reject, and judged again: a loaded day, then a retroactive letter, let the encounter go."""
    met = encounters({})
    late = {"effective_from": "2026-01-01", "loaded_on": "2026-01-09"}
    first = run(met, masters(**spans(late)))
    assert said(first) == {"GATE_ENROLLMENT_LOADED"}
    assert outcomes(first) == {"E1": "held"}
    before = first.decisions
    assert run(met, masters(**spans(late)), before=before).decisions.empty
    ninth = context(business_date=date(2026, 1, 9))
    assert outcomes(run(met, masters(**spans(late)), ninth, before=before)) == {"E1": "charged"}
    unlettered = run(met, masters(**spans({"effective_from": "2026-02-01"})))
    assert said(unlettered) == {"GATE_ENROLLMENT"}
    retro = masters(**spans({"effective_from": "2025-12-15"}))
    assert outcomes(run(met, retro, before=unlettered.decisions)) == {"E1": "charged"}


def test_a_new_exclusion_holds_and_a_reinstatement_releases() -> None:
    row = {
        "npi": "1245319599",
        "last_name": "X",
        "first_name": "Y",
        "excluded_on": pd.Timestamp("2026-01-06"),
    }
    official = pd.DataFrame([row | {"birth_date": pd.NaT, "reinstated_on": pd.NaT}])
    listed = context(references=References({"leie": official}))
    held = run(encounters({}), under=listed)
    assert said(held) == {"GATE_EXCLUDED"}
    back = official.assign(reinstated_on=pd.Timestamp("2026-01-07"))
    later = context(references=References({"leie": back}), business_date=date(2026, 1, 7))
    assert outcomes(run(encounters({}), under=later, before=held.decisions)) == {"E1": "charged"}


def test_an_ended_list_of_codes_for_a_class_switched_the_payers_list_of_classes_off() -> None:
    row = {
        "row_id": "1",
        "payer_id": "ACME",
        "provider_class": "LCSW",
        "codes": "90837",
        "effective_from": "2026-01-01",
    }
    only_doctors = payer(provider_classes="MD")
    for change, rules in (
        ({}, set()),
        ({"effective_to": "2026-01-05"}, set()),
        ({"effective_to": "2026-01-04"}, {"GATE_PROVIDER_CLASS"}),
        ({"effective_from": "2026-01-06"}, {"GATE_PROVIDER_CLASS"}),
    ):
        lists = frame("payer_classes", [row | change])
        assert said(run(encounters({}), masters(payer_classes=lists, **only_doctors))) == rules, change


@pytest.mark.parametrize("gate", [*registry.GATES, *registry.AUTHORIZATION_GATES], ids=lambda gate: gate.ID)
def test_every_gate_is_a_manual_page(gate: Any) -> None:
    assert "Passes" in gate.__doc__
    assert "Fails" in gate.__doc__
    assert gate.ID in context().severities
    assert gate.SOURCE.startswith(gate.__name__.rpartition(".")[2] + " v")
    assert gate.FIX
    assert all(re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", field) for field in gate.FIELDS.split())


def test_no_gate_is_left_out_of_the_registry() -> None:
    import pkgutil

    from tasks.billing import gates

    helpers = {"case", "licensed_where", "people", "registry", "samples"}
    modules = {module.name for module in pkgutil.iter_modules(gates.__path__)} - helpers
    listed = {gate.__name__.rpartition(".")[2] for gate in (*registry.GATES, *registry.AUTHORIZATION_GATES)}
    assert modules == listed


def test_severity_is_configuration_and_a_payer_may_have_its_own() -> None:
    practice = masters(**payer(provider_classes="MD"))
    rule = "GATE_PROVIDER_CLASS"
    assert outcomes(run(encounters({}), practice)) == {"E1": "held"}
    warned = run(encounters({}), practice, context(overrides={("ACME", rule): "warn"}))
    assert outcomes(warned) == {"E1": "charged"}
    assert warned.findings["severity"].tolist() == ["warn"]
    silent = run(encounters({}), practice, context(severities=context().severities | {rule: "off"}))
    assert silent.findings.empty
    elsewhere = run(encounters({}), practice, context(overrides={("OTHER", rule): "off"}))
    assert outcomes(elsewhere) == {"E1": "held"}


def test_a_gate_that_reads_an_official_file_names_its_edition() -> None:
    out = pd.DataFrame(
        [
            {
                "npi": "1245319599",
                "last_name": "OTHER",
                "first_name": "NAME",
                "excluded_on": pd.Timestamp("2020-01-20"),
            }
        ]
    ).assign(birth_date=pd.NaT, reinstated_on=pd.NaT)
    loaded = References({"leie": out}, {"leie": "2601"}, {"leie": date(2026, 1, 4)})
    found = run(encounters({}), under=context(references=loaded)).findings
    (row,) = found[found["rule_id"] == "GATE_EXCLUDED"].to_dict("records")
    assert (row["reference_version"], row["data_as_of"]) == ("leie=2601", pd.Timestamp("2026-01-04"))


def test_a_rule_that_is_configured_nowhere_holds() -> None:
    severities = {
        rule: word for rule, word in context().severities.items() if rule != "GATE_PROVIDER_LICENSE_UNKNOWN"
    }
    judgement = run(
        encounters({}), masters(**providers({"license_to": None})), context(severities=severities)
    )
    assert outcomes(judgement) == {"E1": "held"}
