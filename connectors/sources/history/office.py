"""The practice and its payers through the months: claims go out, checks come in."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from connectors.sources.history import habits
from connectors.sources.history.desk import Desk
from connectors.sources.history.model import Answer, Check, Claim, File, History, Line, Truth
from connectors.sources.history.writing import written

FIRST_YEAR = 2016
# Payer: its name, class, id in the 835, filing code, the day of its check, whether an FB names its check.
PAYERS = {
    "FED": ("FEDERAL HEALTH FUND", "medicare_ffs", "1610000001", "MB", 9, True),
    "BLUE": ("BLUE SAMPLE PLAN", "blue", "1620000002", "BL", 12, True),
    "UNI": ("UNITED SAMPLE HEALTH", "commercial", "1630000003", "CI", 16, False),
    "AID": ("STATE AID PROGRAM", "medicaid", "1640000004", "MC", 20, True),
    "SUP": ("SUPPLEMENT SAMPLE LIFE", "commercial", "1650000005", "CI", 24, True),
}
PRIMARIES = ("FED", "BLUE", "UNI", "AID")
PRICES = {"90791": 25_000, "90834": 16_000, "90837": 20_000, "90853": 7_515}
PATIENTS = 40


def made(months: int = 120, claims_a_month: int = 30, seed: int = 0) -> History:
    """A history of so many months; the same arguments give the same bytes."""
    random = Random(f"cleanclaim history {seed}")  # noqa: S311 (synthetic data, not a secret)
    desks = {name: _desk(name, number, months, seed) for number, name in enumerate(PAYERS)}
    claims: list[Claim] = []
    for month in range(months):
        for _ in range(claims_a_month):
            claim = _claim(random, len(claims) + 1, month)
            claims.append(claim)
            if random.random() < 0.98:  # some are never answered
                habits.answer(desks, claim, 1 + (random.random() < 0.2))
        habits.of_itself(desks, month)
        for desk in desks.values():
            desk.issue(month)
    checks = sorted(
        (check for desk in desks.values() for check in desk.checks), key=lambda c: (c.day, c.trace)
    )
    return History(_rows(claims), _files(checks, claims, months), _truths(checks), _shares(checks, claims))


def _desk(name: str, number: int, months: int, seed: int) -> Desk:
    day, names_debts = PAYERS[name][4:]
    days = [_month(month, day) for month in range(months + 1)]
    random = Random(f"cleanclaim history {seed} {name}")  # noqa: S311 (as above)
    return Desk(name, f"{name[0]}{number}", random, days, names_debts, paper=name == "UNI")


def _month(number: int, day: int) -> dt.date:
    return dt.date(FIRST_YEAR + number // 12, number % 12 + 1, day)


def _claim(random: Random, number: int, month: int) -> Claim:
    payer = random.choice(PRIMARIES)
    patient = PRIMARIES.index(payer) + len(PRIMARIES) * random.randrange(PATIENTS // len(PRIMARIES))
    codes = random.sample(sorted(PRICES), 1 if random.random() < 0.7 else 2)
    lines = [
        Line(f"L{number:08}X{at}", code, PRICES[code] + random.randrange(0, 3))
        for at, code in enumerate(codes, 1)
    ]
    day = _month(month, random.randrange(1, 28))
    return Claim(f"H{number:09}", payer, patient, day, lines, _later(payer, patient))


def _later(payer: str, patient: int) -> tuple[str, ...]:
    """Who comes after Medicare: the supplement for most, and Medicaid after it for some."""
    if payer != "FED" or patient % 3 == 0:
        return ()
    return ("SUP", "AID") if patient % 5 == 0 else ("SUP",)


def _files(checks: list[Check], claims: list[Claim], months: int) -> list[File]:
    """Files as they came: of UNI now and then two the wrong way round; some again in another envelope."""
    order = list(checks)
    late = [at for at, check in enumerate(order) if check.payer == "UNI"]
    for first, second in zip(late[::12], late[1::12], strict=False):
        order[first], order[second] = order[second], order[first]
    files = [_file(check, number) for number, check in enumerate(order, 1)]
    again = [_file(check, number) for number, check in enumerate(order[40::60], len(order) + 1)]
    return files + again + _disputed(claims, months, len(files) + len(again))


def _disputed(claims: list[Claim], months: int, before: int) -> list[File]:
    """Two remittances under one trace that say different things of one claim: neither may post."""
    found = []
    for at, month in enumerate(range(20, months, 40)):
        claim = claims[(month * len(claims)) // months]
        for side in (0, 1):
            check = Check("UNI", f"TWICE{month:05}", _month(month, 27))
            cas = (("CO", "45", 100 + side), ("PR", "3", 101 - side))
            check.answers.append(Answer(claim.control, "1", 5_201, 5_000, f"T{month:06}", cas=cas))
            found.append(_file(check, before + 2 * at + side + 1))
    return found


def _file(check: Check, number: int) -> File:
    name, _, identifier = PAYERS[check.payer][:3]
    return File(
        f"{check.day:%Y-%m}", f"{check.payer}_{number:06}.835", written(check, identifier, name, number)
    )


def _shares(checks: list[Check], claims: list[Claim]) -> dict[str, int]:
    """The patient's share of each claim by its last answer; none while that is taken back."""
    shares = {claim.control: 0 for claim in claims}
    for check in checks:
        for answer in check.answers:
            if answer.control in shares and answer.status not in ("23", "25"):
                shares[answer.control] = 0 if answer.status == "22" else answer.patient
    return shares


