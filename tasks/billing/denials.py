"""What each remitted line is: paid, the patient's, the contract's, or denied, and what to do about it.

A denial is decided per line from group, CARC, RARC and amounts, never from CLP02: payers send status 1 on
full denials and status 4 on claims that merely met a deductible. What a reason means is `denial_codes`; here the
reasons of a line are weighed.

Money: PR amounts are the patient's; contractual amounts are nobody's; what a denial withheld is recoverable
unless its action says the matter is closed. CO is never the patient's, whatever its CARC; nor is anything where a
remark protects the patient (a qualified Medicare beneficiary). Adjustments at claim level belong to all lines, by
their charges, as postings share them out.

Payers also cut without a word: fewer units paid than billed is a denial of the others (`_silent_cuts`), and a lower
code in SVC01 with ours in SVC06 is a flag.
"""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing import denial_codes
from tasks.billing.context import Column
from tasks.billing.denial_codes import PATIENT, meaning
from tasks.billing.denial_cuts import CUT_ACTION, CUT_AS, CUT_CATEGORY, changed_codes, cut_cents, cut_units
from tasks.billing.denial_shares import at_claim, spread
from tasks.billing.evidence import passed_on

# Status codes whose adjustments are not verdicts on the service (clp02_status.tsv).
NOT_ADJUDICATED = {"22": "reversal", "23": "forwarded", "25": "estimate"}
CROSSED_OVER = frozenset({"19", "20", "21"})
# Actions that bill whoever comes next.
BILLS = frozenset({"bill_patient", "bill_next_payer"})
# What a line that is neither paid nor explained is.
UNEXPLAINED = "unexplained"
# The payer never decided (MA130, N142): send the claim anew, and no replacement of it.
UNPROCESSABLE = "correct_new_claim_freq1"

COLUMNS = [
    "remittance_id",
    "remitted_claim_id",
    "remitted_line_id",
    "line_id",
    "denied",
    "partial",
    "category",
    "action",
    "step",
    "resubmit_as",
    "root_stage",
    "preventable",
    "flag",
    "patient_cents",
    "contractual_cents",
    "denied_cents",
    "recoverable_cents",
    "units_cut_thousandths",
    "reasons",
]
SUMS = ["patient_cents", "contractual_cents", "denied_cents", "recoverable_cents"]
OF_LINE = [
    "remittance_id",
    "remitted_claim_id",
    "remitted_line_id",
    "line_id",
    "position",
    "charge_cents",
    "paid_cents",
    "remarks",
    "code",
    "submitted_code",
    "units_paid_thousandths",
    "units_submitted_thousandths",
]


