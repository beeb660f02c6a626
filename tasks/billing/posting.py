"""Double entry: what a charge or a remittance means in the accounts of ``accounts.tsv``.

A charge debits the payer's receivable and credits revenue. A remittance takes from that receivable what it
answers: cash for what was paid, ``contractual`` and its like for what nobody owes, the patient's receivable for
group PR. What is denied gets no entry: it stays in the payer's receivable until a person decides. Which account
an adjustment belongs to is data (``adjustment_accounts.tsv``), and so is a provider adjustment's
(``plb_accounts.tsv``).

A reversal (status 22) carries negated amounts, so the same rules undo the first posting by adding entries. An
estimate (25) or a claim that was forwarded unanswered (23) posts nothing. Money for a claim that is not ours
goes to suspense: the cash is certain, what it is for is not.

Every entry of a remittance comes from a pair (debit, credit, amount), so each posting sums to zero, and cash
comes from CLP04 and PLB alone, so it sums to BPR02. Ids are made of content: posting again adds nothing.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from configs import reference
from configs.identity import digest
from tasks.billing import shapes

RECEIVABLE = "receivable_payer"
PATIENT = "receivable_patient"
CASH = "cash"
# clp02_status.tsv: statuses that answer no claim, and those of payers after the first.
UNADJUDICATED = frozenset({"23", "25"})
LATER_PAYER = frozenset({"2", "3", "20", "21"})
# What an earlier payer did, echoed by a later one.
PRIOR_PAYER = "23"

_REFERENCES = [
    "remittance_id",
    "remitted_claim_id",
    "claim_id",
    "charge_id",
    "payer_id",
    "patient_id",
    "group_code",
    "reason",
    "effective_on",
]


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
def _telling_remarks() -> frozenset[str]:
    """Remark codes that any row of ``adjustment_accounts.tsv`` asks for."""
    named = {code for row in reference.table("adjustment_accounts") for code in row["remark"].split()}
    return frozenset(named - {"any"})


def plb_account(code: str) -> str:
    """The account of a PLB code; an unknown one waits in suspense."""
    row = reference.by_key("plb_accounts", "plb").get(code)
    return row["account"] if row else "suspense_plb"


def post_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of charge lines: debit the payer's receivable, credit revenue, on the date of service."""
    return _charges(charge_lines, "charge", RECEIVABLE, "revenue")


def withdraw_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """The opposite entries, for charge lines that a later version of their encounter took the place of."""
    return _charges(charge_lines, "charge_withdrawn", "revenue", RECEIVABLE)


def _charges(charge_lines: pd.DataFrame, kind: str, debit: str, credit: str) -> pd.DataFrame:
    """One event a charge line."""
    events = charge_lines.assign(
        owner=charge_lines["charge_id"],
        debit=debit,
        credit=credit,
        amount=charge_lines["charge_cents"],
        effective_on=charge_lines["service_date"],
    )
    return _journal(events, kind, "charge")


