"""One module a revision; Alembic finds them here."""
