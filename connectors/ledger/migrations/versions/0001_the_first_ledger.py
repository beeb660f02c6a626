"""The first ledger.

Revision 0001 after nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    op.create_table(
        "acknowledgments",
        sa.Column("ack_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("interchange_control", sa.Text()),
        sa.Column("group_control", sa.Text()),
        sa.Column("transaction_control", sa.Text()),
        sa.Column("claim_id", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("payer_control", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("charge_cents", sa.BigInteger()),
        sa.Column("stated_on", sa.Date()),
        sa.PrimaryKeyConstraint("ack_id"),
    )
    op.create_index(op.f("ix_acknowledgments_claim_id"), "acknowledgments", ["claim_id"])
    op.create_table(
        "authorization_units",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("authorization_id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index(
        op.f("ix_authorization_units_authorization_id"), "authorization_units", ["authorization_id"]
    )
    op.create_table(
        "authorizations",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("authorization_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("level_of_care", sa.Text()),
        sa.Column("units_approved", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "authorization_id", "version", name=op.f("uq_authorizations_authorization_id_version")
        ),
    )
    op.create_table(
        "charge_lines",
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("encounter_row_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("coverage_id", sa.Text(), nullable=False),
        sa.Column("secondary_coverage_id", sa.Text()),
        sa.Column("rendering_id", sa.Text(), nullable=False),
        sa.Column("supervising_id", sa.Text()),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("place_of_service", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("modifiers", sa.Text()),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("diagnoses", sa.Text(), nullable=False),
        sa.Column("pointers", sa.Text(), nullable=False),
        sa.Column("authorization_id", sa.Text()),
        sa.Column("level_of_care", sa.Text()),
        sa.PrimaryKeyConstraint("charge_id"),
    )
    op.create_index(op.f("ix_charge_lines_encounter_id"), "charge_lines", ["encounter_id"])
    op.create_table(
        "claim_lines",
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("modifiers", sa.Text()),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("place_of_service", sa.Text(), nullable=False),
        sa.Column("pointers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("line_id"),
    )
    op.create_index(op.f("ix_claim_lines_charge_id"), "claim_lines", ["charge_id"])
    op.create_index(op.f("ix_claim_lines_claim_id"), "claim_lines", ["claim_id"])
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("coverage_id", sa.Text(), nullable=False),
        sa.Column("secondary_coverage_id", sa.Text()),
        sa.Column("payer_order", sa.Text(), nullable=False),
        sa.Column("rendering_id", sa.Text(), nullable=False),
        sa.Column("supervising_id", sa.Text()),
        sa.Column("place_of_service", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("original_reference", sa.Text()),
        sa.Column("authorization_number", sa.Text()),
        sa.Column("diagnoses", sa.Text(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_to", sa.Date(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("replaces_claim_id", sa.Text()),
        sa.Column("patient_row_id", sa.Text(), nullable=False),
        sa.Column("coverage_row_id", sa.Text(), nullable=False),
        sa.Column("payer_row_id", sa.Text(), nullable=False),
        sa.Column("rendering_row_id", sa.Text(), nullable=False),
        sa.Column("supervising_row_id", sa.Text()),
        sa.Column("part2", sa.Boolean(), nullable=False),
        sa.Column("built_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id"),
    )
    op.create_table(
        "consents",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        sa.Column("revoked_on", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("consent_id", "version", name=op.f("uq_consents_consent_id_version")),
    )
    op.create_table(
        "contracts",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("modifier", sa.Text(), nullable=False),
        sa.Column("provider_class", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("rate_cents", sa.BigInteger()),
        sa.Column("percent_basis_points", sa.BigInteger()),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "payer_id",
            "code",
            "modifier",
            "provider_class",
            "effective_from",
            "version",
            name=op.f("uq_contracts_payer_id_code_modifier_provider_class_effective_from_version"),
        ),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "coverages",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("coverage_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("group_number", sa.Text()),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("subscriber_last_name", sa.Text()),
        sa.Column("subscriber_first_name", sa.Text()),
        sa.Column("subscriber_birth_date", sa.Date()),
        sa.Column("subscriber_sex", sa.Text()),
        sa.Column("subscriber_street", sa.Text()),
        sa.Column("subscriber_city", sa.Text()),
        sa.Column("subscriber_state", sa.Text()),
        sa.Column("subscriber_zip", sa.Text()),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("coverage_id", "version", name=op.f("uq_coverages_coverage_id_version")),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("encounter_row_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index(op.f("ix_decisions_encounter_id"), "decisions", ["encounter_id"])
    op.create_table(
        "deposits",
        sa.Column("deposit_row_id", sa.Text(), nullable=False),
        sa.Column("deposit_id", sa.Text(), nullable=False),
        sa.Column("deposited_on", sa.Date(), nullable=False),
        sa.Column("trace", sa.Text()),
        sa.Column("payer_identifier", sa.Text()),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("deposit_row_id"),
    )
    op.create_table(
        "encounters",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("rendering_id", sa.Text(), nullable=False),
        sa.Column("supervising_id", sa.Text()),
        sa.Column("service_kind", sa.Text(), nullable=False),
        sa.Column("minutes", sa.BigInteger()),
        sa.Column("therapy_minutes", sa.BigInteger()),
        sa.Column("em_level", sa.Text()),
        sa.Column("new_patient", sa.Boolean()),
        sa.Column("interactive_complexity", sa.Boolean()),
        sa.Column("codes", sa.Text()),
        sa.Column("diagnoses", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("patient_location", sa.Text(), nullable=False),
        sa.Column("place_of_service", sa.Text()),
        sa.Column("signed_on", sa.Date()),
        sa.Column("part2", sa.Boolean()),
        sa.Column("level_of_care", sa.Text()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("encounter_id", "version", name=op.f("uq_encounters_encounter_id_version")),
    )
    op.create_table(
        "enrollments",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "provider_id",
            "payer_id",
            "effective_from",
            "version",
            name=op.f("uq_enrollments_provider_id_payer_id_effective_from_version"),
        ),
    )
    op.create_table(
        "fees",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("modifier", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "code",
            "modifier",
            "effective_from",
            "version",
            name=op.f("uq_fees_code_modifier_effective_from_version"),
        ),
    )
    op.create_table(
        "files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("container_sha256", sa.Text()),
        sa.Column("first_seen_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "findings",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger()),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text()),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    op.create_index(op.f("ix_findings_decision_id"), "findings", ["decision_id"])
    op.create_table(
        "journal",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("posting_id", sa.Text()),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("remittance_id", sa.Text()),
        sa.Column("remitted_claim_id", sa.Text()),
        sa.Column("claim_id", sa.Text()),
        sa.Column("charge_id", sa.Text()),
        sa.Column("payer_id", sa.Text()),
        sa.Column("patient_id", sa.Text()),
        sa.Column("group_code", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("effective_on", sa.Date()),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index(op.f("ix_journal_account"), "journal", ["account"])
    op.create_index(op.f("ix_journal_claim_id"), "journal", ["claim_id"])
    op.create_index(op.f("ix_journal_remittance_id"), "journal", ["remittance_id"])
    op.create_table(
        "patients",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("middle_name", sa.Text()),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("zip", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("patient_id", "version", name=op.f("uq_patients_patient_id_version")),
    )
    op.create_table(
        "payers",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payer_class", sa.Text(), nullable=False),
        sa.Column("edi_payer_id", sa.Text(), nullable=False),
        sa.Column("filing_code", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("remit_ids", sa.Text()),
        sa.Column("timely_filing_days", sa.BigInteger()),
        sa.Column("appeal_days", sa.BigInteger()),
        sa.Column("telehealth_rule", sa.Text()),
        sa.Column("audio_allowed", sa.Boolean()),
        sa.Column("auth_codes", sa.Text()),
        sa.Column("supervised_billing", sa.Text()),
        sa.Column("provider_classes", sa.Text()),
        sa.Column("date_window_days", sa.BigInteger()),
        sa.Column("coverage_required_active", sa.Boolean()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("payer_id", "version", name=op.f("uq_payers_payer_id_version")),
    )
    op.create_table(
        "provider_adjustments",
        sa.Column("adjustment_id", sa.Text(), nullable=False),
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("adjustment_id"),
    )
    op.create_index(op.f("ix_provider_adjustments_remittance_id"), "provider_adjustments", ["remittance_id"])
    op.create_table(
        "providers",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("taxonomy", sa.Text(), nullable=False),
        sa.Column("provider_class", sa.Text(), nullable=False),
        sa.Column("license_number", sa.Text()),
        sa.Column("license_state", sa.Text()),
        sa.Column("license_from", sa.Date()),
        sa.Column("license_to", sa.Date()),
        sa.Column("active_from", sa.Date()),
        sa.Column("active_to", sa.Date()),
        sa.Column("supervisor_id", sa.Text()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("provider_id", "version", name=op.f("uq_providers_provider_id_version")),
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("difference_cents", sa.BigInteger()),
        sa.Column("file_sha256", sa.Text()),
        sa.Column("segment", sa.BigInteger()),
        sa.PrimaryKeyConstraint("quarantine_id"),
    )
    op.create_index(op.f("ix_quarantine_subject_id"), "quarantine", ["subject_id"])
    op.create_table(
        "quarantine_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_quarantine_events_quarantine_id"), "quarantine_events", ["quarantine_id"])
    op.create_table(
        "readings",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "remittance_sources",
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("interchange_control", sa.Text()),
        sa.Column("transaction_control", sa.Text()),
        sa.PrimaryKeyConstraint("remittance_id", "sha256", "transaction"),
    )
    op.create_table(
        "remittances",
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("payer_identifier", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text()),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("method", sa.Text()),
        sa.Column("bpr_cents", sa.BigInteger(), nullable=False),
        sa.Column("payment_date", sa.Date()),
        sa.Column("production_date", sa.Date()),
        sa.Column("payee_npi", sa.Text()),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("claims", sa.BigInteger(), nullable=False),
        sa.Column("claim_paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("plb_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("remittance_id"),
    )
    op.create_table(
        "remitted_adjustments",
        sa.Column("adjustment_id", sa.Text(), nullable=False),
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("remitted_claim_id", sa.Text(), nullable=False),
        sa.Column("remitted_line_id", sa.Text()),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("carc", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger()),
        sa.PrimaryKeyConstraint("adjustment_id"),
    )
    op.create_index(op.f("ix_remitted_adjustments_remittance_id"), "remitted_adjustments", ["remittance_id"])
    op.create_table(
        "remitted_claims",
        sa.Column("remitted_claim_id", sa.Text(), nullable=False),
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("claim_control", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_cents", sa.BigInteger()),
        sa.Column("filing_code", sa.Text()),
        sa.Column("payer_control", sa.Text()),
        sa.Column("frequency", sa.Text()),
        sa.Column("remarks", sa.Text()),
        sa.PrimaryKeyConstraint("remitted_claim_id"),
    )
    op.create_index(op.f("ix_remitted_claims_claim_id"), "remitted_claims", ["claim_id"])
    op.create_index(op.f("ix_remitted_claims_remittance_id"), "remitted_claims", ["remittance_id"])
    op.create_table(
        "remitted_lines",
        sa.Column("remitted_line_id", sa.Text(), nullable=False),
        sa.Column("remitted_claim_id", sa.Text(), nullable=False),
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("line_control", sa.Text()),
        sa.Column("line_id", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("modifiers", sa.Text()),
        sa.Column("submitted_code", sa.Text()),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("allowed_cents", sa.BigInteger()),
        sa.Column("units_paid_thousandths", sa.BigInteger()),
        sa.Column("units_submitted_thousandths", sa.BigInteger()),
        sa.Column("service_date", sa.Date()),
        sa.Column("remarks", sa.Text()),
        sa.PrimaryKeyConstraint("remitted_line_id"),
    )
    op.create_index(op.f("ix_remitted_lines_remittance_id"), "remitted_lines", ["remittance_id"])
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("counts", sa.Text()),
        sa.Column("started_at", sa.DateTime()),
        sa.Column("ended_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_table(
        "sightings",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("remote_name", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("first_seen_at", sa.DateTime()),
        sa.Column("taken_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("partner", "remote_name", "stamp"),
    )
    op.create_table(
        "submission_claims",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("transaction_control", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index(op.f("ix_submission_claims_claim_id"), "submission_claims", ["claim_id"])
    op.create_index(op.f("ix_submission_claims_submission_id"), "submission_claims", ["submission_id"])
    op.create_table(
        "submission_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_submission_events_submission_id"), "submission_events", ["submission_id"])
    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("interchange_control", sa.Text(), nullable=False),
        sa.Column("group_control", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.BigInteger(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id"),
        sa.UniqueConstraint(
            "partner", "interchange_control", name=op.f("uq_submissions_partner_interchange_control")
        ),
    )
    op.create_table(
        "watermarks",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "work_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("until", sa.Date()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_work_events_item_id"), "work_events", ["item_id"])


def downgrade() -> None:
    """Take down."""
    op.drop_index(op.f("ix_work_events_item_id"), table_name="work_events")
    op.drop_table("work_events")
    op.drop_table("watermarks")
    op.drop_table("submissions")
    op.drop_index(op.f("ix_submission_events_submission_id"), table_name="submission_events")
    op.drop_table("submission_events")
    op.drop_index(op.f("ix_submission_claims_submission_id"), table_name="submission_claims")
    op.drop_index(op.f("ix_submission_claims_claim_id"), table_name="submission_claims")
    op.drop_table("submission_claims")
    op.drop_table("sightings")
    op.drop_table("runs")
    op.drop_index(op.f("ix_remitted_lines_remittance_id"), table_name="remitted_lines")
    op.drop_table("remitted_lines")
    op.drop_index(op.f("ix_remitted_claims_remittance_id"), table_name="remitted_claims")
    op.drop_index(op.f("ix_remitted_claims_claim_id"), table_name="remitted_claims")
    op.drop_table("remitted_claims")
    op.drop_index(op.f("ix_remitted_adjustments_remittance_id"), table_name="remitted_adjustments")
    op.drop_table("remitted_adjustments")
    op.drop_table("remittances")
    op.drop_table("remittance_sources")
    op.drop_table("readings")
    op.drop_index(op.f("ix_quarantine_events_quarantine_id"), table_name="quarantine_events")
    op.drop_table("quarantine_events")
    op.drop_index(op.f("ix_quarantine_subject_id"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("providers")
    op.drop_index(op.f("ix_provider_adjustments_remittance_id"), table_name="provider_adjustments")
    op.drop_table("provider_adjustments")
    op.drop_table("payers")
    op.drop_table("patients")
    op.drop_index(op.f("ix_journal_remittance_id"), table_name="journal")
    op.drop_index(op.f("ix_journal_claim_id"), table_name="journal")
    op.drop_index(op.f("ix_journal_account"), table_name="journal")
    op.drop_table("journal")
    op.drop_index(op.f("ix_findings_decision_id"), table_name="findings")
    op.drop_table("findings")
    op.drop_table("files")
    op.drop_table("fees")
    op.drop_table("enrollments")
    op.drop_table("encounters")
    op.drop_table("deposits")
    op.drop_index(op.f("ix_decisions_encounter_id"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("coverages")
    op.drop_table("counters")
    op.drop_table("contracts")
    op.drop_table("consents")
    op.drop_table("claims")
    op.drop_index(op.f("ix_claim_lines_claim_id"), table_name="claim_lines")
    op.drop_index(op.f("ix_claim_lines_charge_id"), table_name="claim_lines")
    op.drop_table("claim_lines")
    op.drop_index(op.f("ix_charge_lines_encounter_id"), table_name="charge_lines")
    op.drop_table("charge_lines")
    op.drop_table("authorizations")
    op.drop_index(op.f("ix_authorization_units_authorization_id"), table_name="authorization_units")
    op.drop_table("authorization_units")
    op.drop_index(op.f("ix_acknowledgments_claim_id"), table_name="acknowledgments")
    op.drop_table("acknowledgments")
