"""The lines that were answered, with everything a contract may tell apart."""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing import shapes
from tasks.billing.context import Column, among, beside, words

SERVICES = shapes.shape(
    "line_id claim_id payer_id plan code modifiers provider_class supervisor_class place_group service_date:day"
    " units:int charge_cents secondary:flag"
)
PLACE_GROUPS = {"F": "facility", "NF": "non_facility"}


def services(
    answers: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    coverages: pd.DataFrame,
    providers: pd.DataFrame,
) -> pd.DataFrame:
    """Every line of the claims in `answers` (`observed`), columns `SERVICES`.

    ``secondary`` says that another payer comes first.
    `coverages` and `providers` are all versions: a claim names the one it was built from. Of a line that only the
    remittance has, it says what was done; who did it and where is the claim's.
    """
    context = _context(claims[among(claims["claim_id"], answers["claim_id"])], coverages, providers)
    own = claim_lines[["line_id", "claim_id", "service_date", "code", "modifiers", "charge_cents", "units"]]
    own = own.assign(place_of_service=claim_lines["place_of_service"])
    strange = answers[answers["remitted_line_id"].notna() & ~among(answers["line_id"], own["line_id"])]
    charges = strange.groupby("line_id")["charge_cents"].transform("sum")  # the parts of one are one
    strange = strange.assign(charge_cents=charges).drop_duplicates("line_id")
    thousandths = strange["units_submitted_thousandths"].fillna(strange["units_paid_thousandths"])
    strange = strange[["line_id", "claim_id", "service_date", "code", "modifiers", "charge_cents"]].assign(
        units=(thousandths // 1000).where(thousandths % 1000 == 0)
    )
    lines = pd.concat([own[among(own["claim_id"], context["claim_id"])], strange], ignore_index=True)
    lines = lines.merge(context, on="claim_id")
    place = lines["place_of_service"].fillna(lines["claim_place"])
    lines["service_date"] = lines["service_date"].fillna(lines["service_from"])
    rate_class = {row["pos"]: PLACE_GROUPS[row["facility_rate"]] for row in reference.table("pos")}
    return shapes.conform(lines.assign(place_group=place.map(rate_class)), SERVICES)


def _context(claims: pd.DataFrame, coverages: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """What a claim says of all its lines: payer, plan, classes of its clinicians, place."""
    classes = providers.set_index("row_id")["provider_class"]
    rows = claims[words("claim_id payer_id service_from")].assign(
        claim_place=claims["place_of_service"],
        plan=_of(claims["coverage_row_id"], coverages.set_index("row_id")["group_number"]),
        provider_class=_of(claims["rendering_row_id"], classes),
        supervisor_class=_of(claims["supervising_row_id"], classes),
        secondary=claims["payer_order"].fillna("P") != "P",
    )
    return rows[claims["frequency"].fillna("1") != "8"]  # a void asks for nothing


def _of(ids: Column, table: Column) -> Column:
    return beside(ids, table).astype("str")
