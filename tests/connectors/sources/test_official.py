"""Official files: every trap of their layouts, on the synthetic samples and on small files made here."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import make_official_samples as samples
import openpyxl
import pandas as pd
import pytest

from connectors.sources.official import READERS, Loaded, WrongFile, kinds_of
from connectors.sources.official.common import dated, service_of

FILES = samples.files()
KIND_OF = {
    "icd10cm": "icd10cm",
    "cci": "ncci",
    "ncci": "ncci",
    "mue": "mue",
    "nucc": "nucc",
    "place": "pos",
    "npidata": "nppes",
    "updated": "leie",
    "2601": "leie",
    "hcpc": "hcpcs",
}
OURS = {"1000000004", "1000000012", "1000000020", "1000000038", "1000000053"}


def kind_of(name: str) -> str:
    return next(kind for start, kind in KIND_OF.items() if start in name.lower())


def read(name: str, data: bytes | None = None) -> Loaded:
    data = FILES[name] if data is None else data
    kind = kind_of(name)
    return READERS[kind].read(data, name, OURS) if kind == "nppes" else READERS[kind].read(data, name)


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def sheet(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def codes(problems: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(problems["row"], problems["code"], strict=True))


@pytest.mark.parametrize("name", FILES)
def test_the_samples_are_what_the_script_makes_and_each_is_one_kind(name: str) -> None:
    assert (samples.FOLDER / name).read_bytes() == FILES[name]
    assert kinds_of(FILES[name], name) == [kind_of(name)]
    loaded = read(name)
    assert len(loaded.frame)
    assert loaded.edition
    assert loaded.effective_from
    assert loaded.problems.empty


def test_every_sample_stands_in_the_readme() -> None:
    page = (samples.FOLDER / "README.md").read_text(encoding="utf-8")
    kept = {path.name for path in samples.FOLDER.iterdir()} - {"README.md"}
    assert kept == set(FILES)
    assert "synthetic" in page.lower()


# What is something else


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<!DOCTYPE html>\n<html><body>License Agreement</body></html>", "saved web page"),
        (b"\xef\xbb\xbf\r\n<HTML><head><title>AMA</title>", "saved web page"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"", "an empty file"),
        (zipped(a__txt=b"x" * 4000)[:60], "damaged"),
        (zipped(readme__txt=b"nothing of the kind\r\n" * 5), "line 1"),
    ],
    ids=["a page", "a page with a mark", "a document", "nothing", "half an archive", "another text"],
)
def test_what_is_no_such_file_is_refused_by_name(kind: str, data: bytes, why: str) -> None:
    assert not READERS[kind].recognises(data, "download.zip")
    with pytest.raises(WrongFile) as error:
        READERS[kind].read(data, "/somewhere/download.zip")
    assert str(error.value).startswith("download.zip: line ")
    if kind != "nppes" or "damaged" not in why:
        assert why in str(error.value)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_kind_is_refused(kind: str, name: str) -> None:
    if kind == kind_of(name):
        return
    with pytest.raises(WrongFile, match="line"):
        READERS[kind].read(FILES[name], name)


def test_a_damaged_spreadsheet_is_refused() -> None:
    whole = sheet([["Column 1", "Column 2"]])
    with pytest.raises(WrongFile, match=r"edits\.xlsx: line 1: (a damaged|not)"):
        READERS["ncci"].read(whole[: len(whole) // 2], "edits.xlsx")


# ICD-10-CM


def test_the_breakpoints_of_the_years_are_in_the_samples() -> None:
    by_year = {
        year: read(f"icd10cm_order_{year}.txt").frame.set_index("code")["billable"] for year in samples.YEARS
    }
    for code, born in (
        ("F32A", 2022), ("F78A1", 2022), ("F78A9", 2022), ("F01A0", 2023), ("F0670", 2023), ("F0671", 2023),
        ("F4381", 2023), ("F4389", 2023), ("F1091", 2023), ("F50010", 2025), ("F50029", 2025), ("F5020", 2025),
        ("F5025", 2025), ("F50810", 2025), ("F50819", 2025), ("F5083", 2025), ("F5084", 2025),
    ):  # fmt: skip
        assert code not in by_year[born - 1].index
        assert by_year[born][code]
    for code, turned in (("F78", 2022), ("F0151", 2023), ("F438", 2023), ("F5002", 2025)):
        assert by_year[turned - 1][code]
        assert not by_year[turned][code]


@pytest.mark.parametrize(
    ("name", "edition", "first", "last"),
    [
        ("icd10cm_order_2026.txt", "2026", date(2025, 10, 1), date(2026, 9, 30)),
        ("icd10cm-order-April-2026.txt", "2026 April", date(2026, 4, 1), date(2026, 9, 30)),
        ("icd10cm-order-Jan-2021.txt", "2021 January", date(2021, 1, 1), date(2021, 9, 30)),
        ("whatever.txt", "", None, None),
    ],
)
def test_the_name_tells_the_year(name: str, edition: str, first: date | None, last: date | None) -> None:
    loaded = READERS["icd10cm"].read(FILES["icd10cm_order_2026.txt"], name)
    assert (loaded.edition, loaded.effective_from, loaded.effective_to) == (edition, first, last)


def test_lines_are_cut_by_position_whatever_their_length_and_ending() -> None:
    data = FILES["icd10cm_order_2026.txt"]
    same = read("icd10cm_order_2026.txt", data.replace(b"\r\n", b"\n"))
    assert same.frame.equals(read("icd10cm_order_2026.txt").frame)
    codes_ = same.frame.set_index("code")
    assert codes_["billable"]["T1491XA"]  # the placeholder X is part of the code
    assert not codes_["billable"]["F33"]  # headers are kept
    assert codes_["unspecified"]["F32A"]
    short = read("icd10cm_order_2026.txt", data + b"99998 F999 \r\n")
    assert codes(short.problems) == [(len(data.splitlines()) + 1, "SHORT_ROW")]


def test_bad_lines_of_an_order_file_are_kept_out() -> None:
    lines = FILES["icd10cm_order_2026.txt"].splitlines()
    bad = [lines[3][:14] + b"7" + lines[3][15:], b"00002 9999    1 Procedure", lines[5], b"\x1a"]
    loaded = read("icd10cm_order_2026.txt", b"\r\n".join([*lines, *bad]))
    size = len(lines)
    assert codes(loaded.problems) == [
        (size + 1, "NOT_A_FLAG"),
        (size + 2, "NOT_A_CODE"),
        (size + 3, "DUPLICATE"),
    ]
    assert len(loaded.frame) == size


def test_procedures_in_the_same_layout_are_not_diagnoses() -> None:
    data = b"00001 001     0 Central Nervous System\r\n00002 0016    0 Bypass\r\n00003 0016070 1 Bypass\r\n"
    with pytest.raises(WrongFile, match="not an ICD-10-CM order file"):
        READERS["icd10cm"].read(data, "icd10pcs_order_2026.txt")


def test_the_order_file_is_found_among_the_others_of_the_zip() -> None:
    data = zipped(
        icd10cm_addenda_2026__txt=b"Add F00\r\n",
        icd10cm_order_2026__txt=FILES["icd10cm_order_2026.txt"],
    )
    loaded = READERS["icd10cm"].read(data, "april-1-2026-code-descriptions.zip")
    assert loaded.edition == "2026"
    assert READERS["icd10cm"].recognises(data, "x.zip")


# NCCI


def test_every_window_of_a_pair_is_kept() -> None:
    frame = read("ccipra-v321r0-f1.txt").frame
    pair = frame[(frame["column1"] == "90847") & (frame["column2"] == "90832")]
    assert list(pair["effective"].dt.strftime("%Y%m%d")) == ["20230101", "20180101"]
    assert list(pair["deletion"].isna()) == [True, False]
    blank = frame[frame["column2"] == "90834"]
    assert blank["deletion"].isna().all()  # blank is open, like '*'
    assert set(frame["indicator"]) == {"0", "1", "9"}
    assert set(frame["service"]) == {"practitioner"}


@pytest.mark.parametrize(
    ("name", "service", "first"),
    [
        ("ccipra-v321r0-f1.txt", "practitioner", date(2026, 4, 1)),
        ("ccipra-v310r0-f4.txt", "practitioner", date(2025, 1, 1)),
        ("ccioph-v323r0-f1.txt", "outpatient", date(2026, 10, 1)),
        ("medicaid-ncci-2026q2-practitioner-ptp-edits.txt", "medicaid_practitioner", date(2026, 4, 1)),
        ("MCD_OPH_PTP_Q3_2026.txt", "medicaid_outpatient", date(2026, 7, 1)),
    ],
)
def test_the_sets_are_told_apart_by_name(name: str, service: str, first: date) -> None:
    plain = FILES["ccipra-v321r0-f1.txt"].replace(b"practitioner ", b"")
    loaded = READERS["ncci"].read(plain, name)
    assert (loaded.series, loaded.effective_from) == (service, first)


def test_a_set_that_nothing_names_is_refused() -> None:
    plain = FILES["ccipra-v321r0-f1.txt"].replace(b"practitioner ", b"")
    with pytest.raises(WrongFile, match="keep the published name"):
        READERS["ncci"].read(plain, "edits.txt")


def test_files_of_one_zip_are_put_together_and_a_spreadsheet_says_the_same() -> None:
    both = zipped(
        f1__txt=FILES["ccipra-v321r0-f1.txt"],
        f2__txt=FILES["ccipra-v321r0-f2.txt"],
    )
    loaded = READERS["ncci"].read(both, "ccipra-v321r0.zip")
    assert len(loaded.frame) == len(samples.PRACTITIONER_1) + len(samples.PRACTITIONER_2)
    rows: list[list[object]] = [
        ["Notice"],
        ["Column 1", "Column 2", "*", "Effective", "Deletion", "Modifier", "R"],
    ]
    rows += [[a, b, None, int(f), int(t) if t.isdigit() else t or None, int(m), "x"]
             for a, b, f, t, m in samples.PRACTITIONER_1]  # fmt: skip
    book = READERS["ncci"].read(sheet(rows), "ccipra-v321r0-f1.xlsx")
    pd.testing.assert_frame_equal(book.frame, read("ccipra-v321r0-f1.txt").frame)


def test_bad_edits_are_kept_out_with_their_line() -> None:
    good = FILES["ccipra-v321r0-f1.txt"]
    start = len(good.splitlines())
    bad = (
        b"9083\t90837\t\t20130101\t*\t0\tx\r\n90839\t90832\t\t20131301\t*\t0\tx\r\n"
        b"90839\t90834\t\t20130101\t*\t7\tx\r\n90839\t9\r\n"
    )
    loaded = read("ccipra-v321r0-f1.txt", good + bad)
    assert codes(loaded.problems) == [
        (start + 1, "NOT_A_CODE"), (start + 2, "NOT_A_DATE"), (start + 3, "NOT_AN_INDICATOR"), (start + 4, "SHORT_ROW"),
    ]  # fmt: skip


# MUE


def test_notice_and_broken_header_are_passed_over_and_the_indicator_is_a_digit() -> None:
    loaded = read("MCR_MUE_PractitionerServices_Eff_01-01-2026.csv")
    frame = loaded.frame.set_index("code")
    assert dict(frame["mai"]) == {code: int(mai[0]) for code, _, mai in samples.MUE}
    assert frame["units"]["99358"] == 0
    assert (loaded.series, loaded.edition) == ("practitioner", "2026-01-01")


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("MCR_MUE_OutpatientHospitalServices_Eff_01-01-2026.csv", "outpatient"),
        ("MCR_MUE_DMESupplierServices_Eff_01-01-2026.csv", "dme"),
        ("medicaid-mue-practitioner-2026q1.csv", "medicaid_practitioner"),
    ],
)
def test_each_service_is_its_own_set(name: str, series: str) -> None:
    loaded = read(name)
    assert loaded.series == series
    assert set(loaded.frame["service"]) == {series}
    if series.startswith("medicaid"):
        assert set(loaded.frame["mai"]) == {1}  # Medicaid's have no indicator


def test_bad_units_are_kept_out_and_a_spreadsheet_says_the_same() -> None:
    data = FILES["MCR_MUE_PractitionerServices_Eff_01-01-2026.csv"]
    bad = (
        b'90791,many,"3 Date of Service Edit: Clinical",x\r\n90792,1,Unknown,x\r\n90837,1,"1 Line Edit",x\r\n'
    )
    line = len(data.splitlines()) + 1
    assert codes(read("MCR_MUE_PractitionerServices_Eff_01-01-2026.csv", data + bad).problems) == [
        (line, "NOT_A_NUMBER"), (line + 1, "NOT_AN_INDICATOR"), (line + 2, "DUPLICATE"),
    ]  # fmt: skip
    header = [
        "HCPCS/\nCPT Code",
        "Practitioner Services MUE Values",
        "MUE Adjudication Indicator",
        "MUE Rationale",
    ]
    rows = [[samples.NOTICE], header, *([c, int(u), m, "x"] for c, u, m in samples.MUE)]
    book = READERS["mue"].read(sheet(rows), "MCR_MUE_PractitionerServices_Eff_01-01-2026.xlsx")
    pd.testing.assert_frame_equal(book.frame, read("MCR_MUE_PractitionerServices_Eff_01-01-2026.csv").frame)


# NUCC, POS


def test_taxonomies_of_new_and_old_editions() -> None:
    new, old = read("nucc_taxonomy_251.csv"), read("nucc_taxonomy_190.csv")
    assert list(new.frame["code"]) == [row[0] for row in samples.NUCC]
    assert (new.edition, new.effective_from) == ("25.1", date(2025, 7, 1))
    assert (old.edition, old.effective_from) == ("19.0", date(2019, 1, 1))
    gone = old.frame.set_index("code").loc["1744G0900X"]
    assert gone["deactivation"] == pd.Timestamp("2019-06-30")
    assert set(new.frame["section"]) == {"Individual", "Non-Individual"}
    assert "Synthetic" not in new.frame.to_csv()  # definitions are not kept


def test_places_keep_their_zero_and_their_first_day() -> None:
    loaded = read("place-of-service-codes.csv")
    frame = loaded.frame.set_index("pos")
    assert list(frame.index) == ["01", "02", "03", "10", "11", "27", "52", "66", "99"]
    assert frame["effective"]["27"] == pd.Timestamp("2023-10-01")
    assert pd.isna(frame["effective"]["11"])
    assert loaded.effective_from == date(2024, 8, 1)
    rows = [
        ["POS", "Name", "Effective"],
        [2, "Telehealth", None],
        [11, "Office", None],
        ["X1", "Wrong", None],
    ]
    book = READERS["pos"].read(sheet(rows), "pos.xlsx")
    assert list(book.frame["pos"]) == ["02", "11"]
    assert codes(book.problems) == [(4, "NOT_A_CODE")]


# NPPES, LEIE


def test_of_nppes_only_our_own_are_kept() -> None:
    loaded = read("npidata_pfile_20050523-20260111.csv")
    frame = loaded.frame.set_index("npi")
    assert set(frame.index) == OURS
    assert frame["primary_taxonomy"]["1000000004"] == "1041C0700X"  # the switch, not the first column
    assert frame["taxonomies"]["1000000004"] == "101YM0800X 1041C0700X"
    assert frame["entity_type"]["1000000012"] == "2"
    assert frame["deactivated_on"]["1000000020"] == pd.Timestamp("2024-03-15")
    assert frame["reactivated_on"]["1000000038"] == pd.Timestamp("2023-06-01")
    assert not frame["found"]["1000000053"]  # the full file does not have it
    assert loaded.series == "full"


def test_a_week_of_nppes_says_nothing_of_those_it_leaves_out_and_may_be_streamed_from_a_zip(
    tmp_path: Path,
) -> None:
    name = "npidata_pfile_20260105-20260111.csv"
    header = "npidata_pfile_20260105-20260111_fileheader.csv"
    path = tmp_path / "NPPES_Data_Dissemination.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(header, FILES["npidata_pfile_20050523-20260111.csv"].splitlines()[0])
        archive.writestr(name, FILES["npidata_pfile_20050523-20260111.csv"])
    with path.open("rb") as stream:
        loaded = READERS["nppes"].read(stream, path.name, OURS)
    assert set(loaded.frame["npi"]) == OURS - {"1000000053"}
    assert loaded.series == "changes"
    assert loaded.effective_from == date(2026, 1, 11)


def test_bad_rows_of_nppes_count_only_where_they_are_ours() -> None:
    data = FILES["npidata_pfile_20050523-20260111.csv"]
    name = "npidata_pfile_20050523-20260111.csv"
    ours = data.replace(b"03/15/2024", b"15.03.2024")
    assert codes(read(name, ours).problems) == [(4, "NOT_A_DATE")]
    assert "1000000020" not in set(read(name, ours).frame["npi"])
    cut = data[: data.index(b"1000000038") + 20]
    assert [code for _, code in codes(read(name, cut).problems)] == ["SHORT_ROW"]
    with pytest.raises(WrongFile, match="no column Entity Type Code"):
        READERS["nppes"].read(b'"NPI","Name"\n', "x.csv", OURS)


def test_the_report_of_deactivated_npis() -> None:
    rows = [["NPPES Deactivated Records as of Jan 12 2026"], ["NPI", "NPPES Deactivation Date"],
            ["1000000004", "12/01/2025"], [1000000099, "12/01/2025"], ["12", "12/01/2025"]]  # fmt: skip
    loaded = READERS["nppes"].read(sheet(rows), "NPPES Deactivated NPI Report 20260112.xlsx", OURS)
    assert list(loaded.frame["npi"]) == ["1000000004"]
    assert loaded.frame["deactivated_on"][0] == pd.Timestamp("2025-12-01")
    assert (loaded.series, loaded.effective_from) == ("deactivated", date(2026, 1, 12))
    assert codes(loaded.problems) == [(5, "NOT_AN_NPI")]


def test_excluded_people_without_npi_keep_name_and_birth() -> None:
    loaded = read("UPDATED.csv")
    frame = loaded.frame
    assert list(frame["npi"].isna()) == [True, False, False, True]
    assert frame["birth_date"][0] == pd.Timestamp("1970-01-02")
    assert frame["business"][3] == "SYNTHETIC CLINIC LLC"
    assert frame["waiver_state"][2] == "IL"
    assert frame["reinstated_on"].isna().all()
    assert (loaded.series, loaded.edition) == ("full", "2025-12")
    back = read("2601rein.csv")
    assert back.series == "supplement"
    assert back.frame["reinstated_on"][0] == pd.Timestamp("2026-01-15")
    bad = FILES["UPDATED.csv"] + b'"X","Y",,,,,,"123","19700101",,,,,,"20200101","00000000","00000000",\r\n'
    assert codes(read("UPDATED.csv", bad).problems) == [(6, "NOT_AN_NPI")]


# HCPCS


def test_rows_that_go_on_are_no_codes() -> None:
    loaded = read("HCPC2026_JAN_ANWEB.txt")
    frame = loaded.frame.set_index("code")
    assert list(frame.index) == ["H0004", "H0015", "H0035", "S9480", "G0511", "G0568", "HO"]
    assert frame["terminated_on"]["G0511"] == pd.Timestamp("2025-09-30")
    assert frame["added_on"]["G0568"] == pd.Timestamp("2026-01-01")
    assert frame["record"]["HO"] == "modifier"
    assert frame["coverage"]["H0004"] == "C"
    assert (loaded.edition, loaded.effective_from) == ("2026 JAN", date(2026, 1, 1))
    table = read("HCPC2026_APR_ANWEB.csv")
    assert list(table.frame["code"]) == ["H0004", "H0015", "G0568", "HO"]
    assert (table.edition, table.effective_from) == ("2026 APR", date(2026, 4, 1))
    assert "description" not in " ".join(table.frame.columns)


def test_bad_records_of_hcpcs() -> None:
    rows = [
        ("H0099", "4", ""),
        ("H0031", "3", "2001AB01"),
        ("H0032", "5", "20010101"),
        ("90837", "3", "20130101"),
    ]
    more = [samples.hcpcs_record(code, 100, record, added, "") for code, record, added in rows]
    loaded = read("HCPC2026_JAN_ANWEB.txt", FILES["HCPC2026_JAN_ANWEB.txt"] + "\r\n".join(more).encode())
    assert codes(loaded.problems) == [
        (10, "NO_START"), (11, "NOT_A_DATE"), (12, "NOT_AN_INDICATOR"), (13, "NOT_A_CODE"),
    ]  # fmt: skip


def test_what_changed_in_a_quarter_is_not_the_whole_table() -> None:
    names = {
        "ncci": (
            "medicare-ncci-2026q2-practitioner-quarterly-additions-deletions-revisions-ptp.txt",
            "ccipra-v321r0-f1.txt",
        ),
        "mue": (
            "MCR_MUE_Practitioner_Additions_01-01-2026.csv",
            "MCR_MUE_PractitionerServices_Eff_01-01-2026.csv",
        ),
        "hcpcs": ("HCPC2026_APR_Transaction_ANWEB.txt", "HCPC2026_JAN_ANWEB.txt"),
    }
    for kind, (name, same) in names.items():
        with pytest.raises(WrongFile, match="not the whole table"):
            READERS[kind].read(FILES[same], name)
    data = zipped(
        HCPC2026_APR_Corrections__csv=FILES["HCPC2026_APR_ANWEB.csv"],
        HCPC2026_JAN_ANWEB__txt=FILES["HCPC2026_JAN_ANWEB.txt"],
    )
    assert READERS["hcpcs"].read(data, "january-2026.zip").edition == "2026 JAN"


# Names


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("MCR_MUE_Eff_01-01-2026.csv", date(2026, 1, 1)),
        ("medicare-ncci-2026q3-ptp.zip", date(2026, 7, 1)),
        ("MCD_Q4_2025.xlsx", date(2025, 10, 1)),
        ("report 20260112.xlsx", date(2026, 1, 12)),
        ("report 20269912.xlsx", None),
        ("report.xlsx", None),
    ],
)
def test_dates_in_names(name: str, day: date | None) -> None:
    assert dated(name) == day


def test_services_in_names() -> None:
    assert service_of("Facility Outpatient Hospital Services") == "outpatient"
    assert service_of("nothing") is None
    assert service_of("ccioph-v321r0-f1.txt", "a notice that names practitioners") == "outpatient"
    assert service_of("ncci-ptp.txt", "Medicaid practitioner edits") == "medicaid_practitioner"
    assert service_of("hospital-ptp.txt", "Medicaid NCCI edits") == "medicaid_outpatient"