def _truths(checks: list[Check]) -> list[Truth]:
    places = {
        id(plb): (check.trace, at) for check in checks for at, plb in enumerate(check.plbs, 1)
    }  # PLBs are told apart as objects: equal ones occur
    return [
        Truth(
            *places[id(plb)],
            plb.code,
            plb.cents,
            frozenset(plb.claims),
            tuple((*places[id(partner)], cents) for partner, cents in plb.pairs),
            plb.open_cents,
            plb.told,
        )
        for check in checks
        for plb in check.plbs
    ]


def _rows(claims: list[Claim]) -> dict[str, list[dict[str, Any]]]:
    """Masters, encounters, charges and claims as the ledger's tables have them."""
    return {
        "payers": [_payer(payer_id) for payer_id in PAYERS],
        "patients": [_patient(number) for number in range(PATIENTS)],
        "coverages": [row for number in range(PATIENTS) for row in _coverages(number)],
        "encounters": [_encounter(claim) for claim in claims],
        "charge_lines": [row for claim in claims for row in _charges(claim)],
        "claims": [_claim_row(claim) for claim in claims],
        "claim_lines": [row for claim in claims for row in _claim_lines(claim)],
    }


def _payer(payer_id: str) -> dict[str, Any]:
    name, kind, identifier, filing, *_ = PAYERS[payer_id]
    return {
        "payer_id": payer_id,
        "name": name,
        "payer_class": kind,
        "edi_payer_id": identifier[1:6],
        "filing_code": filing,
        "partner": "sandbox",
        "remit_ids": identifier,
    }


def _patient(number: int) -> dict[str, Any]:
    return {
        "patient_id": f"P{number:04}",
        "last_name": "TESTER",
        "first_name": f"SAMPLE{number}",
        "birth_date": dt.date(1950 + number, 1, 1),
        "sex": "U",
        "street": f"{number + 1} SAMPLE RD",
        "city": "SPRINGFIELD",
        "state": "IL",
        "zip": "627010001",
    }


def _coverages(number: int) -> list[dict[str, Any]]:
    first = PRIMARIES[number % len(PRIMARIES)]
    return [
        {
            "coverage_id": _coverage(number, payer),
            "patient_id": f"P{number:04}",
            "payer_id": payer,
            "priority": priority,
            "member_id": f"{payer}{number:09}",
            "relationship": "18",
            "effective_from": dt.date(FIRST_YEAR, 1, 1),
        }
        for payer, priority in zip((first, *_later(first, number)), "PST", strict=False)
    ]


def _coverage(number: int, payer: str) -> str:
    return f"V{number:04}{payer}"


def _encounter(claim: Claim) -> dict[str, Any]:
    return {
        "encounter_id": f"E{claim.control}",
        "patient_id": f"P{claim.patient:04}",
        "service_date": claim.day,
        "rendering_id": "CL001",
        "service_kind": "psychotherapy",
        "minutes": 53,
        "diagnoses": "F41.1",
        "modality": "in_person",
        "patient_location": "office",
        "signed_on": claim.day,
    }


def _shared(claim: Claim) -> dict[str, Any]:
    """What a claim and its charges say alike."""
    next_payer = claim.later[0] if claim.later else None
    return {
        "patient_id": f"P{claim.patient:04}",
        "payer_id": claim.payer,
        "coverage_id": _coverage(claim.patient, claim.payer),
        "secondary_coverage_id": _coverage(claim.patient, next_payer) if next_payer else None,
        "rendering_id": "CL001",
        "place_of_service": "11",
        "diagnoses": "F411",
    }


def _charges(claim: Claim) -> list[dict[str, Any]]:
    return [
        _shared(claim)
        | {
            "charge_id": f"CH{line.control}",
            "encounter_id": f"E{claim.control}",
            "encounter_row_id": f"E{claim.control}",
            "decision_id": f"D{claim.control}",
            "position": at,
            "service_date": claim.day,
            "code": line.code,
            "units": 1,
            "charge_cents": line.charge,
            "pointers": "1",
        }
        for at, line in enumerate(claim.lines, 1)
    ]


def _claim_row(claim: Claim) -> dict[str, Any]:
    return _shared(claim) | {
        "claim_id": claim.control,
        "form": "837P",
        "payer_order": "P",
        "frequency": "1",
        "charge_cents": claim.charge,
        "service_from": claim.day,
        "service_to": claim.day,
        "attempt": 1,
        "patient_row_id": f"P{claim.patient:04}",
        "coverage_row_id": _coverage(claim.patient, claim.payer),
        "payer_row_id": claim.payer,
        "rendering_row_id": "CL001",
        "part2": False,
        "built_on": claim.day + dt.timedelta(days=1),
    }


def _claim_lines(claim: Claim) -> list[dict[str, Any]]:
    return [
        {
            "line_id": line.control,
            "claim_id": claim.control,
            "position": at,
            "charge_id": f"CH{line.control}",
            "encounter_id": f"E{claim.control}",
            "service_date": claim.day,
            "code": line.code,
            "charge_cents": line.charge,
            "units": 1,
            "place_of_service": "11",
            "pointers": "1",
        }
        for at, line in enumerate(claim.lines, 1)
    ]
