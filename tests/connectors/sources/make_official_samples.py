"""Writes ``configs/reference/samples``: small synthetic extracts in the layouts of the official files.

    python -m tests.connectors.sources.make_official_samples

Codes are real where a rule needs them to be, titles, names, dates of persons and edits are ours. The ICD years hold the
breakpoints of the billing dossier, section 3.1.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "configs" / "reference" / "samples"
CRLF = "\r\n"

# code: (flag, first fiscal year, last fiscal year); flag 0 is a header. A code that becomes a header has two rows.
DIAGNOSES = [
    ("F01", 0, 2021, 0),
    ("F015", 0, 2021, 0),
    ("F0150", 1, 2021, 0),
    ("F0151", 1, 2021, 2022),
    ("F0151", 0, 2023, 0),
    ("F01511", 1, 2023, 0),
    ("F01A0", 1, 2023, 0),
    ("F01B0", 1, 2023, 0),
    ("F01C0", 1, 2023, 0),
    ("F0670", 1, 2023, 0),
    ("F0671", 1, 2023, 0),
    ("F1091", 1, 2023, 0),
    ("F1191", 1, 2023, 0),
    ("F32", 0, 2021, 0),
    ("F320", 1, 2021, 0),
    ("F329", 1, 2021, 0),
    ("F32A", 1, 2022, 0),
    ("F33", 0, 2021, 0),
    ("F331", 1, 2021, 0),
    ("F411", 1, 2021, 0),
    ("F438", 1, 2021, 2022),
    ("F438", 0, 2023, 0),
    ("F4381", 1, 2023, 0),
    ("F4389", 1, 2023, 0),
    ("F50", 0, 2021, 0),
    ("F500", 0, 2021, 0),
    ("F5001", 1, 2021, 2024),
    ("F5001", 0, 2025, 0),
    ("F50010", 1, 2025, 0),
    ("F50019", 1, 2025, 0),
    ("F5002", 1, 2021, 2024),
    ("F5002", 0, 2025, 0),
    ("F50020", 1, 2025, 0),
    ("F50029", 1, 2025, 0),
    ("F502", 1, 2021, 2024),
    ("F502", 0, 2025, 0),
    ("F5020", 1, 2025, 0),
    ("F5025", 1, 2025, 0),
    ("F5081", 1, 2021, 2024),
    ("F5081", 0, 2025, 0),
    ("F50810", 1, 2025, 0),
    ("F50819", 1, 2025, 0),
    ("F5083", 1, 2025, 0),
    ("F5084", 1, 2025, 0),
    ("F78", 1, 2021, 2021),
    ("F78", 0, 2022, 0),
    ("F78A1", 1, 2022, 0),
    ("F78A9", 1, 2022, 0),
    ("R45851", 1, 2021, 0),
    ("T1491XA", 1, 2021, 0),
    ("Z590", 1, 2021, 2021),
    ("Z590", 0, 2022, 0),
    ("Z5900", 1, 2022, 0),
    ("Z630", 1, 2021, 0),
]
YEARS = (2021, 2022, 2023, 2024, 2025, 2026)
ONLY_APRIL = ("Z6300", 1)  # invented: what an April addendum adds


def icd(year: int, extra: tuple[tuple[str, int], ...] = (), end: str = CRLF) -> str:
    """An order file: sliced columns, the long title not padded."""
    rows = [(c, f) for c, f, first, last in DIAGNOSES if first <= year and (not last or year <= last)]
    lines = []
    for number, (code, flag) in enumerate(sorted([*rows, *extra]), start=1):
        open_ = "unsp" if code in ("F329", "F32A", "F50019", "F50029", "F5081", "F50819") else "sample"
        short = f"Synthetic title, {open_}"
        lines.append(
            f"{number:05d} {code:<7} {flag} {short:<60} {short} {'and more of it ' * (number % 3)}".rstrip()
        )
    return end.join(lines) + end


NCCI_HEADER = [
    [
        "Synthetic extract in the layout of the practitioner PTP edits; no notice of anybody's is repeated here"
    ],
    ["Made for tests"],
    ["Column 1/Column 2 Edits"],
    ["", "", "*=in existence", "", "Deletion", "Modifier", ""],
    ["Column 1", "Column 2", "prior to 1996", "Effective", "Date", "0=not allowed", "PTP Edit Rationale"],
    ["", "", "", "Date", "*=no data", "1=allowed 9=not applicable", ""],
]
RATIONALE = "Synthetic rationale"


def ncci(edits: list[tuple[str, str, str, str, str]]) -> str:
    """Preamble and header of six lines, then column 1, column 2, before 1996, from, to, indicator, rationale."""
    rows = [*NCCI_HEADER, *([a, b, "", first, last, flag, RATIONALE] for a, b, first, last, flag in edits)]
    return CRLF.join("\t".join(row) for row in rows) + CRLF


# The repeated pair (newest window first) is the one of the dossier's vector ncci_window.
PRACTITIONER_1 = [
    ("90839", "90837", "20130101", "*", "0"),
    ("90847", "90832", "20230101", "*", "1"),
    ("90847", "90832", "20180101", "20201231", "0"),
    ("90853", "90834", "20130401", "", "1"),
    ("90853", "90785", "20130101", "20130101", "9"),
]
PRACTITIONER_2 = [("99214", "96127", "20160101", "*", "1")]
OUTPATIENT = [("90853", "90834", "20130401", "*", "0")]
MEDICAID = [("H2015", "H2014", "20200101", "*", "0")]

NOTICE = (
    "Synthetic extract in the layout of the MUE tables;\nthe publisher's notice of several lines\nstands here"
)


def mue(service: str, rows: list[tuple[str, str, str]], *, indicator: bool = True) -> str:
    """A quoted notice of several lines, a header with a line break in it, then the edits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=CRLF)
    blank = ["", "", ""] if indicator else ["", ""]
    writer.writerow([NOTICE, *blank])
    header = ["HCPCS/\nCPT Code", f"{service} Services MUE Values"]
    writer.writerow([*header, *(["MUE Adjudication Indicator"] if indicator else []), "MUE Rationale"])
    for code, units, mai in rows:
        writer.writerow([code, units, *([mai] if indicator else []), "Synthetic"])
    return out.getvalue()


