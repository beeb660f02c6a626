"""Severities: what is shipped, what a home may change, and what it may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from configs.rules import FIXED, SEVERITIES, load_book, load_rules
from configs.settings import ConfigurationError
from tasks.billing.gates import registry as gates
from tasks.billing.scrub import registry as scrub

CODING = Path(__file__).parents[2] / "tasks" / "billing"


def home(tmp_path: Path, text: str) -> Path:
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_rule_is_shipped_with_a_severity() -> None:
    severities, overrides = load_rules()
    assert set(severities.values()) <= set(SEVERITIES)
    assert overrides == {}
    assert {gate.ID for gate in (*gates.GATES, *gates.AUTHORIZATION_GATES)} <= severities.keys()
    assert all(severities[rule] == "hold" for rule in FIXED)
    missing = scrub.manual().keys() - severities.keys()
    assert not missing


def test_every_shipped_rule_exists() -> None:
    known = {gate.ID for gate in (*gates.GATES, *gates.AUTHORIZATION_GATES)} | scrub.manual().keys()
    text = "".join(
        (CODING / name).read_text() for name in ("coding.py", "derivation.py", "explicit.py", "judge.py")
    )
    unknown = load_rules()[0].keys() - known - FIXED
    assert [rule for rule in sorted(unknown) if f'"{rule}"' not in text] == []


def test_a_home_changes_what_it_names(tmp_path: Path) -> None:
    severities, overrides = load_rules(
        home(tmp_path, '[gates]\nGATE_PROVIDER_CLASS = "warn"\n[payers.ACME]\nGATE_ENROLLMENT = "off"\n')
    )
    assert severities["GATE_PROVIDER_CLASS"] == "warn"
    assert severities["GATE_ENROLLMENT"] == "hold"
    assert overrides == {("ACME", "GATE_ENROLLMENT"): "off"}


def test_a_home_without_a_file_gets_the_shipped_rules(tmp_path: Path) -> None:
    assert load_rules(tmp_path) == load_rules()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[gates]\nGATE_TYPO = "warn"', "gates.GATE_TYPO"),
        ('[gates]\nGATE_ENROLLMENT = "secret"', "gates.GATE_ENROLLMENT"),
        ('[gates]\nGATE_CONSENT = "warn"', "gates.GATE_CONSENT"),
        ('[payers.ACME]\nGATE_CONSENT = "off"', "payers.ACME.GATE_CONSENT"),
        ('[rules]\nX = "hold"', "rules"),
        ('[gates]\nGATE_EXCLUDED = "off"', "gates.GATE_EXCLUDED"),
        ('[gates]\nGATE_CONSENT = "shadow"', "gates.GATE_CONSENT"),
        ("[dates]\nGATE_CONSENT = {to = 2020-01-01}", "dates.GATE_CONSENT"),
        ('[dates]\nDUPLICATE = {from = "secret"}', "dates.DUPLICATE"),
        ("[dates]\nDUPLICATE = {from = 2026-02-01, to = 2026-01-01}", "dates.DUPLICATE"),
        ("[dates]\nDUPLICATE = {since = 2026-02-01}", "dates.DUPLICATE"),
        ("[dates]\nTYPO = {from = 2026-02-01}", "dates.TYPO"),
        ("[parameters.TYPO]\ndays = 20", "parameters.TYPO"),
        ("[parameters]\nDUPLICATE = 20", "parameters.DUPLICATE"),
        ("[parameters.DUPLICATE]\ndays = 20", "parameters.DUPLICATE.days"),
        ("[parameters.TIMELY_MARGIN]\nweeks = 2", "parameters.TIMELY_MARGIN.weeks"),
        ('[parameters.TIMELY_MARGIN]\ndays = "secret"', "parameters.TIMELY_MARGIN.days"),
        ("[parameters.TIMELY_MARGIN]\ndays = true", "parameters.TIMELY_MARGIN.days"),
        ("[parameters.TIMELY_MARGIN]\ndays = -1", "parameters.TIMELY_MARGIN.days"),
        ("payers = 1", "payers"),
        ("[gates", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_and_its_value_is_not(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_rules(home(tmp_path, text))
    assert place in str(error.value)
    assert "secret" not in str(error.value)


def test_dates_and_parameters_are_the_homes_and_then_the_tried_ones(tmp_path: Path) -> None:
    home(
        tmp_path,
        "[dates]\nDUPLICATE = {from = 2026-01-01}\n[parameters.TIMELY_MARGIN]\ndays = 20\n",
    )
    tried = tmp_path / "tried.toml"
    tried.write_text('[scrub]\nDUPLICATE = "shadow"\n[parameters.TIMELY_MARGIN]\ndays = 5\n')
    book = load_book(tmp_path, tried)
    assert book.dates == {"DUPLICATE": (date(2026, 1, 1), None)}
    assert book.parameters == {"TIMELY_MARGIN": {"days": 5}}
    assert book.severities["DUPLICATE"] == "shadow"
    assert load_book(tmp_path).severities["DUPLICATE"] == "hold"
