"""Writer of the 835 (005010X221A1): one check with its claims, lines and provider adjustments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connectors.clearinghouse.sandbox.adjudicator import Decision, LineDecision
from connectors.clearinghouse.sandbox.answers import Segments, clean, money, patient, segment, ymd
from connectors.clearinghouse.sandbox.document import Party

FILING = {"CI": "12", "BL": "12", "FI": "12", "11": "ZZ", "": "ZZ"}  # SBR09 codes that CLP06 does not know


@dataclass
class Remittance:
    """One check: claims as (decision, reversed?), provider adjustments as (code, reference, cents)."""

    payer: Party
    payer_identifier: str
    billing: Party
    trace: str
    day: date
    claims: list[tuple[Decision, bool]]
    provider_adjustments: list[tuple[str, str, int]]

    @property
    def claim_paid_cents(self) -> int:
        return sum(-d.paid_cents if back else d.paid_cents for d, back in self.claims)

    @property
    def paid_cents(self) -> int:
        """BPR02: what the claims pay less what the provider adjustments take."""
        return self.claim_paid_cents - sum(cents for _, _, cents in self.provider_adjustments)


def remittance(check: Remittance) -> Segments:
    """The 835's segments between ST and SE."""
    day, paid = ymd(check.day), check.paid_cents
    if paid:
        bpr = segment("BPR", "I", money(paid), "C", "ACH", "CCP", "01", "999999992", "DA", "123456",
                      check.payer_identifier, "", "01", "999988880", "DA", "98765", day)  # fmt: skip
    else:  # nothing moves, so there is no account on either side
        bpr = segment("BPR", "H", 0, "C", "NON", *[""] * 11, day)
    body = [
        bpr,
        segment("TRN", 1, check.trace, check.payer_identifier),
        segment("DTM", "405", day),
        segment("N1", "PR", clean(check.payer.last), "XV", clean(check.payer.id)),
        "N3*PO BOX 1",
        "N4*CHICAGO*IL*606010001",
        segment("REF", "2U", clean(check.payer.id)),
        "PER*BL*EDI DESK*TE*8005550100",
        segment("N1", "PE", clean(check.billing.last), "XX", clean(check.billing.id)),
    ]
    if check.billing.tax_id:
        body.append(segment("REF", "TJ", clean(check.billing.tax_id)))
    body.append("LX*1")
    for decision, back in check.claims:
        body += _claim(decision, back)
    pairs = [
        part for code, ref, cents in check.provider_adjustments for part in (f"{code}:{ref}", money(cents))
    ]
    for start in range(0, len(pairs), 12):  # PLB holds six pairs
        fiscal_end = f"{check.day.year}1231"
        body.append(segment("PLB", clean(check.billing.id), fiscal_end, *pairs[start : start + 12]))
    return body


def _claim(decision: Decision, back: bool) -> Segments:
    """Loop 2100 and its lines; `back` writes the reversal: all amounts negated, group codes as they were."""
    claim, sign = decision.claim, -1 if back else 1
    share = "" if back or not decision.patient_cents else money(decision.patient_cents)
    body = [
        segment("CLP", clean(claim.control), "22" if back else decision.status, money(sign * claim.charge_cents),
                money(sign * decision.paid_cents), share, FILING.get(claim.filing, clean(claim.filing)),
                decision.payer_control, clean(claim.facility), clean(claim.frequency)),
        patient(claim),
    ]  # fmt: skip
    if decision.outcome.claim_remark:
        body.append(segment("MOA", "", "", decision.outcome.claim_remark))
    body.append(segment("DTM", "232", claim.service_from))
    body.append(segment("DTM", "233", claim.service_to))
    if decision.interest_cents and not back:
        body.append(segment("AMT", "I", money(decision.interest_cents)))
    for line in decision.lines:
        body += _line(line, back)
    return body


def _line(decision: LineDecision, back: bool) -> Segments:
    """Loop 2110: SVC, DTM, CAS (one for each group), REF*6R, AMT*B6, LQ."""
    line, sign = decision.line, -1 if back else 1
    if len(line.procedure) > 1:
        code, revenue = ":".join(clean(part) for part in line.procedure), clean(line.revenue)
    else:
        code, revenue = f"NU:{clean(line.revenue)}", ""
    denied = decision.paid_cents == 0 and decision.allowed_cents is None
    units = "0" if denied else clean(line.units)
    body = [
        segment(
            "SVC", code, money(sign * line.charge_cents), money(sign * decision.paid_cents), revenue, units
        )
    ]
    if line.service_from == line.service_to and line.service_from:
        body.append(segment("DTM", "472", line.service_from))
    elif line.service_from:
        body += [segment("DTM", "150", line.service_from), segment("DTM", "151", line.service_to)]
    for group in dict.fromkeys(group for group, _, _ in decision.adjustments):
        triplets = [
            (carc, money(sign * cents)) for other, carc, cents in decision.adjustments if other == group
        ]
        body.append(segment("CAS", group, "**".join(f"{carc}*{amount}" for carc, amount in triplets)))
    if line.control:
        body.append(segment("REF", "6R", clean(line.control)))
    if decision.allowed_cents and not back:
        body.append(segment("AMT", "B6", money(decision.allowed_cents)))
    return body + [segment("LQ", "HE", remark) for remark in ([] if back else decision.remarks)]
