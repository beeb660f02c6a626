"""The gate between stages, with the real Great Expectations: rows split, nothing lost, fails closed."""

from __future__ import annotations

import pandas as pd
import pytest

from configs.checks import Threshold, thresholds
from configs.settings import ConfigurationError
from expectations.gate import CheckStopped, check
from expectations.suite import Rule, Suite, between, columns, matches, present, unique
from expectations.suites import SUITES

TOLERANT = Threshold(share=1.0, rows=1)
STRICT = Threshold(share=0.25, rows=4)


def suite(*rules: Rule) -> Suite:
    return Suite(name="example", about="", key="id", subject="charge", rules=rules)


def frame(**values: list[object]) -> pd.DataFrame:
    made = pd.DataFrame({"id": ["a", "b", "c", "d"], **values})
    if "cents" in made:
        made["cents"] = made["cents"].astype("Int64")
    return made


def test_failing_rows_are_quarantined_with_reason_and_the_rest_goes_on():
    verdict = check(suite(between("cents", 0, None, "negative")), frame(cents=[1, -1, 2, 3]), TOLERANT)
    assert verdict.kept == ("a", "c", "d")
    assert verdict.failures.to_dict(orient="records") == [
        {"subject_id": "b", "expectation": "ExpectColumnValuesToBeBetween(cents)", "reason": "negative"}
    ]


def test_kept_and_quarantined_are_all_rows_even_where_a_row_fails_twice():
    rules = (present("code", "no code"), matches("code", "^[0-9]{5}$", "not five digits"))
    verdict = check(suite(*rules), frame(code=["90837", None, "x", "90834"]), TOLERANT)
    assert len(verdict.kept) + len(verdict.quarantined) == 4
    assert verdict.quarantined == {"b", "c"}


def test_more_failures_than_the_threshold_allows_stop_the_stage():
    with pytest.raises(CheckStopped, match="2 of 4 rows failed"):
        check(suite(between("cents", 0, None, "negative")), frame(cents=[-1, -1, 2, 3]), STRICT)


def test_a_failed_table_level_expectation_has_no_rows_and_stops_the_stage():
    with pytest.raises(CheckStopped, match="whole table"):
        check(suite(columns(["id", "other"], "shape changed")), frame(cents=[1, 2, 3, 4]), TOLERANT)


def test_an_expectation_that_breaks_stops_the_stage():
    with pytest.raises(CheckStopped, match="could not be evaluated"):
        check(suite(present("missing", "no such column")), frame(cents=[1, 2, 3, 4]), TOLERANT)


def test_a_repeated_key_stops_the_stage_before_anything_is_split():
    rows = frame(cents=[1, 2, 3, 4]).assign(id=["a", "a", "b", "c"])
    with pytest.raises(CheckStopped, match="key id repeats"):
        check(suite(unique("id", "twice")), rows, TOLERANT)


def test_the_message_of_a_stop_names_no_value():
    with pytest.raises(CheckStopped) as stopped:
        check(suite(matches("code", "^x$", "not x")), frame(code=["SECRET1", "SECRET2", "x", "x"]), STRICT)
    assert "SECRET" not in str(stopped.value)


def test_data_docs_are_written_and_an_empty_frame_passes(tmp_path):
    check(suite(between("cents", 0, None, "negative")), frame(cents=[1, 2, 3, 4]), TOLERANT, tmp_path)
    assert (tmp_path / "index.html").exists()
    assert check(suite(present("id", "")), frame().iloc[:0], STRICT).checked == 0


def test_a_check_says_the_same_with_its_pages_and_without_them(tmp_path):
    rules = suite(
        between("cents", 0, None, "negative"), present("code", "no code"), matches("code", "^9", "not nine")
    )
    rows = frame(cents=[1, -1, None, 3], code=["90837", None, "x", "90834"])
    with_pages, without = check(rules, rows, TOLERANT, tmp_path), check(rules, rows, TOLERANT)
    assert with_pages.kept == without.kept == ("a", "d")
    pd.testing.assert_frame_equal(with_pages.failures, without.failures)
    assert len(without.failures) == 3


def test_every_suite_has_a_threshold_and_names_its_columns_first():
    assert set(thresholds()) == set(SUITES)
    for known in SUITES.values():
        assert known.rules[0].expectation == "ExpectTableColumnsToMatchSet"
        assert known.key in known.rules[0].arguments["column_set"]
        used = {rule.arguments["column"] for rule in known.rules[1:]}
        assert used <= set(known.rules[0].arguments["column_set"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[charge]\nshare = 0.5\nrows = 2\n", "checks.toml: charge: no such suite"),
        ("[charges]\nshare = 0.5\n", "checks.toml: charges: share and rows are needed"),
        ("charges = 3\n", "checks.toml: charges: share and rows are needed"),
        ("[charges]\nshare = 5\nrows = 2\n", r"checks.toml: charges\.share: a number from 0 to 1"),
        ("[charges]\nshare = true\nrows = 2\n", r"checks.toml: charges\.share: a number from 0 to 1"),
        ("[charges]\nshare = 0.5\nrows = 2.5\n", r"checks.toml: charges\.rows: a whole number"),
        ("[charges\n", "checks.toml is not valid TOML"),
    ],
)
def test_thresholds_that_cannot_be_used_stopped_the_stage_with_the_name_of_a_python_error(
    tmp_path, text, told
):
    (tmp_path / "checks.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        thresholds(tmp_path)


def test_a_home_may_have_its_own_thresholds(tmp_path):
    (tmp_path / "checks.toml").write_text("[charges]\nshare = 0.5\nrows = 2\n", encoding="utf-8")
    assert thresholds(tmp_path)["charges"] == Threshold(0.5, 2)
    assert thresholds(tmp_path)["claims"] == thresholds()["claims"]