LINE, POLICY, CLINICAL = "1 Line Edit", "2 Date of Service Edit: Policy", "3 Date of Service Edit: Clinical"
MUE = [
    ("90837", "1", CLINICAL),
    ("90853", "1", POLICY),
    ("96127", "3", CLINICAL),
    ("97151", "8", CLINICAL),
    ("97153", "32", CLINICAL),
    ("H0004", "4", LINE),
    ("99358", "0", CLINICAL),
]
MUE_NEXT = [(code, "2" if code == "96127" else units, mai) for code, units, mai in MUE]
MUE_MEDICAID = [("97151", "32", ""), ("H0004", "16", "")]

NUCC_COLUMNS = [
    "Code",
    "Grouping",
    "Classification",
    "Specialization",
    "Definition",
    "Notes",
    "Display Name",
    "Section",
]
NUCC = [
    ["1041C0700X", "Behavioral Health & Social Service Providers", "Social Worker", "Clinical"],
    ["101YM0800X", "Behavioral Health & Social Service Providers", "Counselor", "Mental Health"],
    ["2084P0800X", "Allopathic & Osteopathic Physicians", "Psychiatry & Neurology", "Psychiatry"],
    ["261QM0801X", "Ambulatory Health Care Facilities", "Clinic/Center", "Mental Health (Including CMHC)"],
]


