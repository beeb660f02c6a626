"""The rules of codes and days read columns (``scrub.columns``) that ``common.prepare`` may not carry yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tasks.billing.scrub import columns, common


@pytest.fixture(scope="session", autouse=True)
def carried() -> Iterator[None]:
    """`prepare` carries them, as it does once they stand among its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, more in (("TEXT", columns.TEXT), ("NUMBERS", columns.NUMBERS)):
            known = getattr(common, name)
            patch.setattr(common, name, (*known, *(column for column in more if column not in known)))
        patch.setattr(common, "COLUMNS", (*common.TEXT, *common.NUMBERS, *common.FLAGS, *common.DATES))
        yield
