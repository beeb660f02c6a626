"""The ledger: append-only facts, versioned master data and the bookkeeping of runs, on SQLite or PostgreSQL.

``schema`` names the tables, ``store`` opens a ledger and moves frames in and out of it, ``frames`` says which
dtypes a frame has, ``migrate`` builds and changes the database.
"""

from connectors.ledger.errors import FrameError, LedgerBusy, LedgerError, LedgerFull, LedgerUnreachable
from connectors.ledger.frames import arrow_schema, conform, empty
from connectors.ledger.masters import LoadCounts
from connectors.ledger.store import Ledger, Snapshot, Transaction

__all__ = [
    "FrameError",
    "Ledger",
    "LedgerBusy",
    "LedgerError",
    "LedgerFull",
    "LedgerUnreachable",
    "LoadCounts",
    "Snapshot",
    "Transaction",
    "arrow_schema",
    "conform",
    "empty",
]
