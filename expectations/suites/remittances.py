"""Remittances before posting: identified, dated, and balanced to the cent at every level."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, matches, present, true, unique

COLUMNS = [
    "remittance_id",
    "balanced",
    "difference_cents",
    "trace_present",
    "payer_identifier",
    "payment_date",
    "bpr_cents",
    "no_conflict",
]

SUITE = Suite(
    name="remittances",
    about=__doc__ or "",
    key="remittance_id",
    subject="remittance",
    rules=(
        columns(COLUMNS, "the projection of remittances has changed"),
        unique("remittance_id", "the same remittance came twice in one batch"),
        true("balanced", "lines, claims, provider adjustments and payment do not agree to the cent"),
        between("difference_cents", 0, 0, "BPR02 is not the sum of CLP04 less the sum of PLB"),
        true("trace_present", "the remittance has no trace number (TRN02)"),
        matches("payer_identifier", r"^\S{2,}$", "the remittance does not identify its payer (TRN03)"),
        present("payment_date", "the remittance has no payment date (BPR16)"),
        present("bpr_cents", "the remittance has no amount (BPR02)"),
        true("no_conflict", "the same payer, trace, date and amount came before with other content"),
    ),
)
