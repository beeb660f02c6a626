"""A sandbox clearinghouse: an SFTP server and an adjudicator that answers uploaded 837s as a payer would.

It judges our claims with its own small reader and knows nothing of the codec that wrote them. See docs/sandbox.md.
"""

from connectors.clearinghouse.sandbox.checks import payer_identifier
from connectors.clearinghouse.sandbox.clearinghouse import STAGES, Processed, answer, process
from connectors.clearinghouse.sandbox.faults import FAULTS
from connectors.clearinghouse.sandbox.keys import make_key
from connectors.clearinghouse.sandbox.serve import serve
from connectors.clearinghouse.sandbox.server import SandboxServer

__all__ = [
    "FAULTS",
    "STAGES",
    "Processed",
    "SandboxServer",
    "answer",
    "make_key",
    "payer_identifier",
    "process",
    "serve",
]
