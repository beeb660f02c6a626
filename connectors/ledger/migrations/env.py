"""Alembic's entry: runs revisions on the connection it is handed, inside that connection's transaction."""

from __future__ import annotations

from typing import Any

from alembic import context

from connectors.ledger import schema


def _bare(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Keep documentation and our own marks out of written revisions; see the package."""
    for script in directives:
        for operation in script.upgrade_ops.ops:
            if hasattr(operation, "comment"):
                operation.comment = None
                operation.info = {}
            for column in getattr(operation, "columns", []):
                column.comment = None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
    render_as_batch=context.script.get_current_head()
    is not None,  # SQLite changes a table by making a new one
    process_revision_directives=_bare,
)
with context.begin_transaction():
    context.run_migrations()
