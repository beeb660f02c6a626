"""``cleanclaim load reference`` on a real home: into the archive and the ledger, and back as what the rules read."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from configs.settings import Settings, load_settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from flows.cli import app
from tasks import masters, references
from tasks.billing import icd
from tasks.billing import references as official
from tasks.billing.context import JudgeContext
from tasks.billing.references import References
from tasks.billing.scrub import mue, ncci, registry
from tasks.door import open_ledger
from tests.support.remittance_frames import ledger as rows_of

SAMPLES = Path(__file__).parents[2] / "configs" / "reference" / "samples"
DAY = dt.date(2026, 11, 2)  # the rules are asked about


@pytest.fixture
def days() -> Callable[[], set[dt.date]]:
    """Days on which a test may have loaded: two where it ran over midnight."""
    began = dt.date.today()
    return lambda: {began, dt.date.today()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def load(home: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["load", "reference", *map(str, arguments), "--home", str(home)])


def opened(home: Path) -> tuple[Settings, Ledger]:
    settings = load_settings(home)
    return settings, open_ledger(settings)


def person(provider: str, npi: str) -> pd.DataFrame:
    row = {"provider_id": provider, "npi": npi, "last_name": "X", "first_name": "Y", "provider_class": "LCSW"}
    return rows_of("providers", {**row, "taxonomy": "1041C0700X"})


def known(home: Path) -> References:
    settings, book = opened(home)
    return references.read(book, settings)


def sample(pattern: str) -> list[Path]:
    found = sorted(SAMPLES.glob(pattern))
    assert found
    return found


def test_the_years_of_icd_become_windows(home: Path, days: Callable[[], set[dt.date]]) -> None:
    told = load(home, "icd10cm", *sample("icd10cm*"))
    assert told.exit_code == 0, told.output
    assert "judges 2025-10-01 to 2026-09-30" in told.output
    loaded = known(home)
    windows = loaded.windows("icd10cm")
    assert [label for label, _, _ in windows] == [
        *(f"icd10cm={year}" for year in range(2021, 2027)), "icd10cm=2026 April",
    ]  # fmt: skip
    assert str(windows[-2][2])[:10] == "2026-03-31"  # the addendum replaces the file from April on
    assert loaded.versions["icd10cm"] == "2026 April"
    assert loaded.as_of["icd10cm"] in days()
    frame = loaded.frames["icd10cm"].set_index("code")
    spans = frame.loc[["F5002"], ["effective_from", "effective_to", "billable"]].to_numpy().tolist()
    assert [[str(a)[:10], str(b)[:10], c] for a, b, c in spans] == [
        ["2020-10-01", "2024-09-30", True], ["2024-10-01", "2026-09-30", False],
    ]  # fmt: skip
    days = pd.to_datetime(["2021-09-30", "2021-10-01", "2026-03-31", "2026-04-01", "2026-10-01"])
    status = icd.official_status(
        pd.Series(["F32A", "F32A", "Z6300", "Z6300", "F411"]), pd.Series(days), loaded
    )
    assert list(status["status"]) == [icd.NOT_YET, icd.BILLABLE, icd.NOT_YET, icd.BILLABLE, icd.BILLABLE]
    assert list(status["edition"].fillna("")) == [
        "icd10cm=2021", "icd10cm=2022", "icd10cm=2026", "icd10cm=2026 April", "",
    ]  # fmt: skip


def test_the_loaded_years_and_the_shipped_table_agree_around_every_october(home: Path) -> None:
    assert load(home, "icd10cm", *sample("icd10cm_order*")).exit_code == 0
    loaded = known(home)
    codes = sorted(code for code in set(loaded.frames["icd10cm"]["code"]) if code.startswith("F"))
    for year in range(2021, 2026):
        for day in (f"{year}-09-30", f"{year}-10-01"):
            asked, days = pd.Series(codes), pd.Series(pd.to_datetime([day] * len(codes)))
            said = icd.official_status(asked, days, loaded)
            assert said["edition"].notna().all()
            assert list(said["status"]) == list(icd.status(asked, days))


def test_loading_again_changes_nothing_and_the_rows_are_made_again_from_the_archive(
    home: Path, days: Callable[[], set[dt.date]]
) -> None:
    files = sample("ccipra*")
    assert load(home, "ncci", *files).exit_code == 0
    settings, book = opened(home)
    before, frame = book.fingerprint(), known(home).frames["ncci"]
    again = load(home, "ncci", "--json", *files)
    assert [one["new"] for one in json.loads(again.stdout)["loads"]] == [0, 0]
    assert book.fingerprint() == before
    facts = book.read("reference_files")
    assert len(facts) == 2
    assert set(facts["edition"]) == {"v321r0 practitioner"}
    assert set(facts["loaded_on"]) <= {day.isoformat() for day in days()}
    for sha, name in zip(facts["sha256"], facts["published_name"], strict=True):
        assert archive.get(settings.archive, sha) == (SAMPLES / name).read_bytes()
    shutil.rmtree(home / "reference")
    pd.testing.assert_frame_equal(known(home).frames["ncci"], frame)
    assert (home / "reference" / "ncci" / f"{facts['sha256'][0]}.parquet").exists()


def test_of_edits_only_codes_that_can_be_billed_come_back_and_only_the_newest_edition(home: Path) -> None:
    old = home / "ccipra-v320r0-f1.txt"
    text = (SAMPLES / "ccipra-v321r0-f1.txt").read_text().replace("90853\t90834", "90853\t90832")
    old.write_text(text + "00100\t90837\t\t20130101\t*\t0\tx\r\n")
    new = home / "ccipra-v321r0-f1.txt"
    new.write_text((SAMPLES / new.name).read_text() + "00100\t90837\t\t20130101\t*\t0\tx\r\n")
    assert load(home, "ncci", new, old, SAMPLES / "ccipra-v321r0-f2.txt").exit_code == 0
    loaded = known(home)
    pairs = set(zip(loaded.frames["ncci"]["column1"], loaded.frames["ncci"]["column2"], strict=True))
    assert pairs == {
        ("90839", "90837"),
        ("90847", "90832"),
        ("90853", "90834"),
        ("90853", "90785"),
        ("99214", "96127"),
    }
    assert loaded.versions["ncci"] == "v321r0 practitioner"
    settings, book = opened(home)
    asked = references.read(book, settings, ["00100"]).frames["ncci"]
    assert "00100" in set(asked["column1"])


def test_the_set_of_the_form_judges_its_lines(home: Path) -> None:
    """The practitioner's set admits a modifier between a group and psychotherapy, the hospital's does not."""
    assert load(home, "ncci", *sample("ccipra*"), *sample("ccioph*")).exit_code == 0
    assert load(home, "mue", *sample("MCR_MUE_[OP]*_Eff_01-01-2026.csv")).exit_code == 0
    session = {
        "patient_id": "P1", "payer_id": "ACME", "rendering_id": "CL1", "service_date": "2026-04-06", "position": 1,
        "units": 1, "form": "837I", "type_of_bill": "013",
    }  # fmt: skip
    lines = pd.DataFrame(
        [session | {"encounter_id": f"E{n}", "code": code, "modifiers": "59"}
         for n, code in enumerate(("90853", "90834"), 1)]
    )  # fmt: skip
    judge = JudgeContext(business_date=dt.date(2026, 5, 1), references=known(home))

    def said(lines: pd.DataFrame) -> list[tuple[str, str]]:
        found = registry.run(lines, None, None, judge, [ncci, mue])
        return list(zip(found["rule_id"], found["reference_version"], strict=True))

    assert said(lines) == [("NCCI_PTP", "ncci=v321r0 outpatient")]
    assert said(lines.assign(form="837P")) == []
    apart = lines.assign(service_date=["2026-04-06", "2026-04-07"], units=2)
    assert said(apart.iloc[:1]) == [("MUE_DAY", "mue=2026-01-01 outpatient")]


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("ncci", b"<html>License</html>", "a saved web page"),
        ("icd10cm", b"PK\x03\x04broken", "damaged"),
        ("mue", (SAMPLES / "UPDATED.csv").read_bytes(), "it looks like leie"),
        ("icd10cm", (SAMPLES / "nucc_taxonomy_251.csv").read_bytes(), "it looks like nucc"),
    ],
)
def test_a_wrong_file_is_2_named_and_keeps_no_other_out(
    home: Path, kind: str, content: bytes, why: str
) -> None:
    wrong = home / "wrong.zip"
    wrong.write_bytes(content)
    good = {"ncci": "ccipra-v321r0-f1.txt", "icd10cm": "icd10cm_order_2026.txt"}.get(
        kind, "MCR_MUE_PractitionerServices_Eff_01-01-2026.csv"
    )
    told = load(home, kind, wrong, SAMPLES / good)
    assert told.exit_code == 2
    assert "wrong.zip: line 1" in told.output
    assert why in told.output
    assert list(opened(home)[1].read("reference_files")["published_name"]) == [good]


def test_a_bad_row_is_1_and_told_with_its_line(home: Path) -> None:
    path = home / "icd10cm_order_2026.txt"
    path.write_bytes((SAMPLES / path.name).read_bytes() + b"00099 F4111   7 Wrong flag\r\n")
    told = load(home, "icd10cm", path)
    assert told.exit_code == 1
    line = len((SAMPLES / path.name).read_bytes().splitlines()) + 1
    assert f"line {line}, column header flag: NOT_A_FLAG" in told.output
    assert "F4111" not in told.output
    report = json.loads(load(home, "icd10cm", path, "--json").stdout)["loads"][0]
    assert (report["kept_out"], report["problems"][0]["row"], report["new"]) == (1, line, 0)
    assert "F4111" not in set(known(home).frames["icd10cm"]["code"])


def test_a_name_that_tells_nothing_needs_edition_and_day(home: Path) -> None:
    path = home / "codes.txt"
    path.write_bytes((SAMPLES / "icd10cm_order_2026.txt").read_bytes())
    told = load(home, "icd10cm", path)
    assert told.exit_code == 2
    assert "--effective" in told.output
    assert load(home, "icd10cm", path, "--edition", "ours", "--effective", "2025-10-01").exit_code == 0
    row = opened(home)[1].read("reference_files").iloc[0]
    assert (row["edition"], str(row["effective_from"])[:10], str(row["effective_to"])[:10]) == (
        "ours", "2025-10-01", "2026-09-30",
    )  # fmt: skip


def test_a_file_that_was_issued_again_takes_the_place_of_the_first(home: Path) -> None:
    first = SAMPLES / "MCR_MUE_PractitionerServices_Eff_01-01-2026.csv"
    again = home / first.name
    again.write_bytes(first.read_bytes().replace(b"97151,8", b"97151,9"))
    assert load(home, "mue", first).exit_code == 0
    assert load(home, "mue", again, "--edition", "2026-01-01b").exit_code == 0
    values = known(home).frames["mue"].set_index("code")["units"]
    assert values["97151"] == 9
    assert values.index.is_unique


def test_a_part_of_a_table_is_refused(home: Path) -> None:
    assert load(home, "icd10cm", SAMPLES / "icd10cm_order_2026.txt").exit_code == 0
    part = home / "icd10cm-order-April-2026.txt"
    part.write_bytes(b"".join((SAMPLES / part.name).read_bytes().splitlines(keepends=True)[:9]))
    told = load(home, "icd10cm", part)
    assert told.exit_code == 2
    assert "a part of the file?" in told.output
    assert load(home, "icd10cm", part, "--edition", "2026 April").exit_code == 0


def test_a_file_that_no_memory_holds_is_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "LARGEST", 1000)
    told = load(home, "leie", SAMPLES / "npidata_pfile_20050523-20260111.csv")
    assert told.exit_code == 2
    assert "larger than any file of this kind; it looks like nppes" in " ".join(told.output.split())


@pytest.mark.parametrize(
    "arguments", [["nonsense", __file__], ["icd10cm"], ["icd10cm", "/no/such/file"], ["mue", __file__]]
)
def test_bad_usage_is_2(home: Path, arguments: list[str]) -> None:
    told = load(home, *arguments)
    assert told.exit_code == 2
    assert told.output.strip()


def test_the_options_of_reference_belong_to_reference(home: Path) -> None:
    told = CliRunner().invoke(app, ["load", "payers", __file__, "--edition", "1", "--home", str(home)])
    assert told.exit_code == 2


def test_mue_and_taxonomies_and_places_by_day(home: Path) -> None:
    assert load(home, "mue", *sample("MCR_MUE*"), *sample("medicaid-mue*")).exit_code == 0
    assert load(home, "nucc", *sample("nucc*")).exit_code == 0
    assert load(home, "pos", *sample("place*")).exit_code == 0
    loaded = known(home)
    practitioner = loaded.windows("mue", "practitioner")
    assert [(label, str(first)[:10], str(last)[:10]) for label, first, last in practitioner] == [
        ("mue=2026-01-01 practitioner", "2026-01-01", "2026-03-31"),
        ("mue=2026-04-01 practitioner", "2026-04-01", "2262-01-01"),
    ]
    units = loaded.frames["mue"].query("code == '96127' and service == 'practitioner'")
    assert list(units["units"]) == [3, 2]
    assert [label for label, _, _ in loaded.windows("mue", "medicaid_practitioner")]
    taxonomy = loaded.frames["nucc"].set_index("code")
    assert str(taxonomy.loc["1744G0900X", "effective_to"])[:10] == "2019-06-30"
    assert taxonomy.loc[["2084P0800X"], ["effective_to", "deactivation"]].isna().all(axis=None)
    assert taxonomy.index.is_unique
    places = loaded.frames["pos"].set_index("pos")
    assert str(places.loc["27", "effective_from"])[:10] == "2023-10-01"
    assert str(places.loc["11", "effective_from"])[:10] == "1900-01-01"


def test_a_code_that_a_later_hcpcs_no_longer_has_has_ended(home: Path) -> None:
    assert load(home, "hcpcs", *sample("HCPC*")).exit_code == 0
    codes = known(home).frames["hcpcs"].set_index("code")
    assert str(codes.loc["S9480", "valid_to"])[:10] == "2026-03-31"  # in January's file and not in April's
    assert str(codes.loc["G0568", "valid_to"])[:10] == "2026-03-31"  # April's file says so
    assert str(codes.loc["G0511", "valid_to"])[:10] == "2025-09-30"
    assert pd.isna(codes.loc["H0004", "valid_to"])
    assert codes.loc["HO", "record"] == "modifier"


def test_excluded_people_are_the_full_list_and_its_supplements(home: Path) -> None:
    assert load(home, "leie", *sample("2601*"), SAMPLES / "UPDATED.csv").exit_code == 0
    people = known(home).frames["leie"].set_index("last_name")
    assert set(people.index.dropna()) == {"EXAMPLE", "SAMPLE", "WAIVED", "LATER"}
    assert str(people.loc["SAMPLE", "reinstated_on"])[:10] == "2026-01-15"
    assert people.loc[["EXAMPLE"], "reinstated_on"].isna().all()


def test_nppes_keeps_our_clinicians_and_is_read_again_for_a_new_one(home: Path) -> None:
    _, book = opened(home)
    path = SAMPLES / "npidata_pfile_20050523-20260111.csv"
    book.load("providers", person("P1", "1000000004"))
    assert load(home, "nppes", path).exit_code == 0
    assert list(known(home).frames["nppes"]["npi"]) == ["1000000004"]
    book.load("providers", person("P2", "1000000020"))
    assert load(home, "nppes", path).exit_code == 0
    registered = known(home).frames["nppes"].set_index("npi")
    assert set(registered.index) == {"1000000004", "1000000020"}
    assert str(registered.loc["1000000020", "deactivated_on"])[:10] == "2024-03-15"
    assert len(book.read("reference_files")) == 1


def test_a_newer_deactivation_was_ignored_after_an_older_one_was_reversed() -> None:
    def registered(own: str | None, back: str | None, report: str | None) -> list[str]:
        row = {"npi": "1000000004", "found": True, "effective_to": None}
        full = row | {
            "series": "full",
            "effective_from": "2026-01-11",
            "deactivated_on": own,
            "reactivated_on": back,
        }
        ended = row | {"series": "deactivated", "effective_from": "2026-02-09", "deactivated_on": report}
        rows = pd.DataFrame([full, *([ended] if report else [])])
        days = ["effective_from", "effective_to", "deactivated_on", "reactivated_on"]
        found = official.registered(rows.astype(dict.fromkeys(days, "datetime64[s]"))).iloc[0]
        return [str(found[name])[:10] for name in ("deactivated_on", "reactivated_on")]

    assert registered("2020-03-01", "2020-06-01", "2026-02-01") == ["2026-02-01", "NaT"]
    assert registered("2020-03-01", "2020-06-01", "2020-03-01") == ["2020-03-01", "2020-06-01"]
    assert registered("2026-03-01", None, "2026-02-01") == ["2026-03-01", "NaT"]
    assert registered(None, None, "2026-02-01") == ["2026-02-01", "NaT"]
    assert registered("2020-03-01", "2020-06-01", None) == ["2020-03-01", "2020-06-01"]


def test_a_code_that_left_the_taxonomy_was_retired_the_day_the_edition_began(home: Path) -> None:
    later = home / "nucc_taxonomy_260.csv"
    later.write_bytes((SAMPLES / "nucc_taxonomy_251.csv").read_bytes().replace(b"101YM0800X", b"2084F0202X"))
    assert load(home, "nucc", later, SAMPLES / "nucc_taxonomy_251.csv").exit_code == 0
    codes = known(home).frames["nucc"].set_index("code")
    assert str(codes.loc["101YM0800X", "deactivation"])[:10] == "2026-01-01"
    assert str(codes.loc["101YM0800X", "effective_to"])[:10] == "2025-12-31"
    assert str(codes.loc["2084F0202X", "effective_from"])[:10] == "2026-01-01"


def test_asking_an_empty_home_makes_no_ledger(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "empty")
    assert masters.context(settings, DAY).references.frames == {}
    assert not (tmp_path / "empty").exists()


def test_the_rules_get_what_was_loaded(home: Path, days: Callable[[], set[dt.date]]) -> None:
    settings, book = opened(home)
    assert masters.context(settings, DAY).references.frames == {}
    assert load(home, "pos", *sample("place*")).exit_code == 0
    for facts in (None, book):
        context = masters.context(settings, DAY, facts)
        assert context.references.version("pos", "mue") == "pos=2024-08-01"
        assert context.references.oldest("pos", "mue") in days()
        # Without facts the context only names the editions: to read a rule's page no official file is opened.
        assert list(context.references.frames) == (["pos"] if facts else [])


def test_windows_say_of_every_day_what_the_edition_of_the_day_says() -> None:
    random = Random(3)
    for _ in range(30):
        starts = sorted(random.sample(range(0, 400, 20), random.randint(1, 5)))
        until = [following - 1 for following in [*starts[1:], 500]]
        ends = [min(end, start + random.choice([19, 400])) for start, end in zip(starts, until, strict=True)]
        first = pd.Timestamp("2024-01-01")
        editions = [{code: random.random() < 0.5 for code in "ABC" if random.random() < 0.7} for _ in starts]
        rows = pd.DataFrame(
            [
                (code, flag, first + pd.Timedelta(days=start), first + pd.Timedelta(days=end))
                for edition, start, end in zip(editions, starts, ends, strict=True)
                for code, flag in edition.items()
            ],
            columns=["code", "billable", "effective_from", "effective_to"],
        )
        merged = official.runs(rows, "code", "billable")
        for day in range(0, 500, 7):
            when = first + pd.Timedelta(days=day)
            inside = merged[(merged["effective_from"] <= when) & (merged["effective_to"] >= when)]
            at = [n for n, (start, end) in enumerate(zip(starts, ends, strict=True)) if start <= day <= end]
            expected = editions[at[0]] if at else {}
            assert dict(zip(inside["code"], inside["billable"], strict=True)) == expected
