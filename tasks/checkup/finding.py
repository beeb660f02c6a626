"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL, SKIPPED = "ok", "warn", "fail", "skipped"


@dataclass(frozen=True)
class Finding:
    """`check` and `subject` name what was looked at, `message` says how it is, `action` what to do about it.

    None of them repeats a value of the settings.
    """

    check: str
    subject: str
    verdict: str
    message: str
    action: str = ""
