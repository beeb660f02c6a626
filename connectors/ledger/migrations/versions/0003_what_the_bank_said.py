"""What the bank said: the format a deposit was stated in, and the bank's other reference.

Revision 0003 after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("deposits") as table:
        table.add_column(sa.Column("reference", sa.Text()))
        table.add_column(sa.Column("source", sa.Text()))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("deposits") as table:
        table.drop_column("source")
        table.drop_column("reference")
