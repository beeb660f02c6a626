"""What people settle: corrections, coordination, appeals, documents, patients' money, write-offs and refunds;
what payers answer of eligibility.

Revision 0007 after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("claims") as table:
        table.add_column(sa.Column("coordinates", sa.Text()))
        table.add_column(sa.Column("cause", sa.Text()))
    op.create_table(
        "patient_payments",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_id", sa.Text()),
        sa.Column("method", sa.Text()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("payment_id", "version", name=op.f("uq_patient_payments_payment_id_version")),
    )
    op.create_table(
        "retired_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "write_offs",
        sa.Column("write_off_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text()),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("write_off_id"),
    )
    op.create_index(op.f("ix_write_offs_claim_id"), "write_offs", ["claim_id"])
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("refund_id"),
    )
    op.create_index(op.f("ix_refunds_claim_id"), "refunds", ["claim_id"])
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text()),
        sa.Column("claim_id", sa.Text()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("document_id"),
    )
    op.create_index(op.f("ix_documents_subject_id"), "documents", ["subject_id"])
    op.create_table(
        "appeals",
        sa.Column("appeal_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("remitted_claim_id", sa.Text(), nullable=False),
        sa.Column("remitted_line_id", sa.Text()),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("level_name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    op.create_index(op.f("ix_appeals_claim_id"), "appeals", ["claim_id"])
    op.create_table(
        "appeal_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("appeal_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("awarded_cents", sa.BigInteger()),
        sa.Column("document_id", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_appeal_events_appeal_id"), "appeal_events", ["appeal_id"])
    op.create_table(
        "acknowledgment_sources",
        sa.Column("ack_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("transaction", sa.BigInteger()),
        sa.Column("segment", sa.BigInteger()),
        sa.PrimaryKeyConstraint("ack_id", "sha256"),
    )
    op.create_table(
        "eligibility_answers",
        sa.Column("answer_id", sa.Text(), nullable=False),
        sa.Column("inquiry_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("payer_identifier", "member_id")),
        sa.Column("birth_date", sa.Date()),
        sa.Column("trace", sa.Text()),
        *(sa.Column(name, sa.Date()) for name in ("answered_on", "valid_from", "valid_to")),
        *(sa.Column(name, sa.Text()) for name in ("reject", "info", "level", "service_types", "time")),
        sa.Column("amount_cents", sa.BigInteger()),
        sa.Column("percent_basis_points", sa.BigInteger()),
        sa.Column("quantity_qualifier", sa.Text()),
        sa.Column("quantity", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("authorization", "network", "entity")),
        sa.PrimaryKeyConstraint("answer_id"),
    )
    op.create_index(op.f("ix_eligibility_answers_inquiry_id"), "eligibility_answers", ["inquiry_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("acknowledgment_sources")
    op.drop_index(op.f("ix_eligibility_answers_inquiry_id"), table_name="eligibility_answers")
    op.drop_table("eligibility_answers")
    op.drop_index(op.f("ix_appeal_events_appeal_id"), table_name="appeal_events")
    op.drop_table("appeal_events")
    op.drop_index(op.f("ix_appeals_claim_id"), table_name="appeals")
    op.drop_table("appeals")
    op.drop_index(op.f("ix_documents_subject_id"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_refunds_claim_id"), table_name="refunds")
    op.drop_table("refunds")
    op.drop_index(op.f("ix_write_offs_claim_id"), table_name="write_offs")
    op.drop_table("write_offs")
    op.drop_table("retired_files")
    op.drop_table("patient_payments")
    with op.batch_alter_table("claims") as table:
        table.drop_column("cause")
        table.drop_column("coordinates")
