"""Institutional claims: stays in a bed or a programme, billed by the day or the service on an 837I.

A practice that runs a programme bills it as a facility: by revenue code, under a type of bill, over a period, with the
attending clinician's name. ``programmes`` says how a payer is billed for a level of care, ``stays`` what an admission
adds to its days, ``lines`` which code and revenue code a day or a service gets, ``periods`` which days share a claim
and when it is due, ``claims`` what the claim is within its stay, ``wire`` how it is written.

Source: dossier 01_codes 1.4 (types of bill, frequencies and condition codes V:S13, revenue codes V:S18, the rest K);
005010X223A2 loops 2300, 2310A and 2400.
"""
