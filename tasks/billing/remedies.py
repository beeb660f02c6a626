"""What to do about what did not get through: rejections at the front end, silence, claims left behind, and credits."""

from __future__ import annotations

from configs import reference

ORIGINAL, AS_ORIGINAL = "1", " as frequency 1"  # what a correction goes again as is said by its claim

# What to do about a state that ends a claim before adjudication.
REJECTION_ACTIONS = {
    "file_rejected": "fix the envelope, then resubmit",
    "rejected_syntax": "fix the segment named, then resubmit",
    "rejected": f"fix what the status code names, then resubmit{AS_ORIGINAL}",
}


# Entity codes of STC01-3 that a biller meets.
ENTITIES = {
    "41": "submitter",
    "77": "service facility",
    "82": "rendering provider",
    "85": "billing provider",
    "DN": "referring provider",
    "DQ": "supervising provider",
    "IL": "subscriber",
    "PR": "payer",
    "QC": "patient",
}

# What to do when an answer does not come.
SILENT = {
    "no_999": "ask the partner whether it has the file; resend only where it says no",
    "no_277ca": "look the claim up at the clearinghouse",
    "unknown_answer": "look up the code with the partner",
    "no_835": "ask the payer for the claim's status",
    "no_crossover": "ask the next payer whether the claim came over; bill it only where it did not",
}

# What keeps a claim that was built out of every file.
WITHHELD = "renew the consent or configure the partner; it goes out in the next daily run"

# What to do about a deposit or remittance without the other: by reason, else by state.
REASSOCIATE = {
    "PAYER_UNKNOWN": "ask the bank for the addenda, or load the deposit with its payer id",
    "PAYER_DIFFERS": "find out whose id the bank shows; where it is the payer's, add it to remit_ids",
    "SEVERAL_WAYS": "ask the bank or the payer which remittances are in the deposit",
    "SAME_TRACE_AGAIN": "find out whether it was paid twice or reported twice",
    "POSSIBLE_REPEAT": "compare with the deposit of that day and amount that has a trace",
    "TRACE_MISSING": "ask the bank for the addenda, then the payer for the remittance",
    "amount_differs": "ask the payer for the difference; post nothing by hand",
    "deposit_without_remittance": "look in quarantine, then call the payer for the remittance",
    "remittance_without_deposit": "call the payer for the payment; ask the bank for rejected entries",
}

# Why a receivable below zero is work.
CREDITS = {"receivable_payer": "CREDIT_PAYER", "receivable_patient": "CREDIT_PATIENT"}

# What to do about a credit. Medicare and Medicaid want theirs within 60 days after it was found (dossier 07, S38).
REFUND = {
    "CREDIT_PAYER": "find out who overpaid, then refund (worklist refund) or wait for the recoupment",
    "CREDIT_PATIENT": "refund the patient (worklist refund), within the state's days",
    "CREDIT_UNAPPLIED": "find what it was paid for, or pay it back (load patient_payments, below zero)",
}

# What to do about a patient's share by its age (dossier 07, section 9).
STATEMENTS = {
    "0-30": "send the statement",
    "31-60": "send the second statement; offer a payment plan and financial assistance",
    "61-90": "send the third statement; offer a payment plan and financial assistance",
    "over 90": "send the letter before collection, or write it off by policy",
}


def remedy(state: str, codes: object, frequency: object = ORIGINAL) -> str:
    """What to fix about a rejection: by the status code of a 277CA, by the place a 999 names, else in general.

    `codes` is what the fact says: ``A7 562 82`` (category, status, entity) or ``R 5 SV1:208:2400:8:4:6`` (IK3 and
    IK4: segment, ordinal, loop, error, element, error).
    """
    said = _remedy(state, codes)
    return said if frequency == ORIGINAL else said.replace(AS_ORIGINAL, "")


def _remedy(state: str, codes: object) -> str:
    general = REJECTION_ACTIONS[state]
    words = codes.split() if isinstance(codes, str) else []
    if state == "rejected" and len(words) > 1:
        known = reference.by_key("claim_status_codes", "status").get(words[1])
        entity = ENTITIES.get(words[2], words[2]) if len(words) > 2 else ""
        said = f"{known['fix']}{f' ({entity})' if entity else ''}" if known else f"look up status {words[1]}"
        return f"{said}; then resubmit{AS_ORIGINAL}"
    places = [word.split(":") for word in words if ":" in word]
    if state == "rejected_syntax" and places:
        segment, ordinal, loop, *rest = [*places[0], "", "", ""]
        element = f" element {rest[1]}" if len(rest) > 1 and rest[1] else ""
        return f"fix {segment}{element} in loop {loop} (segment {ordinal}), then resubmit"
    return general
