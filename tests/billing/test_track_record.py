"""What a rule said before and nobody heeded, beside what payers answered: shown with what the rule holds today."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing import track_record

KNOWN = pd.DataFrame(
    [("PAIR_PR10", 5, 4, 3), ("DUPLICATE", 2, 1, 0), ("GATE_ERA", 7, 0, 0)], columns=track_record.COLUMNS
)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("PAIR_PR10", "PAIR_PR10 3 of 4"),
        ("DUPLICATE PAIR_PR10", "DUPLICATE 0 of 1, PAIR_PR10 3 of 4"),
        ("GATE_ERA PAIR_PR10", "PAIR_PR10 3 of 4"),
        ("GATE_ERA", None),
        ("FEE_MISSING", None),
        ("CO-16 N290", None),
        (None, None),
    ],
)
def test_a_reason_names_its_rules(reason: str | None, told: str | None) -> None:
    (found,) = track_record.right_before(pd.Series([reason], dtype="str"), KNOWN)
    assert found == told if told else pd.isna(found)
