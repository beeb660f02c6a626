"""The gates: what must be true of people and paper before an encounter may become a charge.

One module a gate. Each says what it is about, shows a passing and a failing sample, and has ``ID``, ``SOURCE``,
``FIX``, ``FIELDS`` and ``check(case)``, which gives findings and decides nothing: severities are configuration
(``configs/rules.toml``). A message names what is wrong and never a value.
"""
