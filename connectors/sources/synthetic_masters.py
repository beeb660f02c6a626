"""The standing data of the synthetic practice: payers, clinicians, their enrolments, prices and contracts.

Nobody here exists. Clinicians' NPIs start with 2, which no issued number does; payer ids are outside real lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

PRESCRIBERS = ("MD", "NP")
THERAPISTS = ("PHD", "LCSW", "LMFT", "MHC")
LAPSED, UNENROLLED = "CL011", "CL012"  # clinicians that only planted problems send


def practice() -> dict[str, str]:
    """Values for ``configs.settings.Practice``."""
    return {
        "name": "EXAMPLE BEHAVIORAL GROUP",
        "npi": "1234567893",
        "tax_id": "123456789",
        "taxonomy": "261QM0801X",
        "street": "100 EXAMPLE ST",
        "city": "SPRINGFIELD",
        "state": "IL",
        "zip": "627011234",
        "contact": "BILLING OFFICE",
        "phone": "5555550100",
        "place_of_service": "11",
    }


# payer_id, name, class, edi id, SBR09, TRN03, days to file, days to appeal, telehealth, audio, codes that need an
# authorization, supervised clinicians, classes of clinician
_PAYERS = (
    ("EXHP", "EXAMPLE HEALTH PLAN", "commercial", "99999", "CI", "1999990001", 90, 180,
     "modifier_95", True, "90837 H0015", "supervisor_named", "*"),
    ("EXBL", "EXAMPLE BLUE", "blue", "99998", "BL", "1999990002", 365, 180,
     "pos11_95", False, "H0015", "supervisor_npi", "MD NP PA PHD LCSW LMFT MHC INTERN"),
    ("MCRB", "EXAMPLE MEDICARE PART B", "medicare_ffs", "99997", "MB", "1999990003", 365, 120,
     "none", True, "", "not_allowed", "MD NP PA CNS PHD LCSW LMFT MHC"),
    ("EXMD", "EXAMPLE MEDICAID", "medicaid", "99996", "MC", "1999990004", 180, 90,
     "modifier_gt", True, "H0015", "supervisor_named", "*"),
    ("EXCC", "EXAMPLE COMMUNITY CARE", "medicaid_mco", "99995", "HM", "1999990005", 120, 60,
     "modifier_95", False, "90837 90853 H0015", "supervisor_npi", "MD NP PHD LCSW LMFT MHC INTERN"),
    ("EXCO", "EXAMPLE MIND CARVE-OUT", "commercial", "99994", "CI", "1999990006", 90, 60,
     "modifier_95", True, "*", "not_allowed", "MD NP PHD LCSW LMFT"),
)  # fmt: skip
_PAYER_COLUMNS = (
    "payer_id name payer_class edi_payer_id filing_code remit_ids timely_filing_days appeal_days telehealth_rule"
    " audio_allowed auth_codes supervised_billing provider_classes"
)
COLUMNS_OF_PAYERS = (
    "payer_id name payer_class edi_payer_id filing_code partner remit_ids timely_filing_days appeal_days"
    " telehealth_rule audio_allowed auth_codes supervised_billing provider_classes date_window_days"
    " coverage_required_active"
)


def _payer(values: tuple[Any, ...]) -> Row:
    known = dict(zip(_PAYER_COLUMNS.split(), values, strict=True))
    more = {"partner": "sandbox", "date_window_days": None, "coverage_required_active": True}
    return {name: {**known, **more}[name] for name in COLUMNS_OF_PAYERS.split()}


PAYERS: dict[str, Row] = {values[0]: _payer(values) for values in _PAYERS}

# provider_id, last name, first name, taxonomy, class, supervisor
_CLINICIANS = (
    ("CL001", "DOE", "PAT", "2084P0800X", "MD", None),
    ("CL002", "ROE", "JORDAN", "363LP0808X", "NP", None),
    ("CL003", "SAMPLE", "RILEY", "103TC0700X", "PHD", None),
    ("CL004", "EXAMPLE", "CASEY", "1041C0700X", "LCSW", None),
    ("CL005", "SPECIMEN", "MORGAN", "1041C0700X", "LCSW", None),
    ("CL006", "MODEL", "QUINN", "106H00000X", "LMFT", None),
    ("CL007", "PATTERN", "AVERY", "101YM0800X", "MHC", None),
    ("CL008", "TEMPLATE", "ROWAN", "2084P0804X", "MD", None),
    ("CL009", "DRAFT", "EMERY", "101YA0400X", "MHC", None),
    ("CL010", "NOVICE", "SKYLER", "390200000X", "INTERN", "CL005"),
    (LAPSED, "LAPSE", "DEVON", "1041C0700X", "LCSW", None),
    (UNENROLLED, "NEWCOMER", "REESE", "106H00000X", "LMFT", None),
)


def npi(number: int) -> str:
    """A number of the unissued range with a valid check digit (Luhn over 80840 and the nine digits).

    >>> npi(1)
    '2000000010'
    """
    base = f"2{number:08d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in base[::-2])
    return f"{base}{-(24 + doubled + sum(map(int, base[-2::-2]))) % 10}"


def clinicians(business_date: date) -> list[Row]:
    """Twelve clinicians; one whose licence ran out 60 days ago, and one who is new to every payer."""
    rows = []
    for number, (provider_id, last, first, taxonomy, class_, supervisor) in enumerate(_CLINICIANS, 1):
        ends = business_date + timedelta(days=-60 if provider_id == LAPSED else 500)
        row: Row = {"provider_id": provider_id, "npi": npi(number), "last_name": last, "first_name": first}
        row |= {"taxonomy": taxonomy, "provider_class": class_, "license_number": f"149{number:06d}"}
        row |= {"license_state": "IL", "license_from": date(business_date.year - 6, 1, 1), "license_to": ends}
        row |= {"active_from": date(business_date.year - 4, 1, 1), "active_to": None}
        rows.append({**row, "supervisor_id": supervisor})
    return rows


def accepts(payer_id: str, provider_class: str) -> bool:
    """Whether the payer takes claims of this class; an intern only where supervised billing is allowed."""
    payer = PAYERS[payer_id]
    if provider_class == "INTERN" and payer["supervised_billing"] == "not_allowed":
        return False
    return payer["provider_classes"] == "*" or provider_class in payer["provider_classes"].split()


def clinicians_for(payer_id: str, classes: tuple[str, ...]) -> list[str]:
    """Clinicians in good standing of these classes that the payer takes."""
    kept = [row for row in _CLINICIANS if row[0] not in (LAPSED, UNENROLLED)]
    return [row[0] for row in kept if row[4] in classes and accepts(payer_id, row[4])]


def never_enrolled(payer_id: str) -> bool:
    """Whether the new clinician has no enrolment with the payer at all; at the others it starts tomorrow."""
    return list(PAYERS).index(payer_id) % 2 == 0


def enrollments(business_date: date) -> list[Row]:
    """Who may bill whom. The new clinician is not enrolled anywhere before the business date."""
    rows = []
    for payer_id in PAYERS:
        for provider_id, _, _, _, class_, _ in _CLINICIANS:
            if not accepts(payer_id, class_) or (provider_id == UNENROLLED and never_enrolled(payer_id)):
                continue
            starts = date(business_date.year - 3, 1, 1)
            if provider_id == UNENROLLED:
                starts = business_date + timedelta(days=1)
            row: Row = {"provider_id": provider_id, "payer_id": payer_id, "effective_from": starts}
            rows.append({**row, "effective_to": None})
    return rows


# Code → price in cents. Invented; some have odd cents so that sums are worth checking.
FEES = {
    "90785": 2550, "90791": 25000, "90792": 30000, "90832": 11000, "90833": 9050, "90834": 15000, "90836": 12025,
    "90837": 20000, "90838": 16000, "90839": 24000, "90840": 12000, "90846": 16000, "90847": 17000, "90849": 6000,
    "90853": 7000, "96127": 1205, "99202": 11500, "99203": 16000, "99204": 24000, "99205": 31000, "99212": 8500,
    "99213": 13000, "99214": 19000, "99215": 26500, "G0410": 7000, "H0015": 35000, "H0035": 45000, "S9480": 30000,
}  # fmt: skip
# Revenue code of a bed without a procedure → price of a night.
BEDS = {"0126": 110025, "1001": 90050}
PRICES = FEES | BEDS
DAYS = frozenset({"H0015", "H0035", "S9480", *BEDS})  # paid by the day; Medicare pays none of them
MEDICARE_PERCENT = 60
CLASS_BASIS_POINTS = {"NP": 8500, "LCSW": 7500, "LMFT": 7500, "MHC": 7500}  # of Medicare's fee schedule
BLUE_BASIS_POINTS = 7000
FIXED_PERCENT = {"EXHP": 75, "EXMD": 52, "EXCC": 55, "EXCO": 68}
RAISED = {("EXCO", "90834"): 66}  # percent until the end of last year


def fees(business_date: date) -> list[Row]:
    """The practice's prices, with last year's for the codes that went up."""
    this, last = date(business_date.year, 1, 1), date(business_date.year - 1, 1, 1)
    rows = []
    for code, price in PRICES.items():
        plain = {"code": code, "modifier": ""}
        old = {"effective_from": last, "charge_cents": price - 500, "effective_to": this - timedelta(days=1)}
        rows.append({**plain, **old})
        rows.append({**plain, "effective_from": this, "charge_cents": price, "effective_to": None})
    return rows


def contracts(business_date: date) -> list[Row]:
    """What each payer allows: fixed rates, Medicare by class of clinician, one payer by percent of the fee."""
    return [row for payer_id in PAYERS for code in PRICES for row in _rates(payer_id, code, business_date)]


def _rates(payer_id: str, code: str, business_date: date) -> Iterator[Row]:
    start = date(business_date.year - 1, 1, 1)
    row: Row = {"payer_id": payer_id, "code": code, "modifier": "", "provider_class": "", "plan": ""}
    row |= {"place_group": "", "effective_from": start, "method": "fixed", "rate_cents": None}
    row |= {
        "percent_basis_points": None,
        "class_basis_points": None,
        "lesser_of": None,
        "tolerance_cents": None,
    }
    row |= {"effective_to": None}
    if payer_id == "EXBL":
        yield {**row, "method": "percent_of_fee", "percent_basis_points": BLUE_BASIS_POINTS}
    elif payer_id == "MCRB":
        if code not in DAYS:
            row["rate_cents"] = PRICES[code] * MEDICARE_PERCENT // 100
            yield row
            for class_, part in CLASS_BASIS_POINTS.items():
                yield {**row, "provider_class": class_, "class_basis_points": part}
    else:
        row["method"] = "per_diem" if code in DAYS else "fixed"
        if (payer_id, code) in RAISED:
            raised = date(business_date.year, 1, 1)
            before = {"rate_cents": old_rate(payer_id, code), "effective_to": raised - timedelta(days=1)}
            yield {**row, **before}
            row["effective_from"] = raised
        yield {**row, "rate_cents": PRICES[code] * FIXED_PERCENT[payer_id] // 100}


def old_rate(payer_id: str, code: str) -> int:
    """Last year's rate of a code that went up."""
    return FEES[code] * RAISED[payer_id, code] // 100


