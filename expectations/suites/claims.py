"""Claims before they leave: totals tie, limits of the 837P are kept, every element can be written."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, matches, one_of, true, unique

COLUMNS = [
    "claim_id",
    "line_difference_cents",
    "charge_cents",
    "line_count",
    "diagnosis_count",
    "frequency",
    "reference_fits_frequency",
    "encodable",
    "consented",
    "authorized",
    "partner_known",
]

SUITE = Suite(
    name="claims",
    about=__doc__ or "",
    key="claim_id",
    subject="claim",
    rules=(
        columns(COLUMNS, "the projection of claims has changed"),
        unique("claim_id", "the same claim came twice"),
        matches("claim_id", r"^[A-Z0-9]{8,20}$", "the claim id is not 8 to 20 letters and digits"),
        between("line_difference_cents", 0, 0, "the claim is not the sum of its lines"),
        between("charge_cents", 1, None, "the claim has no charge"),
        between("line_count", 1, 50, "a professional claim has 1 to 50 lines"),
        between("diagnosis_count", 1, 12, "a claim has 1 to 12 diagnoses"),
        one_of("frequency", ["1", "7", "8"], "the frequency code is not 1, 7 or 8"),
        true("reference_fits_frequency", "7 and 8 need the payer's control number, 1 must not carry one"),
        true("encodable", "an element is missing, too long or outside the character set"),
        true("consented", "substance-use records have no consent for this payer today"),
        true("authorized", "the authorization's units went to other services meanwhile: ask for more"),
        true("partner_known", "the payer's partner is not configured"),
    ),
)
