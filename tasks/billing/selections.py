"""Which of several amounts make up a total, if that is certain."""

from __future__ import annotations

from collections.abc import Sequence

# Sums looked at before "in more than one way" is the answer: more would take longer than a person.
MOST_SUMS = 100_000


def selections(amounts: Sequence[int], total: int, least: int = 2) -> list[tuple[int, ...]]:
    """Up to two selections of at least `least` amounts that sum to `total`, as positions: none, the only one, or two.

    Where more sums than `MOST_SUMS` would have to be looked at the answer is two, because nobody could be certain.
    """
    one_sign = all(amount > 0 for amount in amounts) and total > 0
    sums: dict[int, list[tuple[int, ...]]] = {0: [()]}
    for position, amount in enumerate(amounts):
        for start, ways in [(start, tuple(ways)) for start, ways in sums.items()]:
            reached = start + amount
            if one_sign and reached > total:
                continue
            # Selections of too few never crowd out others: an amount equal to the total is one alone.
            known = sums.setdefault(reached, [])
            for way in ways:
                longer = (*way, position)
                if sum(len(w) >= least for w in known) < 2 and longer not in known:
                    known.append(longer)
        if len(sums) > MOST_SUMS:
            return [(), ()]
    return [way for way in sums.get(total, []) if len(way) >= least][:2]
