"""Write the next revision from the difference between the newest revision and the schema."""

from __future__ import annotations

import sys
import tempfile

from alembic import command
from alembic.script import ScriptDirectory

from connectors.ledger.engine import engine_for
from connectors.ledger.migrations import configuration, upgrade


def main() -> int:
    """``python -m connectors.ledger.migrations MESSAGE``"""
    if len(sys.argv) != 2:
        sys.stderr.write(f"{main.__doc__}\n")
        return 2
    heads = list(ScriptDirectory.from_config(configuration()).walk_revisions())
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{folder}/ledger.sqlite")
        if heads:
            upgrade(engine, "head")
        with engine.begin() as connection:
            command.revision(
                configuration(connection),
                message=sys.argv[1],
                autogenerate=True,
                rev_id=f"{len(heads) + 1:04}",
            )
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
