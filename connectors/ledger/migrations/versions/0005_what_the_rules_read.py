"""What the rules read: more of payers, people and visits, official files, and what people and shadows say of a rule.

Revision 0005 after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("payers") as table:
        table.add_column(sa.Column("taxonomies", sa.Text()))
        table.add_column(sa.Column("telehealth_codes", sa.Text()))
        table.add_column(sa.Column("modifier_order", sa.Text()))
        table.add_column(sa.Column("quarter_hour_rule", sa.Text()))
        table.add_column(sa.Column("programme_minutes", sa.BigInteger()))
        table.add_column(sa.Column("beside_programme", sa.Text()))
        table.add_column(sa.Column("filing_basis", sa.Text()))
        table.add_column(sa.Column("corrected_filing_days", sa.BigInteger()))
        table.add_column(sa.Column("secondary_filing_days", sa.BigInteger()))
        table.add_column(sa.Column("era_from", sa.Date()))
        table.add_column(sa.Column("eft_from", sa.Date()))
    with op.batch_alter_table("providers") as table:
        table.add_column(sa.Column("birth_date", sa.Date()))
        table.add_column(sa.Column("caqh_attested_on", sa.Date()))
        table.add_column(sa.Column("dea_to", sa.Date()))
        table.add_column(sa.Column("cds_to", sa.Date()))
        table.add_column(sa.Column("malpractice_to", sa.Date()))
        table.add_column(sa.Column("address_suppressed", sa.Boolean()))
    with op.batch_alter_table("enrollments") as table:
        table.add_column(sa.Column("loaded_on", sa.Date()))
        table.add_column(sa.Column("tax_id", sa.Text()))
        table.add_column(sa.Column("location_id", sa.Text()))
    with op.batch_alter_table("authorizations") as table:
        table.add_column(sa.Column("unit_type", sa.Text()))
        table.add_column(sa.Column("weekly_units", sa.BigInteger()))
        table.add_column(sa.Column("modifiers", sa.Text()))
        table.add_column(sa.Column("facility_npi", sa.Text()))
        table.add_column(sa.Column("review_on", sa.Date()))
        table.add_column(sa.Column("clinical_due_on", sa.Date()))
    op.create_table(
        "licenses",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("valid_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "provider_id",
            "state",
            "valid_from",
            "version",
            name=op.f("uq_licenses_provider_id_state_valid_from_version"),
        ),
    )
    op.create_table(
        "supervisions",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("supervisor_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "provider_id",
            "supervisor_id",
            "valid_from",
            "version",
            name=op.f("uq_supervisions_provider_id_supervisor_id_valid_from_version"),
        ),
    )
    op.create_table(
        "payer_classes",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("provider_class", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("codes", sa.Text()),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "payer_id",
            "provider_class",
            "effective_from",
            "version",
            name=op.f("uq_payer_classes_payer_id_provider_class_effective_from_version"),
        ),
    )
    op.create_table(
        "schedule",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("level_of_care", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("appointment_id", "version", name=op.f("uq_schedule_appointment_id_version")),
    )
    with op.batch_alter_table("encounters") as table:
        table.add_column(sa.Column("start_time", sa.Text()))
        table.add_column(sa.Column("end_time", sa.Text()))
        table.add_column(sa.Column("patient_state", sa.Text()))
        table.add_column(sa.Column("location_id", sa.Text()))
        table.add_column(sa.Column("prescribed", sa.Boolean()))
        table.add_column(sa.Column("incident_to", sa.Boolean()))
        table.add_column(sa.Column("plan_of_care_on", sa.Date()))
        table.add_column(sa.Column("em_basis", sa.Text()))
    with op.batch_alter_table("findings") as table:
        table.add_column(sa.Column("reference_version", sa.Text()))
        table.add_column(sa.Column("change", sa.Text()))
        table.add_column(sa.Column("predicts", sa.Text()))
        table.add_column(sa.Column("data_as_of", sa.Date()))
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger()),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("expires_on", sa.Date()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("suppression_id"),
    )
    op.create_index(op.f("ix_suppressions_encounter_id"), "suppressions", ["encounter_id"])
    op.create_table(
        "shadow_findings",
        sa.Column("shadow_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.Text(), nullable=False),
        sa.Column("encounter_row_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger()),
        sa.Column("payer_id", sa.Text()),
        sa.Column("charge_cents", sa.BigInteger()),
        sa.PrimaryKeyConstraint("shadow_id"),
    )
    op.create_index(op.f("ix_shadow_findings_rule_id"), "shadow_findings", ["rule_id"])
    op.create_table(
        "reference_files",
        sa.Column("reference_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.Column("published_name", sa.Text()),
        sa.Column("loaded_on", sa.Text()),
        sa.PrimaryKeyConstraint("reference_id"),
    )
    op.create_index(op.f("ix_reference_files_kind"), "reference_files", ["kind"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_reference_files_kind"), table_name="reference_files")
    op.drop_table("reference_files")
    op.drop_index(op.f("ix_shadow_findings_rule_id"), table_name="shadow_findings")
    op.drop_table("shadow_findings")
    op.drop_index(op.f("ix_suppressions_encounter_id"), table_name="suppressions")
    op.drop_table("suppressions")
    with op.batch_alter_table("findings") as table:
        table.drop_column("data_as_of")
        table.drop_column("predicts")
        table.drop_column("change")
        table.drop_column("reference_version")
    with op.batch_alter_table("encounters") as table:
        table.drop_column("em_basis")
        table.drop_column("plan_of_care_on")
        table.drop_column("incident_to")
        table.drop_column("prescribed")
        table.drop_column("location_id")
        table.drop_column("patient_state")
        table.drop_column("end_time")
        table.drop_column("start_time")
    op.drop_table("schedule")
    op.drop_table("payer_classes")
    op.drop_table("supervisions")
    op.drop_table("licenses")
    with op.batch_alter_table("authorizations") as table:
        table.drop_column("clinical_due_on")
        table.drop_column("review_on")
        table.drop_column("facility_npi")
        table.drop_column("modifiers")
        table.drop_column("weekly_units")
        table.drop_column("unit_type")
    with op.batch_alter_table("enrollments") as table:
        table.drop_column("location_id")
        table.drop_column("tax_id")
        table.drop_column("loaded_on")
    with op.batch_alter_table("providers") as table:
        table.drop_column("address_suppressed")
        table.drop_column("malpractice_to")
        table.drop_column("cds_to")
        table.drop_column("dea_to")
        table.drop_column("caqh_attested_on")
        table.drop_column("birth_date")
    with op.batch_alter_table("payers") as table:
        table.drop_column("eft_from")
        table.drop_column("era_from")
        table.drop_column("secondary_filing_days")
        table.drop_column("corrected_filing_days")
        table.drop_column("filing_basis")
        table.drop_column("beside_programme")
        table.drop_column("programme_minutes")
        table.drop_column("quarter_hour_rule")
        table.drop_column("modifier_order")
        table.drop_column("telehealth_codes")
        table.drop_column("taxonomies")
