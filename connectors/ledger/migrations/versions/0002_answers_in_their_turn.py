"""Answers in their turn: how a remitted claim was recognised, a person's word on it, months of the books.

Revision 0002 after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("remitted_claim_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.Text()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("assignment_id"),
    )
    op.create_index(op.f("ix_assignments_remitted_claim_id"), "assignments", ["remitted_claim_id"])
    op.create_table(
        "closings",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("balances_sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.PrimaryKeyConstraint("period"),
    )
    with op.batch_alter_table("remitted_claims") as table:
        table.add_column(sa.Column("matched_by", sa.Text()))
    with op.batch_alter_table("journal") as table:
        table.add_column(sa.Column("period", sa.Text()))
    op.create_index(op.f("ix_remitted_claims_payer_control"), "remitted_claims", ["payer_control"])
    op.create_index(op.f("ix_acknowledgments_payer_control"), "acknowledgments", ["payer_control"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_acknowledgments_payer_control"), table_name="acknowledgments")
    op.drop_index(op.f("ix_remitted_claims_payer_control"), table_name="remitted_claims")
    with op.batch_alter_table("journal") as table:
        table.drop_column("period")
    with op.batch_alter_table("remitted_claims") as table:
        table.drop_column("matched_by")
    op.drop_table("closings")
    op.drop_index(op.f("ix_assignments_remitted_claim_id"), table_name="assignments")
    op.drop_table("assignments")
