"""Checks between stages: Great Expectations suites and the split into kept and quarantined rows.

Importing this package is cheap; Great Expectations itself is imported only where a check runs.
"""
