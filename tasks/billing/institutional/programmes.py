"""How a payer is billed for a level of care: which form, type of bill and revenue code, and what a line is.

Four places may say it, and the first that does wins: the practice's own row for the payer, its row for every payer
(``*``), the shipped default for the payer's class, the shipped default for all. The shipped ones
(``programmes_default.tsv``) differ by class because Medicare pays a partial-hospital or intensive-outpatient programme
service by service (V:S13, S15) where the others pay the day (V:S16), and by substance use because that is what parts
revenue code 0906 from 0905.

Only days of a stay ask. An encounter without a stay is professional, whatever its level of care: that is how a
practice bills an intensive programme on the 837P where a payer takes it so.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.context import words

INSTITUTIONAL = "837I"
EVERY_PAYER = "*"
DAY, SERVICE = "day", "service"  # what a line is
MONTH = "month"  # the cycle where a row says none
SAYS = words("form type_of_bill revenue_code code line condition_codes cycle")
ASKED = words("payer_id payer_class level_of_care service_date part2")

# Who says it, the strongest first.
OWN, FOR_EVERY_PAYER, DEFAULT_OF_CLASS, DEFAULT = range(4)


@cache
def _defaults() -> pd.DataFrame:
    rows = pd.DataFrame([dict(row) for row in reference.table("programmes_default")], dtype="str")
    rows = rows.where(rows != "").drop(columns=["prov", "notes"])
    return rows.assign(
        payer_id=EVERY_PAYER,
        effective_from=pd.to_datetime(rows["effective_from"]).astype("datetime64[s]"),
        effective_to=pd.Series(pd.NaT, index=rows.index, dtype="datetime64[s]"),
        part2=rows["part2"].map({"true": True, "false": False}).astype("boolean"),
        rank=rows["payer_class"].isna().map({True: DEFAULT, False: DEFAULT_OF_CLASS}),
    )


def _offers(programmes: pd.DataFrame) -> pd.DataFrame:
    """The practice's rows and the shipped ones, with their rank."""
    if programmes.empty:
        return _defaults()
    rank = (programmes["payer_id"] == EVERY_PAYER).map({True: FOR_EVERY_PAYER, False: OWN})
    own = programmes[["payer_id", "level_of_care", "effective_from", "effective_to", *SAYS]].assign(rank=rank)
    return pd.concat([own, _defaults()], ignore_index=True)


def found(asked: pd.DataFrame, programmes: pd.DataFrame) -> pd.DataFrame:
    """`SAYS` for each row of `asked` (ASKED, in its index); nulls where nobody says anything.

    `programmes` is the master table, which may be empty.
    """
    rows = asked[ASKED].assign(row=range(len(asked)), part2=asked["part2"].astype("boolean").fillna(False))
    pairs = rows.merge(_offers(programmes), on="level_of_care", suffixes=("", "_of"))
    day = pairs["service_date"]
    fits = (pairs["payer_id_of"].isin([EVERY_PAYER]) | (pairs["payer_id_of"] == pairs["payer_id"])) & (
        pairs["effective_from"] <= day
    )
    fits &= pairs["effective_to"].isna() | (pairs["effective_to"] >= day)
    fits &= pairs["payer_class_of"].isna() | (pairs["payer_class_of"] == pairs["payer_class"])
    fits &= pairs["part2_of"].isna() | (pairs["part2_of"] == pairs["part2"]).fillna(False)
    best = pairs[fits.astype(bool)].sort_values(
        ["row", "rank", "effective_from"], ascending=[True, True, False], kind="stable"
    )
    said = best.drop_duplicates("row").set_index("row")[SAYS].reindex(range(len(asked)))
    said["cycle"] = said["cycle"].fillna(MONTH).where(said["form"].notna())
    return said.set_index(asked.index).astype("str")
