"""The 835s: exact to the cent, every outcome, what comes late, and what an independent judge says of them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from sandbox_kit import checks, errors_of, imbalances, opened, split, to_cents, upload

from connectors.clearinghouse.sandbox import FAULTS, answer, payer_identifier, process
from connectors.clearinghouse.sandbox.outcomes import FAMILIES, PATTERN
from connectors.clearinghouse.sandbox.prices import Price

FIXTURES = Path(__file__).parent / "fixtures"


def claims_of(segments: list[list[str]]) -> list[list[list[str]]]:
    """Segments of each CLP."""
    found: list[list[list[str]]] = []
    for s in segments:
        if s[0] == "CLP":
            found.append([])
        if s[0] in ("PLB", "SE"):
            break
        if found:
            found[-1].append(s)
    return found


def reasons(claim: list[list[str]]) -> set[str]:
    """Group-CARC pairs of a claim, without zeros to look for: CAS may not carry them."""
    pairs = [
        (s[1], carc, amount)
        for s in claim
        if s[0] == "CAS"
        for carc, amount in zip(s[2::3], s[3::3], strict=True)
    ]
    assert all(to_cents(amount) for _, _, amount in pairs)
    return {f"{group}-{carc}" for group, carc, _ in pairs}


@pytest.mark.parametrize(("claims", "seed"), [(3, 1), (60, 1), (60, 20260112), (120, 7)])
def test_every_remittance_balances_and_passes_the_judge(claims: int, seed: int):
    files, counts = answer(upload(claims, 3 if claims == 60 else 1), seed=seed)
    found = checks(files)
    assert len(found) == counts.remittances > 0
    for segments in found.values():
        assert imbalances(segments) == []
    for name, data in opened(files):
        assert errors_of(data) == [], name


def test_balance_checker_notices_a_cent():
    """The checker above is only worth something if it fails."""
    segments = next(iter(checks(answer(upload(3), seed=1)[0]).values()))
    for name, element in (("SVC", 3), ("CLP", 4), ("BPR", 2), ("CAS", 3)):
        damaged = [list(s) for s in segments]
        target = next(s for s in damaged if s[0] == name)
        target[element] = "0.01" if to_cents(target[element]) != 1 else "0.02"
        assert imbalances(damaged), name


def test_each_accepted_claim_is_decided_exactly_once():
    files, counts = answer(upload(200, 3), seed=5)
    decided = Counter()
    for segments in checks(files).values():
        for claim in claims_of(segments):
            decided[claim[0][1]] += {"22": -1}.get(claim[0][2], 1)
    told = [d for n, d in files.items() if n.endswith("277CA_PR.x12")]
    accepted = {
        trace[2]
        for segments in map(split, told)
        for trace, stc in pairwise(segments)
        if trace[0] == "TRN" and stc[0] == "STC" and stc[1].startswith("A2:20")
    }
    assert decided == dict.fromkeys(accepted, 1)
    assert len(accepted) == counts.claims_decided


@pytest.mark.parametrize("seed", range(1, 6))
def test_forty_claims_show_every_outcome(seed: int):
    _, counts = answer(upload(40), seed=seed)
    for family in FAMILIES:
        assert any(counts.outcomes[variant.name] for variant in family.variants), family.name


def test_the_mix_is_what_the_table_says():
    _, counts = answer(upload(400), seed=1)
    assert set(counts.outcomes) == {outcome.name for outcome in PATTERN}
    assert len(PATTERN) == 64
    denied = sum(counts.outcomes[outcome.name] for outcome in set(PATTERN) if outcome.split == "denied")
    assert 0.20 <= denied / counts.claims_decided <= 0.25


def test_denials_carry_their_codes_and_remarks():
    found: dict[str, list[list[list[str]]]] = {}
    for segments in checks(answer(upload(200), seed=1)[0]).values():
        for claim in claims_of(segments):
            if claim[0][4] == "0":
                for reason in reasons(claim):
                    found.setdefault(reason, []).append(claim)
    assert {"CO-197", "CO-27", "CO-26", "CO-29", "OA-18", "CO-4", "CO-11", "CO-50", "CO-16", "PR-1"} <= set(
        found
    )
    remarks = set()
    for claim in found["CO-16"]:  # CARC 16 says nothing without a remark
        theirs = {s[2] for s in claim if s[0] == "LQ"} | {s[3] for s in claim if s[0] == "MOA"}
        assert theirs
        remarks |= theirs
    assert remarks == {"N290", "MA130", "M127"}
    assert {claim[0][2] for claim in found["PR-1"]} == {"1", "4"}
    assert all(to_cents(claim[0][5]) > 0 for claim in found["PR-1"])


def test_one_line_of_several_denied():
    some = [c for s in checks(answer(upload(200), seed=1)[0]).values() for c in claims_of(s)]
    for reason in ("CO-97", "CO-197"):
        partly = [c for c in some if reason in reasons(c) and to_cents(c[0][4]) > 0]
        assert partly
        for claim in partly:
            assert sorted(to_cents(s[3]) > 0 for s in claim if s[0] == "SVC") == [False, True]


def test_medicare_takes_its_sequestration():
    for segments in checks(answer(upload(60), seed=1)[0]).values():
        payer = next(s[2] for s in segments if s[:2] == ["REF", "2U"])
        for claim in claims_of(segments):
            if claim[0][2] == "1" and to_cents(claim[0][4]) > 0:
                assert ("CO-253" in reasons(claim)) is (payer == "77777")


def test_lines_are_echoed():
    data = (FIXTURES / "sandbox_837p_primary.edi").read_bytes()
    found = [s for segments in checks(answer(data, seed=1)[0]).values() for s in segments]
    assert {s[2] for s in found if s[:2] == ["REF", "6R"]} == {"L0000000001", "L0000000002", "L0000000003"}
    assert {s[1] for s in found if s[0] == "SVC"} == {"HC:90837:95", "HC:99214:25", "HC:90833"}
    assert {s[1] for s in found if s[0] == "CLP"} == {"C000000001", "C000000002"}


def test_institutional_claim_is_paid_by_revenue_line():
    files, _ = answer((FIXTURES / "sandbox_837i_php.edi").read_bytes(), seed=1)
    (segments,) = checks(files).values()
    assert imbalances(segments) == []
    assert [(s[1], s[4]) for s in segments if s[0] == "SVC"] == [("HC:H0035", "0912")] * 2
    assert all(errors_of(data) == [] for _, data in opened(files))


def test_secondary_pays_what_the_primary_left():
    files, _ = answer((FIXTURES / "sandbox_837p_secondary.edi").read_bytes(), seed=1)
    (segments,) = checks(files).values()
    (claim,) = claims_of(segments)
    assert claim[0][2:6] == ["2", "200", "30", ""]
    assert ["CAS", "OA", "23", "170"] in claim


def test_a_line_that_the_primary_denied_as_another_payers_is_priced_by_the_next():
    """It was paid nothing: the later payer is the first of such a line, and CO-27 left nothing to the patient."""
    data = (FIXTURES / "sandbox_837p_secondary.edi").read_bytes()
    denied = data.replace(b"SVD*99999*120*", b"SVD*99999*0*").replace(b"AMT*D*120", b"AMT*D*0")
    denied = denied.replace(b"CAS*CO*45*50~", b"CAS*CO*27*200~").replace(b"CAS*PR*2*30~", b"REF*FJ*EMPTY~")
    files, _ = answer(denied, seed=1)
    (segments,) = checks(files).values()
    assert imbalances(segments) == []
    (claim,) = claims_of(segments)
    assert claim[0][2] == "2"
    assert 11000 < to_cents(claim[0][4]) < 20000
    assert reasons(claim) == {"CO-45"}


def replacing(old: bytes, frequency: str) -> tuple[bytes, list[list[str]]]:
    """An upload of two months later that replaces or voids a claim of `old` that was paid, and its first answer."""
    answers = checks(answer(old, seed=1)[0])
    paid = [c for s in answers.values() for c in claims_of(s) if c[0][2] == "1" and to_cents(c[0][4]) > 0]
    claim = min(paid, key=lambda c: c[0][1])
    number = int(claim[0][1][1:])
    original = {"frequency": frequency, "original": f"REF*F8*{claim[0][7]}~", "control": "C000000999"}
    data = upload(8, changes={number: original}).replace(b"260112", b"260312")
    return data, claim


def test_a_replacement_of_a_paid_claim_brings_its_reversal_and_the_new_payment():
    """Payers took back nothing: a replaced claim was paid twice."""
    old = upload(8)
    data, before = replacing(old, "7")
    files, _ = answer(data, seed=1, stages=["pay"], before=[old])
    found = [(s, c) for s in checks(files).values() for c in claims_of(s)]
    (back,) = [c for _, c in found if c[0][2] == "22"]
    assert back[0][1] == before[0][1]
    assert back[0][7] == before[0][7]
    assert to_cents(back[0][4]) == -to_cents(before[0][4])
    (segments,) = [s for s, c in found if c[0][1] == "C000000999"]
    assert back in claims_of(segments), "in the same check as the new payment"
    for check in checks(files).values():
        assert imbalances(check) == []
    for name, content in opened(files):
        assert errors_of(content) == [], name
    alone, _ = answer(data, seed=1, stages=["pay"])
    told = [c for s in checks(alone).values() for c in claims_of(s)]
    assert "22" not in {c[0][2] for c in told}, "nothing is known that could be reversed"


def test_a_void_of_a_paid_claim_brings_its_reversal_and_what_the_check_cannot_bear_is_carried_forward():
    old = upload(8)
    data, before = replacing(old, "8")
    files, _ = answer(data, seed=1, stages=["pay"], before=[old])
    reversed_ = [s for s in checks(files).values() if any(c[0][2] == "22" for c in claims_of(s))]
    (segments,) = reversed_
    assert imbalances(segments) == []
    assert next(to_cents(s[2]) for s in segments if s[0] == "BPR") >= 0
    (back,) = [c for c in claims_of(segments) if c[0][2] == "22"]
    assert to_cents(back[0][4]) == -to_cents(before[0][4])


def test_replacement_is_paid_and_void_is_not():
    changes = {
        1: {"frequency": "7", "original": "REF*F8*ICN1~"},
        2: {"frequency": "8", "original": "REF*F8*ICN2~"},
    }
    decided = {
        c[0][1]: c
        for s in checks(answer(upload(4, changes=changes), seed=1)[0]).values()
        for c in claims_of(s)
    }
    assert set(decided) == {"C000000000", "C000000001", "C000000003"}
    assert decided["C000000001"][0][9] == "7"
    assert to_cents(decided["C000000001"][0][4]) > 0


def test_interest_moves_the_check_and_is_named_twice():
    found = checks(answer(upload(60, 3), seed=1, stages=["pay"])[0])
    with_interest = [s for s in found.values() if any(x[0] == "PLB" and x[3].startswith("L6:") for x in s)]
    (segments,) = with_interest
    (plb,) = [s for s in segments if s[0] == "PLB"]
    (claim,) = [c for c in claims_of(segments) if c[0][7] == plb[3].partition(":")[2]]
    assert to_cents(plb[4]) < 0
    assert ["AMT", "I", plb[4].removeprefix("-")] in claim


def test_late_checks_reverse_correct_recover_and_carry_the_debt():
    data = upload(60, 3)
    first = checks(answer(data, seed=1, stages=["pay"])[0])
    late = checks(answer(data, seed=1, stages=["late"])[0])
    lower, last = sorted(late.values(), key=lambda s: s[0][9])
    assert (lower[0][9], last[0][9]) == ("260209", "260216")  # 28 and 35 days after the upload's 12 January
    assert all(s[0][9] == "260126" for s in first.values())

    reversal, correction = claims_of(lower)
    (original,) = [c for s in first.values() for c in claims_of(s) if c[0][1] == reversal[0][1]]
    assert reversal[0][2:6] == ["22", f"-{original[0][3]}", f"-{original[0][4]}", ""]
    assert reversal[0][7] == original[0][7]
    assert reasons(reversal) == reasons(original)
    assert (correction[0][1], correction[0][2]) == (original[0][1], "1")
    assert to_cents(correction[0][4]) < to_cents(original[0][4])

    bpr, plb = lower[3], next(s for s in lower if s[0] == "PLB")
    assert (bpr[2], bpr[4], len(bpr)) == ("0", "NON", 17)
    recovery, debt = dict(zip(plb[3::2], plb[4::2], strict=True)).items()
    numbers = {c[0][7]: to_cents(c[0][4]) for s in first.values() for c in claims_of(s)}
    assert 0 < to_cents(recovery[1]) <= numbers[recovery[0].removeprefix("WO:")]
    assert debt[0].startswith("FB:")
    assert to_cents(debt[1]) < 0

    twin = next(s for s in last if s[0] == "PLB")
    assert twin[3] == debt[0]
    assert to_cents(twin[4]) == -to_cents(debt[1])
    assert to_cents(next(s for s in last if s[0] == "BPR")[2]) > 0
    # the claim that the last check pays was not in the first
    assert claims_of(last)[0][0][1] not in {c[0][1] for s in first.values() for c in claims_of(s)}


def test_delivery_has_a_duplicate_a_zip_and_a_gz():
    files, counts = answer(upload(60, 3), seed=1, stages=["pay"])
    assert counts.remittances == 3
    assert sorted(Path(name).suffix for name in files) == [".835", ".835", ".gz", ".zip"]
    plain = [data for name, data in files.items() if name.endswith(".835")]
    assert plain[0] == plain[1]


def test_payer_identifier_is_in_trn03():
    found = checks(answer(upload(60, 3), seed=1)[0])
    for segments in found.values():
        payer = next(s[2] for s in segments if s[:2] == ["REF", "2U"])
        trn = next(s for s in segments if s[0] == "TRN")
        assert trn[3] == payer_identifier(payer)
        assert len(trn[3]) == 10
        assert trn[3][0] == "1"


def test_contract_rates_are_honoured():
    rates = {
        (payer, code, ""): Price(10000)
        for payer in ("99999", "88888", "77777")
        for code in ("90837", "99214")
    }
    for segments in checks(answer(upload(12), seed=1, rates=rates)[0]).values():
        code = ""
        for s in segments:
            code = s[1] if s[0] == "SVC" else code
            if s[:2] == ["AMT", "B6"] and code in ("HC:90837", "HC:99214"):
                assert s[2] in ("100", "75")  # 75: the late correction


def test_faults_are_what_they_say():
    sound, _ = answer(upload(60), seed=1, stages=["pay"])
    files, counts = answer(upload(60), seed=1, stages=["pay"], faults={*FAULTS} - {"no_answer"})
    assert counts.remittances == 6
    extra = {name: data for name, data in files.items() if name not in sound}
    assert {name: files[name] for name in sound} == sound
    whole = [split(data) for data in extra.values() if b"IEA*" in data]
    assert (len(extra), len(whole)) == (3, 2)
    stranger, unbalanced = sorted(whole, key=lambda s: bool(imbalances(s)))
    assert len(imbalances(unbalanced)) == 1
    assert imbalances(unbalanced)[0].endswith(" line")
    sent = {s[1] for s in split(upload(60)) if s[0] == "CLM"}
    (claim,) = claims_of(stranger)
    assert claim[0][1] not in sent
    assert to_cents(claim[0][4]) > 0
    assert imbalances(stranger) == []
    assert next(s for s in unbalanced if s[0] == "CLP")[1] in sent


def test_a_payer_that_never_answers_one_claim_leaves_the_checks_sound():
    sound, silent = (checks(answer(upload(60), seed=1, faults=faults)[0]) for faults in ((), ("no_answer",)))
    told, less = (
        {claim[0][1] for segments in found.values() for claim in claims_of(segments)}
        for found in (sound, silent)
    )
    assert (len(told - less), less - told) == (1, set())
    assert all(imbalances(segments) == [] for segments in silent.values())


def test_a_claim_that_is_answered_in_the_end_has_a_check_of_its_own_and_no_check_changed_its_amount(tmp_path):
    """The first checks came again under their trace with one claim more, and were posted twice."""
    (tmp_path / "p" / "SendFiles").mkdir(parents=True)
    (tmp_path / "p" / "SendFiles" / "one.edi").write_bytes(upload(60))
    folder = tmp_path / "p" / "ReceiveFiles"

    def found(*faults: str) -> dict[str, bytes]:
        process(tmp_path, "p", seed=1, stages=["pay"], faults=faults)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    silent, told = found("no_answer"), found()
    (later,) = set(told) - set(silent)
    assert {name: told[name] for name in silent} == silent
    assert told == found("no_answer") == found()
    (segments,) = checks({later: told[later]}).values()
    assert len(claims_of(segments)) == 1
    assert imbalances(segments) == []


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="stage or fault"):
        answer(upload(3), seed=1, stages=["paid"])
    with pytest.raises(ValueError, match="stage or fault"):
        answer(upload(3), seed=1, faults=["late_835"])
