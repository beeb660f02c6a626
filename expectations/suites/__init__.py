"""The suites, in the order of the line."""

from __future__ import annotations

from expectations.suite import Suite
from expectations.suites import charges, claims, encounters, postings, remittances

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (encounters.SUITE, charges.SUITE, claims.SUITE, remittances.SUITE, postings.SUITE)
}