def allowances() -> list[Row]:
    """What the payers of the demo allow: what was agreed, with the slips that payers make.

    EXCO has not loaded this year's rate of 90834, MCRB pays nurse practitioners the 75 % of social workers for 99214,
    EXHP allows three dollars too little for 90837. A row has the columns of the sandbox's prices.
    """
    rows = []
    for payer_id, payer in PAYERS.items():
        for code, fee in PRICES.items():
            row: Row = {"payer": payer["edi_payer_id"], "code": code, "taxonomy": "", "unit_cents": None}
            row["basis_points"] = 10_000
            if payer_id == "EXBL":
                rows.append({**row, "basis_points": BLUE_BASIS_POINTS})
            elif payer_id == "MCRB":
                row["unit_cents"] = fee * MEDICARE_PERCENT // 100
                rows.append(row)
                for taxonomy, class_ in {(c[3], c[4]) for c in _CLINICIANS if c[4] in CLASS_BASIS_POINTS}:
                    paid_as = "LCSW" if (class_, code) == ("NP", "99214") else class_
                    rows.append({**row, "taxonomy": taxonomy, "basis_points": CLASS_BASIS_POINTS[paid_as]})
            elif (payer_id, code) in RAISED:
                rows.append({**row, "unit_cents": old_rate(payer_id, code)})
            else:
                short = 300 if (payer_id, code) == ("EXHP", "90837") else 0
                rows.append({**row, "unit_cents": fee * FIXED_PERCENT[payer_id] // 100 - short})
    return sorted(rows, key=lambda row: (row["payer"], row["code"], row["taxonomy"]))
