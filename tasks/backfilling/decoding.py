"""Decoding one partition to Parquet: a function of addresses, for any process that reaches them.

``store/<partition>/<attempt>/<table>.parquet``, and ``store/<partition>/done.json``, which is written last and names
the attempt that counts. So it may be run twice, at the same time or after a worker died, on a disk or an object store.
Parquet holds what the ledger takes and no more: no names, no member ids, no accounts of banks.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.sources.places import located
from connectors.x12 import Decoded835, decode_835, decode_835_windows
from connectors.x12.large import LARGE, is_835
from tasks.billing import remittances, shapes

# Of which table the ledger takes which columns.
TAKEN: dict[str, frozenset[str]] = {
    "interchanges": frozenset({"interchange", "control"}),
    "sets": frozenset({"file", "interchange", "transaction", "kind", "control", "content_sha256"}),
    "transactions": frozenset(shapes.REMITTANCES)
    | remittances.CODEC
    | {"credit_debit", "payee_qualifier", "payee_id", "payee_additional_id", "balanced"},
    "claims": frozenset(shapes.REMITTED_CLAIMS) | remittances.CODEC,
    "lines": frozenset(shapes.REMITTED_LINES) | remittances.CODEC,
    "adjustments": frozenset(shapes.REMITTED_ADJUSTMENTS) | remittances.CODEC,
    "provider_adjustments": frozenset(shapes.PROVIDER_ADJUSTMENTS) | remittances.CODEC,
}
DONE = "done.json"
PACK = ".pack"


class ContentChanged(Exception):
    """An input is no longer what it was taken in as."""


def decode(inputs: list[str], shas: list[str], out: str) -> dict[str, Any]:
    """Decode the files at these addresses (one pack of them, or one address each) to Parquet below `out`.

    Returns what ``done.json`` says; nothing is done where it is there already.
    """
    fs, root = located(out)
    if (done := done_of(out)) is not None:
        return done
    attempt = secrets.token_hex(8)
    fs.makedirs(f"{root}/{attempt}", exist_ok=True)
    counts = dict.fromkeys(("transactions", "claims", "lines"), 0)
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for decoded in _decoded(inputs, shas):
            for name, table in _taken(decoded).items():
                if name not in writers:
                    writers[name] = pq.ParquetWriter(
                        f"{root}/{attempt}/{name}.parquet", table.schema, filesystem=fs, compression="lz4"
                    )
                writers[name].write_table(table)
                if name in counts:
                    counts[name] += table.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    made = {"attempt": attempt, "shas": shas, **counts}
    with fs.open(f"{root}/{DONE}.{attempt}", "w") as file:
        json.dump(made, file)
    fs.mv(f"{root}/{DONE}.{attempt}", f"{root}/{DONE}")
    return made


def done_of(out: str) -> dict[str, Any] | None:
    """What is said of a partition that was decoded; None where it is not."""
    fs, root = located(out)
    try:
        with fs.open(f"{root}/{DONE}", "r") as file:
            said: dict[str, Any] = json.load(file)
            return said
    except FileNotFoundError:
        return None


def _decoded(inputs: list[str], shas: list[str]) -> Iterator[Decoded835]:
    """All files in one pass; a huge one of nothing but 835s, as far as can be seen, in windows."""
    if len(shas) == 1 and not inputs[0].endswith(PACK):
        with _open(inputs[0]) as source:
            if source.size > LARGE and is_835(source.read(1 << 16)):
                source.seek(0)
                yield from decode_835_windows(source)
                return
    yield decode_835(_read(inputs, shas))


def _read(inputs: list[str], shas: list[str]) -> list[bytes]:
    if inputs[0].endswith(PACK):
        with _open(inputs[0]) as file:
            found: list[bytes] = pq.read_table(file)["data"].to_pylist()
    else:
        found = [_all(url) for url in inputs]
    for sha, data in zip(shas, found, strict=True):
        if sha256(data).hexdigest() != sha:
            raise ContentChanged(f"file {sha[:12]} does not have its content any more")
    return found


def _open(url: str) -> Any:
    fs, path = located(url)
    return fs.open(path, "rb")


def _all(url: str) -> bytes:
    with _open(url) as file:
        return bytes(file.read())


def _taken(decoded: Decoded835) -> dict[str, pa.Table]:
    tables = {"problems": decoded.problems}
    for name, columns in TAKEN.items():
        table = getattr(decoded, name)
        tables[name] = table.select([column for column in table.column_names if column in columns])
    return tables
