"""Claims from charges: what shares a claim, what never parts, and that not a cent is lost."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from claim_practice import charge, frame, masters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ledger import schema
from tasks.billing import claims, packing

KEY = "a key that nobody knows"
BUILT_ON = date(2026, 2, 1)


def build(*rows: dict[str, object], window: int = 1, **more: object) -> claims.Built:
    built = claims.build(
        frame(*rows), id_key=KEY, masters=masters(), practice_window_days=window, built_on=BUILT_ON, **more
    )
    assert built.left.empty
    return built


def shapes(built: claims.Built) -> list[str]:
    """Charges of each claim, sorted: what shares a claim and in which order."""
    return sorted(" ".join(ids) for _, ids in built.lines.groupby("claim_id", sort=False)["charge_id"])


def test_one_claim_in_full() -> None:
    row = charge("E1", modifiers="95", diagnoses="F411 F331", pointers="1 2", authorization_id="AU1")
    built = build(row | {"secondary_coverage_id": "COV3", "supervising_id": "CL2"})
    claim, line = built.claims.iloc[0], built.lines.iloc[0]
    assert claim["claim_id"].startswith("C")
    assert len(claim["claim_id"]) == len(line["line_id"]) == 20
    assert line["claim_id"] == claim["claim_id"]
    known = {
        "form": "837P",
        "frequency": "1",
        "payer_order": "P",
        "secondary_coverage_id": "COV3",
        "authorization_number": "A-111",
        "diagnoses": "F411 F331",
        "charge_cents": 20000,
        "attempt": 1,
        "patient_row_id": "patient-1",
        "coverage_row_id": "coverage-1",
        "payer_row_id": "payer-1",
        "rendering_row_id": "provider-1",
        "supervising_row_id": "provider-2",
        "part2": False,
        "service_from": pd.Timestamp("2026-01-05"),
        "service_to": pd.Timestamp("2026-01-05"),
        "built_on": pd.Timestamp("2026-02-01"),
    }
    assert {name: claim[name] for name in known} == known
    assert pd.isna(claim["replaces_claim_id"])
    assert pd.isna(claim["original_reference"])
    assert (line["position"], line["pointers"], line["modifiers"]) == (1, "1 2", "95")


def test_columns_and_types_are_the_ledgers() -> None:
    for name, columns in (("claims", claims.CLAIMS), ("claim_lines", claims.CLAIM_LINES)):
        kinds = {"Text": "str", "BigInteger": "Int64", "Boolean": "boolean", "Date": "datetime64[s]"}
        table = schema.metadata.tables[name]
        expected = {column.name: kinds[type(column.type).__name__] for column in table.columns}
        assert dict(columns) == expected
    built = build(charge("E1"))
    assert {name: str(dtype) for name, dtype in built.claims.dtypes.items()} == dict(claims.CLAIMS)
    required = [c.name for c in schema.metadata.tables["claims"].columns if not c.nullable]
    assert built.claims[required].notna().all(axis=None)
    nothing = claims.build(
        frame(), id_key=KEY, masters=masters(), practice_window_days=1, built_on=BUILT_ON, attempts={}
    )
    assert list(nothing.claims.columns) == list(claims.CLAIMS)
    assert nothing.lines.empty


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "P2"},
        {"payer_id": "WEEK"},
        {"coverage_id": "COV3"},
        {"secondary_coverage_id": "COV3"},
        {"rendering_id": "CL2"},
        {"supervising_id": "CL2"},
        {"place_of_service": "11"},
        {"authorization_id": "AU1"},
        {"part2": True},
        {"service_date": "2026-01-06"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_parts_two_encounters(other: dict[str, object]) -> None:
    assert shapes(build(charge("E1"), charge("E2"))) == ["E1-1 E2-1"]
    assert shapes(build(charge("E1"), charge("E2", **other))) == ["E1-1", "E2-1"]


def days(*offsets: int, payer: str = "ACME", start: str = "2026-01-05") -> list[dict[str, object]]:
    first = date.fromisoformat(start)
    return [charge(f"E{n:02d}", payer_id=payer, service_date=str(first + timedelta(days=n))) for n in offsets]


def test_windows_are_counted_from_the_first_day_in_use() -> None:
    assert shapes(build(*days(0, 1, 2), window=2)) == ["E00-1 E01-1", "E02-1"]
    assert shapes(build(*days(0, 2, 3), window=2)) == ["E00-1", "E02-1 E03-1"]


def test_the_payers_window_wins_over_the_practices() -> None:
    assert shapes(build(*days(0, 6, 7, payer="WEEK"), window=1)) == ["E00-1 E06-1", "E07-1"]


def test_no_claim_over_the_end_of_a_month_unless_allowed() -> None:
    rows = days(0, 1, 2, payer="WEEK", start="2026-01-30")
    assert shapes(build(*rows)) == ["E00-1 E01-1", "E02-1"]
    assert shapes(build(*rows, across_months=True)) == ["E00-1 E01-1 E02-1"]


def test_diagnoses_are_the_union_and_pointers_follow() -> None:
    built = build(
        charge("E1", diagnoses="F411 F331", pointers="2 1"),
        charge("E2", diagnoses="F331 F4310 Z630", pointers="1 3"),
    )
    assert list(built.claims["diagnoses"]) == ["F411 F331 F4310 Z630"]
    assert list(built.lines["pointers"]) == ["2 1", "2 4"]


def test_a_repeated_diagnosis_is_listed_once() -> None:
    built = build(charge("E1", diagnoses="F411 F411 F331", pointers="1 2 3"))
    assert (built.claims["diagnoses"].iloc[0], built.lines["pointers"].iloc[0]) == ("F411 F331", "1 2")


def test_more_than_twelve_diagnoses_make_another_claim() -> None:
    lists = [" ".join(f"F1{n}{i}0" for i in range(5)) for n in range(3)]
    built = build(*(charge(f"E{n}", diagnoses=text) for n, text in enumerate(lists)))
    assert shapes(built) == ["E0-1 E1-1", "E2-1"]
    assert built.claims["diagnoses"].str.split().str.len().max() <= packing.MOST_DIAGNOSES


def test_more_than_fifty_lines_make_another_claim_and_encounters_stay_whole() -> None:
    rows = [charge(f"E{n:02d}", position, "H0036") for n in range(18) for position in (1, 2, 3)]
    built = build(*rows)
    assert sorted(built.lines.groupby("claim_id").size()) == [6, 48]
    assert built.lines.groupby("encounter_id")["claim_id"].nunique().max() == 1
    assert (built.lines.groupby("claim_id")["position"].max() <= packing.MOST_LINES).all()


def test_base_before_add_on_whatever_the_source_numbered() -> None:
    assert shapes(build(charge("E1", 1, "90833"), charge("E1", 2, "99214"))) == ["E1-2 E1-1"]


def test_lines_of_an_encounter_stay_together_where_only_one_is_authorized() -> None:
    built = build(charge("E1", 1, "99214"), charge("E1", 2, "90833", authorization_id="AU1"))
    assert shapes(built) == ["E1-1 E1-2"]
    assert list(built.claims["authorization_number"]) == ["A-111"]


def test_two_authorizations_cannot_share_a_claim_but_an_add_on_stays_with_its_base() -> None:
    built = build(
        charge("E1", 1, "99214", authorization_id="AU1"),
        charge("E1", 2, "90833", authorization_id="AU2"),
        charge("E1", 3, "96127", authorization_id="AU2"),
    )
    assert shapes(built) == ["E1-1 E1-2", "E1-3"]
    assert sorted(built.claims["authorization_number"]) == ["A-111", "A-222"]


def test_an_add_on_in_an_encounter_of_its_own_follows_its_base() -> None:
    rows = [charge("E1", 1, "90833"), charge("E2", 1, "99214", authorization_id="AU1", part2=True)]
    built = build(*rows)
    assert shapes(built) == ["E2-1 E1-1"]
    assert bool(built.claims["part2"].iloc[0])


def test_a_charge_sent_again_is_a_new_claim_that_names_the_old() -> None:
    first = build(charge("E1"))
    old = first.claims["claim_id"].iloc[0]
    again = build(charge("E1"), charge("E2"), attempts={"E1-1": (old, 1)})
    assert shapes(again) == ["E1-1", "E2-1"]
    sent = again.claims.set_index("replaces_claim_id", drop=False)
    assert sent.loc[old, "attempt"] == 2
    assert sent.loc[old, "frequency"] == "1"
    assert old not in set(again.claims["claim_id"])
    assert not set(first.lines["line_id"]) & set(again.lines["line_id"])


def test_the_newest_attempt_counts() -> None:
    attempts = pd.DataFrame(
        {"charge_id": ["E1-1", "E1-1"], "claim_id": ["CB", "CA"], "attempt": [2, 1], "more": ["x", "y"]}
    )
    claim = build(charge("E1"), attempts=attempts).claims.iloc[0]
    assert (claim["replaces_claim_id"], claim["attempt"]) == ("CB", 3)


def test_ids_need_the_key() -> None:
    rows = frame(charge("E1"))
    ids = {
        claims.build(rows, id_key=key, masters=masters(), practice_window_days=1, built_on=BUILT_ON).claims[
            "claim_id"
        ][0]
        for key in ("one", "two")
    }
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ({"coverage_id": "GONE"}, "coverages"),
        ({"payer_id": "GONE"}, "payers"),
        ({"rendering_id": "GONE"}, "providers"),
        ({"supervising_id": "GONE"}, "providers"),
        ({"authorization_id": "GONE"}, "authorizations"),
    ],
)
def test_a_charge_whose_masters_are_gone_is_left_and_named(change: dict[str, object], table: str) -> None:
    rows = frame(charge("E1", **change), charge("E2"))
    built = claims.build(rows, id_key=KEY, masters=masters(), practice_window_days=1, built_on=BUILT_ON)
    assert built.left.to_dict("records") == [{"charge_id": "E1-1", "missing": table}]
    assert list(built.lines["charge_id"]) == ["E2-1"]


def test_what_would_send_a_wrong_claim_is_refused() -> None:
    with pytest.raises(ValueError, match="part2"):
        claims.build(
            frame(charge("E1")).drop(columns="part2"),
            id_key=KEY, masters=masters(), practice_window_days=1, built_on=BUILT_ON,
        )  # fmt: skip
    with pytest.raises(ValueError, match="twice"):
        build(charge("E1"), charge("E1"))


ROWS = st.lists(
    st.builds(
        lambda n, lines, **more: [
            charge(f"E{n:03d}", position, code, **more, charge_cents=cents)
            for position, (code, cents) in enumerate(lines, 1)
        ],
        st.integers(0, 999),
        st.lists(
            st.tuples(st.sampled_from(["90837", "99214", "90833", "90785", "H0036"]), st.integers(1, 10**9)),
            min_size=1,
            max_size=4,
        ),
        patient_id=st.sampled_from(["P1", "P2"]),
        payer_id=st.sampled_from(["ACME", "WEEK"]),
        authorization_id=st.sampled_from([None, "AU1", "AU2"]),
        rendering_id=st.sampled_from(["CL1", "CL2"]),
        part2=st.sampled_from([True, False, None]),
        service_date=st.dates(date(2026, 1, 25), date(2026, 2, 5)).map(str),
        diagnoses=st.lists(
            st.sampled_from([f"F{n}" for n in range(10, 40)]), min_size=1, max_size=12, unique=True
        ).map(" ".join),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda lines: lines[0]["encounter_id"],
).map(lambda encounters: [line for lines in encounters for line in lines])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(rows=ROWS, window=st.integers(1, 10), seed=st.integers(0, 9))
def test_same_claims_in_any_order_and_not_a_cent_lost(
    rows: list[dict[str, object]], window: int, seed: int
) -> None:
    built = build(*rows, window=window)
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    again = build(*shuffled, window=window)
    pd.testing.assert_frame_equal(built.claims, again.claims)
    pd.testing.assert_frame_equal(built.lines, again.lines)

    assert sorted(built.lines["charge_id"]) == sorted(str(row["charge_id"]) for row in rows)
    assert built.claims["charge_cents"].sum() == sum(int(str(row["charge_cents"])) for row in rows)
    by_claim = built.lines.groupby("claim_id")
    sums = by_claim["charge_cents"].sum().reindex(built.claims["claim_id"])
    assert list(sums) == list(built.claims["charge_cents"])
    assert built.claims["claim_id"].is_unique
    assert built.lines["line_id"].is_unique
    assert by_claim.size().max() <= packing.MOST_LINES

    # every pointer still means the diagnosis it meant
    meant = {row["charge_id"]: str(row["diagnoses"]).split()[0] for row in rows}
    listed = built.claims.set_index("claim_id")["diagnoses"].str.split()
    for line in built.lines.itertuples():
        assert listed[line.claim_id][int(line.pointers) - 1] == meant[line.charge_id]
    leaning = built.lines.loc[built.lines["code"].isin(["90833", "90785"]), "encounter_id"]
    whole = built.lines[~built.lines["encounter_id"].isin(leaning)]
    assert (whole.groupby("encounter_id")["claim_id"].nunique() == 1).all()
    span = built.claims["service_to"] - built.claims["service_from"]
    widest = built.claims["payer_id"].map({"ACME": window, "WEEK": 7})
    assert (span.dt.days < widest).all()
    assert (built.claims["service_from"].dt.month == built.claims["service_to"].dt.month).all()
