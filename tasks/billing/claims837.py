"""Claims as the 837 codec takes them: one row a claim, one row a line, names and addresses filled in.

The person on a claim is either the insured or depends on the insured. In the first case (relationship 18) the
subscriber's loop 2010BA is the patient, and there is no patient loop; in the second the insured stands in 2010BA with
the member id, and the patient in 2010CA without one. Getting this wrong rejects every child's claim at the front end.

Names travel in capitals, without accents and without punctuation but hyphen, apostrophe and blank. The versions of
the master rows that the claim was built with are the ones that are sent, however they have changed since.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

import pandas as pd
import pyarrow as pa

from configs.settings import Practice
from tasks.billing.institutional import programmes, wire

TEXT, DAY, CENTS, WHOLE = pa.string(), pa.date32(), pa.int64(), pa.int32()
SELF = "18"
# SBR09 of Medicare, part A and part B: where it is not the first payer, SBR05 says why.
MEDICARE = ("MA", "MB")

_CLAIMS = (
    "claim_id billing_name billing_npi billing_tax_id billing_taxonomy billing_street billing_city billing_state"
    " billing_zip payer_order relationship group_number msp_type filing_code subscriber_last_name subscriber_first_name"
    " member_id subscriber_street subscriber_city subscriber_state subscriber_zip subscriber_birth_date"
    " subscriber_sex payer_name payer_id patient_last_name patient_first_name patient_street patient_city"
    " patient_state patient_zip patient_birth_date patient_sex charge_cents place_of_service frequency authorization"
    " original_reference diagnoses rendering_last_name rendering_first_name rendering_npi rendering_taxonomy"
    " supervising_last_name supervising_first_name supervising_npi"
)
_LINES = "claim_id position code modifiers charge_cents units place_of_service pointers service_from service_to line_id"
_TYPES = {
    **dict.fromkeys(("statement_from", "statement_to", "admission_date"), DAY),
    "subscriber_birth_date": DAY,
    "patient_birth_date": DAY,
    "service_from": DAY,
    "service_to": DAY,
    "charge_cents": CENTS,
    "position": WHOLE,
    "units": WHOLE,
}
CLAIMS_SCHEMA = pa.schema([(name, _TYPES.get(name, TEXT)) for name in [*_CLAIMS.split(), *wire.CLAIMS]])
LINES_SCHEMA = pa.schema([(name, _TYPES.get(name, TEXT)) for name in [*_LINES.split(), *wire.LINES]])

# Letters that Unicode does not take apart into a plain letter and an accent.
_LETTERS = str.maketrans({"Ø": "O", "Ł": "L", "Đ": "D", "Æ": "AE", "Œ": "OE", "Þ": "TH", "’": "'", "`": "'"})


def name_text(text: str) -> str:
    """A name for X12: capitals without accents; full stops go, other punctuation becomes a blank.

    >>> name_text("d’Arc-Müller, Jr."), name_text("St. John's  (West)")
    ("D'ARC-MULLER JR", "ST JOHN'S WEST")
    """
    plain = unicodedata.normalize("NFKD", text.upper().translate(_LETTERS))
    letters = "".join(c for c in plain if not unicodedata.combining(c)).replace(".", "")
    return " ".join(re.sub(r"[^A-Z0-9' -]", " ", letters).split())


def street_text(text: str) -> str:
    """An address line: as a name, but the slash of a half number stays.

    >>> street_text("12 1/2 Oak St., Apt. #4")
    '12 1/2 OAK ST APT 4'
    """
    return " / ".join(name_text(part) for part in text.split("/")).replace(" / ", "/")


def digits(text: str) -> str:
    """The digits of a ZIP, tax id or telephone number."""
    return re.sub(r"\D", "", text)


def identifier(text: str) -> str:
    """An id as the partner gave it, in capitals, without blanks around it."""
    return text.strip().upper()


def _each(clean: Callable[[str], str], column: pd.Series) -> pd.Series:
    """`clean` over a column, once for each distinct text; null, and what cleans to nothing, is null."""
    cleaned = {text: clean(text) or None for text in column.dropna().unique()}
    return column.astype(object).map(cleaned)


_CLEAN: Mapping[str, Callable[[str], str]] = {
    "last_name": name_text,
    "first_name": name_text,
    "name": name_text,
    "street": street_text,
    "city": name_text,
    "state": identifier,
    "zip": digits,
    "sex": identifier,
    "member_id": identifier,
}
# Columns that an 837I has no place for; its lines have no place of service, and point to no diagnosis.
_PROFESSIONAL = ("place_of_service", "rendering_", "supervising_", "msp_type")
_PERSON = ("last_name", "first_name", "birth_date", "sex", "street", "city", "state", "zip")
_ADDRESS = ("street", "city", "state", "zip")


def _rows(table: pd.DataFrame, row_ids: pd.Series) -> pd.DataFrame:
    """The versions named by `row_ids`, in that order; a version that is not there is a row of nulls."""
    frame = table.drop_duplicates("row_id").set_index("row_id").reindex(pd.Index(row_ids))
    frame.index = row_ids.index
    for name in frame.columns:
        clean = _CLEAN.get(name.removeprefix("subscriber_"))
        if clean is not None:
            frame[name] = _each(clean, frame[name])
    return frame


def _people(patients: pd.DataFrame, coverages: pd.DataFrame) -> dict[str, pd.Series]:
    """subscriber_* and patient_* columns; the insured's address falls back to the patient's as a whole."""
    own = (coverages["relationship"] == SELF).fillna(False).astype(bool)
    same_address = own | coverages["subscriber_street"].isna()
    columns: dict[str, pd.Series] = {}
    for name in _PERSON:
        from_patient = same_address if name in _ADDRESS else own
        insured, person = coverages[f"subscriber_{name}"], patients[name]
        columns[f"subscriber_{name}"] = person.where(from_patient, insured)
        columns[f"patient_{name}"] = person.mask(own)
    return columns


def _billing(practice: Practice) -> dict[str, str | None]:
    cleaned = {
        "billing_name": name_text(practice.name),
        "billing_npi": digits(practice.npi),
        "billing_tax_id": digits(practice.tax_id.get_secret_value()),
        "billing_taxonomy": identifier(practice.taxonomy),
        "billing_street": street_text(practice.street),
        "billing_city": name_text(practice.city),
        "billing_state": identifier(practice.state),
        "billing_zip": digits(practice.zip),
    }
    return {name: text or None for name, text in cleaned.items()}


def _table(columns: Mapping[str, object], rows: int, schema: pa.Schema) -> pa.Table:
    """An Arrow table of the schema from columns and constants."""
    arrays = []
    for field in schema:
        value = columns[field.name]
        if not isinstance(value, pd.Series):
            arrays.append(pa.array([value] * rows, field.type))
        elif field.type == DAY:
            arrays.append(pa.Array.from_pandas(pd.to_datetime(value).astype("datetime64[s]")).cast(DAY))
        elif field.type == TEXT:
            arrays.append(pa.Array.from_pandas(value.astype(object), type=TEXT))
        else:
            arrays.append(pa.Array.from_pandas(value.astype("Int64")).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def to_837(
    claims: pd.DataFrame, lines: pd.DataFrame, masters: Mapping[str, pd.DataFrame], practice: Practice
) -> tuple[pa.Table, pa.Table]:
    """(claims, lines) with the columns and types of the codec's CLAIMS_837 and LINES_837.

    `claims` and `lines` as the ledger has them, all of one form; `masters` holds patients, coverages, payers, providers
    and stays with every version the claims name by row_id. Order of claims is kept; lines follow by claim and position.
    A version that is not there leaves its columns null, which the codec's check then names.
    """
    claims = claims.reset_index(drop=True)
    institutional = bool((claims["form"] == programmes.INSTITUTIONAL).any())
    patients = _rows(masters["patients"], claims["patient_row_id"])
    coverages = _rows(masters["coverages"], claims["coverage_row_id"])
    payers = _rows(masters["payers"], claims["payer_row_id"])
    rendering = _rows(masters["providers"], claims["rendering_row_id"])
    supervising = _rows(masters["providers"], claims["supervising_row_id"])
    columns: dict[str, object] = {
        **{name: claims[name] for name in ("claim_id", "payer_order", "charge_cents", "place_of_service")},
        **{name: claims[name] for name in ("frequency", "original_reference", "diagnoses")},
        "authorization": claims["authorization_number"],
        **_billing(practice),
        **{name: coverages[name] for name in ("relationship", "member_id", "group_number")},
        **_people(patients, coverages),
        "filing_code": payers["filing_code"],
        "msp_type": coverages["msp_type"].where(
            payers["filing_code"].isin(MEDICARE) & (claims["payer_order"] != "P")
        ),
        "payer_name": payers["name"],
        "payer_id": payers["edi_payer_id"],
        **{f"rendering_{name}": rendering[name] for name in ("last_name", "first_name", "npi", "taxonomy")},
        **{f"supervising_{name}": supervising[name] for name in ("last_name", "first_name", "npi")},
    }
    nothing = pd.Series(None, index=claims.index, dtype="str")
    columns |= dict.fromkeys(wire.CLAIMS, nothing)
    if institutional:
        of_stays = _rows(masters["stays"], claims["stay_row_id"])
        attending = _rows(masters["providers"], claims["attending_row_id"])
        columns |= {name: nothing for name in columns if name.startswith(_PROFESSIONAL)}
        columns |= wire.claim_columns(claims, of_stays, attending)
    place = pd.Series(range(len(claims)), index=pd.Index(claims["claim_id"]))
    at = pd.Series(place.reindex(pd.Index(lines["claim_id"])).to_numpy(), index=lines.index)
    ordered = lines.assign(at=at).dropna(subset="at").sort_values(["at", "position"]).reset_index(drop=True)
    of_lines = {name: ordered[name] for name in ordered.columns}
    of_lines |= {"service_from": ordered["service_date"], "service_to": ordered["service_date"]}
    of_lines |= {name: pd.Series(None, index=ordered.index, dtype="str") for name in wire.LINES}
    of_lines |= wire.line_columns(ordered) if institutional else {}
    return _table(columns, len(claims), CLAIMS_SCHEMA), _table(of_lines, len(ordered), LINES_SCHEMA)
