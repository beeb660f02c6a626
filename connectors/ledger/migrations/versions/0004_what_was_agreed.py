"""What was agreed: contracts by plan and place, with class percentages and tolerances; who gave an item to whom.

Revision 0004 after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = ["payer_id", "code", "modifier", "provider_class", "effective_from", "version"]
NARROW = "uq_contracts_payer_id_code_modifier_provider_class_effective_from_version"
WIDER = [*KEY[:4], "plan", "place_group", *KEY[4:]]
WIDE = "uq_contracts_payer_id_code_modifier_provider_class_plan_place_group_effective_from_version"


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("contracts") as table:
        table.drop_constraint(op.f(NARROW), type_="unique")
        # Rates on file are for every plan and place.
        table.add_column(sa.Column("plan", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("place_group", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("class_basis_points", sa.BigInteger()))
        table.add_column(sa.Column("lesser_of", sa.Boolean()))
        table.add_column(sa.Column("tolerance_cents", sa.BigInteger()))
        table.create_unique_constraint(op.f(WIDE), WIDER)
    with op.batch_alter_table("contracts") as table:
        table.alter_column("plan", server_default=None)
        table.alter_column("place_group", server_default=None)
    with op.batch_alter_table("work_events") as table:
        table.add_column(sa.Column("actor", sa.Text()))


def downgrade() -> None:
    """Take back. Rates of one plan or place go: without those columns they would hold for all."""
    with op.batch_alter_table("work_events") as table:
        table.drop_column("actor")
    op.execute("DELETE FROM contracts WHERE plan <> '' OR place_group <> ''")
    with op.batch_alter_table("contracts") as table:
        table.drop_constraint(op.f(WIDE), type_="unique")
        table.drop_column("tolerance_cents")
        table.drop_column("lesser_of")
        table.drop_column("class_basis_points")
        table.drop_column("place_group")
        table.drop_column("plan")
        table.create_unique_constraint(op.f(NARROW), KEY)
