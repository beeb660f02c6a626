"""Names of what we send: who, which form, when and which interchange; never a person.

``{tenant}_{837P|837I}_{YYYYMMDDHHMMSS}_{ISA13}.edi`` with letters, digits and hyphens between the underscores:
at most 49 characters, since partners limit names to 50.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

FORMS = ("837P", "837I")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


def outbound_name(
    sender_id: str, form: str, business_date: date, cutoff: time, interchange_control: str | int
) -> str:
    """The remote name of one interchange; the same batch always has the same name.

    `sender_id` is ISA06 (up to 15 characters; others than letters, digits and hyphens are dropped), `form` 837P or
    837I, `interchange_control` ISA13. Raises ValueError where a part cannot be named.
    """
    tenant = _UNSAFE.sub("", sender_id)[:15]
    control = str(interchange_control).strip().zfill(9)
    if not tenant:
        raise ValueError("sender_id has no letter or digit to name a file with")
    if form not in FORMS:
        raise ValueError("form is neither 837P nor 837I")
    if not re.fullmatch(r"[0-9]{9}", control):
        raise ValueError("interchange_control is not a number of at most nine digits")
    stamp = datetime.combine(business_date, cutoff).strftime("%Y%m%d%H%M%S")
    return f"{tenant}_{form}_{stamp}_{control}.edi"
