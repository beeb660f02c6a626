"""The 837I's own loops (005010X223A2): statement dates, admission, HI codes, attending provider, revenue lines.

A biller here is always an organization with an EI, CLM06 and SBR05 are not used, a line has no place of service and
points to no diagnosis. What the guide asks for in some situations alone stands in ``writing.situations``.
"""

from __future__ import annotations

from connectors.x12.guides.claim_837 import (
    NOT_COVERED,
    PAID,
    REFERENCES,
    REMAINING,
    Guide837,
    facility,
    payer_loops,
    payment_loops,
    person,
)
from connectors.x12.guides.templates import loop

INSTITUTIONAL = Guide837(
    kind="837I",
    version="005010X223A2",
    claim=(
        loop(
            "2300",
            "",
            "          CLM*{claim_id}*{charge_cents}***{type_of_bill}:A:{frequency}**{accept_assignment=A}"
            "*{benefits_assigned=Y}*{release=Y}***********{delay_reason?}~",
            "?       | DTP*096*TM*{discharge_hour}~",
            "          DTP*434*RD8*{statement_from}-{statement_to}~",
            "hour    | DTP*435*DT*{admission_date}{admission_hour}~",
            "no hour | DTP*435*D8*{admission_date}~",
            "          CL1*{admission_type?}*{admission_source}*{patient_status}~",
        ),
        loop(
            "2300",
            "",
            "?          | AMT*F3*{patient_due_cents}~",
            *REFERENCES,
        ),
        loop("2310A", "?", *person("attending", "71", "? | PRV*AT*PXC*{attending_taxonomy}~")),
        loop("2310B", "?", *person("operating", "72")),
        loop("2310D", "?", *person("rendering", "82")),
        facility("2310E"),
        loop("2310F", "?", *person("referring", "DN")),
    ),
    line=(
        loop(
            "2400",
            "",
            "          LX*{position}~",
            "          SV2*{revenue_code}*HC:{code?}:{modifiers..4?}:{description?}*{charge_cents}*{unit=UN}*{units}"
            "**{noncovered_cents?}~",
            "one day | DTP*472*D8*{service_from}~",
            "days    | DTP*472*RD8*{service_from}-{service_to}~",
            "          REF*6R*{line_id}~",
        ),
        loop("2420C", "?", *person("rendering", "82")),
    ),
    payer=payer_loops("", PAID, REMAINING, NOT_COVERED),
    payment=payment_loops(
        "SVD*{payer_id}*{paid_cents}*HC:{code?}:{modifiers..4?}:{description?}*{revenue_code}*{units}"
        "*{bundled_line?}~"
    ),
    first_codes=("ABK", "ABJ", "APR", "ABN", "DR", "ABF"),
    claim_codes=("BBR", "BBQ", "BI", "BH", "BE", "BG", "TC"),
    most_lines=999,
    most_diagnoses=25,
)
