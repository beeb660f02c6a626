"""The vectors reuse the small practices that the tests of the billing domain are written with."""

from __future__ import annotations

import sys
from pathlib import Path

BILLING = str(Path(__file__).parents[1] / "billing")
if BILLING not in sys.path:
    sys.path.insert(0, BILLING)
