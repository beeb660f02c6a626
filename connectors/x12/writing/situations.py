"""What the guides ask for in some situations alone: the rules that no single segment shows.

Each check yields its faults over whole columns. The professional ones cite 005010X222A1, the institutional ones
005010X223A2; the list at the end says which run for which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from connectors.x12.writing.batch import Batch
from connectors.x12.writing.columns import Where, both, either, negate, spread
from connectors.x12.writing.faults import Fault, invalid, missing

INPATIENT_PLACES = ("21", "51", "61")
MEDICARE = ("MA", "MB")
# Types of bill, without the leading zero and the frequency.
INPATIENT = ("11", "18", "21", "41")
RESIDENTIAL = ("65", "66", "86")
AMBULANCE = "054"  # revenue codes of a transport, which nobody attends
STILL_A_PATIENT = "30"


def _absent(batch: Batch, column: str) -> Where:
    return negate(batch.claims.given(column))


# --- 837P ----------------------------------------------------------------------------------------------------------


def service_dates(batch: Batch) -> Iterator[Fault]:
    """2400 DTP*472 is required on every professional line."""
    yield missing("lines", "service_from", negate(batch.lines.given("service_from")))


def admission_of_inpatients(batch: Batch) -> Iterator[Fault]:
    """2300 DTP*435 is required for inpatient visits."""
    where = both(batch.claims.equals("place_of_service", *INPATIENT_PLACES), _absent(batch, "admission_date"))
    yield missing("claims", "admission_date", where, "is required for an inpatient place of service")


def why_medicare_is_secondary(batch: Batch) -> Iterator[Fault]:
    """2000B SBR05 is required where Medicare is the destination and not the first payer."""
    secondary = both(
        batch.claims.equals("filing_code", *MEDICARE), negate(batch.claims.equals("payer_order", "P"))
    )
    yield missing(
        "claims",
        "msp_type",
        both(secondary, _absent(batch, "msp_type")),
        "is required where Medicare is secondary",
    )


# --- 837I ----------------------------------------------------------------------------------------------------------


def outpatient_dates(batch: Batch) -> Iterator[Fault]:
    """2400 DTP*472 is required on outpatient lines; a stay is dated by its statement."""
    stay = np.append(_of_claims(batch, (*INPATIENT, *RESIDENTIAL)), True)
    outpatient = ~stay[batch.claim_of["lines"]]
    undated = negate(batch.lines.given("service_from"))
    yield missing("lines", "service_from", both(outpatient, undated), "is required on an outpatient line")
    ends = both(batch.lines.given("service_to"), undated)
    yield missing("lines", "service_from", both(ends, ~outpatient), "is absent beside service_to")


def codes_of_modifiers(batch: Batch) -> Iterator[Fault]:
    """SV202 and SVD03 hold modifiers and a description beside a code alone."""
    for table in ("lines", "line_payments"):
        columns = batch[table]
        beside = either(columns.given(name) for name in ("modifiers", "description"))
        where = both(beside, negate(columns.given("code")))
        yield missing(table, "code", where, "is absent beside modifiers or description")


def _of_claims(batch: Batch, types: tuple[str, ...]) -> np.ndarray:
    return spread(batch.claims.equals("type_of_bill", *types), batch.claims.rows)


def admission(batch: Batch) -> Iterator[Fault]:
    """2300 DTP*435 and CL101 are required for a stay, HI ABJ where it is a hospital's."""
    stay = batch.claims.equals("type_of_bill", *INPATIENT, *RESIDENTIAL)
    for column in ("admission_date", "admission_type"):
        yield missing("claims", column, both(stay, _absent(batch, column)), "is required for a stay")
    hospital = batch.claims.equals("type_of_bill", *INPATIENT)
    yield missing(
        "claims",
        "admitting_diagnosis",
        both(hospital, _absent(batch, "admitting_diagnosis")),
        "is required for an inpatient admission",
    )


def discharge(batch: Batch) -> Iterator[Fault]:
    """2300 DTP*096 is required on the last claim of a hospital stay."""
    last = both(
        batch.claims.equals("type_of_bill", *INPATIENT),
        both(
            batch.claims.equals("frequency", "1", "4"),
            negate(batch.claims.equals("patient_status", STILL_A_PATIENT)),
        ),
    )
    where = both(last, _absent(batch, "discharge_hour"))
    yield missing("claims", "discharge_hour", where, "is required where the stay has ended")


def statement(batch: Batch) -> Iterator[Fault]:
    """2300 DTP*434 runs from its first day to its last."""
    claims = batch.claims
    known = both(claims.given("statement_from"), claims.given("statement_to"))
    backwards = claims.integers("statement_to") < claims.integers("statement_from")
    yield invalid("claims", "statement_to", both(known, backwards), "is before statement_from")


def attending(batch: Batch) -> Iterator[Fault]:
    """2310A is required on every claim but those for transports alone."""
    where = _absent(batch, "attending_npi")
    if where is False:
        return
    attended = np.zeros(batch.claims.rows, np.bool_)
    owner, lines = batch.claim_of["lines"], batch.lines
    if "revenue_code" in lines:
        transport = lines.texts["revenue_code"].each(lambda code: code.startswith(AMBULANCE), np.bool_)
        attended[owner[~transport & (owner >= 0)]] = True
    yield missing("claims", "attending_npi", both(where, attended))


def present_on_admission(batch: Batch) -> Iterator[Fault]:
    """HI01-9 goes with each diagnosis, or with none."""
    claims = batch.claims
    if "present_on_admission" not in claims or "diagnoses" not in claims:
        return
    flags, listed = (
        claims.texts[name].each(lambda text: len(text.split()), np.int64)
        for name in ("present_on_admission", "diagnoses")
    )
    where = (flags > 0) & (flags != listed)
    yield invalid("claims", "present_on_admission", where, "has not as many items as diagnoses")


CHECKS: dict[str, tuple[Callable[[Batch], Iterator[Fault]], ...]] = {
    "837P": (service_dates, admission_of_inpatients, why_medicare_is_secondary),
    "837I": (
        outpatient_dates,
        codes_of_modifiers,
        admission,
        discharge,
        statement,
        attending,
        present_on_admission,
    ),
}


def situation_faults(batch: Batch) -> Iterator[Fault]:
    """Every situation of the batch's guide."""
    if not batch.claims.rows:
        return
    for check in CHECKS[batch.guide.kind]:
        yield from check(batch)
