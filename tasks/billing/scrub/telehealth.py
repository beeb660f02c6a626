r"""Telehealth: place of service, modifier, modality and payer must tell one story.

The place of service is where the person was: 10 at home, 02 anywhere else, and only for telehealth. Medicare reads a
bare 02 or 10 as video and wants 93 for audio alone; most other payers want 95 (video) or 93 (audio) with 02 or 10;
some still want the office (11) with 95. What a payer wants stands in its ``telehealth_rule`` (none, modifier_95,
modifier_gt, pos11_95); where that is blank, the table's verdict for the payer's class decides. What the table does not
list is a question to the payer, not a pass. The encounter's modality and location are the truth that the codes are
held to. A mismatch is denied, or underpaid at the facility rate by a fifth to two fifths.

Rows of ``telehealth_agreement.tsv`` keep their number (TELEHEALTH_T13), and so do those of ``telehealth_dated.tsv``,
which begin with a day (TELEHEALTH_F01); the ids without a number compare the line with its encounter and with the
payer's stated rule. TELEHEALTH_UNLISTED is a combination that no row speaks of: GQ and FQ (store-and-forward, the
facilities' old audio-only), GT where the payer has not asked for it, and a class of payer that the table leaves out. A
payer's own list of telehealth codes (``telehealth_codes``) takes the general list's place.

Passes::

    encounter_id  code   place_of_service  modifiers  payer_class   payer_telehealth_rule  modality   patient_location
    E1            90837  10                .          medicare_ffs  .                      video      home
    E2            90837  10                95         medicare_ffs  .                      video      home
    E3            90837  02                93         medicare_ffs  none                   audio      other
    E4            90837  10                95         commercial    modifier_95            video      home
    E5            90837  11                95         commercial    pos11_95               video      home
    E6            90837  11                .          commercial    modifier_95            in_person  office
    E7            90837  10                GT         medicaid      modifier_gt            video      home

Passes::

    encounter_id  code   place_of_service  modifiers  payer_class   payer_telehealth_rule  payer_audio_allowed  \
        payer_telehealth_codes  modality
    E1            90837  02                .          medicare_ffs  .  true  .            video
    E2            90837  10                .          medicare_ffs  .  true  .            video
    E3            90837  10                93         medicare_ffs  .  true  .            audio
    E4            90837  02                95         commercial    .  true  .            video
    E5            90837  10                93         commercial    .  true  .            audio
    E6            90837  11                .          commercial    .  true  .            in_person
    E7            99211  10                95         commercial    .  true  99211 90837  video

Fails::

    encounter_id  code   place_of_service  modifiers  payer_class   payer_telehealth_rule  finds
    E1            90837  11                95         commercial    .                      TELEHEALTH_T10
    E2            90837  11                95         commercial    modifier_95            TELEHEALTH_T13
    E3            90837  11                93         commercial    pos11_95               TELEHEALTH_T13
    E4            90837  02                95 93      commercial    modifier_95            TELEHEALTH_T12
    E5            90837  11                95         medicare_ffs  .                      TELEHEALTH_T04
    E6            90837  10                GT         medicare_ffs  .                      TELEHEALTH_T05
    E7            98000  10                .          medicare_ffs  .                      TELEHEALTH_T06
    E8            90837  10                .          commercial    .                      TELEHEALTH_T09
    E9            90837  10                95         medicaid      .                      TELEHEALTH_T14
    E10           99211  10                .          medicare_ffs  .                      TELEHEALTH_T15

Fails::

    encounter_id  code   place_of_service  modifiers  payer_class         payer_telehealth_rule  finds
    E1            90837  10                GQ         commercial          .                      TELEHEALTH_UNLISTED
    E2            90837  10                FQ         medicare_ffs        .                      TELEHEALTH_UNLISTED
    E3            90837  10                GT         commercial          .                      TELEHEALTH_UNLISTED
    E4            90837  02                GT         eap                 none                   TELEHEALTH_UNLISTED
    E5            90837  02                95         medicare_advantage  .                      TELEHEALTH_UNLISTED
    E6            90837  02                GQ         medicaid            modifier_95            \
        TELEHEALTH_UNLISTED TELEHEALTH_PAYER

Fails::

    encounter_id  code   place_of_service  modifiers  payer_class  payer_telehealth_rule  payer_telehealth_codes  finds
    E1            90837  10                95         commercial   modifier_95            90832 90834             \
        TELEHEALTH_T15
    E2            90834  10                95         commercial   modifier_95            90832 90834             .
    E3            90837  11                95         commercial   pos11_95               90832 90834             \
        TELEHEALTH_T15

Fails::

    encounter_id  code   place_of_service  payer_class   service_date  diagnoses  finds
    E1            90837  10                medicare_ffs  2027-12-31    F411       .
    E2            90837  10                medicare_ffs  2028-01-01    F411       TELEHEALTH_F01
    E3            99214  10                medicare_ffs  2027-12-31    G4700      .
    E4            99214  10                medicare_ffs  2028-01-01    G4700      TELEHEALTH_F02
    E5            90837  02                medicare_ffs  2028-01-01    F411       .

Fails::

    encounter_id  place_of_service  modifiers  payer_telehealth_rule  modality   patient_location  finds
    E1            10                95         modifier_95            video      other             TELEHEALTH_T16
    E2            10                .          modifier_95            video      home              TELEHEALTH_PAYER
    E3            02                95         modifier_95            video      home              TELEHEALTH_PLACE
    E4            11                .          none                   video      office            TELEHEALTH_PLACE
    E5            10                95         none                   in_person  .                 \
        TELEHEALTH_MODALITY TELEHEALTH_PLACE

Fails::

    encounter_id  code   place_of_service  modifiers  payer_class   payer_audio_allowed  modality  finds
    E1            90837  10                93         medicaid_mco  false                audio     \
        TELEHEALTH_T08 TELEHEALTH_T14
    E2            90837  10                93         commercial    true                 audio     .
    E3            90837  10                93         commercial    .                    audio     TELEHEALTH_AUDIO
    E4            90837  10                95         commercial    true                 audio     TELEHEALTH_MODALITY
    E5            90837  10                93         commercial    true                 video     TELEHEALTH_MODALITY
    E6            90837  10                .          medicare_ffs  true                 audio     TELEHEALTH_MODALITY
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import listed, text
from tasks.billing.scrub.common import Context, Flags, found, has_modifier, join, lookup, member

ID = "TELEHEALTH"
VERSION = 2
_ROWS = reference.by_key("telehealth_agreement", "rule_id")
_SPOKEN = {
    "T04": "warn",
    "T05": "warn",
    "T06": "hold",
    "T08": "hold",
    "T09": "warn",
    "T10": "hold",
    "T12": "hold",
    "T13": "hold",
    "T14": "warn",
    "T15": "hold",
    "T16": "hold",
}
_DATED = reference.by_key("telehealth_dated", "rule_id")
_OWN = {
    "TELEHEALTH_UNLISTED": "warn",
    "TELEHEALTH_AUDIO": "warn",
    "TELEHEALTH_MODALITY": "hold",
    "TELEHEALTH_PAYER": "hold",
    "TELEHEALTH_PLACE": "hold",
}
DEFAULT_SEVERITY = (
    {f"TELEHEALTH_{row}": severity for row, severity in _SPOKEN.items()}
    | {f"TELEHEALTH_{row}": "warn" for row in _DATED}
    | _OWN
)
SOURCE = (
    {f"TELEHEALTH_{row}": f"telehealth_agreement.tsv {row} ({_ROWS[row]['prov']})" for row in _SPOKEN}
    | {f"TELEHEALTH_{row}": f"telehealth_dated.tsv {row} ({_DATED[row]['prov']})" for row in _DATED}
    | dict.fromkeys(
        _OWN,
        "telehealth_agreement.tsv T01-T16; the payer's telehealth_rule and audio_allowed (V:S20; V:S21; K)",
    )
)
FIX: Mapping[str, str] = {
    "TELEHEALTH_T04": "Use place 10 or 02 without 95, unless one of the special cases applies.",
    "TELEHEALTH_T05": "Take GT off.",
    "TELEHEALTH_T06": "Use the office visit code with place 02 or 10.",
    "TELEHEALTH_T08": "This payer does not pay audio-only sessions: bill the person, or agree with the payer.",
    "TELEHEALTH_T09": "Ask the payer and state its telehealth_rule; most want 95 or 93.",
    "TELEHEALTH_T10": "Use place 10 or 02, or state pos11_95 as the payer's telehealth_rule.",
    "TELEHEALTH_T12": "Keep 95 for video or 93 for audio, not both.",
    "TELEHEALTH_T13": "Use place 10 (home) or 02 with a telehealth modifier, or take the modifier off.",
    "TELEHEALTH_T14": "State the payer's telehealth_rule from the state's table.",
    "TELEHEALTH_T15": "Bill the service in person only, or use a code the payer takes by telehealth.",
    "TELEHEALTH_T16": "Use place 02; 10 is the person's home.",
    "TELEHEALTH_F01": "Document the in-person visits that Medicare asks for, or ask for the exception.",
    "TELEHEALTH_F02": "Bill the service in person, or check whether the day of the law was moved again.",
    "TELEHEALTH_UNLISTED": "Ask the payer and state its telehealth_rule, or use 95 for video and 93 for audio.",
    "TELEHEALTH_AUDIO": "Ask the payer and state audio_allowed.",
    "TELEHEALTH_MODALITY": "Use 95 for video, 93 for audio, neither in person.",
    "TELEHEALTH_PAYER": "Use the modifier and place of the payer's telehealth_rule.",
    "TELEHEALTH_PLACE": "Use 10 where the person was at home, 02 elsewhere, and neither in person.",
}
_MESSAGE: Mapping[str, str] = {
    "TELEHEALTH_T04": "Office place with 95: Medicare keeps this for special cases.",
    "TELEHEALTH_T05": "GT is for critical-access hospitals.",
    "TELEHEALTH_T06": "Medicare denies this telehealth visit code.",
    "TELEHEALTH_T08": "Audio-only at a payer that does not allow it.",
    "TELEHEALTH_T09": "Telehealth place without modifier, and the payer's rule is not stated.",
    "TELEHEALTH_T10": "Office place with 95, and the payer's rule is not stated.",
    "TELEHEALTH_T12": "Video and audio modifiers together.",
    "TELEHEALTH_T13": "The modifier says telehealth, the place says in person.",
    "TELEHEALTH_T14": "The state's telehealth modifier is not known.",
    "TELEHEALTH_T15": "The code is not payable in this telehealth form.",
    "TELEHEALTH_T16": "Place 10, and the person was not at home.",
    "TELEHEALTH_F01": "Medicare asks for in-person visits beside behavioural telehealth at home from this day on.",
    "TELEHEALTH_F02": "Medicare's time for telehealth at home of other than behavioural services is over.",
    "TELEHEALTH_UNLISTED": "No rule says that this payer takes this telehealth combination.",
    "TELEHEALTH_AUDIO": "Audio-only, and whether the payer allows it is not stated.",
    "TELEHEALTH_MODALITY": "The modifier contradicts how the session was held.",
    "TELEHEALTH_PAYER": "The line does not follow the payer's telehealth rule.",
    "TELEHEALTH_PLACE": "The place contradicts where the person was.",
}
_PLACE, _MODIFIER = "CARC5 M77", "CARC4 N519 N822 N823"
PREDICTS: Mapping[str, str] = {
    "TELEHEALTH_T04": _PLACE,
    "TELEHEALTH_T05": _MODIFIER,
    "TELEHEALTH_T06": "CARC96 N776",
    "TELEHEALTH_T08": "CARC96 N776",
    "TELEHEALTH_T09": _MODIFIER,
    "TELEHEALTH_T10": _PLACE,
    "TELEHEALTH_T12": "CARC4 N519",
    "TELEHEALTH_T13": f"{_PLACE} CARC4 N519",
    "TELEHEALTH_T14": _MODIFIER,
    "TELEHEALTH_T15": "CARC96 N776",
    "TELEHEALTH_T16": _PLACE,
    "TELEHEALTH_F01": "CARC96 N776",
    "TELEHEALTH_F02": "CARC96 N776",
    "TELEHEALTH_UNLISTED": _MODIFIER,
    "TELEHEALTH_AUDIO": "CARC96 N776",
    "TELEHEALTH_MODALITY": _MODIFIER,
    "TELEHEALTH_PAYER": _MODIFIER,
    "TELEHEALTH_PLACE": _PLACE,
}
CHANGE: Mapping[str, str] = {
    "TELEHEALTH_T04": "modifiers=remove 95",
    "TELEHEALTH_T05": "modifiers=remove GT",
    "TELEHEALTH_T06": "code=office visit of the level",
    "TELEHEALTH_T12": "modifiers=keep 95 or 93",
    "TELEHEALTH_T13": "place_of_service=02 or 10",
    "TELEHEALTH_T16": "place_of_service=02",
}
_FIELDS = "place_of_service modifiers modality patient_location payer_class payer_telehealth_rule"
_TELEHEALTH_VISITS = codebook.expand("98000-98015")
# Classes that T07-T10 are taken to speak of beside commercial itself; the table leaves the others out.
_COMMERCIAL = ("commercial", "blue")


class _Facts:
    """What the verdicts are made of, one flag array each, over all lines."""

    def __init__(self, lines: pd.DataFrame) -> None:
        def is_(column: str, *values: str) -> Flags:
            return member(lines[column], values)

        self.medicare = is_("payer_class", "medicare_ffs")
        self.medicaid = is_("payer_class", "medicaid", "medicaid_mco")
        self.commercial = ~self.medicare & ~self.medicaid
        on_table = self.medicare | self.medicaid | is_("payer_class", *_COMMERCIAL)
        self.off_table = ~on_table & lines["payer_class"].notna().to_numpy()
        self.remote = is_("place_of_service", "02", "10")
        self.home_place, self.other_place = is_("place_of_service", "10"), is_("place_of_service", "02")
        self.office = is_("place_of_service", "11")
        self.m95, self.gt = has_modifier(lines, "95"), has_modifier(lines, "GT")
        self.legacy = has_modifier(lines, "GQ", "FQ", "G0")
        self.video_modifier, self.audio_modifier = self.m95 | self.gt, has_modifier(lines, "93", "FQ")
        self.modified = self.video_modifier | self.audio_modifier | has_modifier(lines, "GQ")
        self.video, self.audio = is_("modality", "video"), is_("modality", "audio")
        self.in_person = is_("modality", "in_person")
        self.at_home = is_("patient_location", "home")
        self.elsewhere = ~self.at_home & lines["patient_location"].notna().to_numpy()
        self.wants_95, self.wants_gt = (
            is_("payer_telehealth_rule", "modifier_95"),
            is_("payer_telehealth_rule", "modifier_gt"),
        )
        self.wants_office = is_("payer_telehealth_rule", "pos11_95")
        self.unstated = lines["payer_telehealth_rule"].isna().to_numpy()
        allowed = lines["payer_audio_allowed"]
        self.audio_refused = (~allowed).fillna(False).to_numpy(dtype=bool)
        self.audio_unstated = allowed.isna().to_numpy()


def _not_on_list(lines: pd.DataFrame) -> tuple[Flags, Flags]:
    """(lines whose payer states its telehealth codes, lines whose code is not among them)."""
    lists = text(lines, "payer_telehealth_codes")
    stated = lists.notna().to_numpy()
    return stated, stated & ~listed(lines["code"], lists)


def _dated(lines: pd.DataFrame) -> Iterator[tuple[str, Flags]]:
    """Rows that begin or end on a day, with the lines they speak about."""
    behavioural = lookup(lines["diagnoses"], lambda listed: listed.startswith("F"), False, bool)
    for row in _DATED.values():
        mask = member(lines["payer_class"], [row["payer_class"]])
        mask &= member(lines["place_of_service"], row["pos"].split())
        mask &= ~behavioural if row["diagnosis"].startswith("not") else behavioural
        if mask.any():
            day = lines["service_date"]
            mask &= (day >= pd.Timestamp(row["valid_from"] or "1900")).to_numpy(dtype=bool)
            mask &= (day <= pd.Timestamp(row["valid_to"] or "2200")).to_numpy(dtype=bool)
        yield f"TELEHEALTH_{row['rule_id']}", mask


def _verdicts(lines: pd.DataFrame) -> dict[str, Flags]:
    """Rule id -> the lines it speaks about."""
    f, known = _Facts(lines), codebook.codes()
    new_visit = member(lines["code"], _TELEHEALTH_VISITS)
    not_by_video = member(lines["code"], [c for c in known if known[c].tele_medicare == "N"])
    not_by_audio = member(lines["code"], [c for c in known if known[c].audio_only == "N"])
    stated, off_list = _not_on_list(lines)
    # The payer asked for GT, or a row of its own speaks of it (T05, T14); nobody asked for GQ and FQ.
    unasked_gt = f.gt & f.remote & ~f.wants_gt & ~f.medicare & ~(f.medicaid & f.unstated)
    unlisted_class = f.off_table & f.unstated & f.remote & (f.m95 | has_modifier(lines, "93"))
    special = f.medicare & f.office & f.m95 & ~f.audio_modifier
    ask_office = f.commercial & f.office & f.m95 & ~f.audio_modifier & f.unstated
    office_by_rule = f.wants_office & f.office
    contradicted = (f.audio & f.video_modifier) | (f.video & f.audio_modifier) | (f.in_person & f.modified)
    unmarked_audio = f.audio & f.remote & ~f.modified
    live = (f.remote | f.video) & ~f.audio & ~f.audio_modifier & ~f.in_person
    off_rule = (f.wants_95 & ~f.m95) | (f.wants_gt & ~f.gt) | (f.wants_office & ~(f.m95 & f.office))
    out_of_place = (f.video | f.audio) & ~f.remote & ~office_by_rule & ~special & ~ask_office
    return {
        "TELEHEALTH_T04": special,
        "TELEHEALTH_T05": f.medicare & f.remote & f.gt,
        "TELEHEALTH_T06": f.medicare & new_visit,
        "TELEHEALTH_T08": ~f.medicare & f.audio_modifier & f.remote & f.audio_refused,
        "TELEHEALTH_T09": f.commercial & f.remote & ~f.modified & f.unstated & ~f.audio,
        "TELEHEALTH_T10": ask_office,
        "TELEHEALTH_T12": f.video_modifier & f.audio_modifier,
        "TELEHEALTH_T13": f.modified
        & ~f.remote
        & ~special
        & ~ask_office
        & ~(office_by_rule & f.m95 & ~f.audio_modifier),
        "TELEHEALTH_T14": f.medicaid & f.remote & f.unstated,
        "TELEHEALTH_T15": (f.medicare & f.remote & not_by_video & ~new_visit & ~stated)
        | (f.audio_modifier & not_by_audio & ~stated)
        | (off_list & (f.remote | f.modified)),
        "TELEHEALTH_T16": f.home_place & f.elsewhere,
        **dict(_dated(lines)),
        "TELEHEALTH_UNLISTED": (f.legacy & f.remote) | unasked_gt | unlisted_class,
        "TELEHEALTH_AUDIO": f.commercial & f.audio_modifier & f.remote & ~f.video_modifier & f.audio_unstated,
        "TELEHEALTH_MODALITY": contradicted | unmarked_audio,
        "TELEHEALTH_PAYER": live & off_rule,
        "TELEHEALTH_PLACE": out_of_place | (f.other_place & f.at_home) | (f.in_person & f.remote),
    }


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose place, modifier, modality and payer disagree."""
    return join(
        *(
            found(lines, mask, rule_id, _FIELDS, _MESSAGE[rule_id])
            for rule_id, mask in _verdicts(lines).items()
            if np.any(mask)
        )
    )
