"""Where an adjustment goes: the account of a CAS reason or a PLB code, from the reference tables."""

from __future__ import annotations

from functools import cache

from configs import reference

RECEIVABLE = "receivable_payer"
PATIENT = "receivable_patient"
CASH = "cash"
UNMATCHED = "suspense_unmatched"
UNADJUDICATED = "suspense_unadjudicated"
# clp02_status.tsv: statuses that answer no claim.
NO_ANSWER = frozenset({"23", "25"})
# What an earlier payer did, echoed by a later one.
PRIOR_PAYER = "23"


@cache
def account_of(group: str, carc: str, remarks: frozenset[str], whole_charge: bool) -> str:
    """The account that an adjustment moves money to; ``receivable_payer`` means it stays where it is.

    The first row of ``adjustment_accounts.tsv`` that fits. Its action column is that of ``carc.tsv``, and
    counts only where the CARC is no denial there.
    """
    known = reference.by_key("carc", "carc").get(carc)
    action = known["action"] if known and known["is_denial"] == "N" else "unknown"
    for row in reference.table("adjustment_accounts"):
        fits = (
            row["group"] == "any" or group in row["group"].split(),
            row["carc"] == "any" or carc in row["carc"].split(),
            row["action"] == "any" or action in row["action"].split(),
            row["remark"] == "any" or not remarks.isdisjoint(row["remark"].split()),
            row["whole_charge"] == "N" or whole_charge,
        )
        if all(fits):
            return row["account"]
    raise ValueError("adjustment_accounts.tsv has no row for the rest")


@cache
def telling_remarks() -> frozenset[str]:
    """Remark codes that any row of ``adjustment_accounts.tsv`` asks for."""
    named = {code for row in reference.table("adjustment_accounts") for code in row["remark"].split()}
    return frozenset(named - {"any"})


def plb_account(code: str) -> str:
    """The account of a PLB code; an unknown one waits in suspense."""
    row = reference.by_key("plb_accounts", "plb").get(code)
    return row["account"] if row else "suspense_plb"
