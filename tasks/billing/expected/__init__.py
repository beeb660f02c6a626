"""What a payer should have allowed by its contract, beside what it allowed: underpayments, each with its cause.

Three steps, each over whole columns:

* `observed`: of the answers that count (`evidence.counted`), what was allowed of each line;
* `services` and `price`: the lines that were answered, the contract row that is for each, and what it comes to;
* `compare`: variance = allowed - expected, within the contract's tolerance or not, and why not.

The formulas and causes are in ``docs/underpayments.md``.
"""

from tasks.billing.expected.causes import CAUSES, EXPLAINED, NEXT_ACTION
from tasks.billing.expected.comparing import COMPARED, STATES, compare
from tasks.billing.expected.observing import OBSERVED, observed
from tasks.billing.expected.rates import price
from tasks.billing.expected.report import SUMMARY, summary
from tasks.billing.expected.services import SERVICES, services

__all__ = [
    "CAUSES", "COMPARED", "EXPLAINED", "NEXT_ACTION", "OBSERVED", "SERVICES", "STATES", "SUMMARY", "compare",
    "observed", "price", "services", "summary",
]  # fmt: skip