def post_remittances(
    remittances: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    remitted_adjustments: pd.DataFrame,
    provider_adjustments: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Journal entries of balanced, matched remittances; all frames are the ledger's tables of those names.

    `claims` gives matched claims their payer, patient and order; `claim_lines`, where given, names the charge
    that each matched line answers. A posting is a remitted line, a remitted claim, or a provider adjustment.
    """
    owned = _context(remittances, remitted_claims, claims)
    lines = remitted_lines.merge(owned[_CARRIED], on="remitted_claim_id", how="inner")
    if claim_lines is not None:
        charge_ids = dict(zip(claim_lines["line_id"], claim_lines["charge_id"], strict=True))
        lines["charge_id"] = lines["line_id"].map(charge_ids).astype("str")
    adjustments = _located(remitted_adjustments, owned, lines)
    owned = owned.merge(_claim_sums(owned, lines, adjustments), on="remitted_claim_id", how="left")
    answered = owned[owned["route"] == "answer"]
    events = [
        _payments(answered, lines[lines["route"] == "answer"]),
        _taken_over(answered),
        _adjustment_events(adjustments),
        _suspense(owned[owned["route"] != "answer"]),
    ]
    plb = _provider_events(provider_adjustments, remittances)
    entries = [_journal(pd.concat(events, ignore_index=True), "remitted", "remittance")]
    return pd.concat([*entries, _journal(plb, "provider_adjustment", "remittance")], ignore_index=True)


_CARRIED = [
    "remitted_claim_id",
    "claim_id",
    "payer_id",
    "patient_id",
    "effective_on",
    "status",
    "route",
    "claim_remarks",
    "later",
]


def _context(remittances: pd.DataFrame, remitted_claims: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Remitted claims with payer, patient, date, and the route their money takes."""
    paid_by = remittances[["remittance_id", "payer_id", "payment_date"]].rename(
        columns={"payer_id": "remitting_payer", "payment_date": "effective_on"}
    )
    ours = claims[["claim_id", "payer_id", "patient_id", "payer_order"]]
    owned = remitted_claims.merge(paid_by, on="remittance_id", how="inner").merge(
        ours, on="claim_id", how="left"
    )
    route = pd.Series("answer", index=owned.index).mask(owned["claim_id"].isna(), "unmatched")
    owned["route"] = route.mask(owned["status"].isin(UNADJUDICATED), "unadjudicated")
    owned["later"] = owned["status"].isin(LATER_PAYER) | owned["payer_order"].isin(["S", "T"])
    # A claim that crossed over still names the first payer; a later payer's remittance names its own.
    payer = owned["payer_id"].mask(owned["status"].isin(LATER_PAYER), owned["remitting_payer"])
    owned["payer_id"] = payer.fillna(owned["payer_id"]).fillna(owned["remitting_payer"])
    return owned.rename(columns={"remarks": "claim_remarks"})


def _located(adjustments: pd.DataFrame, owned: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Adjustments with their owner (line, else claim), its charge, and the account each belongs to."""
    found = adjustments.merge(owned[[*_CARRIED, "charge_cents"]], on="remitted_claim_id", how="inner")
    columns = [c for c in ("remitted_line_id", "charge_cents", "remarks", "charge_id") if c in lines]
    found = found.merge(
        lines[columns].rename(columns={"charge_cents": "line_charge", "remarks": "line_remarks"}),
        on="remitted_line_id",
        how="left",
    )
    found["owner"] = found["remitted_line_id"].fillna(found["remitted_claim_id"])
    at_line = found["remitted_line_id"].notna()
    charge = found["line_charge"].where(at_line, found["charge_cents"])
    found["whole"] = ((found["amount_cents"] == charge) & (charge != 0)).fillna(False).astype(bool)
    found["marks"] = found["line_remarks"].fillna("") + " " + found["claim_remarks"].fillna("")
    # Few combinations of codes occur: look each up once, then spread the answer over the rows.
    keys = ["group_code", "carc", "marks", "whole"]
    combinations = found[keys].drop_duplicates()
    combinations["account"] = pd.Series(
        [
            account_of(group, carc, _telling_remarks() & frozenset(marks.split()), bool(whole))
            for group, carc, marks, whole in combinations.itertuples(index=False, name=None)
        ],
        index=combinations.index,
        dtype="str",
    )
    return found.merge(combinations, on=keys, how="left")


def _claim_sums(owned: pd.DataFrame, lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """By remitted claim: paid at its lines, what earlier payers did (OA-23), and the patient's share."""
    prior = adjustments["carc"] == PRIOR_PAYER
    amounts = pd.DataFrame(
        {
            "remitted_claim_id": adjustments["remitted_claim_id"],
            "prior_cents": adjustments["amount_cents"].where(prior, 0),
            "share_cents": adjustments["amount_cents"].where(adjustments["account"] == PATIENT, 0),
            "echoes": prior,
        }
    )
    sums = amounts.groupby("remitted_claim_id").agg(
        {"prior_cents": "sum", "share_cents": "sum", "echoes": "any"}
    )
    sums = sums.reindex(owned["remitted_claim_id"])
    sums["line_paid_cents"] = lines.groupby("remitted_claim_id")["paid_cents"].sum()
    sums["echoes"] = sums["echoes"].astype("boolean").fillna(False).astype(bool)
    cents = ["prior_cents", "share_cents", "line_paid_cents"]
    sums[cents] = sums[cents].astype("Int64").fillna(0)
    return sums.reset_index()


def _payments(answered: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Cash by line (SVC03), and at the claim what CLP04 has beyond its lines: all of it where there are none."""
    at_lines = lines.assign(owner=lines["remitted_line_id"], amount=lines["paid_cents"])
    at_claims = answered.assign(
        owner=answered["remitted_claim_id"], amount=answered["paid_cents"] - answered["line_paid_cents"]
    )
    return pd.concat([at_lines, at_claims], ignore_index=True).assign(debit=CASH, credit=RECEIVABLE, step=1)


def _taken_over(answered: pd.DataFrame) -> pd.DataFrame:
    """What a later payer considered moves back from the patient to the payers' receivable before it is answered.

    The patient owes what the LAST payer in line says, and the earlier payer's PR is in the patient's account.
    What was considered is the charge without the earlier payers' part (OA-23). A payer that does not say that
    part repeats the earlier write-offs among its own, so only its payment and its PR can be told.
    """
    later = answered[answered["later"] | answered["echoes"]]
    told = later["charge_cents"] - later["prior_cents"]
    amount = told.where(later["echoes"], later["paid_cents"] + later["share_cents"])
    events = later.assign(owner=later["remitted_claim_id"], amount=amount)
    return events.assign(debit=RECEIVABLE, credit=PATIENT, step=2)


def _adjustment_events(adjustments: pd.DataFrame) -> pd.DataFrame:
    """Adjustments that move money out of the payer's receivable."""
    echoing = adjustments.loc[adjustments["carc"] == PRIOR_PAYER, "remitted_claim_id"]
    untold = adjustments["later"] & ~adjustments["remitted_claim_id"].isin(echoing)
    moves = (adjustments["route"] == "answer") & (adjustments["account"] != RECEIVABLE)
    moves &= ~untold | (adjustments["account"] == PATIENT)
    moved = adjustments[moves]
    return moved.assign(
        debit=moved["account"],
        credit=RECEIVABLE,
        amount=moved["amount_cents"],
        reason=moved["carc"],
        step=moved["position"] + 2,
    )


def _suspense(waiting: pd.DataFrame) -> pd.DataFrame:
    """Cash for claims that were not recognised, or under a status that should carry none."""
    account = "suspense_" + waiting["route"]
    return waiting.assign(
        owner=waiting["remitted_claim_id"],
        debit=CASH,
        credit=account,
        amount=waiting["paid_cents"],
        reason=waiting["route"].str.upper(),
        step=1,
    )


def _provider_events(rows: pd.DataFrame, remittances: pd.DataFrame) -> pd.DataFrame:
    """PLB amounts: positive ones leave the check (debit the account, credit cash), negative ones add to it."""
    paid_by = remittances[["remittance_id", "payer_id", "payment_date"]]
    found = rows.merge(paid_by, on="remittance_id", how="inner")
    return found.assign(
        owner=found["adjustment_id"],
        debit=found["code"].map(plb_account).astype("str"),
        credit=CASH,
        amount=found["amount_cents"],
        reason=found["code"],
        effective_on=found["payment_date"],
        step=1,
    )


def _journal(events: pd.DataFrame, kind: str, source: str) -> pd.DataFrame:
    """Entries from events (owner, debit, credit, amount, references): two an event, none for nothing.

    Positions count the entries of a posting, debit before credit, in the order of the events' ``step``.
    """
    events = events[events["amount"].astype("Int64").fillna(0) != 0]
    if events.empty:
        return shapes.empty(shapes.JOURNAL)
    if "step" in events:
        events = events.sort_values(["owner", "step"], kind="stable")
    carried = events.reindex(columns=["owner", *_REFERENCES])
    debit = carried.assign(account=events["debit"], amount_cents=events["amount"], side=0)
    credit = carried.assign(account=events["credit"], amount_cents=-events["amount"], side=1)
    entries = pd.concat([debit, credit]).reset_index(names="event")
    order = pd.Series(range(len(events)), index=events.index)
    entries = entries.assign(rank=entries["event"].map(order)).sort_values(["rank", "side"], kind="stable")
    entries["position"] = entries.groupby("owner").cumcount() + 1
    postings = {owner: digest("posting", kind, owner) for owner in entries["owner"].unique()}
    entries["posting_id"] = entries["owner"].map(postings)
    entries["source"] = source
    entries["entry_id"] = [
        digest("journal", posting, int(position), account)
        for posting, position, account in zip(
            entries["posting_id"].tolist(),
            entries["position"].tolist(),
            entries["account"].tolist(),
            strict=True,
        )
    ]
    return shapes.conform(entries, shapes.JOURNAL)
