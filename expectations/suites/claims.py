"""Claims before they leave: totals tie, limits of the form are kept, every element can be written."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, matches, one_of, true, unique

COLUMNS = [
    "claim_id",
    "line_difference_cents",
    "charge_cents",
    "line_count",
    "diagnosis_count",
    "fits_form",
    "frequency",
    "reference_fits_frequency",
    "encodable",
    "coordinated",
    "medicare_explained",
    "consented",
    "authorized",
    "partner_known",
    "bill_known",
    "revenue_on_each_line",
    "attending_known",
    "status_fits_frequency",
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
        between("line_count", 1, None, "the claim has no line"),
        between("diagnosis_count", 1, None, "the claim has no diagnosis"),
        true("fits_form", "an 837P holds 50 lines and 12 diagnoses, an 837I 999 and 25"),
        one_of(
            "frequency",
            ["1", "2", "3", "4", "7", "8"],
            "the frequency code is not 1, 7 or 8 (of a stay 1 to 4)",
        ),
        true(
            "reference_fits_frequency", "7 and 8 need the payer's control number, others must not carry one"
        ),
        true("encodable", "an element is missing, too long or outside the character set"),
        true("coordinated", "what an earlier payer paid and adjusted does not add up to the charge"),
        true(
            "medicare_explained",
            "Medicare is not the first payer here, and the policy does not say why (msp_type, SBR05)",
        ),
        true("consented", "substance-use records have no consent for this payer today"),
        true("authorized", "the authorization's units went to other services meanwhile: ask for more"),
        true("partner_known", "the payer's partner is not configured"),
        true("bill_known", "an 837I needs a type of bill of three digits and the version of its stay"),
        true("revenue_on_each_line", "a line of an 837I has no revenue code, or one of an 837P has one"),
        true("attending_known", "an 837I needs the attending clinician of the stay"),
        true("status_fits_frequency", "still a patient (30) goes with 2 and 3 alone, and they with it"),
    ),
)
