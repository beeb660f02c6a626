"""The walk through one 837 (005010X222A1, 005010X223A2): a loop for every segment, a claim for every CLM."""

from __future__ import annotations

from connectors.clearinghouse.sandbox.document import Claim, Line, Party, Segment, Set, cents

NAME_LOOPS = {  # where the walk stands -> NM101 -> loop
    "header": {"41": "1000A", "40": "1000B"},
    "20": {"85": "2010AA", "87": "2010AB", "PE": "2010AC"},
    "22": {"IL": "2010BA", "PR": "2010BB"},
    "23": {"QC": "2010CA"},
    "claim": {"DN": "2310A", "82": "2310B", "77": "2310C", "DQ": "2310D", "71": "2310A"},
    "other": {"IL": "2330A", "PR": "2330B"},
    "line": {"82": "2420A", "DQ": "2420D", "DK": "2420E", "DN": "2420F"},
}


class Walk:
    """One pass over an 837: gives every segment its loop and gathers the claims."""

    def __init__(self, set_: Set, component: str) -> None:
        self.set, self.component = set_, component
        self.where, self.loop = "header", ""
        self.billing, self.subscriber, self.payer = Party(), Party(), Party()
        self.patient: Party | None = None
        self.sbr = ("P", "", "")
        self.party = Party()
        self.claim: Claim | None = None
        self.line: Line | None = None

    def run(self) -> None:
        walked = []
        for segment in self.set.segments:
            handler = getattr(self, f"on_{segment.id.lower()}", None)
            if handler:
                handler(segment)
            walked.append(Segment(segment.position, segment.elements, self.loop))
        self.set.segments = walked

    def on_bht(self, s: Segment) -> None:
        self.set.reference, self.set.date = s[3], s[4]

    def on_hl(self, s: Segment) -> None:
        self.where, self.claim, self.line = s[3], None, None
        self.loop = {"20": "2000A", "22": "2000B", "23": "2000C"}.get(s[3], "")
        if s[3] == "20":
            self.billing = Party()
        if s[3] in ("20", "22"):
            self.subscriber, self.payer, self.patient = Party(), Party(), None

    def on_sbr(self, s: Segment) -> None:
        if self.claim is None:
            self.sbr = (s[1], s[3], s[9])
        else:
            self.where, self.loop = "other", "2320"

    def on_nm1(self, s: Segment) -> None:
        self.loop = NAME_LOOPS.get(self.where, {}).get(s[1], self.loop)
        self.party = Party(s[3], s[4], s[8], s[9])
        if self.loop == "1000A":
            self.set.submitter = self.party
        elif self.loop == "2010AA":
            self.billing = self.party
        elif self.loop == "2010BA":
            self.subscriber = self.party
        elif self.loop == "2010BB":
            self.payer = self.party
        elif self.loop == "2010CA":
            self.patient = self.party
        elif self.loop == "2310B" and self.claim is not None:
            self.claim.rendering = self.party
        elif s[1] == "71" and self.claim is not None:
            self.claim.attending = self.party

    def on_prv(self, s: Segment) -> None:
        if self.loop == "2310B":
            self.party.taxonomy = s[3]

    def on_clm(self, s: Segment) -> None:
        self.where, self.loop, self.line = "claim", "2300", None
        place = [*s[5].split(self.component), "", "", ""]
        self.claim = Claim(
            control=s[1],
            segment=s.position,
            charge_cents=cents(s[2]) or 0,
            facility=place[0],
            frequency=place[2],
            billing=self.billing,
            payer=self.payer,
            subscriber=self.subscriber,
            patient=self.patient or self.subscriber,
            order=self.sbr[0],
            group_number=self.sbr[1],
            filing=self.sbr[2],
        )
        self.set.claims.append(self.claim)

    def on_cl1(self, s: Segment) -> None:
        if self.claim is not None:
            self.claim.patient_status = s[3]

    def on_ref(self, s: Segment) -> None:
        if self.loop == "2010AA" and s[1] in ("EI", "SY"):
            self.party.tax_id = s[2]
        elif self.loop.startswith("2400") and self.line is not None and s[1] == "6R":
            self.line.control = s[2]
        elif self.where == "claim" and self.claim is not None and s[1] == "G1":
            self.claim.authorization = s[2]
        elif self.where == "claim" and self.claim is not None and s[1] == "F8":
            self.claim.original_reference = s[2]

    def on_hi(self, s: Segment) -> None:
        if self.claim is None:
            return
        codes = [part.split(self.component) for part in s.elements[1:]]
        self.claim.diagnoses += [c[1] for c in codes if len(c) > 1 and c[0] in ("ABK", "ABF", "BK", "BF")]

    def on_amt(self, s: Segment) -> None:
        if self.where == "other" and self.claim is not None and s[1] == "D":
            self.claim.prior_paid_cents += cents(s[2]) or 0

    def on_lx(self, s: Segment) -> None:
        self.where, self.loop = "line", "2400"
        if self.claim is not None:
            self.line = Line(len(self.claim.lines) + 1, s.position)
            self.claim.lines.append(self.line)

    def on_sv1(self, s: Segment) -> None:
        self._service(s, procedure=1, charge=2, units=4)

    def on_sv2(self, s: Segment) -> None:
        self._service(s, procedure=2, charge=3, units=5)
        if self.line is not None:
            self.line.revenue = s[1]

    def _service(self, s: Segment, *, procedure: int, charge: int, units: int) -> None:
        if self.line is not None:
            parts = s[procedure].split(self.component)[:6]  # the seventh is a free text, never echoed
            self.line.procedure = tuple(parts) if s[procedure] else ()
            self.line.charge_cents = cents(s[charge]) or 0
            self.line.units = s[units] or "1"
            self.line.segment = s.position

    def on_dtp(self, s: Segment) -> None:
        first, _, last = s[3].partition("-")
        if s[1] == "472" and self.line is not None:
            self.line.service_from, self.line.service_to = first, last or first
        elif s[1] == "434" and self.claim is not None:
            self.claim.statement_from, self.claim.statement_to = first, last or first

    def on_svd(self, s: Segment) -> None:
        self.loop = "2430"
        if self.line is not None:
            self.line.prior_decided = True

    def on_cas(self, s: Segment) -> None:
        if self.loop == "2430" and self.line is not None:
            pairs = zip(s.elements[2::3], s.elements[3::3], strict=False)
            self.line.prior_adjustments += [(s[1], carc, cents(amount) or 0) for carc, amount in pairs]
