"""Why Medicare is not the first payer, by policy.

Revision 0009 after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("coverages") as table:
        table.add_column(sa.Column("msp_type", sa.Text()))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("coverages") as table:
        table.drop_column("msp_type")