def classify(
    remitted_claims: pd.DataFrame,
    lines: pd.DataFrame,
    adjustments: pd.DataFrame,
    claim_lines: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row for each remitted line, and for each claim without lines, with the columns `COLUMNS`.

    Frames are those of the ledger's ``remitted_*`` tables; `claim_lines` (line_id, units) are ours, where they are
    known: what was billed, for payers that leave SVC07 out. ``step`` and ``resubmit_as`` (CLM05-3) are those of
    ``denial_actions.tsv``; flags stand with blanks between.
    """
    units = _units(remitted_claims, lines)
    owned = spread(adjustments, lines)
    units["paid_cents"] = units["paid_cents"].astype("Int64") - at_claim(units, owned, adjustments)
    judged = _judged(units, owned)
    result = units.merge(_sums(judged), on="unit", how="left").merge(
        _main_reason(judged), on="unit", how="left"
    )
    result[SUMS] = result[SUMS].fillna(0).astype("Int64")
    result["units_cut_thousandths"] = cut_units(result, claim_lines)
    return _verdicts(result)[COLUMNS].reset_index(drop=True)


def _units(claims: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """What is judged: a line, or a claim that has none. ``unit`` is its id."""
    context = claims[["remitted_claim_id", "status", "remarks"]].rename(columns={"remarks": "claim_remarks"})
    of_lines = lines.reindex(columns=OF_LINE).assign(unit=lines["remitted_line_id"])
    bare = claims[~claims["remitted_claim_id"].isin(lines["remitted_claim_id"])]
    of_claims = bare[["remittance_id", "remitted_claim_id", "charge_cents", "paid_cents"]].assign(
        unit=bare["remitted_claim_id"]
    )
    kinds = dict.fromkeys(OF_LINE, "str") | {
        name: "Int64" for name in OF_LINE if name == "position" or name.endswith(("_cents", "_thousandths"))
    }
    of_claims = of_claims.reindex(columns=[*OF_LINE, "unit"]).astype(kinds)
    units = pd.concat([of_lines.astype(kinds), of_claims], ignore_index=True)
    units = units.merge(context, on="remitted_claim_id", how="left")
    marks = units["remarks"].fillna("") + " " + units["claim_remarks"].fillna("")
    return units.assign(marks=marks.str.strip())


def _judged(units: pd.DataFrame, owned: pd.DataFrame) -> pd.DataFrame:
    """Each reason of each unit, a code that is repeated added up, with what it means there."""
    unit = owned["remitted_line_id"].where(owned["remitted_line_id"].notna(), owned["remitted_claim_id"])
    reasons = owned.assign(unit=unit, amount_cents=owned["amount_cents"].astype("Int64"))
    reasons = (
        reasons.groupby(["unit", "group_code", "carc"], sort=False)
        .agg(amount_cents=("amount_cents", "sum"), position=("position", "min"))
        .reset_index()
    )
    judged = reasons.merge(units[["unit", "charge_cents", "marks"]], on="unit", how="inner")
    judged["whole"] = (
        ((judged["amount_cents"] == judged["charge_cents"]) & (judged["charge_cents"] > 0))
        .fillna(False)
        .astype(bool)
    )
    # Few distinct combinations of codes occur: judge each once, then spread the answer over the rows.
    names = ["group_code", "carc", "marks", "whole"]
    keys = judged[names].drop_duplicates().reset_index(drop=True)
    said = [
        meaning(group, carc, tuple(marks.split()), bool(whole))
        for group, carc, marks, whole in keys.itertuples(index=False, name=None)
    ]
    told = pd.DataFrame([{**vars(one), "flags": " ".join(one.flags)} for one in said], columns=[*MEANING])
    judged = judged.merge(pd.concat([keys, told.astype(MEANING)], axis=1), on=names, how="left")
    return judged.sort_values(["unit", "position"], kind="stable", ignore_index=True)


# Columns of `denial_codes.Meaning`.
MEANING = dict.fromkeys(["category", "action", "root_stage", "preventable", "rarc", "flags"], "str") | {
    "priority": "int64",
    "denial": "bool",
    "protects_patient": "bool",
}


def _sums(judged: pd.DataFrame) -> pd.DataFrame:
    """By unit: cents that are the patient's, the contract's, denied, recoverable; what decides beside them."""
    amount, denial = judged["amount_cents"], judged["denial"]
    patient = judged["group_code"] == PATIENT
    denied = denial & ~patient & (amount > 0)
    posted = judged["action"].isin(["post_adjustment", "zero_balance"])
    contractual = ~patient & ~denial & ((judged["category"] == "contractual") | posted)
    # CO with a patient's reason (1, 2, 3): not a denial and not the patient's, so the payer must explain it.
    unexplained = ~patient & (judged["category"] == "payer_error_or_contract") & (amount > 0)
    open_ = ~judged["action"].isin(denial_codes.closed_actions())
    parts = {
        "patient_cents": patient,
        "contractual_cents": contractual,
        "denied_cents": denied,
        "recoverable_cents": (denied | unexplained) & open_,
        # PR-96 and its like: denied as a benefit, owed by the patient.
        "patient_denied_cents": denial & patient & (amount > 0),
        "unexplained_cents": unexplained,
        "beyond_cents": patient & (judged["category"] == "balance_bill"),
        "level_cents": judged["carc"] == "150",
    }
    frame = pd.DataFrame({name: amount.where(rows, 0) for name, rows in parts.items()})
    grouped = frame.groupby(judged["unit"], sort=False)
    sums = grouped.sum()
    sums["reasons"] = _in_order(judged["unit"], _reason_text(judged)).reindex(sums.index)
    sums["protected"] = judged["protects_patient"].groupby(judged["unit"], sort=False).any()
    sums["flags"] = _joined(judged.loc[judged["flags"] != "", ["unit", "flags"]])
    return sums.reset_index()


def _in_order(units: Column, texts: Column) -> Column:
    """The texts of each unit with blanks between, by unit; a loop, since pandas would make a frame of every unit."""
    found: dict[str, list[str]] = {}
    for unit, text in zip(units, texts, strict=True):
        found.setdefault(unit, []).append(text)
    return pd.Series({unit: " ".join(said) for unit, said in found.items()}, dtype="str")


def _joined(flagged: pd.DataFrame) -> Column:
    """The flags of each unit, each once, blanks between; by unit."""
    joined: Column = _in_order(flagged["unit"], flagged["flags"]).map(
        lambda text: " ".join(dict.fromkeys(text.split()))
    )
    return joined.astype("str")


def _reason_text(judged: pd.DataFrame) -> Column:
    """``CO-16/N290`` for each reason."""
    return (
        judged["group_code"] + "-" + judged["carc"] + ("/" + judged["rarc"]).where(judged["rarc"] != "", "")
    )


def _main_reason(judged: pd.DataFrame) -> pd.DataFrame:
    """For each unit the reason that names it: a denial before anything else, then the larger amount."""
    ordered = judged.assign(
        rank=judged["denial"] & (judged["amount_cents"] > 0),
        size=judged["amount_cents"].abs(),
    ).sort_values(["unit", "rank", "size", "priority", "carc"], ascending=[True, False, False, True, True])
    first = ordered.drop_duplicates("unit")
    return first[["unit", "category", "action", "root_stage", "preventable"]]


def _verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """Denied or not, the category, what to do, and the flags."""
    other = rows["status"].map(NOT_ADJUDICATED)
    adjudicated = other.isna()
    given = rows["paid_cents"] + rows["patient_cents"] - rows["patient_denied_cents"].fillna(0)
    cut = adjudicated & (rows["units_cut_thousandths"] > 0) & (given > 0)
    said = (rows["denied_cents"] > 0) | (rows["patient_denied_cents"].fillna(0) > 0)
    silent = (cut & ~said & (rows["contractual_cents"] > 0)).astype(bool)
    _take_cuts(rows, silent)
    denied = (adjudicated & (said | silent)).astype(bool)
    rows["denied"] = denied.astype("boolean")
    rows["partial"] = (denied & (given > 0)).astype("boolean")
    _name(rows, denied)
    for column in ("root_stage", "preventable"):
        rows[column] = rows[column].where(denied)
    rows["category"] = other.fillna(rows["category"])
    rows["action"] = rows["action"].where(
        adjudicated, rows["status"].map({"22": "reverse_posting"}).fillna("post_only")
    )
    _flag(rows, adjudicated, denied, cut.astype(bool))
    for column in ("denied_cents", "recoverable_cents"):
        rows[column] = rows[column].where(adjudicated, 0)
    # Forwarded and estimated: nothing is owed by it.
    for column in ("patient_cents", "contractual_cents"):
        rows[column] = rows[column].mask(rows["status"].isin(["23", "25"]), 0)
    actions = reference.by_key("denial_actions", "action")
    rows["step"] = rows["action"].map({name: row["step"] for name, row in actions.items()}).astype("str")
    again = rows["action"].map({name: row["frequency"] or None for name, row in actions.items()})
    rows["resubmit_as"] = again.where(denied).astype("str")
    rows["reasons"] = rows["reasons"].fillna("")
    return rows


def _take_cuts(rows: pd.DataFrame, silent: Column) -> None:
    """Put what a silent cut withheld among the denied, and take it from the contract's."""
    worth = cut_cents(rows).where(silent, 0)
    like = reference.by_key("carc", "carc")[CUT_AS]
    told = {"category": CUT_CATEGORY, "action": CUT_ACTION}
    for name, value in (told | {name: like[name] for name in ("root_stage", "preventable")}).items():
        rows[name] = rows[name].mask(silent, value)
    rows["denied_cents"] += worth
    rows["recoverable_cents"] += worth
    rows["contractual_cents"] -= worth


def _name(rows: pd.DataFrame, denied: Column) -> None:
    """Category and action of lines that are not denied: by what was paid, what the patient owes, what is open."""
    paid, owes = rows["paid_cents"] > 0, rows["patient_cents"] > 0
    open_ = rows["unexplained_cents"].fillna(0) > 0
    beyond = rows["beyond_cents"].fillna(0) > 0
    nothing = rows["category"].isna()
    zero = rows["charge_cents"].fillna(0) == 0
    shared = owes & (rows["category"] != "balance_bill").fillna(True)
    category = rows["category"].mask(nothing, UNEXPLAINED).mask(nothing & zero, "zero_charge")
    category = category.mask(shared, "patient_resp").mask(paid, "paid").mask(open_, "payer_error_or_contract")
    action = rows["action"].mask(nothing, "call_payer").mask(nothing & zero, "post").mask(paid, "post")
    action = action.mask(owes, "bill_patient").mask(beyond, "check_network_and_nsa_before_billing")
    action = action.mask(open_, "do_not_bill_patient")
    rows["category"] = rows["category"].where(denied, category)
    rows["action"] = rows["action"].where(denied, action)
    # Whoever may not be asked is not: it waits for the next payer.
    protected = rows["protected"].astype("boolean").fillna(False).astype(bool)
    asks = rows["action"].isin(
        [row["action"] for row in reference.table("denial_actions") if row["step"] == "bill_patient"]
    )
    poor = rows["flags"].fillna("").str.contains("qmb")
    rows["action"] = rows["action"].mask(protected & asks, "block_patient_billing")
    rows["action"] = rows["action"].mask(protected & asks & poor, "bill_next_payer")
    rows["patient_cents"] = rows["patient_cents"].mask(protected & owes, 0)


def _flag(rows: pd.DataFrame, adjudicated: Column, denied: Column, cut: Column) -> None:
    """``flag`` of each line, and the actions that follow from a crossover or a lower code."""
    crossed = rows["status"].isin(CROSSED_OVER) | (adjudicated & passed_on(rows["marks"]))
    # The next payer has it already: nobody bills it, and the patient's share is what is left after that payer.
    rows["action"] = rows["action"].mask(crossed & rows["action"].isin(BILLS), "mark_crossover")
    codes = changed_codes(rows, rows["level_cents"].fillna(0) != 0).where(adjudicated, "")
    rows["action"] = rows["action"].mask((codes == "downcoded") & ~denied, "appeal_with_records")
    flag = pd.Series("", index=rows.index, dtype="str").mask(
        denied & (rows["category"] == "suspect"), " suspect_bad_remit"
    )
    flag += pd.Series("", index=rows.index, dtype="str").mask(crossed, " wait_crossover")
    flag += pd.Series("", index=rows.index, dtype="str").mask(cut, " units_cut")
    flag += (" " + codes).where(codes != "", "") + " " + rows["flags"].fillna("").where(adjudicated, "")
    rows["flag"] = flag.str.strip().where(flag.str.strip() != "").astype("str")