def nucc(*, dates: bool = False) -> str:
    """Definitions in quotes over several lines; old editions have date columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=CRLF)
    extra = ["Effective Date", "Deactivation Date", "Last Modified Date", "Notes 2"] if dates else []
    writer.writerow([*NUCC_COLUMNS, *extra])
    for row in NUCC:
        section = "Non-Individual" if row[0].startswith("26") else "Individual"
        words = 'Synthetic “definition” – ours,\r\nover two lines, with a "quote"'
        writer.writerow(
            [*row, words, "", row[2], section, *(["4/1/2003", "", "7/1/2006", ""] if dates else [])]
        )
    if dates:
        row = [
            "1744G0900X",
            "Other Service Providers",
            "Synthetic",
            "Deactivated",
            "-",
            "",
            "-",
            "Individual",
        ]
        writer.writerow([*row, "1/1/2003", "6/30/2019", "", ""])
    return out.getvalue()


POS = """Place of Service Code(s),Place of Service Name,Place of Service Description,Effective
01,Pharmacy,ours,
02,Telehealth elsewhere than at home,"ours, with a comma",01/01/2017
03,School,ours,
10,Telehealth at home,ours,01/01/2022
11,Office,ours,
27,Outreach site,ours,10/01/2023
28-30,Unassigned,N/A,
52,Partial hospital,ours,
66,PACE centre,ours,08/01/2024
99,Other,ours,
"""

LEIE_COLUMNS = (
    "LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,"
    "REINDATE,WAIVERDATE,WVRSTATE"
)


def leie(*rows: tuple[str, str, str, str, str, str, str, str, str]) -> str:
    """Last, first, business, NPI, birth, excluded, reinstated, waived, state of the waiver."""
    lines = [LEIE_COLUMNS]
    for last, first, business, npi, born, excluded, back, waived, state in rows:
        cells = [
            last,
            first,
            "",
            business,
            "SYNTHETIC",
            "NONE",
            "",
            npi,
            born,
            "1 MAIN ST",
            "SPRINGFIELD",
            "IL",
        ]
        cells += ["62701", "1128b4", excluded, back, waived, state]
        lines.append(",".join(f'"{cell}"' if cell else "" for cell in cells))
    return CRLF.join(lines) + CRLF


ZERO = "00000000"
FULL = leie(
    ("EXAMPLE", "ALEX", "", "0000000000", "19700102", "20190320", ZERO, ZERO, ""),
    ("SAMPLE", "SASHA", "", "1000000004", "19800304", "20200620", ZERO, ZERO, ""),
    ("WAIVED", "WYN", "", "1000000012", "19650506", "20180820", ZERO, "20210101", "IL"),
    ("", "", "SYNTHETIC CLINIC LLC", "0000000000", "", "20251218", ZERO, ZERO, ""),
)
SUPPLEMENT = leie(("LATER", "LEE", "", "0000000000", "19900708", "20260120", ZERO, ZERO, ""))
REINSTATED = leie(("SAMPLE", "SASHA", "", "1000000004", "19800304", "20200620", "20260115", ZERO, ""))

NPI_COLUMNS = 330


def nppes() -> str:
    """330 quoted columns; the ones we read stand among the others."""
    names = ["NPI", "Entity Type Code", "Provider Organization Name (Legal Business Name)"]
    names += ["Provider Last Name (Legal Name)", "NPI Deactivation Date", "NPI Reactivation Date"]
    for number in range(1, 16):
        names += [
            f"Healthcare Provider Taxonomy Code_{number}",
            f"Healthcare Provider Primary Taxonomy Switch_{number}",
        ]
    names += [f"Synthetic column {number}" for number in range(len(names) + 1, NPI_COLUMNS + 1)]
    people = [
        ("1000000004", "1", "", "SAMPLE", "", "", "101YM0800X N 1041C0700X Y"),
        ("1000000012", "2", "SYNTHETIC CLINIC LLC", "", "", "", "261QM0801X Y"),
        ("1000000020", "1", "", "STOPPED", "03/15/2024", "", ""),
        ("1000000038", "1", "", "BACK", "03/15/2023", "06/01/2023", "2084P0800X X"),
        ("1000000046", "1", "", "STRANGER", "", "", "2084P0800X Y"),
    ]
    lines = [",".join(f'"{name}"' for name in names)]
    for npi, entity, business, last, ended, again, taxonomies in people:
        cells = [npi, entity, business, last, ended, again, *taxonomies.split()]
        lines.append(",".join(f'"{cell}"' for cell in [*cells, *[""] * (NPI_COLUMNS - len(cells))]))
    return "\n".join(lines) + "\n"


def hcpcs_record(code: str, sequence: int, record: str, added: str, ended: str, action: str = "N") -> str:
    """One record of 320 characters; a modifier stands in columns 4-5, a description goes on in record 4 or 8."""
    name = f"{code:<5}" if len(code) == 5 else f"   {code}"
    dates = f"{added:<8}{added:<8}{ended:<8}" if record in "37" else " " * 24
    head = f"{name}{sequence:05d}{record}Synthetic description"
    return f"{head:<229}{'C' if record in '37' else ' '}{'':<38}{dates}{action if record in '37' else ' '}".ljust(
        320
    )


HCPCS = CRLF.join(
    [
        hcpcs_record("H0004", 100, "3", "20010101", ""),
        hcpcs_record("H0004", 200, "4", "", ""),
        hcpcs_record("H0015", 100, "3", "20010101", ""),
        hcpcs_record("H0035", 100, "3", "20010101", ""),
        hcpcs_record("S9480", 100, "3", "20000101", ""),
        hcpcs_record("G0511", 100, "3", "20180101", "20250930", "D"),
        hcpcs_record("G0568", 100, "3", "20260101", "", "A"),
        hcpcs_record("HO", 100, "7", "20030101", ""),
        hcpcs_record("HO", 200, "8", "", ""),
        "",
    ]
)
HCPCS_CSV = """HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,COV,ADD DT,ACT EFF DT,TERM DT,ACTION CD
H0004,100,3,Synthetic,Synthetic,I,20010101,20030101,,N
,200,4,goes on,,,,,,
H0015,100,3,Synthetic,Synthetic,I,20010101,20030101,,N
G0568,100,3,Synthetic,Synthetic,C,20260101,20260101,20260331,D
HO,100,7,Synthetic,Synthetic,,20030101,20030101,,N
"""


def files() -> dict[str, bytes]:
    """Every sample by its name, as the publisher would name it."""
    april = icd(2026, (ONLY_APRIL,), end="\n")
    texts: dict[str, bytes] = {
        **{f"icd10cm_order_{year}.txt": icd(year).encode() for year in YEARS},
        "icd10cm-order-April-2026.txt": april.encode(),
        "ccipra-v321r0-f1.txt": ncci(PRACTITIONER_1).encode(),
        "ccipra-v321r0-f2.txt": ncci(PRACTITIONER_2).encode(),
        "ccioph-v321r0-f1.txt": ncci(OUTPATIENT).encode(),
        "medicaid-ncci-2026q2-practitioner-ptp-edits.txt": ncci(MEDICAID).encode(),
        "MCR_MUE_PractitionerServices_Eff_01-01-2026.csv": mue("Practitioner", MUE).encode(),
        "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv": mue("Practitioner", MUE_NEXT).encode(),
        "MCR_MUE_OutpatientHospitalServices_Eff_01-01-2026.csv": mue("Outpatient Hospital", MUE).encode(),
        "MCR_MUE_DMESupplierServices_Eff_01-01-2026.csv": mue(
            "DME Supplier", [("A4206", "1", LINE)]
        ).encode(),
        "medicaid-mue-practitioner-2026q1.csv": mue("Practitioner", MUE_MEDICAID, indicator=False).encode(),
        "nucc_taxonomy_251.csv": nucc().encode("utf-8-sig"),
        "nucc_taxonomy_190.csv": nucc(dates=True).encode("cp1252"),
        "place-of-service-codes.csv": POS.encode(),
        "npidata_pfile_20050523-20260111.csv": nppes().encode(),
        "UPDATED.csv": FULL.encode(),
        "2601excl.csv": SUPPLEMENT.encode(),
        "2601rein.csv": REINSTATED.encode(),
        "HCPC2026_JAN_ANWEB.txt": HCPCS.encode(),
        "HCPC2026_APR_ANWEB.csv": HCPCS_CSV.encode(),
    }
    return texts


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
