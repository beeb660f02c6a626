"""How much is read, matched and posted at a time, so that memory does not grow with what arrived.

The least is one remittance, which is posted as a whole or not at all. Ids are made of content and what is recognised is
looked at again until nothing changes, so the ledger does not show where one portion ended and the next began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# A remitted claim is about 800 bytes of X12, and takes some 25 KB of memory on its way into the ledger: its lines,
# adjustments and entries as Arrow, as frames and as rows for the driver. 20,000 claims are half a gigabyte, and what is
# adopted is charged, too, and takes somewhat more.
CLAIMS = 20_000
BYTES = 16 << 20
# Claims of remittances that are looked at again: their entries as posted and as wanted stand beside each other.
AGAIN = 10_000


def portions(sizes: Iterable[int], most: int) -> Iterator[slice]:
    """Neighbours whose sizes come to `most` together; one that is larger than that is alone.

    >>> list(portions([3, 4, 9, 1, 1], 8))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 5, None)]
    """
    first = end = total = 0
    for size in sizes:
        if end > first and total + size > most:
            yield slice(first, end)
            first, total = end, 0
        end, total = end + 1, total + size
    if end > first:
        yield slice(first, end)
