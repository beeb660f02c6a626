<%!
    import re

    def tidy(text):
        """Without Alembic's remarks and without what is the default."""
        text = re.sub(r" *# ### .* ###\n?", "", text).strip()
        return text.replace(", nullable=True", "").replace(", unique=False", "") or "pass"
%>\
"""${message}

Revision ${up_revision} after ${down_revision or "nothing"}.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build up."""
    ${tidy(upgrades or "")}


def downgrade() -> None:
    """Take down."""
    ${tidy(downgrades or "")}
