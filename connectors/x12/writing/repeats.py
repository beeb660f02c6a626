"""What repeats within a claim or a line: HI, PWK, the other payers with their CAS (2320), their payments (2430)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides import claim_837 as shared
from connectors.x12.writing.batch import Batch
from connectors.x12.writing.columns import Columns, Ints
from connectors.x12.writing.conditions import Conditions
from connectors.x12.writing.rendering import (
    Part,
    amounts,
    changes,
    chosen,
    column_of,
    days,
    gathered,
    join,
    loops,
    packed,
    thousandths,
)

REASONS = 6  # in one CAS
_MOST_GROUPS = 1 << 20  # different group codes are numbered below this
_FLAG = ":" * 7  # from HI01-2 to HI01-9


def attachments(batch: Batch) -> Part:
    """PWK of each claim."""
    columns = batch["attachments"]
    if not columns.rows:
        return ""
    text = join(loops(columns, Conditions(columns), (shared.ATTACHMENT,)))
    return _by_owner(column_of(text, columns.rows), batch.claim_of["attachments"], columns, batch.claims.rows)


def _by_owner(texts: pa.Array, owner: Ints, columns: Columns, owners: int) -> pa.Array:
    """Texts of each owner as one, by position."""
    order = np.lexsort((columns.integers("position"), owner))
    return gathered(texts.take(pa.array(order)), owner[order], owners)


# --- HI ------------------------------------------------------------------------------------------------------------


def codes(batch: Batch) -> list[Part]:
    """HI of each claim: its own columns, then the claim_codes table."""
    if batch.guide.kind == "837P":
        parts: list[Part] = [_professional(batch.claims)]
    else:
        items = _Items(batch.claims)
        parts = [items.segments(qualifier) for qualifier in batch.guide.first_codes]
    return [*parts, _claim_codes(batch)]


def _professional(claims: Columns) -> Part:
    """One HI: the principal diagnosis, then the others."""
    if "diagnoses" not in claims:
        return ""
    return join(["HI*ABK:", pc.replace_substring(claims.array("diagnoses"), " ", "*ABF:"), "~"])


class _Items:
    """Lists of codes in the claims' columns, item by item."""

    def __init__(self, claims: Columns) -> None:
        self.claims = claims

    def segments(self, qualifier: str) -> Part:
        """The HI segments of one qualifier for each claim."""
        column, flags = shared.CODE_LISTS[qualifier]
        if column not in self.claims:
            return ""
        owner, items = self._items(column)
        if flags in self.claims:
            flag = self._flags(flags, owner)
            items = join([items, chosen(pc.greater(pc.binary_length(flag), 0), _FLAG, ""), flag])
        if qualifier in ("ABK", "ABF"):  # the principal diagnosis stands by itself
            first = changes(owner)
            kept = first if qualifier == "ABK" else ~first
            owner, items = owner[kept], items.filter(pa.array(kept))
        texts = column_of(join([f"*{qualifier}:", items]), len(owner))
        return gathered(packed(texts, owner, "HI", shared.CODES_IN_HI), owner, self.claims.rows)

    def _flags(self, column: str, owner: Ints) -> pa.Array:
        """HI01-9 of each item, empty where the claim tells none and where the item is exempt."""
        whose, flags = self._items(column)
        count = np.bincount(whose, minlength=self.claims.rows)
        place = np.arange(len(owner)) - np.searchsorted(owner, owner)
        at = (np.cumsum(count) - count)[owner] + place
        found = flags.take(pa.array(at, mask=count[owner] == 0))
        return pc.fill_null(pc.replace_substring(found, "-", ""), "")

    def _items(self, column: str) -> tuple[Ints, pa.Array]:
        lists = pc.split_pattern(self.claims.array(column), " ")
        owner = np.repeat(np.arange(self.claims.rows), pc.list_value_length(lists).to_numpy())
        items = lists.flatten()
        kept = pc.greater(pc.binary_length(items), 0)  # an empty text has one empty item
        return owner[kept.to_numpy(zero_copy_only=False)], items.filter(kept)


def _claim_codes(batch: Batch) -> Part:
    columns = batch["claim_codes"]
    if not columns.rows:
        return ""
    known = batch.guide.claim_codes
    rank = columns.texts["qualifier"].each(known.index, np.int64)
    owner = batch.claim_of["claim_codes"]
    order = np.lexsort((columns.integers("position"), rank, owner))
    qualifier, code = columns.array("qualifier"), columns.array("code")
    texts = column_of(join(["*", qualifier, ":", code, _qualified(columns, rank, known)]), columns.rows)
    texts = texts.take(pa.array(order))
    group = (owner * len(known) + rank)[order]
    return gathered(packed(texts, group, "HI", shared.CODES_IN_HI), owner[order], batch.claims.rows)


