"""Charge lines after coding and scrub: nothing without a code, a price, units and a diagnosis to point at."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, matches, present, true, unique

COLUMNS = [
    "charge_id",
    "code",
    "units",
    "charge_cents",
    "modifier_count",
    "pointer_count",
    "pointers_in_range",
    "place_of_service",
    "payer_id",
    "revenue_code_fits_form",
    "bill_known",
]

SUITE = Suite(
    name="charges",
    about=__doc__ or "",
    key="charge_id",
    subject="charge",
    rules=(
        columns(COLUMNS, "the projection of charges has changed"),
        unique("charge_id", "the same charge came twice"),
        matches(
            "code",
            r"^(?:[0-9A-Z]{5}|[0-9]{4})$",
            "the code is neither a procedure code of five characters nor a revenue code of four digits",
        ),
        between("units", 1, 999, "units are not between 1 and 999"),
        between("charge_cents", 1, 99_999_999, "the charge is not a positive amount"),
        between("modifier_count", 0, 4, "a line can carry four modifiers"),
        between("pointer_count", 1, 4, "a line points at one to four diagnoses"),
        true("pointers_in_range", "a pointer names a diagnosis that is not there"),
        matches("place_of_service", r"^[0-9]{2}$", "the place of service is not two digits"),
        present("payer_id", "the charge has no payer"),
        true("revenue_code_fits_form", "a line of an 837I needs a revenue code, one of an 837P has none"),
        true("bill_known", "a line of an 837I needs a type of bill and a stay"),
    ),
)
