"""Claims from before the system, known from their remittances alone; lines are found by their claim.

Revision 0008 after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    op.create_table(
        "adopted_claims",
        sa.Column("adopted_id", sa.Text(), nullable=False),
        sa.Column("claim_control", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("adopted_id"),
    )
    op.create_index(op.f("ix_remitted_lines_remitted_claim_id"), "remitted_lines", ["remitted_claim_id"])


def downgrade() -> None:
    """Take down."""
    op.drop_index(op.f("ix_remitted_lines_remitted_claim_id"), table_name="remitted_lines")
    op.drop_table("adopted_claims")