def _qualified(columns: Columns, rank: Ints, known: tuple[str, ...]) -> Part:
    """What follows the code: a date, a span of two, an amount."""
    forms = [shared.CODE_TABLES[name][0] for name in known]
    parts: list[Part] = []
    for form in ("date", "span", "amount"):
        here = np.isin(rank, [n for n, each in enumerate(forms) if each == form])
        if not here.any():
            continue
        if form == "amount":
            text = join([":::", amounts(columns.others["amount_cents"])])
        else:
            text = join([":D8:" if form == "date" else ":RD8:", days(columns.others["date_from"])])
            if form == "span":
                text = join([text, "-", days(columns.others["date_to"])])
        parts.append(chosen(here, text, ""))
    return join(parts)


# --- other payers --------------------------------------------------------------------------------------------------


def payers(batch: Batch) -> Part:
    """2320 and 2330 of each claim's other payers."""
    columns = batch["other_payers"]
    if not columns.rows:
        return ""
    own = batch["adjustments"].given("line")
    claim_level = np.ones(batch["adjustments"].rows, np.bool_) & (own is not True) & ~np.asarray(own)
    adjusted = _adjustments(batch, np.where(claim_level, batch.adjustment_payer, -1), columns.rows)
    conditions = Conditions(columns)
    opening, *rest = batch.guide.payer
    text = join([*loops(columns, conditions, (opening,)), adjusted, *loops(columns, conditions, rest)])
    return _by_owner(
        column_of(text, columns.rows), batch.claim_of["other_payers"], columns, batch.claims.rows
    )


def payments(batch: Batch) -> Part:
    """2430 of each line, in the order of the payers."""
    columns = batch["line_payments"]
    if not columns.rows:
        return ""
    ids = batch["other_payers"].array("payer_id").take(pa.array(batch.payment_payer))
    columns = columns.replaced("payer_id", ids)
    adjusted = _adjustments(batch, batch.adjustment_payment, columns.rows)
    conditions = Conditions(columns)
    opening, *rest = batch.guide.payment
    text = join([*loops(columns, conditions, (opening,)), adjusted, *loops(columns, conditions, rest)])
    owner = batch.payment_line
    order = np.lexsort((batch["other_payers"].integers("position")[batch.payment_payer], owner))
    return gathered(column_of(text, columns.rows).take(pa.array(order)), owner[order], batch.lines.rows)


def adjustment_order(group_codes: pa.Array, position: Ints, owner: Ints) -> Ints:
    """Adjustments by owner, one group after the other as the groups first come, by position within."""
    group = group_codes.dictionary_encode().indices.to_numpy().astype(np.int64)
    by_position = np.lexsort((position, owner))
    pair = owner * _MOST_GROUPS + group
    _, first, which = np.unique(pair[by_position], return_index=True, return_inverse=True)
    came = np.empty(len(pair), np.int64)
    came[by_position] = first[which]
    order: Ints = np.lexsort((position, came, owner))
    return order


def _adjustments(batch: Batch, owner: Ints, owners: int) -> Part:
    """CAS of each owner: a segment for each group, six reasons in one. An owner of -1 is not asked about."""
    columns = batch["adjustments"]
    if not (owner >= 0).any():
        return ""
    order = adjustment_order(columns.array("group_code"), columns.integers("position"), owner)
    order = order[owner[order] >= 0]
    take = pa.array(order)
    quantity: Part = ""
    if "quantity_thousandths" in columns:
        quantity = thousandths(columns.others["quantity_thousandths"].take(take))
    amount = amounts(columns.others["amount_cents"].take(take))
    texts = join(["*", columns.array("carc").take(take), "*", amount, "*", quantity])
    codes_ = columns.array("group_code").take(take)
    group = owner[order] * _MOST_GROUPS + codes_.dictionary_encode().indices.to_numpy()
    heads = join(["CAS*", codes_])
    return gathered(
        packed(column_of(texts, len(order)), np.cumsum(changes(group)), heads, REASONS), owner[order], owners
    )


def segments_needed(owner: Ints, group: Ints) -> Ints:
    """CAS segments that each row's owner needs, six reasons in one."""
    pair = owner * _MOST_GROUPS + group
    pairs, which, count = np.unique(pair, return_inverse=True, return_counts=True)
    needed = -(-count // REASONS)
    owners, of_pair = np.unique(pairs // _MOST_GROUPS, return_inverse=True)
    total = np.bincount(of_pair, weights=needed, minlength=len(owners)).astype(np.int64)
    result: Ints = total[of_pair[which]]
    return result
