"""What earlier payers decided, as a claim to a later payer says it: loops 2320, 2330 and 2430 of the 837.

Everything is a copy. Group, reason and amount stand on the later claim as they stood in the 835, none is computed,
joined or left out, so that for each payer charge = paid + adjustments holds on the new claim exactly where it held in
the remittance; the encoder checks it and the claims suite keeps out what does not balance. A payer that answered line
by line is told line by line (SVD, CAS, DTP*573, AMT*EAF in 2430); one that answered the claim as a whole is told in
2320 and 2330B. AMT*D is what it paid in either case, AMT*EAF what it left to the patient (group PR).

An answer that took a part of the claim back, or came in several pieces, counts as it counts everywhere
(``evidence.counted``): for each line the last word.

Source: dossier 4.2; 005010X222A1 2320, 2330A, 2330B, 2430.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from tasks.billing import evidence, shapes
from tasks.billing.context import words

POSITION = {"P": 1, "S": 2, "T": 3}
PATIENT = "PR"
REVENUE = r"\d{4}"  # a procedure code has five characters
MOST_REMARKS = 5  # MOA03 to MOA07
INSURED = words("last_name first_name street city state zip")
POLICY = words("payer_order relationship group_number msp_type filing_code member_id payer_name payer_id")
KEY = ["claim_id", "payer"]
LINE = ["claim_id", "payer", "line"]
CARRIED = shapes.shape("claim_id remitted_claim_id")


@dataclass(frozen=True)
class Told:
    """What the ledger has of the answers that are carried, in its own columns, and our claims that they answer."""

    remittances: pd.DataFrame
    remitted_claims: pd.DataFrame
    remitted_lines: pd.DataFrame
    remitted_adjustments: pd.DataFrame
    claims: pd.DataFrame
    claim_lines: pd.DataFrame


def carried(claims: pd.DataFrame) -> pd.DataFrame:
    """Frame[claim_id, remitted_claim_id]: the answers of earlier payers that each claim carries."""
    named = claims.loc[claims["coordinates"].notna(), ["claim_id", "coordinates"]]
    if named.empty:
        return shapes.empty(CARRIED)
    each = named.assign(remitted_claim_id=named["coordinates"].str.split()).explode("remitted_claim_id")
    return each[["claim_id", "remitted_claim_id"]].dropna().reset_index(drop=True)


def tables(claims: pd.DataFrame, lines: pd.DataFrame, told: Told, heads: pd.DataFrame) -> dict[str, pa.Table]:
    """``other_payers``, ``line_payments`` and ``adjustments`` of the claims, with columns of the codec's tables.

    `claims` and `lines` as the ledger has them; `heads` are the codec's own rows of the earlier claims (`Told.claims`),
    which say who was insured there and how.
    """
    units = _units(carried(claims), told)
    adjustments = _adjustments(units, told)
    own = lines[["claim_id", "charge_id", "position", "units", "revenue_code"]].rename(
        columns={"position": "line", "units": "billed"}
    )
    of_lines = units.merge(own, on=["claim_id", "charge_id"])
    made = {
        "other_payers": _payers(units, adjustments, heads),
        "line_payments": _payments(of_lines, adjustments, told),
        "adjustments": _placed(of_lines, adjustments),
    }
    return {name: pa.Table.from_pandas(rows, preserve_index=False) for name, rows in made.items()}


def _units(pairs: pd.DataFrame, told: Told) -> pd.DataFrame:
    """The lines (or claims without lines) of the answers that count, each under the claim that carries it.

    ``answered`` is the claim of ours that the answer is to, ``payer`` the position of its payer.
    """
    named = told.remitted_lines[["remitted_claim_id", "remitted_line_id", "line_id"]]
    answers = told.remitted_claims[told.remitted_claims["remitted_claim_id"].isin(pairs["remitted_claim_id"])]
    counted = evidence.counted(answers, told.remittances, named)
    rows = pairs.merge(counted.rename(columns={"claim_id": "answered"}), on="remitted_claim_id")
    order = told.claims.set_index("claim_id")["payer_order"]
    # SBR01 of the payers is P, then S: their places follow.
    rows["payer"] = rows["answered"].map(order).map(POSITION).astype("Int64")
    charges = told.claim_lines.set_index("line_id")["charge_id"]
    return rows.assign(charge_id=rows["line_id"].map(charges).astype("str"))


def _adjustments(units: pd.DataFrame, told: Told) -> pd.DataFrame:
    """CAS of the units, and of claims that were adjusted as a whole, ``remitted_line_id`` null there."""
    own = units[[*KEY, "remitted_claim_id"]].drop_duplicates()
    rows = told.remitted_adjustments.merge(own, on="remitted_claim_id")
    told_lines = rows["remitted_line_id"].isin(units["remitted_line_id"].dropna())
    return rows[rows["remitted_line_id"].isna() | told_lines].reset_index(drop=True)


def _shares(adjustments: pd.DataFrame, by: list[str]) -> pd.Series[int]:
    """Cents that were left to the patient."""
    rows = adjustments[adjustments["group_code"] == PATIENT]
    return rows.groupby(by)["amount_cents"].sum()


def _looked_up(rows: pd.DataFrame, keys: list[str], values: pd.Series[int]) -> pd.Series[int]:
    """`values` by several keys beside rows; zero where there is none."""
    found = values.reindex(pd.MultiIndex.from_frame(rows[keys]))
    return pd.Series(found.array, index=rows.index).astype("Int64").fillna(0)


def _payments(of_lines: pd.DataFrame, adjustments: pd.DataFrame, told: Told) -> pd.DataFrame:
    """2430: what each payer paid of each line. A line that the payer split is one again.

    The procedure is the one the payer adjudicated (SVC01), the units those it paid. On an 837I the revenue code stands
    beside it (SVD04): our own line's, as an 835 repeats it in places only, or the one in SVC01 where the payer answered
    by that and named no procedure.
    """
    said = ["remitted_line_id", "code", "modifiers", "paid_cents", "units_paid_thousandths"]
    rows = of_lines.drop(columns="paid_cents").merge(told.remitted_lines[said], on="remitted_line_id")
    owned = ["claim_id", "remitted_line_id"]
    rows["remaining_cents"] = _looked_up(rows, owned, _shares(adjustments, owned))
    rows = rows.sort_values([*LINE, "remitted_line_id"], kind="stable")
    found = rows.groupby(LINE).agg(
        paid_cents=("paid_cents", "sum"),
        code=("code", "first"),
        modifiers=("modifiers", "first"),
        revenue_code=("revenue_code", "first"),
        paid_units=("units_paid_thousandths", "sum"),
        billed=("billed", "first"),
        adjudicated_date=("since", "max"),
        remaining_cents=("remaining_cents", "sum"),
    )
    found = found.reset_index()
    by_revenue = found["revenue_code"].notna() & found["code"].str.fullmatch(REVENUE, na=False)
    found["revenue_code"] = found["revenue_code"].mask(by_revenue, found["code"])
    found["code"] = found["code"].mask(by_revenue)
    whole = (found["paid_units"] > 0) & (found["paid_units"] % 1000 == 0)
    found["units"] = (found["paid_units"] // 1000).where(whole, found["billed"]).astype("Int64")
    found["adjudicated_date"] = found["adjudicated_date"].dt.date
    return found.drop(columns=["paid_units", "billed"])


def _placed(of_lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """CAS of 2320 and 2430: numbered within claim or line and payer, one group after the other."""
    owned = ["claim_id", "remitted_line_id"]
    place = of_lines[[*owned, "line"]].drop_duplicates(owned)
    rows = adjustments.merge(place, on=owned, how="left")
    rows = rows[rows["remitted_line_id"].isna() | rows["line"].notna()]
    rows = rows.assign(line=rows["line"].astype("Int64"))
    rows["first"] = rows.groupby([*LINE, "group_code"], dropna=False)["segment"].transform("min")
    rows = rows.sort_values([*LINE, "first", "segment", "position"], kind="stable")
    rows["position"] = rows.groupby(LINE, dropna=False).cumcount() + 1
    return rows[[*LINE, "position", "group_code", "carc", "amount_cents", "quantity_thousandths"]]


def _payers(units: pd.DataFrame, adjustments: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """2320 and 2330: who paid before, for whose policy, under which number."""
    lined = units["remitted_line_id"].notna().groupby([units[key] for key in KEY]).any()
    found = (
        units.drop_duplicates([*KEY, "remitted_claim_id"])
        .groupby(KEY)
        .agg(
            answered=("answered", "last"),
            paid_cents=("paid_cents", "sum"),
            payer_control=("payer_control", "last"),
            remarks=("remarks", "last"),
            adjudicated_date=("since", "max"),
        )
    )
    found = found.join(lined.rename("lined")).reset_index()
    share = _shares(adjustments[adjustments["remitted_line_id"].isna()], KEY)
    found["remaining_cents"] = _looked_up(found, KEY, share).mask(found["lined"])
    found["adjudicated_date"] = found["adjudicated_date"].dt.date.where(~found["lined"])
    found["remarks"] = found["remarks"].map(_first_remarks, na_action="ignore")
    person = {f"subscriber_{name}": f"insured_{name}" for name in INSURED}
    insured = heads[["claim_id", *POLICY, *person]].rename(columns={"claim_id": "answered", **person})
    rows = found.merge(insured, on="answered").rename(columns={"payer": "position"})
    return rows.drop(columns=["answered", "lined"]).sort_values(["claim_id", "position"])


def _first_remarks(remarks: str) -> str | None:
    """As many remark codes as MOA holds."""
    return " ".join(remarks.split()[:MOST_REMARKS]) or None
