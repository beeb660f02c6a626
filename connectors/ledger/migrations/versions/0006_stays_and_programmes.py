"""Stays and programmes: what an institutional claim needs of encounters, charges and claims.

Revision 0006 after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    with op.batch_alter_table("encounters") as table:
        table.add_column(sa.Column("stay_id", sa.Text()))
        table.add_column(sa.Column("revenue_code", sa.Text()))
    with op.batch_alter_table("charge_lines") as table:
        table.add_column(sa.Column("form", sa.Text()))
        table.add_column(sa.Column("revenue_code", sa.Text()))
        table.add_column(sa.Column("type_of_bill", sa.Text()))
        table.add_column(sa.Column("condition_codes", sa.Text()))
        table.add_column(sa.Column("stay_id", sa.Text()))
    with op.batch_alter_table("claims") as table:
        table.add_column(sa.Column("type_of_bill", sa.Text()))
        table.add_column(sa.Column("condition_codes", sa.Text()))
        table.add_column(sa.Column("patient_status", sa.Text()))
        table.add_column(sa.Column("stay_id", sa.Text()))
        table.add_column(sa.Column("stay_row_id", sa.Text()))
        table.add_column(sa.Column("attending_id", sa.Text()))
        table.add_column(sa.Column("attending_row_id", sa.Text()))
    with op.batch_alter_table("claim_lines") as table:
        table.add_column(sa.Column("revenue_code", sa.Text()))
    op.create_table(
        "stays",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("stay_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("level_of_care", sa.Text(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("admission_hour", sa.Text()),
        sa.Column("admission_type", sa.Text()),
        sa.Column("admission_source", sa.Text()),
        sa.Column("admitting_diagnosis", sa.Text()),
        sa.Column("attending_id", sa.Text(), nullable=False),
        sa.Column("discharged_on", sa.Date()),
        sa.Column("discharge_hour", sa.Text()),
        sa.Column("patient_status", sa.Text()),
        sa.Column("weekly_hours", sa.BigInteger()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("stay_id", "version", name=op.f("uq_stays_stay_id_version")),
    )
    op.create_table(
        "programmes",
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("level_of_care", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("type_of_bill", sa.Text()),
        sa.Column("revenue_code", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("condition_codes", sa.Text()),
        sa.Column("cycle", sa.Text()),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint(
            "payer_id",
            "level_of_care",
            "effective_from",
            "version",
            name=op.f("uq_programmes_payer_id_level_of_care_effective_from_version"),
        ),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("programmes")
    op.drop_table("stays")
    with op.batch_alter_table("claim_lines") as table:
        table.drop_column("revenue_code")
    with op.batch_alter_table("claims") as table:
        table.drop_column("attending_row_id")
        table.drop_column("attending_id")
        table.drop_column("stay_row_id")
        table.drop_column("stay_id")
        table.drop_column("patient_status")
        table.drop_column("condition_codes")
        table.drop_column("type_of_bill")
    with op.batch_alter_table("charge_lines") as table:
        table.drop_column("stay_id")
        table.drop_column("condition_codes")
        table.drop_column("type_of_bill")
        table.drop_column("revenue_code")
        table.drop_column("form")
    with op.batch_alter_table("encounters") as table:
        table.drop_column("revenue_code")
        table.drop_column("stay_id")
