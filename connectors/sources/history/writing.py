"""A check as the bytes of an 835 (005010X221A1), one interchange each."""

from __future__ import annotations

from connectors.sources.history.model import Answer, Cas, Check, Service

PRACTICE = ("WILLOW BEHAVIORAL HEALTH", "1234567893", "362222222")


def written(check: Check, identifier: str, name: str, number: int) -> bytes:
    """ISA to IEA; `identifier` is the payer's in TRN03, `number` the interchange's."""
    day, stamp = f"{check.day:%Y%m%d}", f"{check.day:%y%m%d}"
    sender, receiver = f"{identifier:15}", f"{'PRACTICE':15}"
    body = [f"ST*835*{number:04}", *_header(check, identifier, name, day)]
    for answer in check.answers:
        body += _claim(answer)
    pairs = [
        part for plb in check.plbs for part in (f"{plb.code}:{plb.reference}".rstrip(":"), _money(plb.cents))
    ]
    for start in range(0, len(pairs), 12):  # a PLB holds six pairs
        body.append(f"PLB*{PRACTICE[1]}*{check.day.year}1231*" + "*".join(pairs[start : start + 12]))
    body.append(f"SE*{len(body) + 1}*{number:04}")
    segments = [
        f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{sender}*ZZ*{receiver}*{stamp}*0600*^*00501*{number:09}*0*T*:",
        f"GS*HP*{identifier}*PRACTICE*{day}*0600*{number}*X*005010X221A1",
        *body,
        f"GE*1*{number}",
        f"IEA*1*{number:09}",
    ]
    return ("~\n".join(segments) + "~\n").encode("ascii")


def _header(check: Check, identifier: str, name: str, day: str) -> list[str]:
    bank = f"01*999999992*DA*123456*{identifier}**01*999988880*DA*98765"
    if not check.bpr:  # nothing moves, so there is no account on either side
        bpr = f"BPR*H*0*C*NON{'*' * 12}{day}"
    elif check.paper:
        bpr = f"BPR*I*{_money(check.bpr)}*C*CHK{'*' * 12}{day}"
    else:
        bpr = f"BPR*I*{_money(check.bpr)}*C*ACH*CCP*{bank}*{day}"
    return [
        bpr,
        f"TRN*1*{check.trace}*{identifier}",
        f"DTM*405*{day}",
        f"N1*PR*{name}*XV*{identifier[1:]}",
        "N3*PO BOX 1",
        "N4*CHICAGO*IL*606010001",
        "PER*BL*EDI DESK*TE*8005550100",
        f"N1*PE*{PRACTICE[0]}*XX*{PRACTICE[1]}",
        f"REF*TJ*{PRACTICE[2]}",
        "LX*1",
    ]


def _claim(answer: Answer) -> list[str]:
    share = _money(answer.patient) if answer.patient > 0 and answer.status != "22" else ""
    amounts = f"{_money(answer.charge)}*{_money(answer.paid)}*{share}"
    segments = [f"CLP*{answer.control}*{answer.status}*{amounts}*12*{answer.icn}*11*1", *_cas(answer.cas)]
    segments.append("NM1*QC*1*TESTER*ALEX****MI*XYZ000000001")
    if answer.remark:
        segments.append(f"MOA***{answer.remark}")
    for service in answer.services:
        segments += _service(service)
    return segments


def _service(service: Service) -> list[str]:
    told = [f"REF*6R*{service.line.control}"] if service.told else []
    line = f"SVC*HC:{service.line.code}*{_money(service.charge)}*{_money(service.paid)}**1"
    return [line, *_cas(service.cas), *told]


def _cas(every: tuple[Cas, ...]) -> list[str]:
    """One segment a group, of up to six triplets."""
    groups: dict[str, list[str]] = {}
    for group, carc, cents in every:
        if cents:
            groups.setdefault(group, []).append(f"{carc}*{_money(cents)}")
    return [f"CAS*{group}*" + "**".join(triplets) for group, triplets in groups.items()]


def _money(cents: int) -> str:
    """An amount without zeros that say nothing: 12000 is 120, 1050 is 10.5."""
    sign, cents = "-" if cents < 0 else "", abs(cents)
    whole, rest = divmod(cents, 100)
    return f"{sign}{whole}" + (f".{rest:02}".rstrip("0") if rest else "")
